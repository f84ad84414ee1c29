package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
	"orderq/store/hook"
	"orderq/tasks"
)

func (a *app) webhook() *cobra.Command {
	cmd := a.group(&cobra.Command{
		Use: "webhook", Short: "Have other systems told of orders' moves", GroupID: groupRun,
		Long: `Have other systems told of orders' moves, by signed POSTs (Standard Webhooks
1.0.0): at least once, in order per order, retried over a day. Workers deliver;
these commands manage.

Only public addresses are called, by https. ORDERQ_WEBHOOK_ALLOW names networks
that may be called all the same; set it where the workers run, too.`,
		Example: `  orderq webhook add https://hooks.example.com/orderq --state placed,review
  orderq webhook test wh5d2k…
  orderq webhook log wh5d2k…`,
	})
	set := a.settings(cmd, append(clientSettings(), "ORDERQ_WEBHOOK_ALLOW")...)
	cmd.AddCommand(
		a.webhookAdd(set), a.webhookList(set), a.webhookShow(set), a.webhookSet(set), a.webhookRemove(set), a.webhookRotate(set), a.webhookTest(set),
		a.webhookLog(set), a.webhookReplay(set), a.webhookSwitch(set, true), a.webhookSwitch(set, false),
	)
	return cmd
}

func (a *app) webhookAdd(set settings) *cobra.Command {
	var n office.NewWebhook
	cmd := &cobra.Command{
		Use: "add URL [flags]", Short: "Tell a URL of moves from now on; shows its secret, once", Args: one("the URL to call"),
		Long: `Tell a URL of moves from now on. The secret that its receiver verifies
signatures with is shown now and never again; webhook rotate makes another.`,
		Example: `  orderq webhook add https://hooks.example.com/orderq
  orderq webhook add https://crm.example.com/in --state placed,rejected,review \
      --kind expand_extensions --description 'the CRM'`,
	}
	flag := cmd.Flags()
	flag.StringSliceVar(&n.States, "state", nil, "only moves to these `states`: "+strings.Join(stateNames(), ", "))
	flag.StringSliceVar(&n.Kinds, "kind", nil, "only of these `kinds`: "+strings.Join(kindNames(), ", "))
	flag.StringVar(&n.Description, "description", "", "`text` for people: whose it is")
	flag.BoolVar(&n.Disabled, "disabled", false, "do not deliver before webhook enable")
	flag.StringVar(&n.By, "by", "", "`name` of who adds it (default: the user's)")
	cmd.RunE = a.do(set.withClerk(func(ctx context.Context, c clerk, args []string) error {
		n.URL, n.By = args[0], a.orUser(n.By)
		s, err := c.AddWebhook(ctx, n)
		if err != nil {
			return webhookProblem(err)
		}
		return a.showSecret(s)
	}))
	return cmd
}

// orUser is who is said to do something, or whoever is logged in.
func (a *app) orUser(by string) string {
	if by = strings.TrimSpace(by); by == "" {
		return a.user()
	}
	return cut(plain(by), 100)
}

// webhookProblem says what can be done.
func webhookProblem(err error) error {
	switch {
	case errors.Is(err, hook.ErrNotFound):
		return fmt.Errorf("%w: orderq webhook list has their ids", err)
	case errors.Is(err, hook.ErrNotKept):
		return fmt.Errorf("%w: orderq order list shows how orders stand", err)
	}
	var bad *tasks.Invalid
	if errors.As(err, &bad) { // the API's fields are lists, the flags are said one by one
		for i, p := range bad.Problems {
			bad.Problems[i].Field = strings.TrimSuffix(p.Field, "s")
			if p.Field == "url" {
				return wrongUse(fmt.Errorf("the URL %s", p.Message))
			}
		}
	}
	return flagProblem(err)
}

