package batch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"orderq/store"
	"orderq/store/batch"
	"orderq/store/storetest"
)

const id = "obtest"

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// site is a batch in a room.
type site struct {
	*storetest.Room
	*batch.Batches
	t     *testing.T
	token string
}

func newSite(t *testing.T, r *storetest.Room) *site {
	t.Helper()
	s := &site{Room: r, Batches: batch.Of(r.Store), t: t}
	s.begin()
	return s
}

func (s *site) begin() {
	s.t.Helper()
	token, _, err := s.Begin(s.t.Context(), batch.Begin{ID: id, Name: "minutes-nov", By: "anna", Format: "csv", Columns: []string{"SN", "Qty"}})
	do(s.t, err)
	s.token = token
}

// row asks for an order; the same order for the same name.
func row(n int, order string) store.Row {
	text, err := batch.Row{Line: n + 1, Cells: []string{"pbx-" + order, "10"}, Reference: "ref-" + order}.Text()
	if err != nil {
		panic(err)
	}
	return store.Row{N: n, Text: text, New: &store.New{
		ID: "oq" + order, Reference: "ref-" + order, Kind: "add_recording_minutes", ProductNo: "pbx-" + order, Quantity: 10,
		Target: "pbx-" + order, Fingerprint: "f-" + order, Queue: "bulk", Intent: []byte(`{"reference":"ref-` + order + `"}`),
	}}
}

func bad(n int, why string) store.Row {
	text, err := batch.Row{Line: n + 1, Cells: []string{"?"}, Invalid: why}.Text()
	if err != nil {
		panic(err)
	}
	return store.Row{N: n, Text: text}
}

func (s *site) accept(rows ...store.Row) []store.Lodged {
	s.t.Helper()
	lodged, err := s.Store.AcceptRows(s.t.Context(), id, s.token, rows)
	do(s.t, err)
	return lodged
}

func (s *site) order(name string) store.Order {
	s.t.Helper()
	o, err := s.Store.Get(s.t.Context(), "oq"+name)
	do(s.t, err)
	return o
}

// rows are the batch's rows in their order: "n order state".
func (s *site) rows() []string {
	s.t.Helper()
	var all []string
	do(s.t, s.Each(s.t.Context(), id, func(r batch.Row, o store.Order) error {
		all = append(all, fmt.Sprint(r.N, " ", r.Order, " ", o.State, r.Invalid))
		return nil
	}))
	return all
}

func (s *site) wants(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.rows()); diff != "" {
		s.t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestRowsBecomeHeldOrdersAndBadOnesStopNobody(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		lodged := s.accept(row(1, "a"), bad(2, "no quantity"), row(3, "b"))
		if !lodged[0].Fresh || lodged[1].ID != "" || !lodged[2].Fresh || lodged[2].ID != "oqb" {
			t.Errorf("%+v", lodged)
		}
		do(t, s.Finish(t.Context(), id, s.token, "abc", 3))
		s.wants("1 oqa held", "2  no quantity", "3 oqb held")
		o := s.order("a")
		if o.WaitingFor != store.WaitBatch || o.WaitingOn != id || o.Batch != id || o.Queue != "bulk" {
			t.Errorf("%+v", o)
		}
		one, err := s.Get(t.Context(), id)
		want := batch.Batch{ID: id, Account: "default", Name: "minutes-nov", State: batch.Open, Maker: "anna", Format: "csv",
			Columns: []string{"SN", "Qty"}, Sum: "abc", Rows: 3, At: one.At, Applied: one.Applied}
		if diff := cmp.Diff(want, one, cmpopts.IgnoreUnexported(batch.Batch{})); err != nil || diff != "" || one.At.IsZero() || one.Applied.IsZero() {
			t.Errorf("%v, (-want +got):\n%s", err, diff)
		}
	})
}

func TestTheSameFileAgainMakesNoOrderTwice(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.accept(row(1, "a"), row(2, "b"))
		first := s.order("a")
		s.begin()
		for _, l := range s.accept(row(1, "a"), row(2, "b")) {
			if l.Fresh || l.State != store.Held || l.Batch != id || l.Fingerprint == "" {
				t.Errorf("%+v", l)
			}
		}
		if diff := cmp.Diff(first, s.order("a")); diff != "" {
			t.Errorf("the record has changed:\n%s", diff)
		}
		s.wants("1 oqa held", "2 oqb held")
	})
}

