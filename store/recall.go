package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sent is an attempt as a send journal tells it.
type Sent struct {
	N         int    // the attempt's number
	Nonce     string // of its passage through the gate
	Reference string // "<id>-<attempt>"
	PONumber  string // as sent
	Sender    string // the journal's name
	Body      []byte // the exact bytes of the request
	// What the request asks for, as resolving had found it; "" and 0: not readable.
	ProductNo, BillingCycle string
	Quantity                int
	At                      time.Time // when it was written down, on Redis' clock as far as that is known
	Deadline                time.Time // when its sender has given up at the latest
	Watermark               int64     // a reading of the portal's list that is older than At; 0: none is kept
}

// Recall records an attempt that a send journal shows and the record does not know: Redis has forgotten it.
// The order becomes unknown and is looked for, whatever it was; ErrNoMove from placed and pending, which have a
// portal order already. From rejected and cancelled too: those were ended in ignorance of it. No machine sends it
// again: there may be a sender whom only another journal knows.
func (s *Store) Recall(ctx context.Context, o Order, a Sent) (Order, error) {
	if a.Nonce == "" || o.Evidence.Knows(a.Nonce) {
		return o, fmt.Errorf("recall attempt %d of %s: its record knows of it: %w", a.N, o.ID, ErrNoMove)
	}
	to := o
	// The number may have been given a second time meanwhile.
	to.State, to.Attempt, to.PONumber = Unknown, max(a.N, o.Attempt), a.PONumber
	to.WaitingFor, to.WaitingOn, to.Code, to.RequestID, to.By = "", "", "", "", ""
	to.Reason = fmt.Sprintf("the send journal %s shows attempt %d, which Redis had forgotten", a.Sender, a.N)
	a.describe(&to)
	to.SubmittedAt, to.FinishedAt, to.Owner = a.At, time.Time{}, ""
	e := &to.Evidence
	if o.State.InDoubt() && o.Evidence.Nonce != "" {
		// From here on the evidence is about another passage. This one is in doubt all the same.
		e.Doubtful = strings.TrimSpace(o.Evidence.Doubtful + " " + o.Evidence.Nonce)
	}
	e.Reference, e.Sender, e.Body, e.Deadline, e.Watermark = a.Reference, a.Sender, a.Body, a.Deadline, a.Watermark
	e.Nonce, e.Passed, e.Recalled = a.Nonce, strings.TrimSpace(o.Evidence.Passed+" "+a.Nonce), true
	e.Looks, e.Call, e.LookFirst, e.Finished, e.Raw = 0, "", false, false, nil
	return s.move(ctx, o, to, step{
		from:  []State{Held, Accepted, Preparing, Submitting, Unknown, Review, Rejected, Cancelled},
		entry: Entry{Reason: to.Reason}, schedule: look, claim: "take",
		set: []string{fAttempt, count(to.Attempt), fNonce, e.Nonce, fPassed, e.Passed, fBody, string(a.Body), fSubmit, ms(a.At), fDeadline, ms(a.Deadline)},
		del: []string{fFinished, fOwner},
	})
}

// Settle notes that a passage which the evidence is not about, and which was in doubt, came to nothing. ErrNoMove where
// it is not in doubt.
func (s *Store) Settle(ctx context.Context, o Order, nonce string) (Order, error) {
	if !o.Evidence.Doubts(nonce) {
		return o, fmt.Errorf("settle a passage of %s: it is not in doubt: %w", o.ID, ErrNoMove)
	}
	to := o
	to.Evidence.Doubtful = strings.Join(slices.DeleteFunc(strings.Fields(o.Evidence.Doubtful), func(n string) bool { return n == nonce }), " ")
	return s.move(ctx, o, to, step{from: []State{Unknown, Review}, silent: true, schedule: keep})
}

// Describe notes an attempt that a send journal shows and the record does not know, where the order has its portal
// order already, and fills in what its request asked for where the record does not say. In any state; nothing else
// changes.
func (s *Store) Describe(ctx context.Context, o Order, a Sent) (Order, error) {
	to := o
	if o.BillingCycle == "" {
		a.describe(&to)
	}
	st := step{silent: true, schedule: keep}
	if a.Nonce != "" && !o.Evidence.Knows(a.Nonce) {
		to.Evidence.Passed = strings.TrimSpace(o.Evidence.Passed + " " + a.Nonce)
		st.set = []string{fPassed, to.Evidence.Passed}
	}
	return s.move(ctx, o, to, st)
}

func (a Sent) describe(o *Order) {
	o.ProductNo, o.BillingCycle = either(a.ProductNo, o.ProductNo), either(a.BillingCycle, o.BillingCycle)
	if a.Quantity > 0 {
		o.Quantity = a.Quantity
	}
}

func ms(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
