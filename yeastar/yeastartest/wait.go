package yeastartest

import (
	"context"
	"fmt"
)

// hold stops create-order calls in front of their commit.
type hold struct {
	open   chan struct{} // nil: nobody holds
	owners int
	held   int // calls that wait there now
	cuts   int // how often CutHeld was called
}

// Hold stops create-order calls right before the portal decides on them: the request has arrived whole,
// nothing is committed. They go on when every Hold was released; a client that leaves meanwhile does
// not take its order with it. Close ends them without an order.
func (s *Server) Hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate.open == nil {
		s.gate.open = make(chan struct{})
	}
	s.gate.owners++
	released := false
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if released {
			return
		}
		released = true
		if s.gate.owners--; s.gate.owners == 0 {
			close(s.gate.open)
			s.gate.open = nil
		}
	}
}

// CutHeld closes the connection of each call that Hold holds: no answer, and no order. Those that come later are held as
// before. It returns how many there were.
func (s *Server) CutHeld() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate.open == nil {
		return 0
	}
	n := s.gate.held
	s.gate.held = 0
	s.gate.cuts++
	close(s.gate.open)
	s.gate.open = make(chan struct{})
	return n
}

// passGate waits while somebody holds, or until Close; false: CutHeld was called meanwhile.
func (s *Server) passGate() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	cuts := s.gate.cuts
	for s.gate.open != nil && !s.shut {
		open := s.gate.open
		s.gate.held++
		s.wake()
		s.mu.Unlock()
		select {
		case <-open:
		case <-s.closed:
		}
		s.mu.Lock()
		if s.gate.cuts != cuts {
			return false
		}
		s.gate.held--
		s.wake()
	}
	return true
}

// WaitHeld waits until n create-order calls or more are held at once.
func (s *Server) WaitHeld(ctx context.Context, n int) error {
	return s.await(ctx, fmt.Sprintf("%d held create-order calls", n), func() int { return s.gate.held }, n)
}

// WaitHanging waits until n calls or more hang at once, by a fault that hangs.
func (s *Server) WaitHanging(ctx context.Context, n int) error {
	return s.await(ctx, fmt.Sprintf("%d hanging calls", n), func() int { return s.hanging }, n)
}

// WaitCalls waits until n calls or more of one kind have come in all (CallCreate, CallOrders, …).
func (s *Server) WaitCalls(ctx context.Context, call string, n int) error {
	return s.await(ctx, fmt.Sprintf("%d calls of %s", n, call), func() int { return s.seen.calls[call] }, n)
}

// WaitCommitted waits until n orders or more are in the ledger.
func (s *Server) WaitCommitted(ctx context.Context, n int) error {
	return s.await(ctx, fmt.Sprintf("%d orders", n), func() int { return len(s.orders.all) - s.orders.old }, n)
}

func (s *Server) await(ctx context.Context, what string, count func() int, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waitLocked(ctx.Done(), func() bool { return count() >= n }) {
		return nil
	}
	return fmt.Errorf("wait for %s, there are %d: %w", what, count(), ctx.Err())
}

// waitLocked waits until holds does; false when done came first. s.mu is held, and free while it waits.
func (s *Server) waitLocked(done <-chan struct{}, holds func() bool) bool {
	for !holds() {
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
			s.mu.Lock()
		case <-done:
			s.mu.Lock()
			return holds()
		}
	}
	return true
}

// wake tells those who wait that something changed. s.mu is held.
func (s *Server) wake() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}
