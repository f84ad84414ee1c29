package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orderq/store"
	"orderq/store/storetest"
)

func TestAReadingOfTheListIsKeptAsItWas(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		_, err := r.Store.Mark(t.Context(), 0)
		is(t, "the current one, before any", err, store.ErrNotFound)
		first := marked(t, r.Store)
		want := store.Mark{Number: first, At: at(1_763_000_000_000), Total: 2, IDs: []string{"7", "3048571730026938368"}}
		for _, n := range []int64{0, first} {
			got, err := r.Store.Mark(t.Context(), n)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("reading %d: %v\n%s", n, err, diff)
			}
		}
	})
}

func TestReadingsThatOrdersReferToAreKept(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		const kept = 16 // beside those referred to: an order may pass the gate while the lowest is looked up
		for range 2 * kept {
			marked(t, r.Store)
		}
		there := func(n int64) bool {
			_, err := r.Store.Mark(t.Context(), n)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
			return err == nil
		}
		m, err := r.Store.SetMark(t.Context(), store.Mark{Total: 5}, 3)
		if err != nil || m.Number != 2*kept+1 {
			t.Fatalf("number %d, %v; want %d", m.Number, err, 2*kept+1)
		}
		for n := int64(1); n <= m.Number; n++ {
			if there(n) != (n >= 3) {
				t.Errorf("an order refers to 3; reading %d is there: %v", n, there(n))
			}
		}
		if m, err = r.Store.SetMark(t.Context(), store.Mark{}, 1000); err != nil {
			t.Fatal(err)
		}
		if !there(m.Number) || !there(m.Number-kept) || there(m.Number-kept-1) {
			t.Errorf("nobody refers to any: %d are kept, want the newest and %d more",
				r.Redis.HLen(t.Context(), r.Store.Keys().Marks()).Val(), kept)
		}
	})
}
