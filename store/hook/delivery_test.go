package hook_test

import (
	"fmt"
	"maps"
	"slices"
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
		r.must(r.hooks.Again(t.Context(), r.id, d, time.Hour, hook.Heard{}, hook.Entry{Outcome: hook.Failed, Event: d.ID, Status: 500}))
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
		r.must(r.hooks.Again(t.Context(), r.id, asleep, 0, hook.Heard{}, hook.Entry{Outcome: hook.Failed}))
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
		r.must(r.hooks.Close(t.Context(), r.id, d, hook.Heard{URL: r.endpoint().URL}, hook.Entry{Outcome: hook.Gone, Status: 410}, "it answered 410 Gone"))
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

func TestWhileAReceiverWantsSilenceNothingOfItsIsTaken(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		first := r.event("a")
		other := r.event("b")
		r.admit()
		d := r.take(1)[0]
		heard := hook.Heard{URL: r.endpoint().URL, Silence: time.Hour}
		r.must(r.hooks.Again(t.Context(), r.id, d, 0, heard, hook.Entry{Outcome: hook.Failed}))
		r.taken() // neither this one nor the other order's, which is due
		until := r.endpoint().PausedUntil
		if until.Sub(d.Now) < time.Hour {
			t.Errorf("paused until %v, from %v on", until, d.Now)
		}
		// A shorter one does not shorten it; nor does an answer of another URL.
		heard.Silence = time.Second
		r.must(r.hooks.Again(t.Context(), r.id, d, 0, heard, hook.Entry{Outcome: hook.Failed}))
		r.must(r.hooks.Again(t.Context(), r.id, d, 0, hook.Heard{URL: "https://before.example.com/", Silence: 2 * time.Hour}, hook.Entry{Outcome: hook.Failed}))
		if got := r.endpoint().PausedUntil; !got.Equal(until) {
			t.Errorf("paused until %v, want %v", got, until)
		}
		r.must(room.Redis.HSet(t.Context(), room.Store.Keys().Hook(r.id), "resume", d.Now.UnixMilli()-1).Err()) // time passes: Redis' own
		r.taken(other, first)
		if got := r.endpoint().PausedUntil; !got.IsZero() {
			t.Errorf("still paused until %v", got)
		}
	})
}

func TestFailuresInARowAreTheUrlsOwn(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		r.event("a")
		r.admit()
		d := r.take(1)[0]
		fail := func(url string) {
			t.Helper()
			r.must(r.hooks.Again(t.Context(), r.id, d, time.Hour, hook.Heard{URL: url}, hook.Entry{Outcome: hook.Failed}))
		}
		want := func(n int) {
			t.Helper()
			if e := r.endpoint(); e.Failures != n {
				t.Errorf("%d failures, want %d", e.Failures, n)
			}
		}
		url := r.endpoint().URL
		fail(url)
		fail(url)
		fail("https://before.example.com/")
		want(2)
		// A 410 of the URL before disables nobody; nor does it count that nobody was called.
		r.must(r.hooks.Close(t.Context(), r.id, d, hook.Heard{URL: "https://before.example.com/"}, hook.Entry{Outcome: hook.Gone}, "gone"))
		r.must(r.hooks.Done(t.Context(), r.id, d, hook.Heard{}, hook.Entry{Outcome: hook.GaveUp}))
		if want(2); !r.endpoint().Enabled {
			t.Error("it was disabled by what another URL answered")
		}
		r.must(r.hooks.Done(t.Context(), r.id, d, hook.Heard{URL: url}, hook.Entry{Outcome: hook.Delivered}))
		want(0)
	})
}

func TestAMeasureTellsWhatDeliveriesHaveComeTo(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		other := r.add()
		for _, order := range []string{"a", "b", "c", "d"} {
			r.event(order)
		}
		r.admit()
		url := hook.Heard{URL: r.endpoint().URL}
		all := r.take(4)
		r.must(r.hooks.Done(t.Context(), r.id, all[0], url, hook.Entry{Outcome: hook.Delivered}))
		r.must(r.hooks.Done(t.Context(), r.id, all[0], url, hook.Entry{Outcome: hook.Delivered})) // late: it was a delivery all the same
		r.must(r.hooks.Done(t.Context(), r.id, all[1], url, hook.Entry{Outcome: hook.GaveUp}))
		r.must(r.hooks.Again(t.Context(), r.id, all[2], time.Hour, url, hook.Entry{Outcome: hook.Failed}))
		r.must(r.hooks.Back(t.Context(), r.id, all[3]))
		r.must(r.hooks.Note(t.Context(), r.id, hook.Entry{Outcome: hook.Tested}))
		got, err := r.hooks.Measure(t.Context())
		r.must(err)
		i := slices.IndexFunc(got, func(m hook.Measure) bool { return m.ID == r.id })
		if len(got) != 2 || i < 0 {
			t.Fatalf("%+v", got)
		}
		want := map[hook.Outcome]int64{hook.Delivered: 2, hook.GaveUp: 1, hook.Failed: 1, hook.Gone: 0}
		if m := got[i]; !maps.Equal(m.Results, want) || m.Pending != 2 || m.Failures != 2 || !m.Oldest.Equal(all[2].At()) {
			t.Errorf("%+v, want %v and the oldest at %v", m, want, all[2].At())
		}
		if m := got[1-i]; m.ID != other.ID || m.Pending != 0 || !m.Oldest.IsZero() || m.Results[hook.Delivered] != 0 {
			t.Errorf("%+v", m)
		}
	})
}

func TestWhatWasPutOffIsDueSoonAtAnotherUrl(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		r.event("off")
		r.event("under way")
		r.admit()
		all, err := r.hooks.Take(t.Context(), r.id, 2, hook.Hold/2)
		r.must(err)
		put := slices.IndexFunc(all, func(d hook.Delivery) bool { return d.Order == "off" })
		due := func(order string) time.Time {
			t.Helper()
			ms, err := room.Redis.ZScore(t.Context(), room.Store.Keys().HookDue(r.id), order).Result()
			r.must(err)
			return time.UnixMilli(int64(ms))
		}
		r.must(r.hooks.Again(t.Context(), r.id, all[put], 8*time.Hour, hook.Heard{}, hook.Entry{Outcome: hook.Failed}))
		off, underWay := due("off"), due("under way")
		same, other := r.endpoint().URL, "https://hooks.example.com/v2"
		_, err = r.hooks.Change(t.Context(), r.id, hook.Change{URL: &same}, "anna")
		r.must(err)
		if !due("off").Equal(off) {
			t.Error("the same URL is another")
		}
		_, err = r.hooks.Change(t.Context(), r.id, hook.Change{URL: &other}, "anna")
		r.must(err)
		now, err := room.Redis.Time(t.Context()).Result()
		r.must(err)
		if got := due("off"); got.After(now.Add(hook.Hold)) || !got.After(underWay) || !due("under way").Equal(underWay) {
			t.Errorf("at %v: due at %v, and %v after %v", now, got, due("under way"), underWay)
		}
	})
}
