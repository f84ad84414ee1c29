package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
	"go.uber.org/zap"

	"orderq/store"
	"orderq/store/crash"
	"orderq/tasks"
)

// sweepLoop gives every record that wants a delivery a fresh one, whatever became of the task that was to
// bring it: never enqueued, deleted in the dashboard, archived, lost with its worker.
func (w *Worker) sweepLoop(ctx context.Context) {
	w.every(ctx, w.cfg.SweepEvery, w.kick, "sweep", w.sweep)
}

func (w *Worker) sweepSoon() { ask(w.kick) }

const (
	// sweepBatch is how many orders one round sees to: a bounded stampede after a halt or an opening.
	sweepBatch = 500
	// sweepGrace is the longest that sweepers leave an order alone that one of them is seeing to.
	sweepGrace = 10 * time.Second
	// queuedCheck is when an order whose task waits in the queue is looked at again.
	queuedCheck = time.Minute
)

// Repair is what the sweeper put right.
type Repair string

const (
	RepairTask     Repair = "no_task"       // an accepted order had no task: never enqueued, lost, or what it waited for is over
	RepairWorker   Repair = "dead_worker"   // the worker that prepared an order is gone
	RepairDelivery Repair = "lost_delivery" // a delivery of this worker ended and recorded nothing
)

// Repairs lists them all.
func Repairs() []Repair { return []Repair{RepairTask, RepairWorker, RepairDelivery} }

// sweep carries out one round. While nothing may be sent it makes no deliveries: they would only come back.
func (w *Worker) sweep(ctx context.Context) error {
	if hold, err := w.holdsBack(ctx); hold || err != nil {
		return err
	}
	ids, err := w.store.Due(ctx, sweepBatch, w.grace())
	if err != nil {
		return err
	}
	orders, err := w.store.GetMany(ctx, ids)
	if err != nil {
		return err
	}
	alive := w.alive()
	for _, o := range orders {
		if err := w.see(ctx, o, alive); err != nil && !errors.Is(err, store.ErrStale) {
			return err
		}
	}
	if len(ids) == sweepBatch {
		w.sweepSoon()
	}
	return nil
}

// holdsBack says that nothing may be sent now, so that a delivery would only come back.
func (w *Worker) holdsBack(ctx context.Context) (bool, error) {
	if w.isStopping() || w.trust.refuses() != "" {
		return true, nil
	}
	closed := func() bool {
		s := w.shared.Load()
		return s != nil && (s.Halt != nil || !s.OpenUntil.IsZero() || s.Closed != "")
	}
	if !closed() {
		return false, nil
	}
	err := w.refresh(ctx)
	return closed(), err
}

// grace is how long sweepers leave an order alone that one of them is seeing to: should that one die, the next look is
// when its own silence would be noticed.
func (w *Worker) grace() time.Duration { return min(sweepGrace, w.cfg.silence()) }

// alive are the workers whose heartbeat is young enough, as far as this process knows.
func (w *Worker) alive() map[string]bool {
	alive := map[string]bool{w.id: true}
	if s := w.shared.Load(); s != nil {
		for _, other := range s.Workers {
			alive[other.ID] = s.Now.Sub(other.Beat) <= w.cfg.silence() || alive[other.ID]
		}
	}
	return alive
}

// see sees to one order that is due.
func (w *Worker) see(ctx context.Context, o store.Order, alive map[string]bool) error {
	switch o.State {
	case store.Preparing:
		if o.Owner != w.id && alive[o.Owner] || o.Owner == w.id && w.inWork.has(o.ID) {
			return nil // in somebody's hands
		}
		p := store.Pause{For: store.WaitTime, Reason: "its worker " + o.Owner + " is gone", Crashed: true}
		repair := RepairWorker
		if o.Owner == w.id {
			p.Reason, repair = "its delivery ended and recorded nothing", RepairDelivery
		}
		next, err := w.done(w.store.Wait(ctx, o, p))
		if err != nil {
			return err
		}
		w.cfg.OnRepair(repair)
		_, err = w.deliver(ctx, next)
		return err
	case store.Accepted:
		if o.WaitingFor == store.WaitBatch {
			if pause, err := w.batchHolds(ctx, o); err != nil || pause != nil {
				if err == nil {
					err = w.store.PutOff(ctx, o.ID, batchPause)
				}
				return err
			}
		}
		if waits, err := w.queued(o); err != nil || waits {
			if err == nil {
				err = w.store.PutOff(ctx, o.ID, queuedCheck)
			}
			return err
		}
		made, err := w.deliver(ctx, o)
		if made {
			w.cfg.OnRepair(RepairTask)
		}
		return err
	}
	return nil
}

// queued says whether the order's present task still waits in asynq. One that asynq calls active does not
// count: the order would not be accepted any more, had its delivery begun.
func (w *Worker) queued(o store.Order) (bool, error) {
	info, err := w.inspect.GetTaskInfo(queueName(o), tasks.TaskID(o.ID, o.Generation))
	if errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound) {
		return false, nil
	}
	if err != nil {
		// Among others a half-deleted task, whose state asynq cannot read: a new generation gets past it.
		w.log.Debug("task not readable", zap.String("order", o.ID), zap.Error(err))
		return false, nil
	}
	switch info.State {
	case asynq.TaskStatePending:
		return true, nil
	case asynq.TaskStateScheduled, asynq.TaskStateRetry:
		return info.NextProcessAt.Before(w.cfg.Now().Add(queuedCheck)), nil
	}
	return false, nil
}

// deliver makes a new task for an accepted order, under the next generation's id; made is false where somebody else
// sees to it.
func (w *Worker) deliver(ctx context.Context, o store.Order) (made bool, err error) {
	generation, err := w.store.Deliver(ctx, o, w.grace())
	if err != nil || generation == 0 {
		return false, err
	}
	crash.At(crash.SweepAfterKick)
	task, opts := tasks.PlaceTask(o, generation)
	if _, err := w.queue.EnqueueContext(ctx, task, opts...); err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return false, fmt.Errorf("enqueue %s: %w", o.ID, err)
	}
	return true, nil
}

func queueName(o store.Order) string { return either(o.Queue, tasks.QueueOrders) }
