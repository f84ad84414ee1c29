package cli

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"orderq/store/hook"
)

func (a *app) webhookRotate(set settings) *cobra.Command {
	var keep, by string
	cmd := &cobra.Command{
		Use: "rotate ID [--keep TIME]", Short: "Make a new secret; shows it, once", Example: "  orderq webhook rotate wh5d2k…\n  orderq webhook rotate wh5d2k… --keep 0s      it has leaked",
		Long: `Make a new secret and show it, once. For the time of --keep deliveries have two
signatures, so that the receiver can be changed meanwhile.`,
	}
	cmd.Flags().StringVar(&keep, "keep", "24h", "how `long` the secret before signs too; 0s: not at all")
	cmd.Flags().StringVar(&by, "by", "", "`name` of who does (default: the user's)")
	return a.oneWebhook(set, cmd, func(ctx context.Context, c hookClerk, id string) error {
		s, err := c.RotateWebhook(ctx, id, keep, a.orUser(by))
		if err != nil {
			return err
		}
		return a.showSecret(s)
	})
}

func (a *app) webhookTest(set settings) *cobra.Command {
	return a.oneWebhook(set, &cobra.Command{
		Use: "test ID", Short: "Send a webhook.test event now; shows the answer", Example: "  orderq webhook test wh5d2k…",
		Long: `Send a webhook.test event now, from here, and show the answer. Workers may sit
behind another firewall: webhook log has what they meet.

Exit: 0 it answered 2xx · 1 anything else.`,
	}, func(ctx context.Context, c hookClerk, id string) error {
		t, err := c.TestWebhook(ctx, id)
		if err != nil {
			return err
		}
		if a.json {
			err = a.emit(t)
		} else {
			a.field("answer", answered(t))
			a.field("took", fmt.Sprintf("%d ms", t.Took))
			a.field("webhook-id", t.WebhookID)
			a.field("body", t.Answer)
			a.field("reason", t.Reason)
		}
		if err == nil && t.Reason != "" {
			err = exit(exitFailed)
		}
		return err
	})
}

// answered is a status for people.
func answered(e hook.Entry) string {
	switch {
	case e.Status > 0:
		return join(" ", fmt.Sprint(e.Status), http.StatusText(e.Status))
	case e.Outcome == hook.Missed || e.Outcome == hook.Noted:
		return ""
	}
	return "none"
}

func (a *app) webhookLog(set settings) *cobra.Command {
	limit := 20
	cmd := &cobra.Command{
		Use: "log ID", Short: "Show what became of deliveries, the newest first", Example: "  orderq webhook log wh5d2k… --limit 200 --json",
		Long: fmt.Sprintf(`Show what became of deliveries, the newest first. The last %d are kept.

delivered: it answered 2xx · failed: it is tried again · gaveUp: tried for a day
· gone: it answered 410 and was disabled · missed: the stream of events did not
keep some until they could be delivered.`, hook.Lines),
	}
	cmd.Flags().IntVar(&limit, "limit", limit, "at most so many")
	cols := []column{{head: "AT", width: 20}, {head: "OUTCOME", width: 9}, {head: "EVENT", width: 18}, {head: "TRY", width: 3, right: true}, {head: "ANSWER", width: 24}}
	return a.oneWebhook(set, cmd, func(ctx context.Context, c hookClerk, id string) error {
		if limit < 1 {
			return wrongUse(fmt.Errorf("--limit %d: want a whole number from 1", limit))
		}
		all, err := c.WebhookLog(ctx, id, limit)
		if err != nil {
			return err
		}
		for i, e := range all {
			if a.json {
				if err := a.emit(e); err != nil {
					return err
				}
				continue
			}
			if i == 0 {
				a.head(cols)
			}
			try := ""
			if e.Attempt > 0 {
				try = fmt.Sprint(e.Attempt)
			}
			what := e.Type
			if e.Event != "" {
				what = e.Event
			}
			last := answered(e)
			if e.Status == 0 {
				last = e.Reason
			}
			a.row(cols, []string{clock(e.At), string(e.Outcome), what, try, last}, false)
		}
		if len(all) == 0 && !a.json {
			a.note("nothing was delivered yet")
		}
		return nil
	})
}

func (a *app) webhookReplay(set settings) *cobra.Command {
	var event, since, by string
	cmd := &cobra.Command{
		Use: "replay ID --event EVENT | --since EVENT|TIME", Short: "Deliver one event again, or all since",
		Long: `Deliver one event again, or all behind an event or since a time, as far as the
stream keeps them (limits: events). A delivery has the same webhook-id each
time: a receiver that remembers them takes none twice.`,
		Example: `  orderq webhook replay wh5d2k… --event 1764057600000-0
  orderq webhook replay wh5d2k… --since 2026-12-01T08:00:00Z`,
	}
	cmd.Flags().StringVar(&event, "event", "", "`id` of one event, from webhook log or the API's stream")
	cmd.Flags().StringVar(&since, "since", "", "all behind this event's `id`, or since this time")
	cmd.Flags().StringVar(&by, "by", "", "`name` of who does (default: the user's)")
	return a.oneWebhook(set, cmd, func(ctx context.Context, c hookClerk, id string) error {
		return a.shown(c.ReplayWebhook(ctx, id, event, since, a.orUser(by)))
	})
}

func (a *app) webhookSwitch(set settings, on bool) *cobra.Command {
	var by string
	cmd := &cobra.Command{Use: "disable ID", Short: "Deliver nothing until it is enabled", Example: "  orderq webhook disable wh5d2k…"}
	if on {
		cmd = &cobra.Command{Use: "enable ID", Short: "Go on with deliveries where they stopped", Example: "  orderq webhook enable wh5d2k…"}
	}
	cmd.Flags().StringVar(&by, "by", "", "`name` of who does (default: the user's)")
	return a.oneWebhook(set, cmd, func(ctx context.Context, c hookClerk, id string) error {
		return a.shown(c.SwitchWebhook(ctx, id, on, a.orUser(by)))
	})
}
