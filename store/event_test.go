package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/storetest"
)

// aged puts so many moves into the stream, of so long ago.
func aged(t *testing.T, r *storetest.Room, n int, ago time.Duration) {
	t.Helper()
	at := time.Now().Add(-ago).UnixMilli()
	_, err := r.Redis.Pipelined(t.Context(), func(p redis.Pipeliner) error {
		for i := range n {
			p.XAdd(t.Context(), &redis.XAddArgs{Stream: r.Store.Keys().Events(), ID: fmt.Sprintf("%d-%d", at, i+1), Values: []any{"id", "oq1", "state", "placed", "ver", i}})
		}
		return nil
	})
	do(t, err)
}

func TestOldEventsGoButForTheLastThousand(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		left := func() int64 {
			t.Helper()
			do(t, r.Store.TidyEvents(t.Context()))
			n, err := r.Redis.XLen(t.Context(), r.Store.Keys().Events()).Result()
			do(t, err)
			return n
		}
		if n := left(); n != 0 {
			t.Errorf("of none there are %d", n)
		}
		const week = 7 * 24 * time.Hour
		aged(t, r, 800, 2*week)
		if n := left(); n != 800 {
			t.Errorf("%d left: the last thousand stay however old they are", n)
		}
		aged(t, r, 700, week-time.Hour)
		// Redis takes whole nodes of a hundred off, so some of what may go stays.
		if n := left(); n < store.EventsLeast || n > store.EventsLeast+100 {
			t.Errorf("%d left, want the last thousand", n)
		}
		aged(t, r, 1500, time.Hour)
		if n := left(); n < 2200 || n > 2300 {
			t.Errorf("%d left, want those of a week", n)
		}
		hours := 2 * time.Hour
		do(t, r.Store.SetLimits(t.Context(), store.LimitChange{By: "anna", EventsKept: &hours}))
		if l, err := r.Store.Limits(t.Context()); err != nil || l.EventsKept != hours || l.DuplicateWindow != store.DefaultDuplicateWindow {
			t.Errorf("%+v, %v", l, err)
		}
		if n := left(); n < 1500 || n > 1600 {
			t.Errorf("%d left, want those of two hours", n)
		}
	})
}
