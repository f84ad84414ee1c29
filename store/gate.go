package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Submission is what a worker wants to send, and what it writes down before it may.
type Submission struct {
	Nonce     string        // of this passage alone
	Sender    string        // the journal that will hold the attempt
	Reference string        // "<id>-<attempt>"
	PONumber  string        // as sent
	Body      []byte        // the exact bytes
	Resolved  Order         // the record as resolving left it: productNo, quantity, plan, cycle, contact
	Within    time.Duration // to send and to be answered; the deadline is Redis' time plus this
	Watermark int64         // the reading of the portal's list that came before
	Asof      string        // what was computed from the PBX holds only as long as Target.Asof is this; "": nothing was
	Rate      Rate
}

// Rate is GCRA: one call each Interval, and a burst that may run ahead by Tolerance. Zero: no limit.
type Rate struct{ Interval, Tolerance time.Duration }

// Passage is the gate's answer. Through: this attempt, and only it, may be sent, once.
type Passage struct {
	Through bool
	Order   Order  // as recorded, where Through
	Epoch   string // the run of Redis that let it through; a permission of an earlier run is void

	Refused Waiting       // else: what the order has to wait for; RefusedMark, RefusedPassed: see there
	After   time.Duration // when it is worth asking again; 0 with WaitClaim: when it is woken
	Holder  string        // with WaitClaim: the order in doubt
	Note    string
	Budget  Budget // with WaitBudget: the one that is used up
}

// RefusedMark is the one refusal that is no wait: the reading of the portal's list that the submission
// names is gone, or there is none yet. Take one and ask again.
const RefusedMark Waiting = "mark"

// RefusedPassed is likewise no wait: an order for the same target has passed since the PBX was read from which
// this one was computed. Read it and compute again.
const RefusedPassed Waiting = "passed"

// Gate asks for the permission to POST an order that is being prepared. ErrStale where it has moved on.
// An error other than that says nothing about whether the permission was given: ask again with the same
// nonce, or leave it to the sweeper; never POST.
func (s *Store) Gate(ctx context.Context, o Order, sub Submission) (Passage, error) {
	next := sub.Resolved
	next.PONumber = sub.PONumber
	next.WaitingFor, next.WaitingOn, next.Reason, next.By = "", "", "", ""
	next.RequestID, next.Code, next.Via, next.OrderStatus = "", "", "", ""
	next.Evidence.Reference, next.Evidence.Sender = sub.Reference, sub.Sender
	next.Evidence.Watermark, next.Evidence.Looks = sub.Watermark, 0
	next.Evidence.Call, next.Evidence.LookFirst, next.Evidence.Finished, next.Evidence.Doubtful = "", false, false, ""
	attempt := o.Attempt + 1
	set, del := changes(o, next)
	// A field left over from an earlier attempt is overwritten with "", which reads as absent: the
	// script has no room for a list of deletions, and a second attempt is rare.
	for _, f := range del {
		if f == fOut || f == fReason || f == fBy || f == fOn {
			set = append(set, f, "")
		}
	}
	k := s.key
	args := []any{o.ID, o.Version, sub.Nonce, attempt, o.Target, sub.Within.Milliseconds(), sub.Watermark,
		sub.Rate.Interval.Microseconds(), sub.Rate.Tolerance.Microseconds(), sub.Body,
		tail(Entry{From: Preparing, To: Submitting, Attempt: attempt}), next.Quantity, o.Kind, o.Batch, sub.Asof}
	for _, v := range set {
		args = append(args, v)
	}
	reply, err := s.lua.gate.Run(ctx, s.rdb,
		[]string{k.Order(o.ID), k.History(o.ID), k.In(Preparing), k.In(Submitting), k.Due(), k.Look(), k.Events(),
			k.Fleet(), k.Claims(), k.Line(o.Target), k.Marks(), k.Limits(), k.Spent(), k.Passages(), k.Moves()}, args...).Slice()
	if err != nil {
		return Passage{}, fmt.Errorf("gate %s: %w", o.ID, err)
	}
	switch reply[0] {
	case "through":
		next.State, next.Version, next.Attempt = Submitting, integer(reply[1]), attempt
		next.SubmittedAt, next.UpdatedAt = at(fmt.Sprint(reply[2])), at(fmt.Sprint(reply[2]))
		next.WaitingUntil = time.Time{}
		next.Owner, next.Spent = "", next.Quantity
		next.Evidence.Deadline = at(fmt.Sprint(reply[3]))
		next.Evidence.Body, next.Evidence.Nonce = sub.Body, sub.Nonce
		if !next.Evidence.Knows(sub.Nonce) { // it does where only the reply was lost
			next.Evidence.Passed = strings.TrimSpace(next.Evidence.Passed + " " + sub.Nonce)
		}
		return Passage{Through: true, Order: next, Epoch: fmt.Sprint(reply[5])}, nil
	case "refused":
		p := Passage{
			Refused: Waiting(fmt.Sprint(reply[1])),
			After:   time.Duration(integer(reply[2])) * time.Millisecond,
			Holder:  fmt.Sprint(reply[3]), Note: fmt.Sprint(reply[4]),
		}
		if p.Refused == WaitBudget {
			p.Budget = usedUp(o, p.Note)
			p.Note = p.Budget.refusal(next.Quantity)
		}
		return p, nil
	case "stale":
		return Passage{}, fmt.Errorf("gate %s: it is %v: %w", o.ID, reply[2], ErrStale)
	}
	return Passage{}, fmt.Errorf("gate %s: unexpected reply %v", o.ID, reply)
}

func integer(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case string:
		return int64(number(v))
	}
	return 0
}
