package store_test

import (
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
)

// A lock that runs out would let a second sender in here: the first may only sleep. A state does not run out.
func TestNoSilenceMakesASubmittedOrderAnybodysAgain(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := prepared(t, r.Store, "oq1", pbx)
		sub := submission(o, marked(t, r.Store), "gate")
		sub.Within = -time.Hour // its deadline is over
		p, err := r.Store.Gate(t.Context(), o, sub)
		if err != nil || !p.Through {
			t.Fatalf("%+v, %v", p, err)
		}
		for _, field := range []string{"t1", "t3"} {
			if err := r.Redis.HSet(t.Context(), r.Store.Keys().Order(o.ID), field, "1").Err(); err != nil {
				t.Fatal(err)
			}
		}
		d := delivery("another")
		d.Silence = time.Millisecond
		got, mine, err := r.Store.Take(t.Context(), o.ID, d)
		if mine || err != nil || got.State != store.Submitting {
			t.Errorf("taken: %v, it is %s, %v", mine, got.State, err)
		}
		again := submission(p.Order, sub.Watermark, "another")
		if p, err := r.Store.Gate(t.Context(), p.Order, again); p.Through {
			t.Errorf("let through again: %+v, %v", p, err)
		}
	})
}
