package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"orderq/store"
	"orderq/store/batch"
	"orderq/store/fleet"
	"orderq/yeastar"
)

// releaseLoop lets rows of batches go to the queue as the window has room for them. One worker of the fleet does; it
// is a loop and no asynq task because it has to survive whatever becomes of a task: what is released and what not
// stands in the records alone.
func (w *Worker) releaseLoop(ctx context.Context) {
	w.every(ctx, w.cfg.SweepEvery, nil, "release rows of batches", func(ctx context.Context) error {
		if hold, err := w.holdsBack(ctx); hold || err != nil {
			return err
		}
		if some, err := w.batches.Unreleased(ctx); !some || err != nil {
			return err
		}
		return w.holding(ctx, fleet.Releaser, func(ctx context.Context) error {
			if err := w.brake(ctx); err != nil {
				return err
			}
			n, err := w.batches.Release(ctx)
			if n > 0 {
				w.sweepSoon()
			}
			return err
		})
	})
}

// brake stops batches whose orders come out otherwise than they should, and proves those whose canaries are well.
func (w *Worker) brake(ctx context.Context) error {
	all, err := w.batches.Braked(ctx)
	if err != nil {
		return err
	}
	for _, one := range all {
		why, err := w.brakeOf(ctx, one)
		if err == nil && why != "" {
			if err = w.batches.Stop(ctx, one, why); errors.Is(err, batch.ErrState) {
				continue // somebody was quicker
			}
			w.log.Warn("batch stopped: nothing more of it is released until somebody approves of that",
				zap.String("batch", one.Name), zap.String("reason", why))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// brakeOf says why a batch has to stop; "": it goes on.
func (w *Worker) brakeOf(ctx context.Context, one batch.Batch) (why string, err error) {
	shares := one.StopRefused > 0 || one.StopUnknown > 0
	if !shares && (one.Canary == 0 || one.Proven) {
		return "", w.batches.Over(ctx, one)
	}
	if shares {
		c, err := w.batches.Count(ctx, one.ID)
		if err != nil {
			return "", err
		}
		// What is in review only a person may send again, one by one.
		if c.Open() == c.States[store.Review] && !one.Applied.IsZero() {
			return "", w.batches.Over(ctx, one)
		}
		why := one.Tripped(c)
		if why != "" && (c.Unsent() > 0 || one.Applied.IsZero()) { // else there is nothing to stop
			return why, nil
		}
	}
	if one.Canary == 0 || one.Proven || len(one.Canaries) == 0 {
		return "", nil
	}
	canaries, err := w.store.GetMany(ctx, one.Canaries)
	if err != nil {
		return "", err
	}
	well, why := batch.Sung(canaries)
	if !well || why != "" {
		return why, nil
	}
	// The portal's answers say that they are placed. Its orders must say so, too.
	for _, o := range canaries {
		if o.Satisfied() {
			continue // nothing was ordered
		}
		d, err := w.portal.OrderDetails(ctx, o.OrderNo)
		var no *yeastar.Error
		switch {
		case errors.As(err, &no) && no.Outcome == yeastar.Refused:
			return "", nil // not shown yet: its list may lag
		case err != nil:
			return "", err
		case d.OrderStatus != yeastar.StatusSucceed:
			return "canary " + o.ID + " (" + o.OrderNo + ") is shown by the portal as " + d.OrderStatus, nil
		}
	}
	return "", w.batches.Prove(ctx, one.ID)
}

// batchPause is how long orders wait whose batch has stopped before they ask again.
const batchPause = 5 * time.Second

// stateAge is how old a batch's state may be that orders go by: one reading serves many.
const stateAge = 200 * time.Millisecond

// standings are the states of batches, as they were read a moment ago.
type standings struct {
	mu  sync.Mutex
	ids map[string]standing
}

type standing struct {
	state batch.State
	at    time.Time
}

// batchHolds is the pause for an order whose batch has stopped since it was released, or is held by another apply; nil: it
// goes on. A batch of some hundred rows is released in one breath: its brakes would stop nothing if they left those alone.
func (w *Worker) batchHolds(ctx context.Context, o store.Order) (*store.Pause, error) {
	if o.Batch == "" {
		return nil, nil
	}
	now := w.cfg.Now()
	w.standings.mu.Lock()
	s, known := w.standings.ids[o.Batch]
	w.standings.mu.Unlock()
	if !known || now.Sub(s.at) >= stateAge || now.Before(s.at) {
		state, err := w.batches.StateOf(ctx, o.Batch)
		if err != nil {
			return nil, err
		}
		s = standing{state, now}
		w.standings.mu.Lock()
		if w.standings.ids == nil || len(w.standings.ids) >= 1000 {
			w.standings.ids = map[string]standing{}
		}
		w.standings.ids[o.Batch] = s
		w.standings.mu.Unlock()
	}
	if s.state != batch.Stopped && s.state != batch.Held {
		return nil, nil
	}
	return &store.Pause{For: store.WaitBatch, After: batchPause, Reason: "its batch is " + string(s.state) + ": orderq batch approve, or batch cancel"}, nil
}

// turn is a bulk order's turn to wait for the account's rate: one at a time does, so that an order of another queue
// finds the next call free, whatever number of rows is at work. nil where it is not to wait any longer.
func (w *Worker) turn(ctx context.Context) (done func()) {
	select {
	case w.bulk <- struct{}{}:
		return func() { <-w.bulk }
	case <-ctx.Done():
	case <-w.stopping:
	}
	return nil
}
