package review

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar"
)

// Answer is what a person says of an order in review.
type Answer string

const (
	Placed Answer = "placed" // it is that order of the portal
	Resend Answer = "resend" // it was not placed: send it again
	Drop   Answer = "drop"   // it was not placed, and is not wanted any more
)

// Decision is a named person's answer; JSON as POST /v1/orders/{id}/resolve takes it.
type Decision struct {
	Answer     Answer `json:"answer"`
	OrderNo    string `json:"orderNo,omitempty"` // with Placed: the portal's number, or its list's own id
	By         string `json:"by"`                // at most 100 bytes
	Note       string `json:"note"`              // why; at most 1000 bytes
	SenderGone bool   `json:"senderGone,omitempty"`
}

// validate names what is missing or too long, as *tasks.Invalid.
func (d *Decision) validate() error {
	d.OrderNo, d.By, d.Note = strings.TrimSpace(d.OrderNo), strings.TrimSpace(d.By), strings.TrimSpace(d.Note)
	var bad []tasks.Problem
	add := func(field, value, message string) {
		bad = append(bad, tasks.Problem{Field: field, Value: tasks.Shown(value), Message: message})
	}
	switch {
	case d.Answer != Placed && d.Answer != Resend && d.Answer != Drop:
		add("answer", string(d.Answer), "say one of placed, resend, drop")
	case d.Answer == Placed && d.OrderNo == "":
		add("orderNo", "", "missing; say which order of the portal's it is")
	case d.Answer != Placed && d.OrderNo != "":
		add("orderNo", d.OrderNo, "goes with placed alone; leave it out")
	}
	if d.SenderGone && d.Answer != Resend {
		add("senderGone", "true", "goes with resend alone; leave it out")
	}
	for _, f := range []struct {
		name, value string
		most        int
		missing     string
	}{{"by", d.By, 100, "say who decides"}, {"note", d.Note, 1000, "say why"}} {
		switch {
		case f.value == "":
			add(f.name, "", "missing; "+f.missing)
		case len(f.value) > f.most:
			add(f.name, f.value, fmt.Sprintf("has %d bytes, at most %d: shorten it", len(f.value), f.most))
		}
	}
	if bad != nil {
		return &tasks.Invalid{Problems: bad}
	}
	return nil
}

// leadsTo are the states to which the answer may bring an order.
func (d Decision) leadsTo() []store.State {
	switch d.Answer {
	case Resend:
		return []store.State{store.Accepted}
	case Drop:
		return []store.State{store.Cancelled}
	}
	return []store.State{store.Placed, store.Pending, store.Rejected}
}

// staleTries is how often a decision is made anew because the order moved on meanwhile. One in review is
// looked at once an hour, and moves once more at most.
const staleTries = 5

// Decide carries out a decision on evidence gathered now, and gives the order as it is then. The error is a
// *Refusal where the evidence contradicts it, *tasks.Invalid where the decision is none; a *yeastar.Error
// below it means that the portal could not confirm a number. Nothing was changed then.
func (r *Reviewer) Decide(ctx context.Context, o store.Order, d Decision) (store.Order, error) {
	if err := d.validate(); err != nil {
		return o, err
	}
	for range staleTries {
		next, err := r.decide(ctx, o, d)
		if !errors.Is(err, store.ErrStale) {
			return next, err
		}
		var done bool
		if o, done, err = r.cfg.Store.Made(ctx, o, d.By, d.Note, d.leadsTo()...); done || err != nil {
			return o, err
		}
	}
	return o, fmt.Errorf("order %s: %w %d times over: try again", o.ID, store.ErrStale, staleTries)
}

