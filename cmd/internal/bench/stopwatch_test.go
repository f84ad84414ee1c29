package bench

import (
	"strconv"
	"testing"
	"time"
)

func TestAStopwatchLeavesTheColdFifthOutOfTheWarmRate(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := newStopwatch(func() time.Time { return at }, 10)
	s.start()
	for i := range 10 {
		at = at.Add(time.Second) // the first two take a second each, the others a tenth
		if i > 1 {
			at = at.Add(-900 * time.Millisecond)
		}
		s.see(strconv.Itoa(i))
		s.see("0") // delivered again: counts once
	}
	select {
	case <-s.done:
	default:
		t.Fatalf("%d are left, want none", s.left())
	}
	warm, whole := s.rates()
	if warm < 9.99 || warm > 10.01 || whole < 3.57 || whole > 3.58 {
		t.Errorf("%v and %v orders/s, want 10 and 3.57", warm, whole)
	}
}
