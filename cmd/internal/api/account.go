package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/tasks"
)

// accountRoutes are what concerns the account as a whole.
func (a *API) accountRoutes() []route {
	at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	account := tasks.DefaultAccount
	sends := office.Halt{Account: account}
	halted := office.Halt{Account: account, Halted: true, Halt: &office.Word{By: "anna", Note: "the portal shows strange prices", At: at}}
	limits := office.Limits{
		Account: account, Rate: "20/s", Concurrency: 32, Servers: 1, CallTimeout: "30s", Settle: "10m0s", OnAbsent: "auto", BreakerOpen: "30s", Workers: 1,
		DuplicateWindow: "24h0m0s", EventsKept: "168h0m0s", Budgets: []office.Budget{{Name: "day:add_recording_minutes", Limit: 20000, Spent: 1200, Left: 18800}}, By: "anna", Note: "agreed with finance",
	}
	return []route{
		{method: http.MethodGet, path: "/v1/status", id: "getStatus", summary: "Is the money safe?", role: config.Viewer,
			about: "What orderq status --json says: a verdict in one sentence, what there is, whether anything is sent, and what the ledger is worth.",
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "The state of the account", office.Report{
				Verdict: "Money is safe: nothing is in doubt, and nothing was ordered twice.", Safe: true, Account: account,
				Counts: map[store.State]int64{store.Placed: 812}, Sending: "open", Workers: []string{"host-1-aa"}, Redis: "redis://127.0.0.1:6379/0", At: at,
			})},
			serve: func(c *call) error {
				r, err := a.office.Report(c.r.Context())
				if err != nil {
					return err
				}
				return c.give(http.StatusOK, r)
			}},
		{method: http.MethodGet, path: "/v1/limits", id: "getLimits", summary: "What bounds the sending of orders", role: config.Viewer,
			about: "The settings as this server reads them (a worker goes by its own), and what the workers share at the moment.",
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "The limits", limits)},
			serve: func(c *call) error {
				l, err := a.office.Limits(c.r.Context())
				if err != nil {
					return err
				}
				return c.give(http.StatusOK, l)
			}},
		{method: http.MethodPost, path: "/v1/limits", id: "setLimits", summary: "Change budgets, and what is remembered for how long", role: config.Operator,
			about: "For the whole account. A budget is units of a kind per UTC day (day:KIND=UNITS), of a kind in all (account:KIND=UNITS) or of a batch (batch:NAME=UNITS); none for UNITS takes it away. What was sent counts as spent until it is proved that nothing came of it. What waited for a budget asks again at once. duplicates says for how long an order is remembered, so that another like it is held: a time such as 24h, or off; events, for how long moves are kept for /v1/events and webhooks: the last thousand always, a million at the most.",
			takes: jsonOf(a, newLimits{Budgets: []string{"day:add_recording_minutes=20000"}, Duplicates: "24h", Events: "168h", By: "anna", Note: "agreed with finance"}), most: maxDecision,
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "The limits now", LimitsSet{limits, 3})}, fails: []string{"not-found"},
			serve: a.setLimits},
		{method: http.MethodGet, path: "/v1/halt", id: "getHalt", summary: "Whether the account is halted", role: config.Viewer,
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "Whether, and by whom", halted)},
			serve: func(c *call) error { return a.giveHalt(c) }},
		{method: http.MethodPost, path: "/v1/halt", id: "halt", summary: "Send nothing more, until a person resumes", role: config.Operator,
			about: "In every worker of the account. What was sent already is still followed to its end; orders are still accepted, and wait.",
			takes: jsonOf(a, signature{By: "anna", Note: "the portal shows strange prices"}), most: maxDecision,
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "It is halted", halted)},
			serve: func(c *call) error {
				by, note, err := a.signed(c, true)
				if err == nil {
					err = a.office.Fleet.HaltBy(c.r.Context(), by, note)
				}
				if err != nil {
					return err
				}
				return a.giveHalt(c)
			}},
		{method: http.MethodDelete, path: "/v1/halt", id: "resume", summary: "Let a halted account send again", role: config.Operator,
			about: "The halt that there is. Where another one comes in the same moment, it stays: 409, look why.",
			takes: jsonOf(a, signature{By: "anna", Note: "prices are right again"}), most: maxDecision,
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "It is not halted", sends)}, fails: []string{"state"},
			serve: func(c *call) error {
				by, note, err := a.signed(c, true)
				if err != nil {
					return err
				}
				h, err := a.office.Halt(c.r.Context())
				if err == nil && h.Halted { // else who resumed it last stays on record
					err = a.office.Fleet.Resume(c.r.Context(), by, note)
				}
				if err != nil {
					return err
				}
				return a.giveHalt(c)
			}},
	}
}

// newLimits is what POST /v1/limits takes.
type newLimits struct {
	Budgets    []string `json:"budgets,omitempty" doc:"day:KIND=UNITS, account:KIND=UNITS or batch:NAME=UNITS; none for UNITS takes it away"`
	Duplicates string   `json:"duplicates,omitempty" doc:"A time such as 24h, or off"`
	Events     string   `json:"events,omitempty" doc:"A time such as 72h"`
	By         string   `json:"by,omitempty" doc:"Who decides. With tokens it is the token's name."`
	Note       string   `json:"note,omitempty" doc:"Why."`
}

func (a *API) setLimits(c *call) error {
	var n newLimits
	if err := c.read(&n); err != nil {
		return err
	}
	s := signature{n.By, n.Note}
	if bad := s.check(false); bad != nil {
		return invalid(bad...)
	}
	asked := office.NewLimits{Budgets: n.Budgets, Duplicates: n.Duplicates, Events: n.Events, By: a.by(c, s.By), Note: c.onBehalf(s.By, s.Note)}
	if err := asked.Empty(); err != nil {
		return invalid(field("budgets", "", "%v", err))
	}
	woken, err := a.office.SetLimits(c.r.Context(), asked)
	var wrong *office.WrongLimitError
	if errors.As(err, &wrong) {
		name := map[string]string{"budget": "budgets"}[wrong.Field]
		if name == "" {
			name = wrong.Field
		}
		return invalid(field(name, wrong.Value, "%s", wrong.Message))
	}
	if err != nil {
		return err
	}
	l, err := a.office.Limits(c.r.Context())
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, LimitsSet{l, woken})
}

// LimitsSet are limits that were changed.
type LimitsSet struct {
	office.Limits
	Woken int `json:"woken,omitempty" doc:"Orders that waited for a budget and ask for it again now."`
}

func (a *API) giveHalt(c *call) error {
	h, err := a.office.Halt(c.r.Context())
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, h)
}