// decide makes a decision about the record as it was read.
func (r *Reviewer) decide(ctx context.Context, o store.Order, d Decision) (store.Order, error) {
	if no := refuseState(o); no != nil {
		return o, no
	}
	q, err := r.ask(ctx, o)
	if err != nil {
		return o, err
	}
	if d.Answer == Placed {
		return q.placed(ctx, d)
	}
	// What needs no portal is asked first: it may be away, and then a person waits for its time-out.
	refuse := func() *Refusal { return refuseDrop(q.card) }
	if d.Answer == Resend {
		if no := refuseEarly(q.card, d.SenderGone); no != nil {
			return o, no
		}
		refuse = func() *Refusal { return refuseResend(q.card, d.SenderGone) }
	} else if no := refuse(); no != nil {
		return o, no
	}
	if err := q.askPortal(ctx); err != nil {
		return o, err
	}
	if no := refuse(); no != nil {
		return o, no
	}
	note := d.Note + " (evidence: " + q.card.said(d) + ")"
	if d.Answer == Resend {
		return r.cfg.Store.Resend(ctx, o, d.By, note)
	}
	return r.cfg.Store.Drop(ctx, o, d.By, note)
}

// pendingLook is when a worker first polls an order that a person found unpaid at the portal.
const pendingLook = time.Minute

// placed records the portal's order that a person found, once the portal confirms what can be read.
func (q *inquiry) placed(ctx context.Context, d Decision) (store.Order, error) {
	o := q.card.Order
	at, err := q.confirm(ctx, d.OrderNo)
	if err != nil {
		return o, err
	}
	if no := refusePlaced(q.card, at); no != nil {
		return o, no
	}
	next, err := q.r.cfg.Store.Record(ctx, o, store.Found{
		To: stateOf(at.OrderStatus), OrderNo: at.OrderNo, TransactionNo: at.full.TransactionNo, OrderStatus: at.OrderStatus,
		InstanceID: at.full.InstanceID, Via: store.ViaPerson, Raw: at.full.Raw, By: d.By, PollIn: pendingLook,
		Reason: d.Note + " (evidence: " + at.said() + ")",
	})
	var taken *store.NumberTakenError
	if errors.As(err, &taken) { // since it was asked
		at.ClaimedBy = taken.Holder
		return o, refusePlaced(q.card, at)
	}
	return next, err
}

// confirm asks the portal for an order by number or id.
func (q *inquiry) confirm(ctx context.Context, number string) (Candidate, error) {
	portal := q.r.cfg.Portal
	if portal == nil {
		if q.r.cfg.NoPortal != nil {
			return Candidate{}, q.r.cfg.NoPortal
		}
		return Candidate{}, fmt.Errorf("order %s: the portal cannot be asked for %s: no client", q.card.Order.ID, number)
	}
	d, err := portal.OrderDetails(ctx, number)
	var call *yeastar.Error
	switch {
	case refused(err):
		return Candidate{}, &Refusal{CauseNotAtPortal, fmt.Sprintf("there is no order %s at the portal, so it is not order %s (%v)", tasks.Shown(number), q.card.Order.ID, err),
			"check the number; orderq catalog orders lists them"}
	case errors.As(err, &call) && call.Outcome == yeastar.NotSent && call.Reason == yeastar.ReasonCode:
		return Candidate{}, &tasks.Invalid{Problems: []tasks.Problem{{Field: "orderNo", Value: tasks.Shown(number), Message: call.Detail}}}
	case err != nil:
		return Candidate{}, fmt.Errorf("order %s: the portal cannot confirm %s now: %w", q.card.Order.ID, number, err)
	}
	d.OrderNo = either(d.OrderNo, number)
	held, err := q.r.cfg.Store.Numbers(ctx, []string{d.OrderNo})
	if err != nil {
		return Candidate{}, err
	}
	q.wanted.offset = q.offset()
	return q.wanted.of(d, tasks.FindReferences(d.Raw), held[d.OrderNo]), nil
}

// stateOf says what the portal's word for an order means; any word that is not known is not final.
func stateOf(status string) store.State {
	switch {
	case status == yeastar.StatusSucceed:
		return store.Placed
	case Candidate{OrderStatus: status}.nothingBought():
		return store.Rejected
	}
	return store.Pending
}
