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

// behind puts the tasks of accepted orders into the queue behind their answers: an order is accepted once its record is
// there, and whoever waits for that need not wait for Redis twice. A server that dies in between leaves them to the sweeper,
// as every caller does that dies between accept and enqueue.
type behind struct {
	orders *tasks.Client
	under  *semaphore.Weighted
	ctx    context.Context
	drop   context.CancelFunc
}

func newBehind(orders *tasks.Client) *behind {
	b := &behind{orders: orders, under: semaphore.NewWeighted(mostBehind)}
	b.ctx, b.drop = context.WithCancel(context.Background())
	return b
}

// enqueue returns once the task is on its way, or ctx has ended.
func (b *behind) enqueue(ctx context.Context, o store.Order) {
	if b.under.Acquire(ctx, 1) != nil {
		return
	}
	go func() {
		defer b.under.Release(1)
		ctx, cancel := context.WithTimeout(b.ctx, enqueueWithin)
		defer cancel()
		b.orders.Enqueue(ctx, o)
	}()
}

// settle waits until nothing is on its way, or ctx has ended.
func (b *behind) settle(ctx context.Context) {
	if b.under.Acquire(ctx, mostBehind) == nil {
		b.under.Release(mostBehind)
	}
}

// close waits so long for what is on its way, and ends it.
func (b *behind) close(within time.Duration) {
	ctx, cancel := context.WithTimeout(b.ctx, within)
	defer cancel()
	b.settle(ctx)
	b.drop()
	b.settle(context.Background())
}
