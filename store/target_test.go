package store_test

import (
	"testing"

	"orderq/store"
	"orderq/store/storetest"
)

func target(t *testing.T, s *store.Store, name string) store.Target {
	t.Helper()
	now, err := s.Target(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func TestATargetIsAnotherAsSoonAsAnOrderForItHasPassed(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		before, other := target(t, r.Store, pbx), target(t, r.Store, "other")
		o := prepared(t, r.Store, "oq1", pbx)
		if now := target(t, r.Store, pbx); now != before || now.Holder != "" {
			t.Errorf("nothing has passed: %+v was %+v", now, before)
		}
		o = pass(t, r.Store, o)
		during := target(t, r.Store, pbx)
		if during.Holder != "oq1" || during.Asof == before.Asof {
			t.Errorf("one has passed: %+v was %+v", during, before)
		}
		if _, err := r.Store.Record(t.Context(), o, found(store.Placed, "N1")); err != nil {
			t.Fatal(err)
		}
		if now := target(t, r.Store, pbx); now.Holder != "" || now.Asof != during.Asof {
			t.Errorf("it is placed: %+v was %+v", now, during)
		}
		if now := target(t, r.Store, "other"); now != other {
			t.Errorf("another target: %+v was %+v", now, other)
		}
	})
}

func TestAnOrderThatWasComputedPassesOnlyOnTheTargetAsItWas(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		mark, before := marked(t, r.Store), target(t, r.Store, pbx)
		o := prepared(t, r.Store, "oq1", pbx)
		between := submitted(t, r.Store, "oq2", pbx)
		if _, err := r.Store.Record(t.Context(), between, found(store.Placed, "N1")); err != nil {
			t.Fatal(err)
		}
		sub := submission(o, mark, "g1")
		sub.Asof = before.Asof
		refused(t, r, o, sub, store.RefusedPassed)
		sub.Asof = target(t, r.Store, pbx).Asof
		if p, err := r.Store.Gate(t.Context(), o, sub); err != nil || !p.Through {
			t.Errorf("computed anew: %+v, %v", p, err)
		}
		// A passage whose reply was lost is let through once more, although it has itself changed the target.
		if p, err := r.Store.Gate(t.Context(), o, sub); err != nil || !p.Through {
			t.Errorf("the same passage: %+v, %v", p, err)
		}
		again := target(t, r.Store, pbx)
		if other := target(t, r.Store, pbx); other != again {
			t.Errorf("a passage that was asked for twice counts twice: %+v, %+v", again, other)
		}
	})
}

// A Redis that has forgotten a passage gives its number again, under another run.
func TestWhatWasComputedUnderAnEarlierRunOfRedisDoesNotPass(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := prepared(t, r.Store, "oq1", pbx)
		sub := submission(o, marked(t, r.Store), "g1")
		sub.Asof = "0123abcd 0"
		refused(t, r, o, sub, store.RefusedPassed)
	})
}
