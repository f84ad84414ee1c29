package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orderq/store"
	"orderq/store/storetest"
)

type named struct {
	name string
	from []store.State // where it may be made, written down here once more: the code must agree
	to   store.State   // "": it stays
	make func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error)
}

func namedMoves() []named {
	var (
		held, acc, prep, sub   = store.Held, store.Accepted, store.Preparing, store.Submitting
		unk, pend, rev, placed = store.Unknown, store.Pending, store.Review, store.Placed
	)
	record := func(to store.State) func(context.Context, *store.Store, store.Order) (store.Order, error) {
		return func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Record(ctx, o, found(to, "N-"+o.ID))
		}
	}
	pause := store.Pause{For: store.WaitTime, After: time.Hour, Reason: "r", Call: "c"}
	return []named{
		{"Wait", []store.State{prep}, acc, func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Wait(ctx, o, pause)
		}},
		{"Unsent", []store.State{sub, unk}, acc, func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Unsent(ctx, o, pause)
		}},
		{"Doubt", []store.State{sub, unk}, unk, func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Doubt(ctx, o, "no answer", "EOF", time.Hour)
		}},
		{"Looked", []store.State{sub, unk, pend, rev}, "", func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Looked(ctx, o, true, "not there", time.Hour)
		}},
		{"Review", []store.State{prep, unk, pend, rev}, rev, func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Review(ctx, o, "cannot tell")
		}},
		{"Reject", []store.State{prep, sub, unk, pend, rev}, store.Rejected, func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Reject(ctx, o, store.Refusal{Code: "400", Reason: "no", RequestID: "r", Call: "400", Raw: []byte("{}")})
		}},
		{"Record placed", []store.State{held, acc, prep, sub, unk, pend, rev}, placed, record(placed)},
		{"Record pending", []store.State{held, acc, prep, sub, unk, pend, rev}, pend, record(pend)},
		{"Record rejected", []store.State{held, acc, prep, sub, unk, pend, rev}, store.Rejected, record(store.Rejected)},
		{"Record accepted", nil, acc, record(acc)},
		{"Cancel", []store.State{held, acc, prep}, store.Cancelled, func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Cancel(ctx, o, "ada", "not needed")
		}},
		{"Unhold", []store.State{held}, acc, func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Unhold(ctx, o, "ada", "go")
		}},
		{"Resend", []store.State{unk, rev}, acc, func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Resend(ctx, o, "ada", "absent")
		}},
		{"Drop", []store.State{rev}, store.Cancelled, func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Drop(ctx, o, "ada", "not needed")
		}},
		{"Witness", []store.State{sub, unk, rev}, "", func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Witness(ctx, o)
		}},
		{"Describe", store.States(), "", func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Describe(ctx, o, recalled(o))
		}},
		{"Recall", []store.State{held, acc, prep, sub, unk, rev, store.Rejected, store.Cancelled}, unk, func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Recall(ctx, o, recalled(o))
		}},
		{"Duplicate", store.States(), "", func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Duplicate(ctx, o, "N-second", "the list")
		}},
	}
}

// Every move from every state: made, and then the record is what the move returned and a reader that is
// late learns so; or refused, and then nothing was written.
func TestEveryMoveIsMadeFromItsStatesAndFromNoOther(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for _, m := range namedMoves() {
			for _, state := range store.States() {
				if err := r.Redis.FlushDB(t.Context()).Err(); err != nil {
					t.Fatal(err)
				}
				if _, err := r.Fleet.Volatile(t.Context()); err != nil {
					t.Fatal(err)
				}
				o := bring(t, r.Store, state, "oq1", pbx)
				before := r.Dump(t)
				got, err := m.make(t.Context(), r.Store, o)
				if !slices.Contains(m.from, state) {
					if !errors.Is(err, store.ErrNoMove) {
						t.Errorf("%s from %s: %v, want ErrNoMove", m.name, state, err)
					}
					if diff := cmp.Diff(before, r.Dump(t)); diff != "" {
						t.Errorf("%s from %s is refused and wrote:\n%s", m.name, state, diff)
					}
					continue
				}
				want := m.to
				if want == "" {
					want = state
				}
				if err != nil || got.State != want || got.Version != o.Version+1 {
					t.Errorf("%s from %s: %s in version %d after %d, %v", m.name, state, got.State, got.Version, o.Version, err)
					continue
				}
				same(t, r.Store, got)
				after := r.Dump(t)
				_, err = m.make(t.Context(), r.Store, o)
				is(t, m.name+" from "+string(state)+", once more from the version before", err, store.ErrStale)
				if diff := cmp.Diff(after, r.Dump(t)); diff != "" {
					t.Errorf("%s from %s: a stale move wrote:\n%s", m.name, state, diff)
				}
			}
		}
	})
}

// Together with accept, take and gate the named moves make the table, no more and no less.
func TestTheNamedMovesMakeTheTable(t *testing.T) {
	t.Parallel()
	made := map[[2]store.State]bool{
		{"", store.Accepted}: true, {"", store.Held}: true, {store.Accepted, store.Preparing}: true,
		{store.Preparing, store.Submitting}: true,
	}
	for _, m := range namedMoves() {
		for _, from := range m.from {
			if m.to != "" && m.to != from {
				made[[2]store.State{from, m.to}] = true
			}
		}
	}
	for _, m := range store.Moves() {
		if !made[[2]store.State{m.From, m.To}] {
			t.Errorf("%s → %s (%s) is in the table and no move makes it", m.From, m.To, m.Why)
		}
		delete(made, [2]store.State{m.From, m.To})
	}
	for edge := range made {
		t.Errorf("%s → %s is made and not in the table", edge[0], edge[1])
	}
}

func TestAFinalRecordSaysWhenItEnded(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for _, state := range store.States() {
			o := bring(t, r.Store, state, "oq-"+string(state), "pbx-"+string(state))
			if o.FinishedAt.IsZero() == state.Final() {
				t.Errorf("%s: finished at %v", state, o.FinishedAt)
			}
		}
	})
}

func TestADuplicateIsANoteAndLeavesTheOrderWhereItIs(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		submitted(t, r.Store, "oq1", pbx)
		waiting := queued(t, r.Store, "oq2", "oq1")
		rest := func() string {
			ctx, k := t.Context(), r.Store.Keys()
			return cmp.Diff(r.Redis.ZRangeWithScores(ctx, k.Due(), 0, -1).Val(), nil) +
				cmp.Diff(r.Redis.ZRangeWithScores(ctx, k.Look(), 0, -1).Val(), nil) +
				cmp.Diff(r.Redis.ZRangeWithScores(ctx, k.Line(pbx), 0, -1).Val(), nil) +
				cmp.Diff(r.Redis.HGetAll(ctx, k.Claims()).Val(), nil)
		}
		later, err := r.Store.Wait(t.Context(), prepared(t, r.Store, "oq3", "other"), store.Pause{For: store.WaitTime, After: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		before := rest()
		for _, o := range []store.Order{waiting, later} {
			got, err := r.Store.Duplicate(t.Context(), o, "N9", "the list")
			if err != nil || !slices.Equal(got.Duplicates, []string{"N9"}) || !got.WaitingUntil.Equal(o.WaitingUntil) {
				t.Errorf("%+v, %v", got, err)
			}
			same(t, r.Store, got)
		}
		if diff := cmp.Diff(before, rest()); diff != "" {
			t.Errorf("due, look, line or claims changed:\n%s", diff)
		}
	})
}