// Rows above it are inserted, others taken out: an order that was asked for once stays an order of the batch.
func TestAChangedFileOrdersOnlyItsNewRowsAndForgetsNone(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.accept(row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d"))
		do(t, s.Finish(t.Context(), id, s.token, "abc", 4))
		s.begin()
		fresh := 0
		for _, l := range s.accept(row(1, "new"), row(2, "a"), row(3, "c")) {
			if l.Fresh {
				fresh++
			}
		}
		do(t, s.Finish(t.Context(), id, s.token, "def", 3))
		if fresh != 1 {
			t.Errorf("%d new orders, want 1", fresh)
		}
		s.wants("1 oqnew held", "2 oqa held", "3 oqc held", "0 oqb held", "0 oqd held")
		c, err := s.Count(t.Context(), id)
		want := batch.Counts{Rows: 3, Earlier: 2, States: map[store.State]int{store.Held: 5}, Waiting: map[store.Waiting]int{store.WaitBatch: 5}}
		if diff := cmp.Diff(want, c); err != nil || diff != "" {
			t.Errorf("%v, (-want +got):\n%s", err, diff)
		}
	})
}

func TestWhoAppliesLastHasTheBatch(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		earlier := s.token
		s.begin()
		_, err := s.Store.AcceptRows(t.Context(), id, earlier, []store.Row{row(1, "a")})
		var refused *store.RowsRefusedError
		if !errors.As(err, &refused) || !refused.Other {
			t.Errorf("%v", err)
		}
		if err := s.Finish(t.Context(), id, earlier, "abc", 1); !errors.Is(err, store.ErrRowsRefused) {
			t.Errorf("finished all the same: %v", err)
		}
		if _, err := s.Store.Get(t.Context(), "oqa"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an order came of it: %v", err)
		}
	})
}

func TestACancelledBatchTakesAndReleasesNothing(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.accept(row(1, "a"), row(2, "b"))
		do(t, s.Cancel(t.Context(), id, "eve", "prices"))
		if _, err := s.Store.AcceptRows(t.Context(), id, s.token, []store.Row{row(3, "c")}); !errors.Is(err, store.ErrRowsRefused) {
			t.Errorf("%v", err)
		}
		// Killed before it cancelled the orders: the releaser does.
		if _, err := s.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.wants("1 oqa cancelled", "2 oqb cancelled")
		if _, _, err := s.Begin(t.Context(), batch.Begin{ID: id, Name: "minutes-nov"}); !errors.Is(err, batch.ErrState) {
			t.Errorf("taken up again: %v", err)
		}
		if err := s.Cancel(t.Context(), id, "eve", "again"); !errors.Is(err, batch.ErrState) {
			t.Errorf("cancelled twice: %v", err)
		}
	})
}

func TestCancellingSaysWhatWasTooLate(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.accept(row(1, "a"), row(2, "b"), row(3, "c"), bad(4, "no quantity"))
		if _, err := s.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		o, mine, err := s.Store.Take(t.Context(), "oqb", store.Delivery{Worker: "w", Nonce: "n", Silence: time.Hour, Within: time.Minute})
		if err != nil || !mine {
			t.Fatal(mine, err)
		}
		o, err = s.Store.Reject(t.Context(), o, store.Refusal{Reason: "no such PBX"})
		do(t, err)
		n, others, err := s.CancelOrders(t.Context(), id, "eve", "prices")
		if err != nil || n != 2 || others[store.Rejected] != 1 || len(others) != 1 {
			t.Errorf("%d cancelled, %v, %v", n, others, err)
		}
		if got := s.order("b"); got.Version != o.Version {
			t.Errorf("a final order moved: %+v", got)
		}
		if n, _, err := s.CancelOrders(t.Context(), id, "eve", "prices"); err != nil || n != 0 {
			t.Errorf("again: %d, %v", n, err)
		}
	})
}

func TestAHeldBatchWaitsForItsApproval(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := &site{Room: r, Batches: batch.Of(r.Store), t: t}
		token, fresh, err := s.Begin(t.Context(), batch.Begin{ID: id, Name: "n", By: "anna", Hold: true})
		if err != nil || !fresh {
			t.Fatal(fresh, err)
		}
		s.token = token
		s.accept(row(1, "a"))
		if n, err := s.Release(t.Context()); n != 0 || err != nil {
			t.Errorf("released %d, %v", n, err)
		}
		if err := s.Approve(t.Context(), id, "anna", "mine"); !errors.Is(err, batch.ErrOwn) {
			t.Errorf("approved by who applied it: %v", err)
		}
		r.LoseReply("looked") // go-redis says it again, and is told what came of it the first time
		if err := s.Approve(t.Context(), id, "eve", "looked"); err != nil || r.Lost() != 1 {
			t.Errorf("approved, and told %v; %d replies were lost", err, r.Lost())
		}
		if n, err := s.Release(t.Context()); n != 1 || err != nil {
			t.Errorf("released %d, %v", n, err)
		}
		if err := s.Approve(t.Context(), id, "eve", "again"); !errors.Is(err, batch.ErrState) {
			t.Errorf("approved twice: %v", err)
		}
		if err := s.Approve(t.Context(), "obnone", "eve", ""); !errors.Is(err, batch.ErrNotFound) {
			t.Errorf("%v", err)
		}
	})
}

func TestBatchesAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		do(t, r.Redis.ZAdd(t.Context(), r.Store.Keys().Batches(), z(id, 1)).Err())
		_, _, err := s.Begin(t.Context(), batch.Begin{ID: "obsecond", Name: "second"})
		do(t, err)
		for limit, want := range map[int]int{0: 2, 1: 1} {
			all, err := s.List(t.Context(), limit)
			if err != nil || len(all) != want || all[0].Name != "second" {
				t.Errorf("limit %d: %+v, %v", limit, all, err)
			}
		}
		if _, err := s.Get(t.Context(), "obnone"); !errors.Is(err, batch.ErrNotFound) {
			t.Errorf("%v", err)
		}
	})
}

func TestBatchesComeInPagesEachOnceWhateverBeginsMeanwhile(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := batch.Of(r.Store)
		var want []string
		for n := range 12 { // several of one millisecond, and one whose record is gone
			id := fmt.Sprintf("ob%02d", n)
			_, _, err := s.Begin(t.Context(), batch.Begin{ID: id, Name: id})
			do(t, err)
			do(t, r.Redis.ZAdd(t.Context(), r.Store.Keys().Batches(), z(id, float64(1000+n/5))).Err())
			if n == 7 {
				do(t, r.Redis.Del(t.Context(), r.Store.Keys().Batch(id)).Err())
			} else {
				want = append([]string{id}, want...)
			}
		}
		for limit := 1; limit <= 13; limit++ {
			var got []string
			var after store.Place
			for more := true; more; {
				all, next, rest, err := s.Page(t.Context(), limit, after)
				do(t, err)
				if len(all) > limit || rest && len(all) < limit {
					t.Fatalf("limit %d: %d, and more %v", limit, len(all), rest)
				}
				for _, one := range all {
					got = append(got, one.ID)
				}
				// The place is a word on its way.
				place, ok := store.ParsePlace(next.String())
				if after, more = place, rest; more && !ok {
					t.Fatalf("%q is no place", next)
				}
				id := fmt.Sprintf("obnew%d-%d", limit, len(got))
				_, _, err = s.Begin(t.Context(), batch.Begin{ID: id, Name: id})
				do(t, err)
			}
			got = slices.DeleteFunc(got, func(id string) bool { return strings.HasPrefix(id, "obnew") })
			if !slices.Equal(got, want) {
				t.Errorf("limit %d: %v, want %v", limit, got, want)
			}
		}
	})
}

func TestSatisfiedOrdersAreCountedAmongTheRejected(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.begin()
		a, b := row(1, "a"), row(2, "b")
		a.New.Ensure, b.New.Ensure = 50, 50
		s.accept(a, b, row(3, "c"))
		for name, code := range map[string]string{"a": store.CodeSatisfied, "b": "unknown_pbx", "c": store.CodeSatisfied} {
			o, err := r.Store.Unhold(t.Context(), s.order(name), "", "released")
			do(t, err)
			o, _, err = r.Store.Take(t.Context(), o.ID, store.Delivery{Worker: "w", Nonce: name, Silence: time.Hour, Within: time.Minute})
			do(t, err)
			o, err = r.Store.Reject(t.Context(), o, store.Refusal{Code: code, Reason: "it has 50"})
			do(t, err)
			if o.Satisfied() != (name == "a") || o.Quantity == 0 != o.Satisfied() {
				t.Errorf("order %s with code %s: satisfied %v, quantity %d", name, code, o.Satisfied(), o.Quantity)
			}
		}
		c, err := s.Count(t.Context(), id)
		do(t, err)
		if c.States[store.Rejected] != 3 || c.Satisfied != 1 {
			t.Errorf("%d rejected, %d of them satisfied; want 3 and 1", c.States[store.Rejected], c.Satisfied)
		}
	})
}
