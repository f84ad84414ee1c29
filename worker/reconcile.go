package worker

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"orderq/store"
	"orderq/store/crash"
	"orderq/store/fleet"
	"orderq/store/journal"
	"orderq/tasks"
	"orderq/yeastar"
)

// readLoop looks after everything that is on its way, in doubt, or pending at the portal.
func (w *Worker) readLoop(ctx context.Context) {
	w.every(ctx, w.cfg.SweepEvery, w.read, "look after orders in doubt", func(ctx context.Context) error {
		if w.trust.shut.Load() != nil {
			return nil // the records may lack what the journals have: those come first
		}
		return errors.Join(w.testify(ctx), w.holding(ctx, fleet.Reader, w.lookAfter))
	})
}

// holding does a thing while no other worker does it, or not at all. The lease is short and renewed, so
// that a worker that dies with it is not waited for longer than its heartbeat.
func (w *Worker) holding(ctx context.Context, name string, do func(context.Context) error) error {
	ok, err := w.fleet.Lease(ctx, name, w.id, w.cfg.silence())
	if err != nil || !ok {
		return err
	}
	doing, done := context.WithCancel(ctx)
	var renewal sync.WaitGroup
	renewal.Go(func() {
		tick := time.NewTicker(w.cfg.silence() / 3)
		defer tick.Stop()
		for {
			select {
			case <-doing.Done():
				return
			case <-tick.C:
				_, _ = w.fleet.Lease(doing, name, w.id, w.cfg.silence()) // lost: the thing is done twice, no more
			}
		}
	})
	err = do(ctx)
	done()
	renewal.Wait()
	_, _ = w.fleet.Lease(ctx, name, w.id, 0) // it runs out by itself
	return err
}

func (w *Worker) readSoon() { ask(w.read) }

// lookBatch is how many orders one round looks after.
const lookBatch = 500

// lookAfter carries out one round: submitting orders whose deadline has passed become unknown, pending ones
// are polled, and one reading of the portal's list judges all that are in doubt and due.
func (w *Worker) lookAfter(ctx context.Context) error {
	ids, err := w.store.ToLook(ctx, lookBatch, w.grace())
	if err != nil {
		return err
	}
	orders, err := w.store.GetMany(ctx, ids)
	if err != nil {
		return err
	}
	var inDoubt, pending []store.Order
	h := w.hearing()
	for _, o := range orders {
		switch o.State {
		case store.Submitting:
			next, err := w.done(w.store.Doubt(ctx, o, "its worker did not say in time what became of it", "", w.firstLook()))
			if err != nil {
				if !errors.Is(err, store.ErrStale) {
					return err
				}
				continue
			}
			// A journal of this host that has the answer spares the reading. One that cannot be recorded is told of by
			// the next round, and keeps nobody waiting.
			if told, err := w.testifyTo(ctx, next, h); err == nil {
				next = told
			}
			if next.State == store.Unknown {
				inDoubt = append(inDoubt, next)
			}
		case store.Unknown, store.Review:
			inDoubt = append(inDoubt, o)
		case store.Pending:
			pending = append(pending, o)
		}
	}
	if w.sick() {
		return nil // reading would only burden it; these are looked at again
	}
	for _, o := range pending {
		if err := w.poll(ctx, o); err != nil {
			w.log.Warn("pending order not polled; it is tried again", zap.String("order", o.ID), zap.Error(err))
		}
	}
	return w.reconcile(ctx, inDoubt)
}

// sick says that the fleet's breaker is open, as far as this process knows.
func (w *Worker) sick() bool {
	s := w.shared.Load()
	return s != nil && !s.OpenUntil.IsZero()
}

// firstLook is when an order that has just become unknown is looked for first.
func (w *Worker) firstLook() time.Duration {
	return max(min(w.cfg.Settle/64, 2*time.Second), 50*time.Millisecond)
}

// testify says of orders in doubt what only the host of their senders can: what their journals have as answers, and
// that a sender is finished. Every host does, whoever reads the portal's list.
func (w *Worker) testify(ctx context.Context) error {
	h := w.hearing()
	return w.store.Each(ctx, store.Filter{States: []store.State{store.Unknown, store.Review}}, func(o store.Order) error {
		_, err := w.testifyTo(ctx, o, h)
		if err != nil && !errors.Is(err, store.ErrStale) {
			w.log.Warn("what the journal says is not recorded; it is tried again", zap.String("order", o.ID), zap.Error(err))
		}
		return ctx.Err()
	})
}

