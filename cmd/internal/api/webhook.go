package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/hook"
	"orderq/tasks"
)

// maxWebhook is the longest endpoint in bytes: a URL and a description, with all their characters escaped.
const maxWebhook = 32 << 10

// Webhooks is a list of them.
type Webhooks struct {
	Webhooks []hook.Endpoint `json:"webhooks"`
}

// WebhookLog is what became of deliveries.
type WebhookLog struct {
	Log []hook.Entry `json:"log"`
}

// newWebhook is what POST /v1/webhooks takes.
type newWebhook struct {
	URL         string   `json:"url" doc:"https, to a public address, unless ORDERQ_WEBHOOK_ALLOW names its network."`
	States      []string `json:"states,omitempty" doc:"Only moves to these states. Left out: all."`
	Kinds       []string `json:"kinds,omitempty" doc:"Only orders of these kinds. Left out: all."`
	Description string   `json:"description,omitempty" doc:"For people: whose it is."`
	Enabled     *bool    `json:"enabled,omitempty" doc:"false: nothing is delivered before it is enabled."`
	By          string   `json:"by,omitempty" doc:"Who adds it. With tokens it is the token's name."`
}

// webhookChange is what PATCH takes.
type webhookChange struct {
	URL         *string   `json:"url,omitempty" doc:"As of a new one. Another URL begins with a closed breaker."`
	States      *[]string `json:"states,omitempty" doc:"Only moves to these states; empty: all."`
	Kinds       *[]string `json:"kinds,omitempty" doc:"Only orders of these kinds; empty: all."`
	Description *string   `json:"description,omitempty" doc:"For people: whose it is."`
	By          string    `json:"by,omitempty" doc:"Who does. With tokens it is the token's name."`
}

// rotation is what …/rotate takes.
type rotation struct {
	Keep string `json:"keep,omitempty" doc:"How long the secret before signs too: a time such as 24h, which is usual, or 0s."`
	By   string `json:"by,omitempty" doc:"Who does. With tokens it is the token's name."`
}

// replay is what …/replay takes.
type replay struct {
	Event string `json:"event,omitempty" doc:"One event, by its id."`
	Since string `json:"since,omitempty" doc:"All behind this event's id, or since this time."`
	By    string `json:"by,omitempty" doc:"Who does. With tokens it is the token's name."`
}

