package store_test

import (
	"fmt"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
)

// knock sends new orders to the gate until one is refused, and gives those that passed.
func knock(t *testing.T, r *storetest.Room, mark int64, round string) []store.Order {
	t.Helper()
	var through []store.Order
	for i := range 12 {
		id := fmt.Sprint("oq-", round, "-", i)
		o := prepared(t, r.Store, id, "pbx-"+id)
		p, err := r.Store.Gate(t.Context(), o, submission(o, mark, "g-"+id))
		if err != nil {
			t.Fatal(err)
		}
		if !p.Through {
			if p.Refused != store.WaitBreaker {
				t.Errorf("refused for %s", p.Refused)
			}
			break
		}
		through = append(through, p.Order)
	}
	return through
}

func TestAHealedPortalGetsOneOrderThenTwoThenFour(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		ctx, mark := t.Context(), marked(t, r.Store)
		if err := r.Fleet.Open(ctx, time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := knock(t, r, mark, "open"); len(got) != 0 {
			t.Fatalf("%d orders went through an open breaker", len(got))
		}
		if err := r.Fleet.Heal(ctx); err != nil {
			t.Fatal(err)
		}
		for round, want := range []int{1, 2, 4} {
			got := knock(t, r, mark, fmt.Sprint("r", round))
			if len(got) != want {
				t.Fatalf("round %d: %d orders in flight, want %d", round, len(got), want)
			}
			for i, o := range got {
				var err error
				if i == 0 {
					_, err = r.Store.Record(ctx, o, found(store.Placed, fmt.Sprint("N", round)))
				} else {
					_, err = r.Store.Unsent(ctx, o, store.Pause{For: store.WaitTime, After: time.Hour}) // says nothing of the portal
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestARefusalIsASignOfHealthToo(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		ctx, mark := t.Context(), marked(t, r.Store)
		if err := r.Fleet.Open(ctx, 0); err != nil {
			t.Fatal(err)
		}
		if err := r.Fleet.Heal(ctx); err != nil {
			t.Fatal(err)
		}
		got := knock(t, r, mark, "a")
		if _, err := r.Store.Reject(ctx, got[0], store.Refusal{Code: "400", Reason: "no", Call: "400"}); err != nil {
			t.Fatal(err)
		}
		if got := knock(t, r, mark, "b"); len(got) != 2 {
			t.Errorf("%d orders in flight after a refusal, want 2", len(got))
		}
	})
}

func TestAnOrderIsNeverTheProbe(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		if err := r.Fleet.Open(t.Context(), 0); err != nil { // over as soon as it is open
			t.Fatal(err)
		}
		if got := knock(t, r, marked(t, r.Store), "a"); len(got) != 0 {
			t.Errorf("%d orders went through a breaker that no probe has healed", len(got))
		}
	})
}

func TestALateSuccessDoesNotWidenAnOpenBreaker(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := submitted(t, r.Store, "oq1", pbx)
		if err := r.Fleet.Open(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Store.Record(t.Context(), o, found(store.Placed, "N1")); err != nil {
			t.Fatal(err)
		}
		if s, err := r.Fleet.Read(t.Context()); err != nil || s.OpenUntil.IsZero() || s.Allowance != 0 {
			t.Errorf("open until %v, allowance %d, %v", s.OpenUntil, s.Allowance, err)
		}
	})
}

func TestAWideAllowanceEnds(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := submitted(t, r.Store, "oq1", pbx)
		if err := r.Redis.HSet(t.Context(), r.Store.Keys().Fleet(), "allowance", 1024).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Store.Record(t.Context(), o, found(store.Placed, "N1")); err != nil {
			t.Fatal(err)
		}
		if s, err := r.Fleet.Read(t.Context()); err != nil || s.Allowance != 0 {
			t.Errorf("allowance %d, %v; want no limit", s.Allowance, err)
		}
	})
}
