package store_test

import (
	"maps"
	"testing"

	"orderq/store"
	"orderq/store/storetest"
)

func TestStandingsCountEveryStateAndNameTheOrderThatWasAcceptedFirst(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		ctx := t.Context()
		var first store.Order
		for i, reference := range []string{"a", "b", "c"} {
			if o := accepted(t, r.Store, "oq"+reference, pbx); i == 0 {
				first = o
			}
		}
		_, err := r.Store.Cancel(ctx, first, "anna", "not wanted")
		do(t, err)
		all, err := r.Store.Standings(ctx)
		do(t, err)
		if len(all) != len(store.States()) {
			t.Errorf("%d states, want %d", len(all), len(store.States()))
		}
		oldest, err := r.Store.Get(ctx, all[store.Accepted].Oldest.ID)
		do(t, err)
		if got := all[store.Accepted]; got.Count != 2 || oldest.State != store.Accepted || !got.Oldest.At.Equal(oldest.AcceptedAt) {
			t.Errorf("accepted: %+v of %+v", got, oldest)
		}
		if got := all[store.Accepted].Kinds; !maps.Equal(got, map[string]int64{first.Kind: 2}) {
			t.Errorf("accepted, by kind: %v", got)
		}
		if got := all[store.Cancelled].Kinds; !maps.Equal(got, map[string]int64{first.Kind: 1}) {
			t.Errorf("cancelled, by kind: %v", got)
		}
		if got := all[store.Cancelled]; got.Count != 1 || got.Oldest.ID != first.ID {
			t.Errorf("cancelled: %+v", got)
		}
		if got := all[store.Review]; got.Count != 0 || got.Oldest != (store.Place{}) || len(got.Kinds) != 0 {
			t.Errorf("review, where nothing is: %+v", got)
		}
	})
}
