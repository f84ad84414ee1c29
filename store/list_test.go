package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
)

func names(orders []store.Order) []string {
	var ids []string
	for _, o := range orders {
		ids = append(ids, o.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestAListHasTheOrdersThatFit(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		bring(t, r.Store, store.Placed, "oq1", "pbx1")
		bring(t, r.Store, store.Unknown, "oq2", "pbx2")
		n := intent("oq3", "pbx1")
		n.Batch, n.Kind, n.Labels = "b1", "subscribe_ha", map[string]string{"customer": "other"}
		if _, _, err := r.Store.Accept(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name   string
			filter store.Filter
			want   []string
		}{
			{"all", store.Filter{}, []string{"oq1", "oq2", "oq3"}},
			{"states", store.Filter{States: []store.State{store.Placed, store.Unknown}}, []string{"oq1", "oq2"}},
			{"product", store.Filter{ProductNo: "pbx1"}, []string{"oq1", "oq3"}},
			{"kind", store.Filter{Kind: "subscribe_ha"}, []string{"oq3"}},
			{"reference", store.Filter{Reference: "ref-oq2"}, []string{"oq2"}},
			{"order number", store.Filter{OrderNo: "N-oq1"}, []string{"oq1"}},
			{"batch", store.Filter{Batch: "b1"}, []string{"oq3"}},
			{"label", store.Filter{Label: "customer=acme"}, []string{"oq1", "oq2"}},
			{"two at once", store.Filter{ProductNo: "pbx1", Label: "customer=acme"}, []string{"oq1"}},
			{"since the future", store.Filter{Since: time.UnixMilli(1 << 42)}, nil},
			{"until the past", store.Filter{Until: time.UnixMilli(1)}, nil},
		} {
			got, err := r.Store.List(t.Context(), c.filter)
			if err != nil || !slices.Equal(names(got), c.want) {
				t.Errorf("%s: %v, %v; want %v", c.name, names(got), err, c.want)
			}
		}
		if got, err := r.Store.List(t.Context(), store.Filter{Limit: 2}); err != nil || len(got) != 2 {
			t.Errorf("limit 2: %v, %v", names(got), err)
		}
	})
}

func TestAListLongerThanAChunkIsWhole(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		const n = 600
		for i := range n {
			accepted(t, r.Store, fmt.Sprint("oq", i), "pbx")
		}
		seen := map[string]int{}
		if err := r.Store.Each(t.Context(), store.Filter{}, func(o store.Order) error { seen[o.ID]++; return nil }); err != nil {
			t.Fatal(err)
		}
		if len(seen) != n {
			t.Errorf("saw %d orders, want %d", len(seen), n)
		}
		stop, calls := errors.New("enough"), 0
		err := r.Store.Each(t.Context(), store.Filter{}, func(store.Order) error { calls++; return stop })
		if is(t, "each", err, stop); calls != 1 {
			t.Errorf("called %d times after its error", calls-1)
		}
		counts, err := r.Store.Counts(t.Context())
		if err != nil || counts[store.Accepted] != n || counts[store.Placed] != 0 || len(counts) != len(store.States()) {
			t.Errorf("%v, %v", counts, err)
		}
		if on, err := r.Store.OnTarget(t.Context(), "pbx", time.Time{}); err != nil || len(on) != n {
			t.Errorf("%d orders for the target, %v", len(on), err)
		}
	})
}

func TestTheOldestIsTheFirstAcceptedAndNotTheFirstMoved(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		if at, err := r.Store.Oldest(t.Context(), store.Unknown); err != nil || !at.IsZero() {
			t.Errorf("of none: %v, %v", at, err)
		}
		first := accepted(t, r.Store, "oq1", "pbx1")
		bring(t, r.Store, store.Unknown, "oq2", "pbx2")
		if _, err := r.Store.Recall(t.Context(), first, recalled(first)); err != nil {
			t.Fatal(err)
		}
		if at, err := r.Store.Oldest(t.Context(), store.Unknown); err != nil || !at.Equal(first.AcceptedAt) {
			t.Errorf("%v, %v; want %v", at, err, first.AcceptedAt)
		}
	})
}

func TestIdsWithoutARecordAreLeftOut(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		accepted(t, r.Store, "oq1", pbx)
		got, err := r.Store.GetMany(t.Context(), []string{"none", "oq1"})
		if err != nil || !slices.Equal(names(got), []string{"oq1"}) {
			t.Errorf("%v, %v", names(got), err)
		}
	})
}
