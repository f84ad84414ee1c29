package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"orderq/store"
	"orderq/store/fleet"
	"orderq/store/journal"
	"orderq/tasks"
	"orderq/yeastar"
)

const (
	// waitingShown is how many of those that wait are named.
	waitingShown = 20
	// answerShown bounds how much of the portal's raw answer a card shows, in bytes. The tutorials'
	// answers have some 300.
	answerShown = 2 << 10
	// echoLately is how long it is believed that the portal shows our reference, or does not.
	echoLately = 7 * 24 * time.Hour
)

// Card gathers the evidence about an order, by reads alone. The error is a *Refusal where the order is not
// in doubt, so that there is nothing to decide; any other means that Redis could not be read.
func (r *Reviewer) Card(ctx context.Context, o store.Order) (Card, error) {
	if !o.State.InDoubt() {
		return Card{}, refuseState(o)
	}
	q, err := r.ask(ctx, o)
	if err != nil {
		return Card{}, err
	}
	if err := q.askPortal(ctx); err != nil {
		return Card{}, err
	}
	q.card.Answers = verdicts(q.card)
	return q.card, nil
}

// inquiry is the gathering of one card.
type inquiry struct {
	r          *Reviewer
	card       Card
	wanted     wanted
	redisAhead time.Duration // Redis' clock less this host's
}

// ask gathers what Redis and this host's journals know.
func (r *Reviewer) ask(ctx context.Context, o store.Order) (*inquiry, error) {
	shared, err := r.cfg.Fleet.Read(ctx)
	if err != nil {
		return nil, err
	}
	q := &inquiry{r: r, card: Card{Order: o, At: shared.Now}, redisAhead: shared.Now.Sub(r.cfg.Now())}
	q.card.Echo, q.card.EchoAt = echoOf(shared)
	if q.card.first, err = r.firstSent(ctx, o); err != nil {
		return nil, err
	}
	if o.Evidence.Reference != "" {
		q.card.Sent, q.card.Sender = r.sent(o), r.sender(o)
	}
	if o.Evidence.Recalled {
		q.note("Redis had forgotten an attempt of this order, and a send journal told of it")
	}
	line, err := r.cfg.Store.Line(ctx, o.Target, waitingShown)
	if err != nil {
		return nil, err
	}
	switch line.Holder {
	case o.ID:
		q.card.Waiting, q.card.WaitingTotal = line.Waiting, line.Total
	case "":
	default:
		q.note("order %s has the claim on this PBX", line.Holder)
	}
	q.wanted = wanted{id: o.ID, productNo: o.ProductNo, first: q.card.first}
	var request yeastar.OrderRequest
	if err := json.Unmarshal(o.Evidence.Body, &request); err == nil && len(request.ServiceList) > 0 {
		q.wanted.request, q.wanted.productNo = &request, either(request.ProductNo, o.ProductNo)
	}
	return q, nil
}

func (q *inquiry) note(format string, args ...any) {
	q.card.Notes = append(q.card.Notes, fmt.Sprintf(format, args...))
}

// firstSent is when the order's first attempt passed the gate: an attempt that was thought absent may be
// what a person finds, and the record has only the last one's time. Zero where the history does not have it,
// as after a Redis that forgot: then nothing is too old.
func (r *Reviewer) firstSent(ctx context.Context, o store.Order) (time.Time, error) {
	if o.Evidence.Recalled {
		return time.Time{}, nil // there may have been one before those that are known
	}
	if o.Attempt < 2 {
		return o.SubmittedAt, nil
	}
	entries, err := r.cfg.Store.History(ctx, o.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return time.Time{}, err
	}
	for _, e := range entries {
		if e.To == store.Submitting && e.Attempt == 1 {
			return e.At, nil
		}
	}
	return time.Time{}, nil
}

func (r *Reviewer) sent(o store.Order) *Sent {
	e := o.Evidence
	answer := string(e.Raw)
	if len(answer) > answerShown {
		answer = answer[:answerShown] + "…"
	}
	return &Sent{
		Attempt: o.Attempt, PONumber: either(o.PONumber, e.Reference), Body: string(e.Body), At: o.SubmittedAt,
		Deadline: e.Deadline, Horizon: e.Deadline.Add(r.cfg.Settle), Call: e.Call, Answer: answer, Resends: e.Resends,
	}
}

func (r *Reviewer) sender(o store.Order) *Sender {
	standing, outcome, err := journal.Sender(r.cfg.Journal, o.Evidence.Sender, o.Evidence.Reference, o.Evidence.Nonce)
	if o.Evidence.Finished {
		standing = journal.SenderFinished // its own host has told
	}
	s := &Sender{Journal: o.Evidence.Sender, Standing: standing.String(), Outcome: outcome}
	if err != nil {
		s.Problem = err.Error()
	}
	return s
}

func echoOf(s fleet.State) (Echo, time.Time) {
	switch {
	case s.Echo.At.IsZero() || s.Now.Sub(s.Echo.At) > echoLately:
		return EchoUnknown, s.Echo.At
	case s.Echo.Shown:
		return EchoShown, s.Echo.At
	}
	return EchoHidden, s.Echo.At
}

// productID is the product that the order's PBX is of.
func (q *inquiry) productID() int {
	if q.wanted.request != nil {
		return q.wanted.request.ProductID
	}
	kind, _ := tasks.KindOf(q.card.Order.Kind)
	return kind.ProductID
}
