package worker

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"orderq/store"
)

// marks keeps the account's watermark: the reading of the portal's list that orders refer to when they
// pass the gate. It is taken by need and not per order: an old one is as true as a fresh one, it only makes
// a later reading longer.
type marks struct {
	worker    *Worker
	mu        sync.Mutex
	mark      int64
	at        time.Time
	renewing  bool
	since     atomic.Int64 // orders that passed the gate since
	echoAsked atomic.Int64 // when this process last asked for the echo, Unix ms
}

const (
	// markOrders is after how many orders of this process a new watermark is taken: a later reading then
	// has a handful of pages to look through, and the cost is one call in 250 orders.
	markOrders = 500
	// markAge bounds what other people order at the portal meanwhile.
	markAge = time.Hour
)

// current gives a watermark's number. One that is due for renewal still serves while a new one is taken
// beside the orders; only where there is none do they wait for it. One taker at a time.
func (m *marks) current(ctx context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mark == 0 {
		err := m.begin(ctx)
		return m.mark, err
	}
	old := m.since.Load() >= markOrders || m.worker.cfg.Now().Sub(m.at) >= markAge
	if old && !m.renewing {
		m.renewing = true
		base := context.WithoutCancel(ctx)
		m.worker.loops.Go(func() { m.renew(base) })
	}
	return m.mark, nil
}

// begin finds the first watermark: another worker's, if it is young, or a new one. Its caller holds mu.
func (m *marks) begin(ctx context.Context) error {
	now := m.worker.cfg.Now()
	k, err := m.worker.store.Mark(ctx, 0)
	switch {
	case err == nil && now.Sub(k.At) < markAge && now.After(k.At):
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return err
	default:
		if k, err = m.take(ctx); err != nil {
			return err
		}
	}
	m.mark, m.at = k.Number, k.At
	m.since.Store(0)
	return nil
}

// renew takes a new watermark beside the orders. Failing, the old one goes on serving.
func (m *marks) renew(ctx context.Context) {
	k, err := m.take(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.renewing = false
	if err != nil {
		m.worker.log.Info("no new watermark; the old one goes on", zap.Error(err))
		m.since.Store(0) // not at once again
		return
	}
	m.mark, m.at = k.Number, k.At
	m.since.Store(0)
}

// take reads the ends of the portal's list and keeps them.
func (m *marks) take(ctx context.Context) (store.Mark, error) {
	k, err := m.worker.readEnds(ctx)
	if err != nil {
		return k, err
	}
	lowest, err := m.worker.lowestMark(ctx)
	if err != nil {
		return k, err
	}
	return m.worker.store.SetMark(ctx, k, lowest)
}

func (m *marks) spent() { m.since.Add(1) }

// forget makes the next order take a new one: Redis no longer has ours.
func (m *marks) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mark = 0
}

// lowestMark is the smallest watermark that an order in doubt refers to; what lies below may be dropped.
func (w *Worker) lowestMark(ctx context.Context) (int64, error) {
	lowest := int64(1<<62 - 1)
	f := store.Filter{States: []store.State{store.Submitting, store.Unknown, store.Review}}
	err := w.store.Each(ctx, f, func(o store.Order) error {
		if o.Evidence.Watermark > 0 {
			lowest = min(lowest, o.Evidence.Watermark)
		}
		return nil
	})
	return lowest, err
}