// showSecret shows an endpoint and its secret.
func (a *app) showSecret(s office.SecretWebhook) error {
	if a.json {
		return a.emit(s)
	}
	a.showWebhook(s.Endpoint)
	a.say("%-14s%s", "secret", s.Secret)
	a.note("the secret is not shown again: give it to the receiver now")
	return nil
}

func (a *app) showWebhook(e hook.Endpoint) {
	a.field("id", e.ID)
	a.field("url", e.URL)
	a.field("enabled", map[bool]string{true: "yes", false: join(": ", "no", e.Why)}[e.Enabled])
	a.field("told of", wanted(e))
	a.field("description", e.Description)
	a.field("pending", count(int64(e.Pending), "event"))
	if e.Failures > 0 {
		a.field("failing", count(int64(e.Failures), "try")+" in a row")
	}
	if !e.PausedUntil.IsZero() {
		a.field("paused until", clock(e.PausedUntil)+", as it asked for (Retry-After)")
	}
	a.field("cursor", e.Cursor)
	a.field("added", join(", ", e.By, clock(e.CreatedAt)))
}

// wanted says what an endpoint is told of.
func wanted(e hook.Endpoint) string {
	text := "every move"
	if len(e.States) > 0 {
		var names []string
		for _, s := range e.States {
			names = append(names, string(s))
		}
		text = strings.Join(names, ", ")
	}
	if len(e.Kinds) > 0 {
		text += " of " + strings.Join(e.Kinds, ", ")
	}
	return text
}

func (a *app) showWebhookAs(e hook.Endpoint) error {
	if a.json {
		return a.emit(e)
	}
	a.showWebhook(e)
	return nil
}

func (a *app) webhookList(set settings) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List webhooks", Args: none, Example: "  orderq webhook list --json"}
	cols := []column{{head: "ID", width: 18}, {head: "ON", width: 3}, {head: "PENDING", width: 7, right: true}, {head: "TOLD OF", width: 20}, {head: "URL", width: 24}}
	cmd.RunE = a.do(set.withClerk(func(ctx context.Context, c clerk, _ []string) error {
		all, err := c.Webhooks(ctx)
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
			a.row(cols, []string{e.ID, map[bool]string{true: "yes", false: "no"}[e.Enabled], fmt.Sprint(e.Pending), wanted(e), e.URL}, false)
		}
		if len(all) == 0 && !a.json {
			a.note("no webhooks; orderq webhook add makes one")
		}
		return nil
	}))
	return cmd
}

// webhookNamed is how commands say what they take.
const webhookNamed = "a webhook's id"

// oneWebhook is a command on one endpoint.
func (a *app) oneWebhook(set settings, cmd *cobra.Command, work func(context.Context, hookClerk, string) error) *cobra.Command {
	cmd.Args = one(webhookNamed)
	cmd.RunE = a.do(set.withClerk(func(ctx context.Context, c clerk, args []string) error {
		return webhookProblem(work(ctx, c, args[0]))
	}))
	return cmd
}

// shown shows an endpoint, unless err.
func (a *app) shown(e hook.Endpoint, err error) error {
	if err != nil {
		return err
	}
	return a.showWebhookAs(e)
}

func (a *app) webhookShow(set settings) *cobra.Command {
	return a.oneWebhook(set, &cobra.Command{Use: "show ID", Short: "Show a webhook", Example: "  orderq webhook show wh5d2k…"},
		func(ctx context.Context, c hookClerk, id string) error { return a.shown(c.Webhook(ctx, id)) })
}

func (a *app) webhookRemove(set settings) *cobra.Command {
	return a.oneWebhook(set, &cobra.Command{
		Use: "remove ID", Short: "Forget a webhook, its secret and its log", Example: "  orderq webhook remove wh5d2k…",
	}, func(ctx context.Context, c hookClerk, id string) error {
		e, err := c.RemoveWebhook(ctx, id)
		if err != nil {
			return err
		}
		if !a.json {
			a.say("removed: %s is not told of anything any more", e.ID)
			return nil
		}
		return a.emit(e)
	})
}
