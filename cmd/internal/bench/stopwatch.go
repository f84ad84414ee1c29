package bench

import (
	"sync"
	"time"
)

// stopwatch takes the times that rates are made of. Orders may be through in any order and at once.
type stopwatch struct {
	now  func() time.Time
	want int // orders of the run
	warm int // orders after which the side counts as warm

	mu                 sync.Mutex
	through            map[string]bool
	began, warmAt, end time.Time
	done               chan struct{} // closed when all are through
}

func newStopwatch(now func() time.Time, orders int) *stopwatch {
	return &stopwatch{now: now, want: orders, warm: orders / 5, through: make(map[string]bool, orders), done: make(chan struct{})}
}

func (s *stopwatch) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = s.now()
	s.warmAt = s.began
}

// see notes that an order is through; a second time changes nothing.
func (s *stopwatch) see(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.through[id] {
		return
	}
	s.through[id] = true
	switch n := len(s.through); {
	case n == s.want:
		s.end = s.now()
		close(s.done)
	case n == s.warm:
		s.warmAt = s.now()
	}
}

func (s *stopwatch) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.want - len(s.through)
}

// rates are orders per second, warm and from the start.
func (s *stopwatch) rates() (warm, whole float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rate := func(n int, d time.Duration) float64 {
		if d <= 0 {
			return 0
		}
		return float64(n) / d.Seconds()
	}
	return rate(s.want-s.warm, s.end.Sub(s.warmAt)), rate(s.want, s.end.Sub(s.began))
}
