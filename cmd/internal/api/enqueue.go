package api

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"orderq/store"
	"orderq/tasks"
)

const (
	// mostBehind is how many tasks may be on their way into the queue; beyond that orders wait for their answers.
	mostBehind = 1000
	// enqueueWithin is how long one may take. What it leaves undone a sweeper does soon after.
	enqueueWithin = 10 * time.Second
	// settleWithin is how long a server that stops waits for those under way.
	settleWithin = 5 * time.Second
)

// enqueuer puts the tasks of accepted orders into the queue behind their answers: an order is accepted once its record is
// there, and whoever waits for that need not wait for Redis twice. A server that dies in between leaves them to the sweeper,
// as every caller does that dies between accept and enqueue.
type enqueuer struct {
	orders *tasks.Client
	under  *semaphore.Weighted
	ctx    context.Context
	drop   context.CancelFunc
}

func newEnqueuer(ctx context.Context, orders *tasks.Client) *enqueuer {
	e := &enqueuer{orders: orders, under: semaphore.NewWeighted(mostBehind)}
	e.ctx, e.drop = context.WithCancel(context.WithoutCancel(ctx)) // it is closed behind everybody else
	return e
}

// enqueue returns once the task is on its way, or ctx has ended.
func (e *enqueuer) enqueue(ctx context.Context, o store.Order) {
	if e.under.Acquire(ctx, 1) != nil {
		return
	}
	go func() {
		defer e.under.Release(1)
		ctx, cancel := context.WithTimeout(e.ctx, enqueueWithin)
		defer cancel()
		e.orders.Enqueue(ctx, o)
	}()
}

// settle waits until nothing is on its way, or ctx has ended.
func (e *enqueuer) settle(ctx context.Context) {
	if e.under.Acquire(ctx, mostBehind) == nil {
		e.under.Release(mostBehind)
	}
}

// close waits so long for what is on its way, and ends it.
func (e *enqueuer) close(within time.Duration) {
	ctx, cancel := context.WithTimeout(e.ctx, within)
	defer cancel()
	e.settle(ctx)
	e.drop()
	e.settle(context.WithoutCancel(e.ctx))
}
