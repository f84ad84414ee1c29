package demo

import (
	"context"
	"sync"

	"orderq/store"
)

// watch knows of each order the latest move that a worker told.
type watch struct {
	mu     sync.Mutex
	orders map[string]store.Order
	wake   chan struct{} // closed at the next move
}

func newWatch() *watch { return &watch{orders: map[string]store.Order{}, wake: make(chan struct{})} }

// see is a worker's OnMove. Two workers may tell in the wrong order; the version says who is later.
func (w *watch) see(o store.Order) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.orders[o.ID].Version >= o.Version {
		return
	}
	w.orders[o.ID] = o
	close(w.wake)
	w.wake = make(chan struct{})
}

// count counts the orders for which is holds, and gives the signal of the next move.
func (w *watch) count(is func(store.Order) bool) (int, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return counted(w.orders, is), w.wake
}

func counted(orders map[string]store.Order, is func(store.Order) bool) int {
	n := 0
	for _, o := range orders {
		if is(o) {
			n++
		}
	}
	return n
}

// until waits until is holds for n orders or more.
func (w *watch) until(ctx context.Context, n int, is func(store.Order) bool) error {
	return w.when(ctx, func(orders map[string]store.Order) bool { return counted(orders, is) >= n })
}

// when waits until holds; it is asked after each move, with all orders there were.
func (w *watch) when(ctx context.Context, holds func(map[string]store.Order) bool) error {
	for {
		w.mu.Lock()
		ok, next := holds(w.orders), w.wake
		w.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func final(o store.Order) bool { return o.State.Final() }

func oneOf(ids map[string]bool, is func(store.Order) bool) func(store.Order) bool {
	return func(o store.Order) bool { return ids[o.ID] && is(o) }
}
