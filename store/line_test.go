package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"orderq/store"
	"orderq/store/storetest"
)

func TestALineTellsWhoHasTheClaimAndWhoWaits(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		ctx := t.Context()
		holder := bring(t, r.Store, store.Review, "oq1", pbx)
		for _, id := range []string{"oq2", "oq3", "oq4"} {
			_, err := r.Store.Wait(ctx, prepared(t, r.Store, id, pbx), store.Pause{For: store.WaitClaim, On: "oq1", Reason: "after oq1"})
			if err != nil {
				t.Fatal(err)
			}
		}
		bring(t, r.Store, store.Unknown, "oq9", "other")
		for _, c := range []struct {
			name, target string
			most         int
			want         store.Line
		}{
			{"all", pbx, 10, store.Line{Holder: "oq1", Waiting: []string{"oq2", "oq3", "oq4"}, Total: 3}},
			{"the first", pbx, 2, store.Line{Holder: "oq1", Waiting: []string{"oq2", "oq3"}, Total: 3}},
			{"only how many", pbx, 0, store.Line{Holder: "oq1", Total: 3}},
			{"nobody waits", "other", 10, store.Line{Holder: "oq9", Waiting: []string{}}},
			{"no such target", "nowhere", 10, store.Line{Waiting: []string{}}},
		} {
			got, err := r.Store.Line(ctx, c.target, c.most)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%s: %v (-want +got):\n%s", c.name, err, diff)
			}
		}
		if _, err := r.Store.Drop(ctx, holder, "anna", "gone"); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Store.Line(ctx, pbx, 1); err != nil || got.Holder != "" || got.Total != 3 {
			t.Errorf("after the claim was freed: %+v, %v", got, err)
		}
	})
}

func TestALineOfARedisThatIsAwayIsAnError(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	accepted(t, r.Store, "oq1", pbx)
	r.Mini.SetError("LOADING it is coming back")
	defer r.Mini.SetError("")
	if got, err := r.Store.Line(t.Context(), pbx, 5); err == nil {
		t.Errorf("%+v, want an error", got)
	}
}