// webhookRoutes are whom to tell of moves. Workers deliver. All of it is the operators': a URL may have keys in it.
func (a *API) webhookRoutes() []route {
	at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	e := hook.Endpoint{
		ID: "wh5d2kq7m3xtrpa4e2", URL: "https://hooks.example.com/orderq", States: []store.State{store.Placed, store.Review}, Kinds: []string{"add_recording_minutes"},
		Description: "the CRM", Enabled: true, By: "anna", CreatedAt: at, Cursor: "1795507200000-0",
	}
	entry := hook.Entry{
		At: at, Outcome: hook.Delivered, Event: "1795507200000-0", Type: "order.placed", Order: tasks.OrderID(tasks.DefaultAccount, "crm-4711"),
		WebhookID: "evt_default_1795507200000-0", Attempt: 1, Status: http.StatusNoContent, Took: 41,
	}
	tested := hook.Entry{At: at, Outcome: hook.Tested, Type: "webhook.test", WebhookID: "test_4fz3k7", Status: http.StatusForbidden, Took: 38, Answer: "who are you?", Reason: "answered 403, and 2xx alone is a yes"}
	// The document is public and its readers copy: this is no secret of anybody's.
	secret := office.SecretWebhook{Endpoint: e, Secret: "whsec_shown-once"}
	signed := jsonOf(a, signature{By: "anna"})
	one, found := map[int]*huma.Response{http.StatusOK: gives(a, "The webhook as it is now", e)}, []string{"not-found"}
	switchTo := func(change func(*hook.Hooks, context.Context, string, string) error) func(*call) error {
		return func(c *call) error {
			by, _, err := a.signed(c, false)
			if err == nil {
				err = change(a.office.Hooks(), c.r.Context(), c.r.PathValue("webhook"), by)
			}
			return a.giveWebhook(c, err)
		}
	}
	return []route{
		{method: http.MethodPost, path: "/v1/webhooks", id: "addWebhook", summary: "Tell a URL of moves from now on", role: config.Operator,
			about: "By signed POSTs after Standard Webhooks 1.0.0: at least once, in order per order, retried over a day. The answer has the secret that signatures are verified with, this once. The URL may not lead to private, loopback, link-local or other addresses that are not public, and is asked for by https, unless ORDERQ_WEBHOOK_ALLOW names its network.",
			takes: jsonOf(a, newWebhook{URL: e.URL, States: []string{"placed", "review"}, Kinds: e.Kinds, Description: e.Description, By: e.By}), most: maxWebhook,
			gives: map[int]*huma.Response{http.StatusCreated: gives(a, "The webhook, and its secret", secret, "Location")}, fails: []string{"state"}, serve: a.addWebhook},
		{method: http.MethodGet, path: "/v1/webhooks", id: "listWebhooks", summary: "List webhooks", role: config.Operator,
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "The webhooks, the oldest first", Webhooks{[]hook.Endpoint{e}})}, serve: a.webhooks},
		{method: http.MethodGet, path: "/v1/webhooks/{webhook}", id: "getWebhook", summary: "Show a webhook", role: config.Operator,
			gives: one, fails: found, serve: func(c *call) error { return a.giveWebhook(c, nil) }},
		{method: http.MethodPatch, path: "/v1/webhooks/{webhook}", id: "changeWebhook", summary: "Change whom to tell of what", role: config.Operator,
			about: "What is left out stays, and so do secrets, cursor, log and what waits; that is delivered although it would not be asked for any more. A URL is asked of as for a new webhook.",
			takes: jsonOf(a, webhookChange{URL: new("https://hooks.example.com/orderq/v2"), States: &[]string{"placed", "rejected", "review"}, By: "anna"}), most: maxWebhook,
			gives: one, fails: found, serve: a.changeWebhook},
		{method: http.MethodDelete, path: "/v1/webhooks/{webhook}", id: "removeWebhook", summary: "Forget a webhook, its secret and its log", role: config.Operator,
			takes: signed, most: maxDecision, gives: map[int]*huma.Response{http.StatusOK: gives(a, "The webhook as it was", e)}, fails: found, serve: a.removeWebhook},
		{method: http.MethodPost, path: "/v1/webhooks/{webhook}/enable", id: "enableWebhook", summary: "Go on with deliveries where they stopped", role: config.Operator,
			takes: signed, most: maxDecision, gives: one, fails: found, serve: switchTo((*hook.Hooks).Enable)},
		{method: http.MethodPost, path: "/v1/webhooks/{webhook}/disable", id: "disableWebhook", summary: "Deliver nothing until it is enabled", role: config.Operator,
			takes: signed, most: maxDecision, gives: one, fails: found, serve: switchTo((*hook.Hooks).Disable)},
		{method: http.MethodPost, path: "/v1/webhooks/{webhook}/rotate", id: "rotateWebhook", summary: "Make a new secret", role: config.Operator,
			about: "The answer has it, this once. For the time of keep deliveries have two signatures, so that the receiver can be changed meanwhile.",
			takes: jsonOf(a, rotation{Keep: "24h", By: "anna"}), most: maxDecision,
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "The webhook, and its new secret", secret)}, fails: found, serve: a.rotateWebhook},
		{method: http.MethodPost, path: "/v1/webhooks/{webhook}/test", id: "testWebhook", summary: "Send a webhook.test event now", role: config.Operator,
			about: "From this server; workers may sit behind another firewall. The answer is what became of it, whatever that is.",
			takes: signed, most: maxDecision, gives: map[int]*huma.Response{http.StatusOK: gives(a, "What the receiver said", tested)}, fails: found, serve: a.testWebhook},
		{method: http.MethodGet, path: "/v1/webhooks/{webhook}/log", id: "getWebhookLog", summary: "Show what became of deliveries, the newest first", role: config.Operator,
			params: []*huma.Param{query("limit", "At most so many", whole(1, hook.Lines, webhookLines))},
			gives:  map[int]*huma.Response{http.StatusOK: gives(a, "The log", WebhookLog{[]hook.Entry{entry}})}, fails: found, serve: a.webhookLog},
		{method: http.MethodPost, path: "/v1/webhooks/{webhook}/replay", id: "replayWebhook", summary: "Deliver one event again, or all since", role: config.Operator,
			about: "As far as the stream keeps them. A delivery has the same webhook-id each time: a receiver that remembers them takes none twice.",
			takes: jsonOf(a, replay{Since: "2026-11-24T08:00:00Z", By: "anna"}), most: maxDecision, gives: one, fails: found, serve: a.replayWebhook},
	}
}

