package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/tasks"
)

// acceptWithin is how long Redis may take to accept one order: its client tries again by itself within that.
const acceptWithin = 20 * time.Second

// Answer is an order as POST answers it.
type Answer struct {
	store.Order
	// Advice says, of an order that was placed again and had ended without being bought, what to do if it is wanted
	// after all; Suggestion is a reference for that.
	Advice     string `json:"advice,omitempty" doc:"Where the order has ended without being bought: what to do if it is wanted after all."`
	Suggestion string `json:"suggestion,omitempty" doc:"With advice: a reference for another order like it."`
}

// place accepts one order, or a stream of them.
func (a *API) place(c *call) error {
	if c.kind == typeNDJSON {
		return a.placeMany(c)
	}
	in, err := a.intent(c)
	if err != nil {
		return err
	}
	placed, err := a.accept(c, in)
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Location", "/v1/orders/"+placed.Order.ID)
	h.Set("ETag", etag(placed.Order))
	if placed.Repeat {
		h.Set("Idempotent-Replayed", "true")
	}
	return c.give(statusOf(placed), answerOf(in, placed))
}

// accept makes an order's record and sees it through although its client may have gone. Its task follows behind the answer.
func (a *API) accept(c *call, in tasks.Intent) (tasks.Placed, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), acceptWithin)
	defer cancel()
	placed, due, err := a.orders.As(a.by(c, "")).Accept(ctx, tasks.QueueOrders, in)
	if due {
		a.enqueuer.enqueue(ctx, placed.Order)
	}
	return placed, err
}

func statusOf(p tasks.Placed) int {
	if p.Repeat {
		return http.StatusOK
	}
	return http.StatusAccepted
}

func answerOf(in tasks.Intent, p tasks.Placed) Answer {
	out := Answer{Order: p.Order}
	if p.Repeat && (p.Order.State == store.Rejected || p.Order.State == store.Cancelled) {
		out.Suggestion = tasks.Conflict(in, &store.ConflictError{Holder: p.Order}).Suggestion
		out.Advice = "this order was " + string(p.Order.State) + " and is not placed again under its reference; if it is wanted after all, use another, e.g. " + out.Suggestion
	}
	return out
}

// intent reads the body, and its reference from the header where the body has none.
func (a *API) intent(c *call) (tasks.Intent, error) {
	key, err := idempotencyKey(c.r.Header)
	if err != nil {
		return tasks.Intent{}, err
	}
	body, err := c.body()
	if err != nil {
		return tasks.Intent{}, err
	}
	in, err := tasks.Decode(body)
	if err != nil {
		return in, further(body, key, err)
	}
	switch {
	case key == "":
	case in.Reference == "":
		in.Reference = key
	case in.Reference != key:
		return in, problem("two-references", "the body says reference %q and the Idempotency-Key is %q: send one of them", tasks.Shown(in.Reference), tasks.Shown(key))
	}
	return office.ForAccount(in, a.office.Config.Account)
}

// further lists all that is wrong with an intent that cannot be decoded, where more can be said.
func further(body []byte, key string, err error) error {
	var all *tasks.Invalid
	if _, more := tasks.Parse(body); !errors.As(more, &all) {
		return err
	}
	var bad []tasks.Problem
	for _, p := range all.Problems {
		if p.Field != "reference" || p.Value != "" || key == "" { // the header has the reference that is missing here
			bad = append(bad, p)
		}
	}
	return &tasks.Invalid{Problems: bad}
}

// idempotencyKey is the header's value: in quotes, as the IETF's draft has it (RFC 8941), or without, as most send it.
func idempotencyKey(h http.Header) (string, error) {
	values := h.Values("Idempotency-Key")
	if len(values) == 0 {
		return "", nil
	}
	key := strings.TrimSpace(values[0])
	if len(values) > 1 {
		return "", invalid(field("Idempotency-Key", key, "is sent %d times; send it once", len(values)))
	}
	if len(key) > 1 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1]
		key = strings.ReplaceAll(strings.ReplaceAll(key, `\"`, `"`), `\\`, `\`)
	}
	if key == "" {
		return "", invalid(field("Idempotency-Key", "", "is empty; leave it out, or put the reference there"))
	}
	return key, nil
}
