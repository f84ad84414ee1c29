package store_test

import (
	"fmt"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
)

// The intervals here are hours: what the test itself takes does not count.
func TestTheRateLetsExactlyItsBurstThrough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rate store.Rate
		want int
	}{
		{store.Rate{Interval: time.Hour}, 1},
		{store.Rate{Interval: time.Hour, Tolerance: 59 * time.Minute}, 1},
		{store.Rate{Interval: time.Hour, Tolerance: 3*time.Hour + time.Minute}, 4},
		{store.Rate{}, 6},
	} {
		t.Run(fmt.Sprint(c.rate.Interval, "+", c.rate.Tolerance), func(t *testing.T) {
			t.Parallel()
			storetest.Both(t, func(t *testing.T, r *storetest.Room) {
				mark := marked(t, r.Store)
				through := 0
				for i := range 6 {
					o := prepared(t, r.Store, fmt.Sprint("oq", i), fmt.Sprint("pbx", i))
					sub := submission(o, mark, fmt.Sprint("g", i))
					sub.Rate = c.rate
					p, err := r.Store.Gate(t.Context(), o, sub)
					switch {
					case err != nil:
						t.Fatal(err)
					case p.Through:
						through++
					case p.Refused != store.WaitRate || p.After <= 0 || p.After > time.Hour:
						t.Errorf("refused for %s, to come back after %v", p.Refused, p.After)
					}
				}
				if through != c.want {
					t.Errorf("%d orders through, want %d", through, c.want)
				}
			})
		})
	}
}

// tat is Redis' time of the next call that the rate foresees; moving it back lets time pass.
func tat(t *testing.T, r *storetest.Room, by time.Duration) {
	t.Helper()
	if err := r.Redis.HIncrBy(t.Context(), r.Store.Keys().Fleet(), "tat", -by.Microseconds()).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestTheRateLetsOneMoreThroughForEachIntervalThatHasPassed(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		mark := marked(t, r.Store)
		rate := store.Rate{Interval: time.Hour, Tolerance: 90 * time.Minute}
		n := 0
		ask := func() int {
			through := 0
			for range 4 {
				n++
				o := prepared(t, r.Store, fmt.Sprint("oq", n), fmt.Sprint("pbx", n))
				sub := submission(o, mark, fmt.Sprint("g", n))
				sub.Rate = rate
				p, err := r.Store.Gate(t.Context(), o, sub)
				if err != nil {
					t.Fatal(err)
				}
				if p.Through {
					through++
				}
			}
			return through
		}
		if got := ask(); got != 2 {
			t.Errorf("at once: %d, want 2", got)
		}
		tat(t, r, time.Hour)
		if got := ask(); got != 1 {
			t.Errorf("an hour later: %d, want 1", got)
		}
		tat(t, r, 100*time.Hour)
		if got := ask(); got != 2 {
			t.Errorf("long after: %d, want the burst and no more, 2", got)
		}
	})
}

func TestReadsAndOrdersShareOneRate(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		rate := store.Rate{Interval: time.Hour}
		o := prepared(t, r.Store, "oq1", pbx)
		sub := submission(o, marked(t, r.Store), "g1")
		sub.Rate = rate
		if p, err := r.Store.Gate(t.Context(), o, sub); err != nil || !p.Through {
			t.Fatalf("%+v, %v", p, err)
		}
		if after, err := r.Fleet.Spend(t.Context(), rate); err != nil || after < 59*time.Minute || after > time.Hour {
			t.Errorf("a read after the order: come back after %v, %v; want the rest of the hour", after, err)
		}
	})
}
