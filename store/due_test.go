package store_test

import (
	"slices"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
)

func TestWhatIsDueIsPutOffForTheOthers(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for _, id := range []string{"oq1", "oq2", "oq3"} {
			if _, err := r.Store.Wait(t.Context(), prepared(t, r.Store, id, "pbx-"+id), store.Pause{For: store.WaitTime}); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for range 2 {
			ids, err := r.Store.Due(t.Context(), 2, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			if len(ids) > 2 {
				t.Errorf("%v: more than asked for", ids)
			}
			got = append(got, ids...)
		}
		slices.Sort(got)
		if !slices.Equal(got, []string{"oq1", "oq2", "oq3"}) {
			t.Errorf("two sweepers saw %v, want each once", got)
		}
		if ids := dueNow(t, r); len(ids) != 0 {
			t.Errorf("still due: %v", ids)
		}
	})
}

func TestAFreshOrderIsNotDueBeforeItsOwnTaskHadItsChance(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := accepted(t, r.Store, "oq1", pbx)
		if ids := dueNow(t, r); len(ids) != 0 {
			t.Errorf("due at once: %v", ids)
		}
		due, err := r.Redis.ZScore(t.Context(), r.Store.Keys().Due(), "oq1").Result()
		if grace := int64(due) - o.AcceptedAt.UnixMilli(); err != nil || grace != 10_000 {
			t.Errorf("due after %d ms, %v; want 10 s", grace, err)
		}
	})
}

func TestOrdersInDoubtAreLookedAtAndNotDelivered(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := submitted(t, r.Store, "oq1", pbx)
		if _, err := r.Store.Doubt(t.Context(), o, "no answer", "EOF", 0); err != nil {
			t.Fatal(err)
		}
		if ids := dueNow(t, r); len(ids) != 0 {
			t.Errorf("due: %v, want none", ids)
		}
		ids, err := r.Store.ToLook(t.Context(), 10, time.Hour)
		if err != nil || !slices.Equal(ids, []string{"oq1"}) {
			t.Errorf("to look at: %v, %v", ids, err)
		}
		if ids, err = r.Store.ToLook(t.Context(), 10, time.Hour); err != nil || len(ids) != 0 {
			t.Errorf("to look at again at once: %v, %v", ids, err)
		}
	})
}

func TestEachDeliveryHasANumberOfItsOwn(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := accepted(t, r.Store, "oq1", pbx)
		for want := 1; want <= 2; want++ {
			if n, err := r.Store.Deliver(t.Context(), o, time.Hour); n != want || err != nil {
				t.Errorf("delivery %d, %v; want %d", n, err, want)
			}
		}
		if got := read(t, r.Store, "oq1"); got.Generation != 2 || got.Version != o.Version {
			t.Errorf("generation %d, version %d; a delivery is no move", got.Generation, got.Version)
		}
		prep := taken(t, r.Store, "oq1")
		before := r.Dump(t)
		if n, err := r.Store.Deliver(t.Context(), read(t, r.Store, "oq1"), time.Hour); n != 0 || err != nil {
			t.Errorf("delivery %d of an order that is being prepared, %v", n, err)
		}
		if r.Dump(t) != before {
			t.Error("a delivery that was none wrote something")
		}
		if _, err := r.Store.Wait(t.Context(), prep, store.Pause{For: store.WaitRate}); err != nil {
			t.Fatal(err)
		}
		before = r.Dump(t)
		if n, err := r.Store.Deliver(t.Context(), o, time.Hour); n != 0 || err != nil || r.Dump(t) != before {
			t.Errorf("delivery %d of an order that has been there and back, %v", n, err)
		}
	})
}

func TestOnlyWhatIsOnTheListIsPutOff(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for _, id := range []string{"oq-none", submitted(t, r.Store, "oq1", pbx).ID} {
			if err := r.Store.PutOff(t.Context(), id, 0); err != nil {
				t.Fatal(err)
			}
		}
		if ids := dueNow(t, r); len(ids) != 0 {
			t.Errorf("due: %v; who is not waiting for a worker is not put on the list", ids)
		}
		accepted(t, r.Store, "oq2", pbx)
		if err := r.Store.PutOff(t.Context(), "oq2", 0); err != nil {
			t.Fatal(err)
		}
		if ids := dueNow(t, r); !slices.Equal(ids, []string{"oq2"}) {
			t.Errorf("due: %v, want oq2, put off by nothing", ids)
		}
	})
}