// testifyTo says of one order in doubt what this host's journals have; the order as it stands afterwards.
func (w *Worker) testifyTo(ctx context.Context, o store.Order, h hearing) (store.Order, error) {
	if o.Evidence.Sender == "" || o.Evidence.Finished { // of one that is finished all was said when that was
		return o, nil
	}
	standing, outcome := h.of(o)
	v, settles := verdictOfJournal(outcome)
	switch {
	case v.found != nil && v.found.OrderNo == o.OrderNo:
		// The record has that answer. What has become of the portal's order since, only the portal can tell.
	case settles && (o.State == store.Unknown || v.found != nil):
		return w.apply(ctx, o, passed(o), v)
	}
	if standing == journal.SenderFinished {
		return w.store.Witness(ctx, o)
	}
	return o, nil
}

// verdictOfJournal is what a journal's outcome settles by itself; ok is false where it settles nothing.
func verdictOfJournal(j *journal.Outcome) (v verdict, ok bool) {
	if j == nil {
		return v, false
	}
	switch j.Result {
	case yeastar.Done.String():
		f := foundIn(j.OrderStatus)
		f.OrderNo, f.TransactionNo, f.OrderStatus, f.InstanceID, f.RequestID = j.OrderNo, j.TransactionNo, j.OrderStatus, j.InstanceID, j.RequestID
		f.Via = store.ViaJournal
		return verdict{found: &f}, true
	case yeastar.Refused.String():
		return verdict{refused: &store.Refusal{Code: j.Code, Reason: "the portal refused it: " + j.Reason, RequestID: j.RequestID}}, true
	case yeastar.NotSent.String():
		// It may have been the portal's word, a 403 or a 429: look before another attempt, as after those.
		return verdict{unsent: &store.Pause{For: store.WaitTime, LookFirst: true, Reason: "not sent: " + j.Reason}}, true
	}
	return v, false
}

// reconcile reads the portal's list once and judges every order in doubt by it. Where there is none, it
// still answers a standing question: does the portal show our reference?
func (w *Worker) reconcile(ctx context.Context, orders []store.Order) error {
	shared := w.shared.Load()
	if len(orders) == 0 && (shared == nil || shared.Echo.Ask == "") {
		return nil
	}
	if err := w.askEcho(ctx); err != nil {
		w.log.Info("echo not asked", zap.Error(err))
	}
	// One whose watermark Redis has forgotten is looked for in the whole list, where old and new are told apart by the
	// portal's times alone. Of the others, no absence may be concluded from that.
	var since, ever []store.Order
	for _, o := range orders {
		if o.Evidence.Watermark > 0 {
			since = append(since, o)
		} else {
			ever = append(ever, o)
		}
	}
	return errors.Join(w.reconcileSome(ctx, since), w.reconcileSome(ctx, ever))
}

func (w *Worker) reconcileSome(ctx context.Context, orders []store.Order) error {
	if len(orders) == 0 {
		return nil
	}
	// Before the list is read: a sender that ends meanwhile may have sent what the reading did not see any more.
	senders := w.hearing().standings(orders)
	v, err := w.glance(ctx, orders)
	crash.At(crash.ReconcileAfterList)
	if err != nil {
		return err
	}
	v.senders = senders
	if v.echoes && w.echo() != echoShown {
		if err := w.fleet.NoteEcho(ctx, true); err != nil {
			return err
		}
		if err := w.refresh(ctx); err != nil {
			return err
		}
	}
	// Those whose row bears their reference need no more. The others need the details of every row that says too
	// little, a call each: this process may be gone before it has them all.
	shown := func(o store.Order) bool { return len(v.refs[o.ID]) == 1 }
	if err := w.judgeAll(ctx, orders, v, shown); err != nil {
		return err
	}
	if slices.ContainsFunc(orders, func(o store.Order) bool { return !shown(o) }) {
		settled := maps.Clone(v.refs)
		if err := w.lookInto(ctx, &v); err != nil {
			return err
		}
		if err := w.judgeAll(ctx, orders, v, func(o store.Order) bool { return len(settled[o.ID]) != 1 }); err != nil {
			return err
		}
	}
	return w.adoptOthers(ctx, orders, v)
}

