package worker

import (
	"sync"
	"time"
)

// inWork is what this process has in hand: the sweeper must not take an order from a delivery that lives,
// and must take it from one that has died of a panic.
type inWork struct {
	mu     sync.Mutex
	orders map[string]time.Time // id → since when it waits for the portal's answer; zero: it does not
}

func (w *inWork) begin(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.orders[id] = time.Time{}
}

func (w *inWork) end(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.orders, id)
}

func (w *inWork) has(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.orders[id]
	return ok
}

// sent notes that an order's request is about to leave.
func (w *inWork) sent(id string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.orders[id] = at
}

// slow counts the orders whose answer has been awaited since before then.
func (w *inWork) slow(before time.Time) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, since := range w.orders {
		if !since.IsZero() && since.Before(before) {
			n++
		}
	}
	return n
}
