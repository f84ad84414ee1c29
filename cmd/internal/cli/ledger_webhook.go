package cli

import (
	"context"

	"orderq/store/hook"
)

// Webhooks lists them, the oldest first.
func (l *ledger) Webhooks(ctx context.Context) ([]hook.Endpoint, error) { return l.Hooks().List(ctx) }

// Webhook gives one.
func (l *ledger) Webhook(ctx context.Context, id string) (hook.Endpoint, error) {
	return l.Hooks().Get(ctx, id)
}

// RemoveWebhook forgets one, and gives it as it was.
func (l *ledger) RemoveWebhook(ctx context.Context, id string) (hook.Endpoint, error) {
	e, err := l.Hooks().Get(ctx, id)
	if err == nil {
		err = l.Hooks().Remove(ctx, id)
	}
	return e, err
}

// WebhookLog gives the newest lines of its log.
func (l *ledger) WebhookLog(ctx context.Context, id string, limit int) ([]hook.Entry, error) {
	return l.Hooks().Log(ctx, id, limit)
}

// SwitchWebhook enables or disables one.
func (l *ledger) SwitchWebhook(ctx context.Context, id string, on bool, by string) (hook.Endpoint, error) {
	change := l.Hooks().Disable
	if on {
		change = l.Hooks().Enable
	}
	if err := change(ctx, id, by); err != nil {
		return hook.Endpoint{}, err
	}
	return l.Hooks().Get(ctx, id)
}
