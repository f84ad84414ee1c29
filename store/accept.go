package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// New is an intent that asks to become a record; tasks.NewOrder makes it.
type New struct {
	ID             string
	Reference      string
	Kind           string
	ProductNo      string
	Quantity       int // 0: left out
	Ensure         int // 0: left out
	Plan           string
	BillingCycle   string
	BillingContact string
	PONumber       string
	Target         string // what the claim is on
	Fingerprint    string // SHA-256, hex, of the intent without reference and labels
	Queue          string
	Batch          string
	Labels         map[string]string
	Intent         []byte    // canonical JSON
	Planned        []byte    // JSON, opaque here: what it has to resolve to; nil: it was not planned
	NotBefore      time.Time // zero: at once
	By             string
	Like           string  // what makes two orders for one target look alike: kind and amount; "": nothing does
	AllowDuplicate bool    // its caller knows of others like it: it is not held for them
	HoldFor        Waiting // not "": held, waiting for this
	HoldOn         string
	Reason         string
}

// acceptGrace is how long the task that its producer enqueues may take to reach the queue before the
// sweeper enqueues one in its place: longer than a client's enqueue with all its retries.
const acceptGrace = 10 * time.Second

// acceptsAtOnce is how many orders one script accepts: so many keep Redis from others for two milliseconds.
const acceptsAtOnce = 50

// Accept makes the record, once: fresh is false where this very intent was accepted before, and the order
// then comes back as it is now. The same reference with another intent is a *ConflictError. One that looks like an
// order that was let go within the account's window is held, unless its caller allows for that; recorded either way.
//
// Callers who come at the same time share a script, and so a round trip and an fsync.
func (s *Store) Accept(ctx context.Context, n New) (o Order, fresh bool, err error) {
	if len(n.Intent) > 0 && !json.Valid(n.Intent) {
		return Order{}, false, fmt.Errorf("accept %s: its intent is not JSON", n.Reference)
	}
	others := "" // may there be some like it?
	if n.Like != "" && n.HoldFor == "" {
		others = "no"
	}
	a := s.accept(ctx, n, others)
	if a.err == nil && a.like != nil {
		if n.AllowDuplicate {
			n.Reason, others = a.like.String()+"; its caller allows for that", "yes"
		} else {
			n.HoldFor, n.HoldOn, n.Reason, others = WaitDuplicate, a.like.ID, a.like.String(), ""
		}
		a = s.accept(ctx, n, others)
	}
	switch {
	case a.err != nil:
		return Order{}, false, fmt.Errorf("accept %s: %w", n.Reference, a.err)
	case a.order.Fingerprint != n.Fingerprint || a.order.Reference != n.Reference:
		return a.order, false, &ConflictError{Holder: a.order}
	}
	return a.order, a.fresh, nil
}

// bid is an intent on its way to accept.lua.
type bid struct {
	n      New
	others string // may there be some that look like it: no, yes, or "": nobody looks
}

// accepted is what came of it: an error, another that it looks like, or the order.
type accepted struct {
	order Order
	fresh bool
	like  *Alike
	err   error
}

func (s *Store) accept(ctx context.Context, n New, others string) accepted {
	a, err := s.bids.Ask(ctx, bid{n, others})
	if err != nil {
		a.err = err
	}
	return a
}

// acceptMany carries accept.lua out for some intents. Where it fails, each may have been accepted.
func (s *Store) acceptMany(ctx context.Context, some []bid) []accepted {
	k := s.key
	keys := []string{k.Due(), k.Events(), k.Limits(), k.In(Accepted), k.In(Held), k.Moves()}
	args := []any{acceptGrace.Milliseconds(), len(some)}
	states := make([]State, len(some))
	for i, b := range some {
		state, set, tail, start := b.n.record()
		states[i] = state
		keys = append(keys, k.Order(b.n.ID), k.PBX(b.n.Target), k.Like(b.n.Target, b.n.Like))
		args = append(append(args, b.n.ID, b.n.Kind, string(state), tail, start, b.others, b.n.ID+" "+b.n.Batch, len(set)), set...)
	}
	out := make([]accepted, len(some))
	reply, err := s.lua.accept.Run(ctx, s.rdb, keys, args...).Slice()
	if err == nil && len(reply) != 1+len(some) {
		err = fmt.Errorf("accept.lua answered %d times, to %d intents", len(reply)-1, len(some))
	}
	for i, b := range some {
		if err != nil {
			out[i].err = err
			continue
		}
		now := integer(reply[0])
		switch r := reply[1+i].(type) {
		case []any: // there is one already, one like it, or something that is none of ours
			switch r[0] {
			case "like":
				other := alikeOf(append(r, reply[0]))
				out[i].like = &other
			case "error":
				out[i].err = errors.New(fmt.Sprint(r[1]))
			default:
				out[i].order, out[i].err = decode(s.account, b.n.ID, flatten(r[1]))
			}
		default:
			out[i].order, out[i].fresh = b.n.order(s.account, states[i], now), true
			if integer(r) == 1 {
				out[i].order.WaitingFor, out[i].order.WaitingUntil = WaitStart, out[i].order.NotBefore
			}
		}
	}
	return out
}

// order is the record that accept makes, as Get would read it.
func (n New) order(account string, state State, now int64) Order {
	moment := time.UnixMilli(now).UTC()
	o := Order{
		ID: n.ID, Account: account, Reference: n.Reference, Kind: n.Kind, State: state, WaitingFor: n.HoldFor, WaitingOn: n.HoldOn,
		ProductNo: n.ProductNo, Quantity: n.Quantity, Ensure: n.Ensure, Plan: n.Plan, BillingCycle: n.BillingCycle,
		BillingContact: n.BillingContact, PONumber: n.PONumber, Reason: n.Reason, By: n.By, Batch: n.Batch,
		AcceptedAt: moment, UpdatedAt: moment, Version: 1, Intent: n.Intent, Fingerprint: n.Fingerprint, Queue: n.Queue, Target: n.Target,
		Like: n.Like, AllowDuplicate: n.AllowDuplicate, Planned: n.Planned,
	}
	if len(n.Labels) > 0 {
		o.Labels = n.Labels
	}
	if !n.NotBefore.IsZero() {
		o.NotBefore = time.UnixMilli(n.NotBefore.UnixMilli()).UTC()
	}
	return o
}

// record is what accept writes of a new order: its first state, the fields and values of its hash, the tail of its
// history's first entry, and its NotBefore in ms, 0 for none.
func (n New) record() (state State, set []any, first string, start int64) {
	d := doc{
		Reference: n.Reference, Intent: json.RawMessage(n.Intent), Fingerprint: n.Fingerprint,
		Queue: n.Queue, Target: n.Target, Batch: n.Batch, Labels: n.Labels, Ensure: n.Ensure,
		Like: n.Like, AllowLike: n.AllowDuplicate, Planned: json.RawMessage(n.Planned),
	}
	if !n.NotBefore.IsZero() {
		start = n.NotBefore.UnixMilli()
		d.NotBefore = start
	}
	state = Accepted
	if n.HoldFor != "" {
		state = Held
	}
	set = []any{fDoc, text(d)}
	fields, _ := changes(Order{}, n.order("", state, 0))
	for _, f := range fields {
		set = append(set, f)
	}
	return state, set, tail(Entry{To: state, By: n.By, Reason: n.Reason}), start
}
