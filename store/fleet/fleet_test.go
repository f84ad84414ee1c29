package fleet_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orderq/store/fleet"
	"orderq/store/storetest"
)

func state(t *testing.T, r *storetest.Room) fleet.State {
	t.Helper()
	s, err := r.Fleet.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// do fails on an error.
func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// near says that a time is of the reading: Redis' clock, to the second.
func near(at, now time.Time) bool { return at.Sub(now).Abs() < time.Minute }

func TestAFleetOfWhichNothingIsKnownIsAtRest(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := state(t, r)
		if s.Now.IsZero() || s.Ledger == "" || s.Epoch == "" {
			t.Errorf("now %v, ledger %q, epoch %q", s.Now, s.Ledger, s.Epoch)
		}
		if diff := cmp.Diff(fleet.State{Now: s.Now, Ledger: s.Ledger, Epoch: s.Epoch}, s); diff != "" {
			t.Errorf("more than that:\n%s", diff)
		}
	})
}

func TestAHaltSaysWhoWhyAndWhenUntilItIsResumed(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for _, note := range []string{"prices look wrong", "", "@now"} {
			do(t, r.Fleet.HaltBy(t.Context(), "ada", note))
			s := state(t, r)
			if s.Halt == nil || s.Halt.By != "ada" || s.Halt.Note != note || !near(s.Halt.At, s.Now) {
				t.Errorf("halted with %q: %+v", note, s.Halt)
			}
			do(t, r.Fleet.Resume(t.Context(), "eve", "done"))
			if s := state(t, r); s.Halt != nil || s.Resumed == nil || s.Resumed.By != "eve" || s.Resumed.Note != "done" || !near(s.Resumed.At, s.Now) {
				t.Errorf("resumed: halt %+v, by %+v", s.Halt, s.Resumed)
			}
		}
	})
}

// The halt that a person resumes is the one that there was. A reply lost with a Redis that restarts is repeated to one
// that has forgotten, and was halted for it.
func TestAResumeThatIsRepeatedDoesNotEndTheNextHalt(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		do(t, r.Fleet.HaltBy(t.Context(), "ada", "prices"))
		do(t, r.Fleet.Resume(t.Context(), "eve", "the script is known"))
		do(t, r.Fleet.HaltBy(t.Context(), "ada", "prices"))
		c := r.Meanwhile(t, "lost-note", func() { do(t, r.Fleet.Forgot(t.Context(), "2 attempts")) })
		is(t, "resumed", fleet.Of(r.Store.Over(c)).Resume(t.Context(), "eve", "lost-note"), fleet.ErrHaltedAgain)
		if s := state(t, r); r.Lost() != 1 || s.Halt == nil || s.Halt.Note != "2 attempts" || s.Resumed == nil || s.Resumed.Note != "lost-note" {
			t.Errorf("%d lost, halt %+v, resumed %+v", r.Lost(), s.Halt, s.Resumed)
		}
		c = r.Meanwhile(t, "lost-again", func() {})
		do(t, fleet.Of(r.Store.Over(c)).Resume(t.Context(), "eve", "lost-again"))
		if s := state(t, r); r.Lost() != 2 || s.Halt != nil || s.Resumed.Note != "lost-again" {
			t.Errorf("%d lost, halt %+v, resumed %+v", r.Lost(), s.Halt, s.Resumed)
		}
	})
}

func TestAClosedAccountSaysWhyUntilItIsReopened(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for why, want := range map[string]string{"401 twice": "401 twice", "": "the portal refuses the credentials"} {
			do(t, r.Fleet.Close(t.Context(), why))
			if s := state(t, r); s.Closed != want {
				t.Errorf("closed for %q: %q", why, s.Closed)
			}
			do(t, r.Fleet.Reopen(t.Context()))
			if s := state(t, r); s.Closed != "" {
				t.Errorf("reopened: %q", s.Closed)
			}
		}
	})
}

func TestTheBreakerOpensForTheLongestThatWasAskedAndHealsToOne(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		do(t, r.Fleet.Heal(t.Context()))
		if s := state(t, r); s.Allowance != 0 {
			t.Errorf("healing what is well allows %d orders", s.Allowance)
		}
		do(t, r.Fleet.Open(t.Context(), 2*time.Hour))
		do(t, r.Fleet.Open(t.Context(), time.Minute))
		if s := state(t, r); !near(s.OpenUntil, s.Now.Add(2*time.Hour)) || s.Allowance != 0 {
			t.Errorf("open until %v at %v, allowance %d", s.OpenUntil, s.Now, s.Allowance)
		}
		do(t, r.Fleet.Heal(t.Context()))
		if s := state(t, r); !s.OpenUntil.IsZero() || s.Allowance != 1 {
			t.Errorf("healed: open until %v, allowance %d", s.OpenUntil, s.Allowance)
		}
		do(t, r.Fleet.Open(t.Context(), time.Hour))
		if s := state(t, r); s.OpenUntil.IsZero() || s.Allowance != 0 {
			t.Errorf("open again: until %v, allowance %d", s.OpenUntil, s.Allowance)
		}
	})
}

func TestWorkersAreListedFromTheirFirstBeatToTheirLeave(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		beat(t, r, "w1")
		beat(t, r, "w2")
		// One that fell silent is listed for an hour, so that somebody misses it.
		long := float64(state(t, r).Now.Add(-61 * time.Minute).UnixMilli())
		do(t, r.Redis.ZAdd(t.Context(), r.Store.Keys().Workers(), z("w-gone", long), z("w-silent", long+2*60_000)).Err())
		do(t, r.Fleet.Leave(t.Context(), "w2"))
		var ids []string
		for _, w := range state(t, r).Workers {
			ids = append(ids, w.ID)
			if w.ID == "w1" && !near(w.Beat, state(t, r).Now) {
				t.Errorf("w1 beat at %v", w.Beat)
			}
		}
		if diff := cmp.Diff([]string{"w-silent", "w1"}, ids); diff != "" {
			t.Errorf("listed (-want +got):\n%s", diff)
		}
	})
}

func TestTheEchoIsNotedWithItsTime(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		do(t, r.Fleet.AskEchoOf(t.Context(), "3048571730026938368"))
		if e := state(t, r).Echo; e.Ask != "3048571730026938368" || !e.At.IsZero() || e.Shown {
			t.Errorf("asked: %+v", e)
		}
		for _, shown := range []bool{true, false} {
			do(t, r.Fleet.NoteEcho(t.Context(), shown))
			if s := state(t, r); s.Echo.Shown != shown || !near(s.Echo.At, s.Now) {
				t.Errorf("noted %v: %+v", shown, s.Echo)
			}
		}
		do(t, r.Fleet.NoteDuplicate(t.Context()))
		do(t, r.Fleet.NoteDuplicate(t.Context()))
		if s := state(t, r); s.Duplicate != 2 {
			t.Errorf("%d duplicates, want 2", s.Duplicate)
		}
	})
}

func TestAccountsShareNothing(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		other := fleet.Of(otherAccount(r))
		do(t, other.HaltBy(t.Context(), "ada", "only this one"))
		if s := state(t, r); s.Halt != nil {
			t.Errorf("halted with the other account: %+v", s.Halt)
		}
	})
}

func beat(t *testing.T, r *storetest.Room, worker string) {
	t.Helper()
	if _, err := r.Fleet.Beat(t.Context(), worker); err != nil {
		t.Fatal(err)
	}
}
