package batch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/batch"
	"orderq/store/storetest"
)

func z(member string, score float64) redis.Z { return redis.Z{Member: member, Score: score} }

// fill puts so many orders on their way to the gate.
func fill(t *testing.T, r *storetest.Room, n int) {
	t.Helper()
	var all []redis.Z
	for i := range n {
		all = append(all, z(fmt.Sprint("other-", i), 1))
	}
	do(t, r.Redis.ZAdd(t.Context(), r.Store.Keys().Due(), all...).Err())
}

func (s *site) states() string {
	var all []string
	for _, r := range s.rows() {
		f := strings.Fields(r)
		all = append(all, f[len(f)-1])
	}
	return strings.Join(all, " ")
}

func TestRowsGoInTheirOrderAsTheWindowHasRoom(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.accept(row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d"))
		fill(t, r, batch.Window-2)
		if n, err := s.Release(t.Context()); n != 2 || err != nil {
			t.Fatalf("released %d, %v", n, err)
		}
		if got := s.states(); got != "accepted accepted held held" {
			t.Errorf("%s", got)
		}
		if n, err := s.Release(t.Context()); n != 0 || err != nil {
			t.Errorf("released %d into a full window, %v", n, err)
		}
		do(t, r.Redis.Del(t.Context(), r.Store.Keys().Due()).Err())
		if n, err := s.Release(t.Context()); n != 2 || err != nil {
			t.Errorf("released %d, %v", n, err)
		}
		if left, err := r.Redis.ZCard(t.Context(), r.Store.Keys().Unreleased()).Result(); left != 0 || err != nil {
			t.Errorf("still on the list of batches to release: %d, %v", left, err)
		}
	})
}

// An order for next month is no order on its way.
func TestWhatWaitsForAFarTimeTakesNoRoom(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.accept(row(1, "a"))
		fill(t, r, batch.Window)
		do(t, r.Redis.ZAdd(t.Context(), r.Store.Keys().Due(), z("other-1", 1e15)).Err())
		if n, err := s.Release(t.Context()); n != 1 || err != nil {
			t.Errorf("released %d, %v", n, err)
		}
	})
}

func TestTwoBatchesShareTheWindow(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.accept(row(1, "a"), row(2, "b"), row(3, "c"))
		token, _, err := s.Begin(t.Context(), batch.Begin{ID: "obsecond", Name: "second"})
		do(t, err)
		_, err = s.Store.AcceptRows(t.Context(), "obsecond", token, []store.Row{row(1, "x"), row(2, "y"), row(3, "z")})
		do(t, err)
		fill(t, r, batch.Window-4)
		if n, err := s.Release(t.Context()); n != 4 || err != nil {
			t.Fatalf("released %d, %v", n, err)
		}
		if got := s.states(); got != "accepted accepted held" || s.order("y").State != store.Accepted || s.order("z").State != store.Held {
			t.Errorf("%s, y %s, z %s", got, s.order("y").State, s.order("z").State)
		}
	})
}

// The process died after the move and before the list was written.
func TestAnOrderThatWasReleasedAlreadyIsTakenOffTheList(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.accept(row(1, "a"), row(2, "b"))
		o, err := s.Store.Unhold(t.Context(), s.order("a"), "", "released by its batch")
		do(t, err)
		if n, err := s.Release(t.Context()); n != 1 || err != nil {
			t.Errorf("released %d, %v", n, err)
		}
		if got := s.order("a"); got.Version != o.Version {
			t.Errorf("moved again: %+v", got)
		}
		if n, err := s.Release(t.Context()); n != 0 || err != nil {
			t.Errorf("released %d, %v", n, err)
		}
	})
}

// Its apply was killed after this script, or its list was lost: to apply the file again brings it back.
func TestToApplyAgainPutsAHeldRowBackOnTheList(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.accept(row(1, "a"))
		do(t, r.Redis.Del(t.Context(), r.Store.Keys().BatchHeld(id), r.Store.Keys().Unreleased()).Err())
		s.begin()
		s.accept(row(1, "a"))
		if n, err := s.Release(t.Context()); n != 1 || err != nil {
			t.Errorf("released %d, %v", n, err)
		}
	})
}

func TestManyReleasersAtOnceReleaseEachRowOnce(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		var rows []store.Row
		for i := range 100 {
			rows = append(rows, row(i+1, fmt.Sprint("r", i)))
		}
		s.accept(rows...)
		released := make(chan int)
		for range 8 {
			go func() {
				n, err := s.Release(t.Context())
				if err != nil {
					t.Error(err)
				}
				released <- n
			}()
		}
		sum := 0
		for range 8 {
			sum += <-released
		}
		if sum != 100 {
			t.Errorf("%d releases of 100 rows", sum)
		}
		for i := range 100 {
			if o := s.order(fmt.Sprint("r", i)); o.State != store.Accepted || o.Version != 2 {
				t.Fatalf("%+v", o)
			}
		}
	})
}
