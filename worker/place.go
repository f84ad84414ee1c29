package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hibiken/asynq"
	"go.uber.org/zap"

	"orderq/store"
	"orderq/store/crash"
	"orderq/tasks"
)

// place is the handler of order:place: a delivery of an intent, from our client, from the sweeper, or from
// any producer that has asynq and nothing else.
func (w *Worker) place(ctx context.Context, t *asynq.Task) error {
	in, err := tasks.Parse(t.Payload())
	if err != nil {
		// Parked in asynq's archive with its reason, for a person to see; it can never become an order.
		return fmt.Errorf("not an order intent: %w: %w", err, asynq.SkipRetry)
	}
	// Up to the gate; behind it the call has a time of its own.
	ctx, cancel := context.WithTimeout(ctx, w.cfg.TaskTimeout)
	defer cancel()
	o, err := w.carry(ctx, in, queueOf(ctx))
	if err != nil {
		return err
	}
	w.writeResult(t, o)
	return nil
}

// carry moves one order as far as this delivery can, by what its record says.
func (w *Worker) carry(ctx context.Context, in tasks.Intent, queue string) (store.Order, error) {
	if in.Account != w.cfg.Account {
		return w.lodge(ctx, in, queue)
	}
	d := store.Delivery{Worker: w.id, Nonce: nonce(), Silence: w.cfg.silence(), Within: prepareWithin}
	o, mine, err := w.store.Take(ctx, in.ID(), d)
	if errors.Is(err, store.ErrNotFound) {
		accepted, fresh, refused := w.store.Accept(ctx, tasks.NewOrder(in, queue))
		if refused != nil {
			return o, refuseConflict(in, refused)
		}
		if fresh && accepted.State == store.Held {
			w.moved(accepted) // for a person to see
		}
		o, mine, err = w.store.Take(ctx, in.ID(), d)
	}
	if err != nil {
		return o, err
	}
	crash.At(crash.TakeAfter)
	if mine {
		w.inWork.begin(o.ID)
		defer w.inWork.end(o.ID)
		if o, err = w.advance(ctx, o); err != nil {
			return o, err
		}
	}
	if o.Fingerprint != in.Fingerprint() {
		return o, refuseConflict(in, &store.ConflictError{Holder: o})
	}
	return o, nil
}

// lodge accepts an order of another account into that account's ledger, where its own workers find it.
func (w *Worker) lodge(ctx context.Context, in tasks.Intent, queue string) (store.Order, error) {
	there := store.Open(w.cfg.Redis, w.cfg.Prefix, in.Account)
	o, _, err := there.Accept(ctx, tasks.NewOrder(in, queue))
	if err != nil {
		return o, refuseConflict(in, err)
	}
	return o, nil
}

// refuseConflict parks a task whose reference belongs to another intent; other errors stay as they are.
func refuseConflict(in tasks.Intent, err error) error {
	var taken *store.ConflictError
	if errors.As(err, &taken) {
		return fmt.Errorf("%w: %w", tasks.Conflict(in, taken), asynq.SkipRetry)
	}
	return err
}

// advance is the loop over the recorded state: each round carries out one step and reads the state it led
// to. It ends where the order has to wait, is in doubt, or is final.
func (w *Worker) advance(ctx context.Context, o store.Order) (store.Order, error) {
	for {
		var (
			next store.Order
			err  error
		)
		switch o.State {
		case store.Preparing:
			next, err = w.prepare(ctx, o)
		case store.Accepted:
			if o.WaitingFor != "" && !o.WaitingUntil.IsZero() || o.WaitingFor == store.WaitClaim || w.isStopping() || ctx.Err() != nil {
				return o, nil // the sweeper brings it back
			}
			var mine bool
			next, mine, err = w.store.Take(ctx, o.ID, store.Delivery{
				Worker: w.id, Nonce: nonce(), Silence: w.cfg.silence(), Within: prepareWithin})
			if err == nil && !mine {
				return next, nil
			}
		case store.Submitting:
			// Only the delivery that passed the gate may go on from here, and it does so inside prepare.
			return o, nil
		case store.Held, store.Unknown, store.Pending, store.Review, store.Placed, store.Rejected, store.Cancelled:
			return o, nil
		default:
			return o, fmt.Errorf("order %s is in state %q, which this version does not know", o.ID, o.State)
		}
		if errors.Is(err, store.ErrStale) {
			return w.store.Get(ctx, o.ID) // somebody else moved it: theirs to carry on
		}
		if err != nil {
			return o, err
		}
		o = next
	}
}

// result is what the asynq dashboard shows of a finished task. State comes first, because asynq calls a
// task completed whatever became of its order. Ids are strings: dashboards round numbers.
type result struct {
	State         store.State   `json:"state"`
	OrderNo       string        `json:"orderNo,omitempty"`
	TransactionNo string        `json:"transactionNo,omitempty"`
	WaitingFor    store.Waiting `json:"waitingFor,omitempty"`
	Reason        string        `json:"reason,omitempty"`
	ID            string        `json:"id"`
	Reference     string        `json:"reference"`
}

func (w *Worker) writeResult(t *asynq.Task, o store.Order) {
	rw := t.ResultWriter()
	if rw == nil {
		return
	}
	b, err := json.Marshal(result{o.State, o.OrderNo, o.TransactionNo, o.WaitingFor, o.Reason, o.ID, o.Reference})
	if err != nil {
		return
	}
	if _, err := rw.Write(b); err != nil {
		w.log.Debug("task result not written", zap.String("order", o.ID), zap.Error(err))
	}
}

func queueOf(ctx context.Context) string {
	if q, ok := asynq.GetQueueName(ctx); ok {
		return q
	}
	return tasks.QueueOrders
}

// retryDelay spreads redeliveries after an error of ours (Redis away); the portal's failures never come
// here, they wait in the record.
func retryDelay(n int, _ error, _ *asynq.Task) time.Duration {
	base := min(time.Second<<min(n, 6), time.Minute)
	return base/2 + rand.N(base)
}

// deliveryFailed logs what asynq will retry or park.
func (w *Worker) deliveryFailed(ctx context.Context, t *asynq.Task, err error) {
	id, _ := asynq.GetTaskID(ctx)
	if errors.Is(err, asynq.SkipRetry) {
		w.log.Warn("task parked", zap.String("task", id), zap.String("type", t.Type()), zap.Error(err))
		return
	}
	w.log.Warn("delivery failed; it will be tried again", zap.String("task", id), zap.Error(err))
}
