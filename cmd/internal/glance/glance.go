package glance

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// least is how long a reading is looked at before another one begins.
	least = time.Second
	// share is how many times as long as it took it is looked at.
	share = 10
)

// ErrSlow says that a reading is under way and has not ended in time.
var ErrSlow = errors.New("no answer in time")

// Glance is a reading that is shared. Safe for concurrent use. Close it.
type Glance[T any] struct {
	read   func(context.Context) (T, error)
	within time.Duration
	now    func() time.Time

	mu      sync.Mutex
	last    *look[T] // nil before the first
	running sync.WaitGroup
}

// look is one reading; its fields are set before done is closed.
type look[T any] struct {
	done  chan struct{}
	value T
	err   error
	until time.Time // how long it does
}

// Of shares what read gives. Each reading has this long; now is the clock, nil: time.Now.
func Of[T any](read func(context.Context) (T, error), within time.Duration, now func() time.Time) *Glance[T] {
	if now == nil {
		now = time.Now
	}
	return &Glance[T]{read: read, within: within, now: now}
}

// Look gives the last reading, or waits for the next. ErrSlow where it does not end in time.
func (g *Glance[T]) Look(ctx context.Context) (T, error) {
	l := g.current(ctx)
	late := time.NewTimer(g.within)
	defer late.Stop()
	var none T
	select {
	case <-l.done:
		return l.value, l.err
	case <-ctx.Done():
		return none, ctx.Err()
	case <-late.C:
		return none, ErrSlow
	}
}

// current is the reading that does now: under way, young enough, or begun by this call.
func (g *Glance[T]) current(ctx context.Context) *look[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l := g.last; l != nil {
		select {
		case <-l.done:
			if g.now().Before(l.until) {
				return l
			}
		default:
			return l
		}
	}
	l := &look[T]{done: make(chan struct{})}
	g.last = l
	// It is for all who look: that the first of them goes does not end it.
	ctx = context.WithoutCancel(ctx)
	g.running.Go(func() { g.carry(ctx, l) })
	return l
}

// carry reads. A reading that panics is one that failed: who watches must not stop who works.
func (g *Glance[T]) carry(ctx context.Context, l *look[T]) {
	ctx, cancel := context.WithTimeout(ctx, g.within)
	defer cancel()
	began := g.now()
	defer func() {
		if v := recover(); v != nil {
			l.err = fmt.Errorf("the reading ended in a panic: %v", v)
		}
		ended := g.now()
		l.until = ended.Add(max(least, share*ended.Sub(began)))
		close(l.done)
	}()
	l.value, l.err = g.read(ctx)
}

// Close waits for a reading that is under way. Nobody may look after it.
func (g *Glance[T]) Close() { g.running.Wait() }
