package remote

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/office"
	"orderq/store/hook"
)

// hookAt is the path of a webhook, and what is below it.
func hookAt(id string, below ...string) string {
	path := "/v1/webhooks/" + url.PathEscape(id)
	for _, b := range below {
		path += "/" + b
	}
	return path
}

func hookError(err error) error {
	if said, ok := err.(*Said); ok && said.Slug == "not-found" { //nolint:errorlint // made here
		if said.Cause == api.CauseNotKept {
			return hook.ErrNotKept
		}
		return hook.ErrNotFound
	}
	return err
}

// Webhooks lists them, the oldest first.
func (o *Office) Webhooks(ctx context.Context) ([]hook.Endpoint, error) {
	var got api.Webhooks
	err := o.get(ctx, "/v1/webhooks", nil, &got)
	return got.Webhooks, err
}

// Webhook gives one.
func (o *Office) Webhook(ctx context.Context, id string) (e hook.Endpoint, err error) {
	return e, hookError(o.get(ctx, hookAt(id), nil, &e))
}

// AddWebhook keeps an endpoint, and gives its secret, this once.
func (o *Office) AddWebhook(ctx context.Context, n office.NewWebhook) (s office.SecretWebhook, err error) {
	enabled := !n.Disabled
	return s, o.post(ctx, "/v1/webhooks", struct {
		URL         string   `json:"url"`
		States      []string `json:"states,omitempty"`
		Kinds       []string `json:"kinds,omitempty"`
		Description string   `json:"description,omitempty"`
		Enabled     bool     `json:"enabled"`
		By          string   `json:"by,omitempty"`
	}{n.URL, n.States, n.Kinds, n.Description, enabled, n.By}, &s)
}

// ChangeWebhook changes what is said of an endpoint.
func (o *Office) ChangeWebhook(ctx context.Context, id string, n office.WebhookChange, by string) (e hook.Endpoint, err error) {
	return e, hookError(o.json(ctx, ask{method: http.MethodPatch, path: hookAt(id), body: struct {
		URL         *string   `json:"url,omitempty"`
		States      *[]string `json:"states,omitempty"`
		Kinds       *[]string `json:"kinds,omitempty"`
		Description *string   `json:"description,omitempty"`
		By          string    `json:"by,omitempty"`
	}{n.URL, n.States, n.Kinds, n.Description, by}}, &e))
}

// RemoveWebhook forgets one, and gives it as it was.
func (o *Office) RemoveWebhook(ctx context.Context, id string) (e hook.Endpoint, err error) {
	return e, hookError(o.json(ctx, ask{method: http.MethodDelete, path: hookAt(id), body: decision{}}, &e))
}

// RotateWebhook draws a new secret.
func (o *Office) RotateWebhook(ctx context.Context, id, keep, by string) (s office.SecretWebhook, err error) {
	return s, hookError(o.post(ctx, hookAt(id, "rotate"), map[string]string{"keep": keep, "by": by}, &s))
}

// TestWebhook sends an endpoint a test event, from the server.
func (o *Office) TestWebhook(ctx context.Context, id string) (t hook.Entry, err error) {
	return t, hookError(o.post(ctx, hookAt(id, "test"), decision{}, &t))
}

// WebhookLog gives the newest lines of its log.
func (o *Office) WebhookLog(ctx context.Context, id string, limit int) ([]hook.Entry, error) {
	var got api.WebhookLog
	err := o.get(ctx, hookAt(id, "log"), url.Values{"limit": {strconv.Itoa(min(limit, hook.Lines))}}, &got)
	return got.Log, hookError(err)
}

// ReplayWebhook lets one event be delivered again, or all behind since.
func (o *Office) ReplayWebhook(ctx context.Context, id, event, since, by string) (e hook.Endpoint, err error) {
	body := map[string]string{"by": by}
	for name, value := range map[string]string{"event": event, "since": since} {
		if value != "" {
			body[name] = value
		}
	}
	return e, hookError(o.post(ctx, hookAt(id, "replay"), body, &e))
}

// SwitchWebhook enables or disables one. Twice is once.
func (o *Office) SwitchWebhook(ctx context.Context, id string, on bool, by string) (e hook.Endpoint, err error) {
	verb := map[bool]string{true: "enable", false: "disable"}[on]
	return e, hookError(o.json(ctx, ask{method: http.MethodPost, path: hookAt(id, verb), body: decision{By: by}, again: true}, &e))
}
