package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
)

// pages reads a list page by page, and gives the ids in its order; between is called after each page.
func pages(t *testing.T, r *storetest.Room, f store.Filter, between func()) (ids []string, n int) {
	t.Helper()
	var after store.Place
	for {
		orders, next, more, err := r.Store.Page(t.Context(), f, after)
		if err != nil {
			t.Fatal(err)
		}
		if f.Limit > 0 && len(orders) > f.Limit {
			t.Fatalf("a page of %d orders, the limit is %d", len(orders), f.Limit)
		}
		for _, o := range orders {
			ids = append(ids, o.ID)
		}
		if n++; !more {
			return ids, n
		}
		again, ok := store.ParsePlace(next.String())
		if !ok || again != next || n > 1000 {
			t.Fatalf("place %s reads back as %s, page %d", next, again, n)
		}
		after = next
		between()
	}
}

func TestPagesHaveEveryOrderOnceTheNewestFirst(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		var want []string
		for i := range 700 { // many in one millisecond, in several states, more than a chunk in one
			id := fmt.Sprintf("oq%03d", i)
			n := intent(id, fmt.Sprintf("pbx%d", i%5))
			if i%3 == 0 {
				n.HoldFor = store.WaitBatch
			}
			if _, _, err := r.Store.Accept(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			want = append(want, id)
		}
		all, n := pages(t, r, store.Filter{Limit: 50}, func() {})
		if n != 14 {
			t.Errorf("%d pages of 50, want 14", n)
		}
		if got := slices.Sorted(slices.Values(all)); !slices.Equal(got, want) {
			t.Errorf("%d orders, want each of %d once", len(got), len(want))
		}
		orders, err := r.Store.GetMany(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(orders, func(a, b store.Order) int { return b.AcceptedAt.Compare(a.AcceptedAt) }) {
			t.Error("they do not come with the newest first")
		}
		for name, f := range map[string]store.Filter{
			"held":     {States: []store.State{store.Held}},
			"product":  {ProductNo: "pbx3", Limit: 9},
			"nothing":  {Kind: "subscribe_ha", Limit: 3},
			"too late": {Since: time.UnixMilli(1 << 42), Limit: 3},
			"too old":  {Until: time.UnixMilli(1), Limit: 3},
			"window":   {Since: orders[600].AcceptedAt, Until: orders[100].AcceptedAt, Limit: 11},
		} {
			var fits []string
			every := f
			every.Limit = 0
			if err := r.Store.Each(t.Context(), every, func(o store.Order) error { fits = append(fits, o.ID); return nil }); err != nil {
				t.Fatal(err)
			}
			got, _ := pages(t, r, f, func() {})
			slices.Sort(fits)
			if slices.Sort(got); !slices.Equal(got, fits) {
				t.Errorf("%s: %d orders in pages, %d in all", name, len(got), len(fits))
			}
		}
	})
}

func TestAnOrderThatMovesBetweenPagesIsNeitherMissedNorGivenTwice(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	for i := range 300 {
		if _, _, err := r.Store.Accept(t.Context(), intent(fmt.Sprintf("oq%03d", i), "pbx")); err != nil {
			t.Fatal(err)
		}
	}
	moved := 0
	move := func() { // the next ten and the last ten, of which some were given and some were not
		for range 20 {
			o, err := r.Store.Get(t.Context(), fmt.Sprintf("oq%03d", moved*7%300))
			if err != nil {
				t.Fatal(err)
			}
			moved++
			if o.State == store.Accepted {
				if _, err := r.Store.Cancel(t.Context(), o, "eve", "meanwhile"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	got, _ := pages(t, r, store.Filter{Limit: 20}, move)
	if slices.Sort(got); len(got) != 300 || len(slices.Compact(got)) != 300 {
		t.Errorf("%d orders, %d of them different; want 300", len(got), len(slices.Compact(got)))
	}
}

func TestAPageLooksAtSomeThousandRecordsAtMost(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	for i := range 4500 {
		if _, _, err := r.Store.Accept(t.Context(), intent(fmt.Sprintf("oq%04d", i), "pbx")); err != nil {
			t.Fatal(err)
		}
	}
	orders, next, more, err := r.Store.Page(t.Context(), store.Filter{Kind: "subscribe_ha", Limit: 5}, store.Place{})
	if len(orders) != 0 || !more || err != nil {
		t.Fatalf("%d orders, more %t, %v: it looked at all", len(orders), more, err)
	}
	if _, _, more, err = r.Store.Page(t.Context(), store.Filter{Kind: "subscribe_ha", Limit: 5}, next); more || err != nil {
		t.Errorf("more %t, %v: it did not go on where it stopped", more, err)
	}
}

func TestWhatIsNoPlaceIsNotRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "-", "12", "12-", "x-oq", "-1-oq", "99999999999999999-oq", "1.5-oq"} {
		if p, ok := store.ParsePlace(text); ok {
			t.Errorf("%q is read as %v", text, p)
		}
	}
}
