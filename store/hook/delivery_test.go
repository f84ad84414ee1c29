package hook_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"orderq/store/hook"
	"orderq/store/storetest"
)

func TestTheEventsOfAnOrderAreTakenOneByOneAndOthersBesideThem(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		a1, b1, a2 := r.event("a"), r.event("b"), r.event("a")
		r.admit()
		got := r.taken(a1, b1)
		r.taken() // a2 waits for a1
		r.done(got[0])
		d := r.taken(a2)[0]
		if d.Try != 1 || d.Version != 3 || d.Since.IsZero() || d.Now.Before(d.Since) {
			t.Errorf("%+v", d)
		}
		r.done(d)
		r.done(got[1])
		if e := r.endpoint(); e.Pending != 0 {
			t.Errorf("%d wait", e.Pending)
		}
		for _, key := range []string{room.Store.Keys().HookLanes(r.id), room.Store.Keys().HookDue(r.id), room.Store.Keys().HookEvents(r.id)} {
			if n := room.Redis.Exists(t.Context(), key).Val(); n != 0 {
				t.Errorf("%s is left", key)
			}
		}
	})
}

func TestWhatWasPutOffKeepsLaterOnesBackUntilItsTime(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		first, second := r.event("a"), r.event("a")
		r.admit()
		d := r.taken(first)[0]
		r.must(r.hooks.Again(t.Context(), r.id, d, time.Hour, hook.Entry{Outcome: hook.Failed, Event: d.ID, Status: 500}))
		r.taken()
		r.later()
		again := r.taken(first)[0]
		if again.Try != 2 || !again.Since.Equal(d.Since) {
			t.Errorf("%+v after %+v", again, d)
		}
		r.done(again)
		r.taken(second)
		if log := r.log(); len(log) != 2 || log[0].Outcome != hook.Delivered || log[1].Status != 500 {
			t.Errorf("%+v", log)
		}
	})
}

// A worker that died, or sleeps, has taken an event and says nothing.
func TestWhatIsNotSettledIsTakenAgainAndTheLateSettlingHasNoEffect(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		first, second := r.event("a"), r.event("a")
		r.admit()
		asleep := r.taken(first)[0]
		r.later()
		awake := r.taken(first)[0]
		if awake.Try != 2 {
			t.Errorf("try %d, want 2", awake.Try)
		}
		r.done(asleep)
		r.must(r.hooks.Again(t.Context(), r.id, asleep, 0, hook.Entry{Outcome: hook.Failed}))
		r.must(r.hooks.Back(t.Context(), r.id, asleep))
		r.taken() // neither is the first free, nor the second
		r.done(awake)
		r.taken(second)
	})
}

func TestWhatIsGivenBackWasNoTry(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		id := r.event("a")
		r.admit()
		for range 3 {
			d := r.taken(id)[0]
			if d.Try != 1 {
				t.Errorf("try %d, want 1", d.Try)
			}
			r.must(r.hooks.Back(t.Context(), r.id, d))
		}
		if log := r.log(); len(log) != 0 {
			t.Errorf("%+v", log)
		}
	})
}

func TestOfManyWhoTakeEachEventIsOnes(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		const orders = 100
		for i := range orders {
			r.event(fmt.Sprint("oq", i))
		}
		r.admit()
		var mu sync.Mutex
		got := map[string]int{}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for {
					some, err := r.hooks.Take(t.Context(), r.id, 7, time.Hour)
					if err != nil {
						t.Error(err)
						return
					}
					if len(some) == 0 {
						return
					}
					mu.Lock()
					for _, d := range some {
						got[d.ID]++
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		for id, n := range got {
			if n != 1 {
				t.Errorf("%s was taken %d times", id, n)
			}
		}
		if len(got) != orders {
			t.Errorf("%d events taken, want %d", len(got), orders)
		}
	})
}

func TestADisabledEndpointWaitsAndGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		first, second := r.event("a"), r.event("a")
		r.admit()
		d := r.taken(first)[0]
		r.must(r.hooks.Close(t.Context(), r.id, d, hook.Entry{Outcome: hook.Gone, Status: 410}, "it answered 410 Gone"))
		third := r.event("b")
		r.admit()
		r.taken()
		if e := r.endpoint(); e.Enabled || e.Why != "it answered 410 Gone" || e.Pending != 2 {
			t.Errorf("%+v", e)
		}
		r.must(r.hooks.Enable(t.Context(), r.id, "anna"))
		if e := r.endpoint(); !e.Enabled || e.Why != "" {
			t.Errorf("%+v", e)
		}
		r.admit()
		for _, d := range r.taken(first, third) {
			r.done(d)
		}
		r.taken(second)
		r.must(r.hooks.Disable(t.Context(), r.id, "eve"))
		if e := r.endpoint(); e.Enabled || e.Why != "disabled by eve" {
			t.Errorf("%+v", e)
		}
	})
}
