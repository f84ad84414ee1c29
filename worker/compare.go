package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"orderq/store"
	"orderq/store/crash"
	"orderq/store/journal"
	"orderq/tasks"
	"orderq/yeastar"
)

// compareBatch is how many attempts are held against their records in one round trip.
const compareBatch = 300

// compare holds every attempt in this host's journals against its record: one that Redis has forgotten is
// recalled, an answer that only the journal has is replayed. A journal that cannot be read ends it: nobody
// knows then what was sent.
func (w *Worker) compare(ctx context.Context, r *Recovery) error {
	batch := make([]journal.Entry, 0, compareBatch)
	for e, err := range journal.Read(w.cfg.Journal) {
		if err != nil {
			return fmt.Errorf("recover the ledger: %w", err)
		}
		if e.Header.Book() != w.trust.book || e.Attempt.Order == "" {
			continue
		}
		if batch = append(batch, e); len(batch) == compareBatch {
			if err := w.compareBatch(ctx, r, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return w.compareBatch(ctx, r, batch)
}

func (w *Worker) compareBatch(ctx context.Context, r *Recovery, batch []journal.Entry) error {
	ids := make([]string, len(batch))
	for i, e := range batch {
		ids[i] = e.Attempt.Order
	}
	orders, err := w.store.GetMany(ctx, ids)
	if err != nil {
		return err
	}
	records := make(map[string]store.Order, len(orders))
	for _, o := range orders {
		records[o.ID] = o
	}
	g, within := errgroup.WithContext(ctx)
	g.SetLimit(compareLanes)
	for _, lane := range lanesOf(batch, records) {
		g.Go(func() error { return w.compareLane(within, r, lane) })
	}
	return g.Wait()
}

// compareLanes is how many PBXs are seen to at once: each move waits for Redis' disk, which several share.
const compareLanes = 16

// unequal is an attempt that its record does not know or of which it lacks what the journal tells, or a later one of such
// an order.
type unequal struct {
	journal.Entry
	record store.Order // as it was read; zero: there is none
}

// lanesOf sorts out what is to be done, by PBX, in the journals' order: of two orders for one PBX the first has the claim on
// it, and lets go of it when its answer is recorded, before the second can take it.
func lanesOf(batch []journal.Entry, records map[string]store.Order) [][]unequal {
	at, lanes := map[string]int{}, [][]unequal{}
	begun := map[string]bool{} // orders of which something is to be done: it decides on what their later entries ask for
	for _, e := range batch {
		o := records[e.Attempt.Order]
		if !begun[e.Attempt.Order] && known(e, o) {
			continue
		}
		begun[e.Attempt.Order] = true
		pbx := either(o.Target, targetOf(e.Attempt))
		n, has := at[pbx]
		if !has {
			n = len(lanes)
			at[pbx], lanes = n, append(lanes, nil)
		}
		lanes[n] = append(lanes[n], unequal{e, o})
	}
	return lanes
}

// targetOf is what the order of an attempt has the claim on, as its record would say; "" where nobody can read it.
func targetOf(a journal.Attempt) string {
	in, err := tasks.Parse(a.Intent)
	if err != nil {
		return ""
	}
	return in.Target()
}

// compareLane brings the records of one PBX up to what the journals tell, one entry after the other.
func (w *Worker) compareLane(ctx context.Context, r *Recovery, lane []unequal) error {
	latest := map[string]store.Order{}
	for _, e := range lane {
		o, seen := latest[e.Attempt.Order]
		if !seen {
			o = e.record
		} else if known(e.Entry, o) {
			continue
		}
		for {
			next, err := w.recall(ctx, r, e.Entry, o)
			if err == nil {
				latest[e.Attempt.Order] = next
				break
			}
			if !errors.Is(err, store.ErrStale) {
				return fmt.Errorf("recover order %s, attempt %d: %w", e.Attempt.Order, e.Attempt.N, err)
			}
			if o, err = w.store.Get(ctx, e.Attempt.Order); err != nil {
				return err
			}
		}
	}
	return nil
}

// known says that a record has all that a journal's entry can tell.
func known(e journal.Entry, o store.Order) bool {
	if !o.Evidence.Knows(e.Attempt.Nonce) {
		// Whether the gate ever let it through is not known, and it was not sent: no sign of anything.
		return e.Outcome != nil && e.Outcome.NoGate
	}
	switch {
	case e.Outcome == nil:
		return true // the record knows of it, and is looked after as any other
	case e.Outcome.OrderNo != "":
		return o.OrderNo == e.Outcome.OrderNo
	}
	if o.Evidence.Doubts(e.Attempt.Nonce) {
		_, settles := verdictOfJournal(e.Outcome)
		return !settles
	}
	return e.Attempt.Nonce != o.Evidence.Nonce || o.State != store.Submitting && o.State != store.Unknown
}

// recall brings a record up to what a journal's entry tells. o is zero where there is no record.
func (w *Worker) recall(ctx context.Context, r *Recovery, e journal.Entry, o store.Order) (store.Order, error) {
	if !o.Evidence.Knows(e.Attempt.Nonce) {
		if err := w.haltBefore(ctx, r); err != nil {
			return o, err
		}
		switch next, err := w.recallAttempt(ctx, e, o); {
		case errors.Is(err, errNoIntent):
			w.log.Error("a sent order is unknown to Redis, and its journal does not have its intent", zap.String("order", e.Attempt.Order), zap.Error(err))
			w.trust.tell(func() { r.Lost = append(r.Lost, e.Attempt.Order) })
			return o, nil
		case err != nil:
			return o, err
		default:
			o = next
			w.trust.tell(func() { r.Recalled++ })
			crash.At(crash.RecallAfter)
		}
	}
	v, settles := verdictOfJournal(e.Outcome)
	if !settles {
		return o, nil
	}
	if v.found != nil && v.found.OrderNo != o.OrderNo {
		held, err := w.store.Numbers(ctx, []string{v.found.OrderNo})
		if err != nil {
			return o, err
		}
		if held[v.found.OrderNo] == o.ID {
			return o, nil // it had that number, and a person has decided otherwise since
		}
	}
	next, err := w.apply(ctx, o, passageOf{e.Attempt.N, e.Attempt.Nonce}, v)
	if err == nil && next.Version != o.Version {
		w.trust.tell(func() { r.Replayed++ })
	}
	return next, err
}

// haltBefore halts the account before the first attempt is recalled, and the other lanes wait for that: whoever carries on after
// a death of this process finds nothing forgotten any more.
func (w *Worker) haltBefore(ctx context.Context, r *Recovery) (err error) {
	w.trust.tell(func() {
		if r.halted {
			return
		}
		err = w.fleet.Forgot(ctx, "Redis had forgotten attempts that the send journals of "+w.trust.host.Name+
			" show; they are being recalled (orderq recover shows how far)")
		r.halted = err == nil
	})
	return err
}

var errNoIntent = errors.New("the send journal has no intent that could be read")

// recallAttempt records an attempt that Redis has forgotten.
func (w *Worker) recallAttempt(ctx context.Context, e journal.Entry, o store.Order) (store.Order, error) {
	if o.ID == "" {
		in, err := tasks.Parse(e.Attempt.Intent)
		if err != nil || in.ID() != e.Attempt.Order {
			return o, errors.Join(errNoIntent, err)
		}
		// Held, so that nobody sends it should this process die before the next line.
		n := tasks.NewOrder(in, tasks.QueueOrders)
		n.HoldFor, n.Reason = store.WaitRecovery, "its record was lost; made anew from the send journal "+e.Journal
		if o, _, err = w.store.Accept(ctx, n); err != nil {
			return o, err
		}
		crash.At(crash.RemakeAfter)
		if o.Evidence.Knows(e.Attempt.Nonce) {
			return o, nil
		}
	}
	if o.State == store.Placed || o.State == store.Pending {
		// It has its portal order, by an answer that came in before us or by a row of the list. Should this have been
		// another attempt, the next reading of the list raises the duplicate alarm.
		if e.Attempt.N > o.Attempt {
			w.log.Error("a later attempt was sent for an order that is placed", zap.String("order", o.ID), zap.String("orderNo", o.OrderNo),
				zap.Int("attempt", e.Attempt.N), zap.Int("known", o.Attempt))
		}
		return w.store.Describe(ctx, o, w.sentOf(e))
	}
	s := w.sentOf(e)
	// Clocks may differ, and a reading that is too young would hide the very row that is looked for.
	m, err := w.store.MarkBefore(ctx, s.At.Add(-markSlack))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return o, err
	}
	s.Watermark = m.Number
	return w.done(w.store.Recall(ctx, o, s))
}

// sentOf is an attempt as its journal tells it, all but the watermark.
func (w *Worker) sentOf(e journal.Entry) store.Sent {
	var sent yeastar.OrderRequest
	_ = json.Unmarshal(e.Attempt.Body, &sent) // written by us; without it only the reference can tell
	s := store.Sent{
		N: e.Attempt.N, Nonce: e.Attempt.Nonce, Reference: e.Attempt.Reference, PONumber: either(sent.PONumber, e.Attempt.Reference), Sender: e.Journal,
		Body: e.Attempt.Body, ProductNo: sent.ProductNo,
		At: e.Attempt.At.Add(time.Duration(w.clocks.redis.Load())), Deadline: w.redisNow().Add(w.cfg.within()),
	}
	if len(sent.ServiceList) > 0 {
		s.Quantity, s.BillingCycle = sent.ServiceList[0].Quantity, sent.ServiceList[0].BillingCycle
	}
	return s
}

// markSlack is how far the clocks of hosts may be apart without a reading of the list being taken for older
// than an attempt that it is not older than.
const markSlack = 10 * time.Minute
