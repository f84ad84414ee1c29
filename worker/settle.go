package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"orderq/store"
)

// settle writes down what came of an attempt. It insists: the answer is the one thing that cannot be had
// again, so while Redis is away it tries until the shutdown timeout; after that the journal has it.
// The record may have moved on meanwhile (its deadline passed, somebody found it): then the verdict is
// applied to what it is now.
func (w *Worker) settle(ctx context.Context, o store.Order, v verdict) (store.Order, error) {
	its := passed(o)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.cfg.ShutdownTimeout)
	defer cancel()
	pause := 50 * time.Millisecond
	for {
		next, err := w.apply(ctx, o, its, v)
		if err == nil {
			return next, nil
		}
		if errors.Is(err, store.ErrStale) {
			var fresh store.Order
			if fresh, err = w.store.Get(ctx, o.ID); err == nil {
				o = fresh
				continue
			}
		}
		if errors.Is(err, store.ErrNoMove) {
			return o, err // trying again would not help: a bug, and the journal has the answer
		}
		var taken *store.NumberTakenError
		if errors.As(err, &taken) {
			// The portal gave us a number that another order has: nobody can tell whose it is.
			v = verdict{doubt: taken.Error()}
			w.log.Error("portal order number given twice", zap.String("order", o.ID), zap.Error(err))
			continue
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return o, fmt.Errorf("order %s: its outcome could not be recorded; the journal has it: %w", o.ID, err)
		case <-t.C:
		}
		if pause < 2*time.Second {
			pause *= 2
		}
		if fresh, err := w.store.Get(ctx, o.ID); err == nil {
			o = fresh
		}
	}
}

// passageOf is what a verdict is about: an attempt, told from another of the same number by its passage's nonce.
type passageOf struct {
	attempt int
	nonce   string
}

func passed(o store.Order) passageOf { return passageOf{o.Attempt, o.Evidence.Nonce} }

// apply carries one verdict on a passage out against the record as it is now.
func (w *Worker) apply(ctx context.Context, o store.Order, p passageOf, v verdict) (store.Order, error) {
	own := o.Evidence.Nonce == p.nonce && (o.State == store.Submitting || o.State == store.Unknown)
	// The record of an order whose passages Redis had forgotten can be about one of several that are in doubt.
	nothing := (v.refused != nil || v.unsent != nil) && (o.State == store.Unknown || o.State == store.Review)
	switch {
	case nothing && o.Evidence.Doubts(p.nonce):
		return w.store.Settle(ctx, o, p.nonce)
	case nothing && o.Evidence.Doubtful != "":
		return o, nil // this passage came to nothing, another may not have: the order is looked for
	case v.found != nil:
		f := *v.found
		f.Attempt = p.attempt
		return w.adopt(ctx, o, f)
	case v.refused != nil && own:
		return w.done(w.store.Reject(ctx, o, *v.refused))
	case v.unsent != nil && own:
		return w.done(w.store.Unsent(ctx, o, *v.unsent))
	case v.doubt != "" && own && o.State == store.Submitting:
		w.readSoon()
		return w.done(w.store.Doubt(ctx, o, v.doubt, "", w.firstLook()))
	}
	return o, nil // it has moved on, and this verdict has nothing to add
}

// adopt records a portal order as this order's, whatever state that is in. A second one is the duplicate
// alarm.
func (w *Worker) adopt(ctx context.Context, o store.Order, f store.Found) (store.Order, error) {
	if o.OrderNo == f.OrderNo && o.OrderNo != "" && (o.State.Final() || o.State == f.To) {
		return o, nil // known already
	}
	if o.State.Final() || o.OrderNo != "" && o.OrderNo != f.OrderNo {
		for _, d := range o.Duplicates {
			if d == f.OrderNo {
				return o, nil
			}
		}
		w.log.Error("DUPLICATE ORDER: the portal has more than one order for this intent",
			zap.String("order", o.ID), zap.String("orderNo", o.OrderNo), zap.String("duplicate", f.OrderNo))
		if err := w.fleet.NoteDuplicate(ctx); err != nil {
			return o, err
		}
		return w.done(w.store.Duplicate(ctx, o, f.OrderNo, string(f.Via)))
	}
	if f.To == store.Pending {
		f.PollIn = w.cfg.PollEvery
	}
	return w.done(w.store.Record(ctx, o, f))
}

// placedByAnswer notes what an order whose number came with its answer can teach: whether the portal shows
// our reference. It is asked now and then, so that it is known before it is needed.
func (w *Worker) placedByAnswer(ctx context.Context, o store.Order) {
	if o.OrderNo == "" {
		return
	}
	s := w.shared.Load()
	if s == nil || s.Echo.Ask != "" || s.Now.Sub(s.Echo.At) < echoAsk {
		return
	}
	// The reading of the fleet's state is some seconds old: of many orders at once, one asks.
	now, last := w.cfg.Now().UnixMilli(), w.marks.echoAsked.Load()
	if now-last < time.Minute.Milliseconds() || !w.marks.echoAsked.CompareAndSwap(last, now) {
		return
	}
	if err := w.fleet.AskEchoOf(ctx, o.OrderNo); err != nil {
		w.log.Info("echo not asked", zap.Error(err))
		return
	}
	w.readSoon()
}

func (w *Worker) closeAccount(ctx context.Context, why string) {
	w.log.Error("the portal refuses the account's credentials: nothing is sent until a read succeeds", zap.String("reason", why))
	if err := w.fleet.Close(ctx, why); err != nil {
		w.log.Warn("account not closed for the fleet", zap.Error(err))
		return
	}
	_ = w.refresh(ctx) // a hint; the next heartbeat reads it again
}