// webhookLines is how many lines of a log are usually shown.
const webhookLines = 50

func (a *API) addWebhook(c *call) error {
	var n newWebhook
	by, err := a.readBy(c, &n, func() string { return n.By })
	if err != nil {
		return err
	}
	s, err := a.office.AddWebhook(c.r.Context(), office.NewWebhook{
		URL: n.URL, States: n.States, Kinds: n.Kinds, Description: n.Description, Disabled: n.Enabled != nil && !*n.Enabled, By: by,
	})
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", "/v1/webhooks/"+s.ID)
	return c.give(http.StatusCreated, s)
}

func (a *API) changeWebhook(c *call) error {
	var n webhookChange
	if err := c.readChange(&n); err != nil {
		return err
	}
	s := signature{By: n.By}
	if bad := s.check(false); bad != nil {
		return invalid(bad...)
	}
	e, err := a.office.ChangeWebhook(c.r.Context(), c.r.PathValue("webhook"), office.WebhookChange{URL: n.URL, States: n.States, Kinds: n.Kinds, Description: n.Description}, a.by(c, s.By))
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, e)
}

// readBy reads a body, and who is said in it to do it.
func (a *API) readBy(c *call, v any, by func() string) (string, error) {
	if err := c.read(v); err != nil {
		return "", err
	}
	s := signature{By: by()}
	if bad := s.check(false); bad != nil {
		return "", invalid(bad...)
	}
	return a.by(c, s.By), nil
}

func (a *API) webhooks(c *call) error {
	all, err := a.office.Hooks().List(c.r.Context())
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, Webhooks{append([]hook.Endpoint{}, all...)})
}

// giveWebhook answers with the path's, unless err.
func (a *API) giveWebhook(c *call, err error) error {
	if err != nil {
		return err
	}
	e, err := a.office.Hooks().Get(c.r.Context(), c.r.PathValue("webhook"))
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, e)
}

func (a *API) removeWebhook(c *call) error {
	if _, _, err := a.signed(c, false); err != nil {
		return err
	}
	e, err := a.office.Hooks().Get(c.r.Context(), c.r.PathValue("webhook"))
	if err == nil {
		err = a.office.Hooks().Remove(c.r.Context(), e.ID)
	}
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, e)
}

func (a *API) rotateWebhook(c *call) error {
	var n rotation
	by, err := a.readBy(c, &n, func() string { return n.By })
	if err != nil {
		return err
	}
	s, err := a.office.RotateWebhook(c.r.Context(), c.r.PathValue("webhook"), n.Keep, by)
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, s)
}

func (a *API) testWebhook(c *call) error {
	if _, _, err := a.signed(c, false); err != nil {
		return err
	}
	t, err := a.office.TestWebhook(c.r.Context(), c.r.PathValue("webhook"))
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, t)
}

func (a *API) webhookLog(c *call) error {
	limit, err := c.limit(webhookLines, hook.Lines)
	if err != nil {
		return err
	}
	all, err := a.office.Hooks().Log(c.r.Context(), c.r.PathValue("webhook"), limit)
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, WebhookLog{all})
}

func (a *API) replayWebhook(c *call) error {
	var n replay
	by, err := a.readBy(c, &n, func() string { return n.By })
	if err != nil {
		return err
	}
	if _, err := a.office.ReplayWebhook(c.r.Context(), c.r.PathValue("webhook"), n.Event, n.Since, by); err != nil {
		return err
	}
	return a.giveWebhook(c, nil)
}
