package glance

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAllWhoLookAtOnceShareOneReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		g := Of(func(context.Context) (int, error) { n++; wait(time.Millisecond); return n, nil }, time.Minute, nil)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if got, err := g.Look(t.Context()); got != 1 || err != nil {
					t.Errorf("%d, %v", got, err)
				}
			})
		}
		all.Wait()
		g.Close()
	})
}

func TestAReadingIsLookedAtForASecondAndForTenTimesAsLongAsItTook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ took, young, old time.Duration }{
		{0, 999 * time.Millisecond, time.Second},
		{50 * time.Millisecond, 999 * time.Millisecond, time.Second},
		{2 * time.Second, 19 * time.Second, 20 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			g := Of(func(context.Context) (int, error) { n++; wait(c.took); return n, nil }, time.Minute, nil)
			if got, err := g.Look(t.Context()); got != 1 || err != nil {
				t.Errorf("%d, %v", got, err)
			}
			wait(c.young)
			if got, _ := g.Look(t.Context()); got != 1 {
				t.Errorf("%v after a reading of %v it is read again", c.young, c.took)
			}
			wait(c.old - c.young)
			if got, _ := g.Look(t.Context()); got != 2 {
				t.Errorf("%v after a reading of %v it is not read again", c.old, c.took)
			}
			g.Close()
		})
	}
}

func TestNobodyWaitsForAReadingThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		n := 0
		g := Of(func(context.Context) (int, error) { n++; <-release; return n, nil }, 2*time.Second, nil)
		for range 3 {
			began := time.Now()
			if _, err := g.Look(t.Context()); !errors.Is(err, ErrSlow) || time.Since(began) != 2*time.Second {
				t.Errorf("%v after %v", err, time.Since(began))
			}
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := g.Look(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("who has gone: %v", err)
		}
		close(release)
		g.Close()
		if n != 1 {
			t.Errorf("%d readings at once", n)
		}
	})
}

func TestAReadingThatFailsIsToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("away")
		n := 0
		g := Of(func(context.Context) (int, error) {
			if n++; n == 1 {
				return 0, away
			}
			if n == 2 {
				panic("no map")
			}
			return n, nil
		}, time.Minute, nil)
		if _, err := g.Look(t.Context()); !errors.Is(err, away) {
			t.Error(err)
		}
		wait(least)
		if _, err := g.Look(t.Context()); err == nil {
			t.Error("a panic is no reading")
		}
		wait(least)
		if got, err := g.Look(t.Context()); got != 3 || err != nil {
			t.Error(got, err)
		}
		g.Close()
	})
}

// wait lets the bubble's clock go on.
func wait(d time.Duration) { <-time.After(d) }
