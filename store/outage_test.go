package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"orderq/store"
	"orderq/store/storetest"
)

// write is any write of one order, ready to be made; ask is words of its command by which the line knows it.
type write struct {
	name string
	make func(ctx context.Context, s *store.Store) error
}

// writes prepares an order for each kind of write and gives the writes; warm makes each script known.
func writes(t *testing.T, s *store.Store, suffix string) []write {
	t.Helper()
	id := func(name string) string { return "oq-" + name + suffix }
	var all []write
	add := func(name string, make func(ctx context.Context, s *store.Store) error) {
		all = append(all, write{id(name), make})
	}
	add("accept", func(ctx context.Context, s *store.Store) error {
		_, _, err := s.Accept(ctx, intent(id("accept"), "pbx-"+id("accept")))
		return err
	})
	accepted(t, s, id("take"), "pbx-"+id("take"))
	add("take", func(ctx context.Context, s *store.Store) error {
		_, _, err := s.Take(ctx, id("take"), delivery("n"))
		return err
	})
	gate, mark := prepared(t, s, id("gate"), "pbx-"+id("gate")), marked(t, s)
	add("gate", func(ctx context.Context, s *store.Store) error {
		_, err := s.Gate(ctx, gate, submission(gate, mark, "n"))
		return err
	})
	deliver := accepted(t, s, id("deliver"), "pbx-"+id("deliver"))
	add("deliver", func(ctx context.Context, s *store.Store) error {
		_, err := s.Deliver(ctx, deliver, 0)
		return err
	})
	for _, m := range namedMoves() {
		if len(m.from) == 0 {
			continue
		}
		o := bring(t, s, m.from[0], id(m.name), "pbx-"+id(m.name))
		add(m.name, func(ctx context.Context, s *store.Store) error {
			_, err := m.make(ctx, s, o)
			return err
		})
	}
	return all
}

// trace is everything that an order's write may touch, apart from times.
func trace(t *testing.T, r *storetest.Room, id string) (version int64, historyLen, inIndexes int, events int64) {
	t.Helper()
	o, err := r.Store.Get(t.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		o = store.Order{}
	} else if err != nil {
		t.Fatal(err)
	}
	history, err := r.Store.History(t.Context(), id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	for _, state := range store.States() {
		if r.Redis.ZScore(t.Context(), r.Store.Keys().In(state), id).Err() == nil {
			inIndexes++
			if state != o.State {
				t.Errorf("%s is %s and in the index of %s", id, o.State, state)
			}
		}
	}
	return o.Version + int64(o.Generation), len(history), inIndexes, r.Redis.XLen(t.Context(), r.Store.Keys().Events()).Val()
}

func TestAWriteThatNeverArrivedChangedNothing(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for _, w := range writes(t, r.Store, "") {
			before := r.Dump(t)
			r.Cut(true)
			err := w.make(t.Context(), r.Store)
			r.Cut(false)
			if err == nil || errors.Is(err, store.ErrStale) || errors.Is(err, store.ErrNoMove) {
				t.Errorf("%s without Redis: %v, want an error of the line", w.name, err)
			}
			if r.Dump(t) != before {
				t.Errorf("%s wrote something through a cut line", w.name)
			}
			if err := w.make(t.Context(), r.Store); err != nil {
				t.Errorf("%s after the line has healed: %v", w.name, err)
			}
		}
	})
}

func TestAWriteWhoseReplyNeverCameIsWholeAllTheSame(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for _, w := range writes(t, r.Store, "-warm") { // the server knows every script
			if err := w.make(t.Context(), r.Store); err != nil {
				t.Fatal(err)
			}
		}
		for i, w := range writes(t, r.Store, "-x") {
			v0, h0, in0, e0 := trace(t, r, w.name)
			r.LoseReplyAndCut(w.name)
			err := w.make(t.Context(), r.Store)
			r.Cut(false)
			if err == nil || r.Lost() != i+1 {
				t.Fatalf("%s: %v, with %d replies lost; want an error and %d", w.name, err, r.Lost(), i+1)
			}
			v1, h1, in1, e1 := trace(t, r, w.name)
			accept, entry := w.name == "oq-accept-x", 1
			if slices.Contains([]string{"oq-deliver-x", "oq-Looked-x", "oq-Witness-x", "oq-Describe-x"}, w.name) {
				entry = 0 // silent
			}
			if v1 != v0+1 || h1 != h0+entry || e1 != e0+int64(entry) || in1 != 1 || (in0 != 1) != accept {
				t.Errorf("%s: version %d → %d, history %d → %d, events %d → %d, in %d → %d indexes; it is half done",
					w.name, v0, v1, h0, h1, e0, e1, in0, in1)
			}
		}
	})
}

// go-redis asks again when a reply is lost. The second asking finds the first's work done: a move says that
// the record has moved on, and the record is right.
func TestAMoveThatIsRepeatedByTheClientIsMadeOnce(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		if _, err := r.Store.Record(t.Context(), submitted(t, r.Store, "oq0", "other"), found(store.Placed, "N0")); err != nil {
			t.Fatal(err)
		}
		o := submitted(t, r.Store, "oq1", pbx)
		r.LoseReply("N-lost")
		_, err := r.Store.Record(t.Context(), o, found(store.Placed, "N-lost"))
		is(t, "the repeated move", err, store.ErrStale)
		got := read(t, r.Store, "oq1")
		history, err := r.Store.History(t.Context(), "oq1")
		if r.Lost() != 1 || got.State != store.Placed || got.OrderNo != "N-lost" || got.Version != o.Version+1 || len(history) != 4 || err != nil {
			t.Errorf("%d lost; %s %s in version %d with %d entries, %v", r.Lost(), got.State, got.OrderNo, got.Version, len(history), err)
		}
	})
}
