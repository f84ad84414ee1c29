package fleet_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/fleet"
	"orderq/store/storetest"
)

func z(member string, score float64) redis.Z { return redis.Z{Member: member, Score: score} }

func otherAccount(r *storetest.Room) *store.Store {
	return store.Open(r.Redis, store.DefaultPrefix, "other")
}

// ask asks for a lease.
func ask(t *testing.T, r *storetest.Room, name, holder string, d time.Duration) bool {
	t.Helper()
	ok, err := r.Fleet.Lease(t.Context(), name, holder, d)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestALeaseIsOnesUntilItIsGivenBackOrOver(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for i, step := range []struct {
			name, holder string
			d            time.Duration
			want         bool
		}{
			{fleet.Prober, "w1", time.Hour, true},
			{fleet.Prober, "w2", time.Hour, false},
			{fleet.Reader, "w2", time.Hour, true}, // another thing
			{fleet.Prober, "w1", time.Hour, true}, // prolonged
			{fleet.Prober, "w2", 0, false},        // not w2's to give back
			{fleet.Prober, "w3", time.Hour, false},
			{fleet.Prober, "w1", 0, true},
			{fleet.Prober, "w2", time.Hour, true},
		} {
			if got := ask(t, r, step.name, step.holder, step.d); got != step.want {
				t.Errorf("step %d: %s asks to be %s for %v: %v, want %v", i, step.holder, step.name, step.d, got, step.want)
			}
		}
		// Time passes: Redis' own, so the lease is made to have ended.
		do(t, r.Redis.HSet(t.Context(), r.Store.Keys().Fleet(), "proberUntil", 1).Err())
		if !ask(t, r, fleet.Prober, "w3", time.Hour) {
			t.Error("a lease that is over still holds")
		}
	})
}

func TestOfManyOneGetsTheLease(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		var got atomic.Int32
		var all sync.WaitGroup
		for i := range 30 {
			all.Go(func() {
				if ok, err := r.Fleet.Lease(t.Context(), fleet.Prober, fmt.Sprint("w", i), time.Hour); err != nil {
					t.Error(err)
				} else if ok {
					got.Add(1)
				}
			})
		}
		all.Wait()
		if got.Load() != 1 {
			t.Errorf("%d got the lease, want one", got.Load())
		}
	})
}

func TestSpendingIsByTheRate(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		rate := store.Rate{Interval: time.Hour, Tolerance: 2*time.Hour + time.Minute}
		through := 0
		for range 6 {
			after, err := r.Fleet.Spend(t.Context(), rate)
			do(t, err)
			if after == 0 {
				through++
			} else if after < 58*time.Minute-time.Minute || after > time.Hour {
				t.Errorf("come back after %v, want an hour less the minute of tolerance", after)
			}
		}
		if through != 3 {
			t.Errorf("%d calls, want the burst, 3", through)
		}
		for range 3 {
			if after, err := r.Fleet.Spend(t.Context(), store.Rate{}); after != 0 || err != nil {
				t.Errorf("without a limit: %v, %v", after, err)
			}
		}
	})
}
