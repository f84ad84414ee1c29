package worker_test

import (
	"testing"
	"time"

	"orderq/store"
	"orderq/yeastar/yeastartest"
)

// A portal that commits after every horizon breaks the assumption under which an order was sent again. That
// cannot be undone; it is found with the next reading and is the loudest alarm there is.
func TestAPortalThatCommitsAfterTheHorizonRaisesTheDuplicateAlarm(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{}, brisk)
	r.start()
	r.proven()
	release := r.portal.Hold()
	o := r.place(minutes("late", "3658B431119665QJ", 10))
	// The first request lies at the portal, and its client has gone, when the second comes.
	r.must(r.portal.WaitHeld(t.Context(), 2))
	release()
	got := r.await(o.ID, store.Placed, store.Review)
	if n := r.requests(o.ID); got.State != store.Placed || n != 2 || got.Evidence.Resends != 1 {
		t.Fatalf("%s after %d requests and %d resends (%s), want placed by the second request",
			got.State, n, got.Evidence.Resends, got.Reason)
	}
	if err := r.portal.WaitCommitted(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	// Another order's doubt makes a reading, and the reading sees both.
	r.portal.Fail(yeastartest.DropAfter, 1)
	other := r.place(minutes("other", "3658B4311196K2ID", 10))
	r.await(other.ID, store.Placed)
	for len(got.Duplicates) == 0 {
		changed := r.moves.changed()
		var err error
		if got, err = r.room.Store.Get(t.Context(), o.ID); err != nil {
			t.Fatal(err)
		}
		if len(got.Duplicates) == 0 {
			select {
			case <-changed:
			case <-time.After(patience):
				t.Fatal("the second portal order was not noticed")
			}
		}
	}
	if got.State != store.Placed || len(got.Duplicates) != 1 || got.Duplicates[0] == got.OrderNo {
		t.Errorf("%s as %s, duplicates %v", got.State, got.OrderNo, got.Duplicates)
	}
	s, err := r.room.Fleet.Read(t.Context())
	if err != nil || s.Duplicate != 1 {
		t.Errorf("the fleet counts %d duplicates (%v)", s.Duplicate, err)
	}
}
