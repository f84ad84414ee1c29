package remote

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/tasks"
	"orderq/worker/resolve"
	"orderq/worker/review"
	"orderq/yeastar"
)

// at is the path of an order, and what is below it.
func at(word string, below ...string) string {
	path := "/v1/orders/" + url.PathEscape(word)
	for _, b := range below {
		path += "/" + b
	}
	return path
}

// Order gives the order that a word names, as it is now.
func (o *Office) Order(ctx context.Context, word string) (got store.Order, err error) {
	return got, o.orderError(word, "", o.get(ctx, at(word), nil, &got))
}

// Orders gives those of these ids that there are.
func (o *Office) Orders(ctx context.Context, ids []string) ([]store.Order, error) {
	var all []store.Order
	for len(ids) > 0 {
		n := min(len(ids), api.Ids)
		var page api.Orders
		if err := o.get(ctx, "/v1/orders", url.Values{"id": ids[:n]}, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Orders...)
		ids = ids[n:]
	}
	return all, nil
}

// pageOf is how many orders are asked for at once.
const pageOf = 500

// List calls do for the orders that are asked for: the newest first, or with no limit state by state.
func (o *Office) List(ctx context.Context, w office.Words, now time.Time, do func(store.Order) error) error {
	f, err := w.Filter(tasks.DefaultAccount, now) // the server knows the account, and finds the batch itself
	if err != nil {
		return err
	}
	q := url.Values{}
	for name, value := range map[string]string{
		"productNo": w.ProductNo, "reference": w.Reference, "orderNo": w.OrderNo, "kind": w.Kind, "batch": w.Batch, "label": w.Label,
		"since": moment(f.Since), "until": moment(f.Until),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if w.Limit > 0 {
		if len(w.States) > 0 {
			q["state"] = w.States
		}
		return o.pages(ctx, q, w.Limit, do)
	}
	states := w.States
	if len(states) == 0 {
		states = office.StateNames()
	}
	for _, state := range states {
		q.Set("state", state)
		if err := o.pages(ctx, q, 0, do); err != nil {
			return err
		}
	}
	return nil
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

func (o *Office) pages(ctx context.Context, q url.Values, limit int, do func(store.Order) error) error {
	q.Del("after")
	for given := 0; limit == 0 || given < limit; {
		n := pageOf
		if limit > 0 {
			n = min(n, limit-given)
		}
		q.Set("limit", strconv.Itoa(n))
		var page api.Orders
		if err := o.get(ctx, "/v1/orders", q, &page); err != nil {
			return err
		}
		for _, one := range page.Orders {
			if err := do(one); err != nil {
				return err
			}
		}
		if given += len(page.Orders); page.Next == "" {
			return nil
		}
		q.Set("after", page.Next)
	}
	return nil
}

// History gives every move of an order, the oldest first.
func (o *Office) History(ctx context.Context, word string) ([]store.Entry, error) {
	var h api.History
	err := o.get(ctx, at(word, "history"), nil, &h)
	return h.History, o.orderError(word, "", err)
}

// Behind says who waits for an order in doubt.
func (o *Office) Behind(ctx context.Context, order store.Order, most int) (ids []string, total int, err error) {
	var b api.Behind
	err = o.get(ctx, at(order.ID, "waiting"), nil, &b)
	return b.Waiting[:min(most, len(b.Waiting))], b.Total, err
}

// body is an intent as it is sent: for the server's account, unless one was named.
func (o *Office) body(in tasks.Intent) json.RawMessage {
	in.Account = o.cfg.Account
	return in.Canonical()
}

// Place accepts an order. It is asked again where the answer got lost: under its reference nothing is ordered twice.
func (o *Office) Place(ctx context.Context, in tasks.Intent) (tasks.Placed, error) {
	var got api.Answer
	status, err := o.status(ctx, ask{method: http.MethodPost, path: "/v1/orders", body: o.body(in), again: true}, &got)
	if err != nil {
		return tasks.Placed{}, err
	}
	return placed(status, got), nil
}

// placed is an answer. The server enqueues, or its sweeper.
func placed(status int, got api.Answer) tasks.Placed {
	return tasks.Placed{Order: got.Order, Repeat: status == http.StatusOK, Enqueued: true}
}

// Rehearse says what an intent would send.
func (o *Office) Rehearse(ctx context.Context, in tasks.Intent) (office.Rehearsal, error) {
	var got api.Rehearsal
	if err := o.json(ctx, ask{method: http.MethodPost, path: "/v1/orders/dry-run", body: o.body(in), again: true}, &got); err != nil {
		return office.Rehearsal{}, err
	}
	return rehearsal(got)
}

func rehearsal(got api.Rehearsal) (office.Rehearsal, error) {
	if no := got.Refused; no != nil {
		return office.Rehearsal{}, &resolve.Refusal{Code: no.Code, Field: no.Field, Value: no.Value, Message: no.Message, Choices: no.Choices}
	}
	r := office.Rehearsal{
		Reference: got.Reference, ID: got.ID, Kind: got.Kind, ProductNo: got.ProductNo, Quantity: got.Quantity, Ensure: got.Ensure, Plan: got.Plan,
		Service: got.Service, Cycle: got.Cycle, Contact: got.Contact, Has: got.Has, Notes: got.Notes,
	}
	if got.Request == "" {
		return r, nil
	}
	r.Request = &yeastar.OrderRequest{}
	return r, json.Unmarshal([]byte(got.Request), r.Request)
}

// decision is a body of by whom and why.
type decision struct {
	By   string `json:"by,omitempty"`
	Note string `json:"note,omitempty"`
}

// Cancel takes an order back before anything was sent. A *office.StateError where it is too late.
func (o *Office) Cancel(ctx context.Context, word, by, note string) (got store.Order, err error) {
	err = o.orderError(word, "cancelled", o.post(ctx, at(word, "cancel"), decision{by, note}, &got))
	return got, unsure(word, err)
}

// Release lets a held order go on. A *office.StateError where it is not held.
func (o *Office) Release(ctx context.Context, word, by, note string) (got store.Order, err error) {
	err = o.orderError(word, "released", o.post(ctx, at(word, "release"), decision{by, note}, &got))
	return got, unsure(word, err)
}

// Evidence is what a person decides by about an order in doubt.
func (o *Office) Evidence(ctx context.Context, word string) (c review.Card, err error) {
	return c, o.orderError(word, "", o.get(ctx, at(word, "evidence"), nil, &c))
}

// Resolve records a person's answer.
func (o *Office) Resolve(ctx context.Context, word string, d review.Decision) (got store.Order, err error) {
	body := api.Resolution{Answer: d.Answer, OrderNo: d.OrderNo, By: d.By, Note: d.Note, SenderGone: d.SenderGone}
	err = o.orderError(word, "", o.post(ctx, at(word, "resolve"), body, &got))
	return got, unsure(word, err)
}

// unsure adds to the loss of a decision's answer how to find out.
func unsure(word string, err error) error {
	var silence *Silence
	if errors.As(err, &silence) && silence.Sent {
		return &lost{err, "it may have been done: orderq order history " + tasks.Shown(word) + " shows whether it was"}
	}
	return err
}

// lost is an error with what to do.
type lost struct {
	err error
	way string
}

func (e *lost) Error() string { return e.err.Error() + "; " + e.way }
func (e *lost) Unwrap() error { return e.err }
