package store

import (
	"context"
	"encoding/json"
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

// Accept makes the record, once: fresh is false where this very intent was accepted before, and the order
// then comes back as it is now. The same reference with another intent is a *ConflictError. One that looks like an
// order that was let go within the account's window is held, unless its caller allows for that; recorded either way.
func (s *Store) Accept(ctx context.Context, n New) (o Order, fresh bool, err error) {
	if len(n.Intent) > 0 && !json.Valid(n.Intent) {
		return Order{}, false, fmt.Errorf("accept %s: its intent is not JSON", n.Reference)
	}
	others := "" // may there be some like it?
	if n.Like != "" && n.HoldFor == "" {
		others = "no"
	}
	reply, err := s.accept(ctx, n, others)
	if err == nil && reply[0] == "like" {
		other := alikeOf(reply)
		if n.AllowDuplicate {
			n.Reason, others = other.String()+"; its caller allows for that", "yes"
		} else {
			n.HoldFor, n.HoldOn, n.Reason, others = WaitDuplicate, other.ID, other.String(), ""
		}
		reply, err = s.accept(ctx, n, others)
	}
	if err != nil {
		return Order{}, false, fmt.Errorf("accept %s: %w", n.Reference, err)
	}
	o, err = decode(s.account, n.ID, flatten(reply[1]))
	if err != nil {
		return Order{}, false, err
	}
	if o.Fingerprint != n.Fingerprint || o.Reference != n.Reference {
		return o, false, &ConflictError{Holder: o}
	}
	return o, reply[0] == "new", nil
}

func (s *Store) accept(ctx context.Context, n New, others string) ([]any, error) {
	state, set, tail, start := n.record()
	k := s.key
	args := append([]any{n.ID, string(state), tail, start, acceptGrace.Milliseconds(), others, n.ID + " " + n.Batch}, set...)
	return s.lua.accept.Run(ctx, s.rdb,
		[]string{k.Order(n.ID), k.History(n.ID), k.In(state), k.Due(), k.PBX(n.Target), k.Events(), k.Like(n.Target, n.Like), k.Limits()}, args...).Slice()
}

// record is what accept writes of a new order: its first state, the fields and values of its hash, the tail of its
// history's first entry, and its NotBefore in ms, 0 for none.
func (n New) record() (state State, set []any, first string, start int64) {
	d := doc{
		Reference: n.Reference, Kind: n.Kind, Intent: json.RawMessage(n.Intent), Fingerprint: n.Fingerprint,
		Queue: n.Queue, Target: n.Target, Batch: n.Batch, Labels: n.Labels, Ensure: n.Ensure,
		Like: n.Like, AllowLike: n.AllowDuplicate,
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
	for f, v := range encode(Order{
		ProductNo: n.ProductNo, Quantity: n.Quantity, Plan: n.Plan, BillingCycle: n.BillingCycle,
		BillingContact: n.BillingContact, PONumber: n.PONumber, By: n.By,
		WaitingFor: n.HoldFor, WaitingOn: n.HoldOn, Reason: n.Reason,
	}) {
		if v != "" {
			set = append(set, f, v)
		}
	}
	return state, set, tail(Entry{To: state, By: n.By, Reason: n.Reason}), start
}