// judgeAll applies judge to those of the orders that are meant.
func (w *Worker) judgeAll(ctx context.Context, orders []store.Order, v view, meant func(store.Order) bool) error {
	for _, o := range orders {
		if !meant(o) {
			continue
		}
		if err := w.judgeOne(ctx, o, v); err != nil && !errors.Is(err, store.ErrStale) { // else somebody has moved it
			// The others must not wait behind one that cannot be settled.
			w.log.Warn("order in doubt not judged; it is tried again", zap.String("order", o.ID), zap.Error(err))
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// adoptOthers settles rows that bear the reference of an order which nobody had in doubt: an attempt that
// was thought absent and arrived after all, or a second order for one intent.
func (w *Worker) adoptOthers(ctx context.Context, judged []store.Order, v view) error {
	done := map[string]bool{}
	for _, o := range judged {
		done[o.ID] = true
	}
	for id, numbers := range v.refs {
		if done[id] {
			continue
		}
		for _, no := range numbers {
			if v.claimed[no] == id {
				continue
			}
			o, err := w.store.Get(ctx, id)
			if errors.Is(err, store.ErrNotFound) {
				break // another ledger's
			}
			if err != nil {
				return err
			}
			if _, err := w.adoptRow(ctx, o, v, no, store.ViaReference, "its reference is in the portal's list"); err != nil && !errors.Is(err, store.ErrStale) {
				return err
			}
		}
	}
	return nil
}

// judgeOne applies judge to one order.
func (w *Worker) judgeOne(ctx context.Context, o store.Order, v view) error {
	s, err := w.sightOf(ctx, o, v)
	if err != nil {
		return err
	}
	f, why := judge(s)
	switch f {
	case found, matched:
		no := append(append([]string(nil), s.bearing...), s.fits...)[0]
		via := store.ViaReference
		if f == matched {
			via = store.ViaMatch
		}
		_, err = w.adoptRow(ctx, o, v, no, via, why)
	case several:
		for _, no := range s.bearing {
			if o, err = w.adoptRow(ctx, o, v, no, store.ViaReference, why); err != nil {
				return err
			}
		}
	case isAbsent:
		_, err = w.done(w.store.Resend(ctx, o, "", why))
		crash.At(crash.ResendAfter)
		w.sweepSoon()
	case forPerson:
		_, err = w.done(w.store.Review(ctx, o, why))
	case again:
		next := nextLook(s.now, o.Evidence.Deadline, w.cfg.Settle)
		if o.State == store.Review {
			next = time.Hour
		}
		_, err = w.store.Looked(ctx, o, v.reading.counts, why, next)
	}
	return err
}

// adoptRow records a row of the list as an order's, with what its details show.
func (w *Worker) adoptRow(ctx context.Context, o store.Order, v view, orderNo string, via store.Via, why string) (store.Order, error) {
	d := v.orders[orderNo]
	if d.TransactionNo == "" && rowID(d.OrderRow) != "" { // the row alone was enough to recognise it
		full, err := w.details.of(ctx, rowID(d.OrderRow))
		var no *yeastar.Error
		switch {
		case err == nil:
			d = merged(full, d.OrderRow)
		case !errors.As(err, &no) || no.Outcome != yeastar.Refused:
			return o, err
		}
	}
	f := foundIn(d.OrderStatus)
	f.OrderNo, f.TransactionNo, f.OrderStatus, f.InstanceID = orderNo, d.TransactionNo, d.OrderStatus, d.InstanceID
	f.Via, f.Raw = via, d.Raw
	for _, ref := range tasks.FindReferences(d.Raw) {
		if id, attempt, ok := tasks.SplitReference(ref); ok && id == o.ID {
			f.Attempt = max(f.Attempt, attempt)
		}
	}
	f.Reason = either(f.Reason, why)
	next, err := w.adopt(ctx, o, f)
	var taken *store.NumberTakenError
	if errors.As(err, &taken) {
		return w.done(w.store.Review(ctx, o, taken.Error()))
	}
	return next, err
}

// lookFirst looks for an earlier attempt's reference before another is made: after a 403 or a 429 the
// portal's word that it did nothing is believed less.
func (w *Worker) lookFirst(ctx context.Context, o store.Order) (store.Order, bool, error) {
	v, err := w.view(ctx, []store.Order{o})
	if err != nil {
		next, err := w.putBack(ctx, o, err)
		return next, true, err
	}
	for no, d := range v.orders {
		for _, ref := range tasks.FindReferences(d.Raw) {
			if id, _, ok := tasks.SplitReference(ref); ok && id == o.ID {
				next, err := w.adoptRow(ctx, o, v, no, store.ViaReference, "found after a refusal")
				return next, true, err
			}
		}
	}
	return o, false, nil
}
