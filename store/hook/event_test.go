package hook_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/hook"
	"orderq/store/storetest"
)

func TestAnEndpointIsToldOfWhatHappensFromThenOn(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		r.accept("before", "add_recording_minutes")
		r.id = r.add().ID
		after := r.accept("after", "add_recording_minutes")
		r.admit()
		got := r.take(10)
		if len(got) != 1 || got[0].Order != after.ID || got[0].State != store.Accepted || got[0].Version != after.Version || got[0].Try != 1 {
			t.Errorf("%+v, want the acceptance of %s alone", got, after.ID)
		}
		if at := got[0].At(); at.Sub(after.AcceptedAt).Abs().Seconds() > 1 {
			t.Errorf("it happened at %v, and was accepted at %v", at, after.AcceptedAt)
		}
	})
}

func TestStatesAndKindsChoose(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room, func(e *hook.Endpoint) {
			e.States, e.Kinds = []store.State{store.Cancelled, store.Review}, []string{"expand_extensions"}
		})
		for _, kind := range []string{"add_recording_minutes", "expand_extensions"} {
			o := r.accept(kind, kind)
			_, err := room.Store.Cancel(t.Context(), o, "anna", "not wanted")
			r.must(err)
		}
		r.admit()
		got := r.take(10)
		if len(got) != 1 || got[0].State != store.Cancelled {
			t.Fatalf("%+v", got)
		}
		if o, err := room.Store.Get(t.Context(), got[0].Order); err != nil || o.Kind != "expand_extensions" {
			t.Errorf("%+v, %v", o, err)
		}
		last, err := room.Redis.XRevRangeN(t.Context(), room.Store.Keys().Events(), "+", "-", 1).Result()
		r.must(err)
		if c := r.endpoint().Cursor; c != last[0].ID {
			t.Errorf("cursor %s, want %s: what is not wanted is passed, too", c, last[0].ID)
		}
	})
}

func TestTheCursorIsHeldBackWhereTooMuchWaits(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		for i := range hook.Most + 10 {
			r.event(fmt.Sprint("oq", i))
		}
		r.admit()
		if e := r.endpoint(); e.Pending != hook.Most {
			t.Fatalf("%d wait, want %d", e.Pending, hook.Most)
		}
		r.done(r.take(1)[0])
		r.admit()
		if e := r.endpoint(); e.Pending != hook.Most || len(r.take(2*hook.Most)) != hook.Most {
			t.Errorf("%d wait, want %d again", e.Pending, hook.Most)
		}
	})
}

func TestAStreamTrimmedPastTheCursorIsSaid(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		first := r.event("oq1")
		r.admit()
		r.event("oq1")
		third := r.event("oq1")
		r.must(room.Redis.XTrimMaxLen(t.Context(), room.Store.Keys().Events(), 1).Err())
		r.admit()
		r.admit() // and said once
		log := r.log()
		if len(log) != 1 || log[0].Outcome != hook.Missed || !strings.Contains(log[0].Reason, first) || !strings.Contains(log[0].Reason, third) || log[0].At.IsZero() {
			t.Errorf("%+v", log)
		}
		r.done(r.taken(first)[0])
		r.done(r.taken(third)[0]) // it goes on
	})
}

func TestNothingIsMissedWhereNothingWasTrimmed(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room) // from the very first event on
		for range 3 {
			r.event("oq1")
			r.admit()
		}
		if log := r.log(); len(log) != 0 {
			t.Errorf("%+v", log)
		}
	})
}

// Who begins where there is no event yet has no cursor to compare: the stream's length tells.
func TestWhatWasTrimmedBeforeTheFirstLookIsSaid(t *testing.T) {
	t.Parallel()
	room := storetest.Best(t)
	r := newRig(t, room)
	later := time.Now().Add(store.ShortestEvents + time.Minute).UnixMilli()
	_, err := room.Redis.Pipelined(t.Context(), func(p redis.Pipeliner) error {
		for i := range store.EventsLeast + 50 {
			p.XAdd(t.Context(), &redis.XAddArgs{Stream: room.Store.Keys().Events(), MaxLen: store.EventsLeast, ID: fmt.Sprintf("%d-%d", later, i+1), Values: []any{"id", "oq1", "state", "placed", "ver", i}})
		}
		return nil
	})
	r.must(err)
	if _, err := r.hooks.Admit(t.Context(), r.id); err != nil {
		t.Fatal(err)
	}
	if log := r.log(); len(log) != 1 || log[0].Outcome != hook.Missed || !strings.Contains(log[0].Reason, fmt.Sprintf("before %d-51 ", later)) {
		t.Errorf("%+v", log)
	}
}

func TestOneEventIsReplayedInItsPlace(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		first, second := r.event("oq1"), r.event("oq1")
		third := r.event("oq1")
		r.admit()
		r.done(r.taken(first)[0])
		r.done(r.taken(second)[0])
		r.must(r.hooks.Replay(t.Context(), r.id, second, "anna"))
		r.must(r.hooks.Replay(t.Context(), r.id, first, "anna"))
		r.must(r.hooks.Replay(t.Context(), r.id, first, "anna")) // it waits already
		for _, want := range []string{first, second, third} {
			d := r.taken(want)[0]
			if d.Try != 1 {
				t.Errorf("%s: try %d", want, d.Try)
			}
			r.done(d)
		}
		r.taken()
		if err := r.hooks.Replay(t.Context(), r.id, "77-0", "anna"); !errors.Is(err, hook.ErrNotKept) {
			t.Errorf("an event that never was: %v", err)
		}
		if err := r.hooks.Replay(t.Context(), "wh0", first, "anna"); !errors.Is(err, hook.ErrNotFound) {
			t.Errorf("an endpoint that never was: %v", err)
		}
	})
}

func TestEverythingSinceAnEventIsReplayedInOrder(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		var all []string
		for range 4 {
			all = append(all, r.event("oq1"))
		}
		r.admit()
		for _, id := range all[:3] {
			r.done(r.taken(id)[0])
		}
		r.must(r.hooks.ReplaySince(t.Context(), r.id, all[0], "anna"))
		r.admit()
		for _, id := range all[1:] { // the fourth waited, and waits behind them
			r.done(r.taken(id)[0])
		}
		r.taken()
		if log := r.log(); log[len(log)-1-3].Outcome != hook.Noted {
			t.Errorf("%+v", log)
		}
	})
}

func TestEventsAreComparedByNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"1-0", "2-0", true}, {"2-0", "1-0", false}, {"9-0", "10-0", true}, {"5-9", "5-10", true}, {"5-1", "5-1", false}, {"0-0", "1764057600000-0", true},
	} {
		if got := hook.Earlier(c.a, c.b); got != c.want {
			t.Errorf("%s before %s: %v", c.a, c.b, got)
		}
	}
}

func TestOfManyWhoLookAtTheStreamEachEventWaitsOnce(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		const events = 350
		for i := range events {
			r.event(fmt.Sprint("oq", i%50))
		}
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				for more := true; more; {
					var err error
					if more, err = r.hooks.Admit(t.Context(), r.id); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		last := ""
		for range events {
			d := r.take(1)[0]
			if d.Order == "oq7" {
				if last != "" && !hook.Earlier(last, d.ID) {
					t.Errorf("%s after %s", d.ID, last)
				}
				last = d.ID
			}
			r.done(d)
		}
		if left := r.take(1); left != nil || last == "" {
			t.Errorf("left: %+v; last of one order: %q", left, last)
		}
	})
}
