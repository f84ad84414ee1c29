package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
)

// alike is an intent that looks like all others of this function for the same target.
func alike(id, target string) store.New {
	n := intent(id, target)
	n.Like = "add_recording_minutes 1000"
	return n
}

func let(t *testing.T, s *store.Store, n store.New) store.Order {
	t.Helper()
	o, fresh, err := s.Accept(t.Context(), n)
	if err != nil || !fresh {
		t.Fatalf("accept %s: fresh %v, %v", n.ID, fresh, err)
	}
	return o
}

func TestAnOrderThatLooksLikeAnotherIsHeldForAPerson(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		first := let(t, r.Store, alike("oq1", pbx))
		second := let(t, r.Store, alike("oq2", pbx))
		if first.State != store.Accepted || second.State != store.Held || second.WaitingFor != store.WaitDuplicate || second.WaitingOn != "oq1" {
			t.Fatalf("%s, then %s for %q on %q", first.State, second.State, second.WaitingFor, second.WaitingOn)
		}
		if !strings.HasPrefix(second.Reason, "looks like order oq1 of ") {
			t.Errorf("reason %q", second.Reason)
		}
		if again, fresh, err := r.Store.Accept(t.Context(), alike("oq2", pbx)); err != nil || fresh || again.Version != second.Version {
			t.Errorf("accepted again: fresh %v, %v", fresh, err)
		}
		if other := let(t, r.Store, alike("oq3", "3658B4311196K2ID")); other.State != store.Accepted {
			t.Errorf("another PBX: %s", other.State)
		}
		if o, err := r.Store.Unhold(t.Context(), second, "eve", "they do want it twice"); err != nil || o.State != store.Accepted {
			t.Errorf("released: %s, %v", o.State, err)
		}
		if third := let(t, r.Store, alike("oq4", pbx)); third.WaitingOn != "oq2" {
			t.Errorf("the third looks like %q, want the younger of the two", third.WaitingOn)
		}
	})
}

func TestAnOrderThatCameToNothingIsNoOriginal(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		first := let(t, r.Store, alike("oq1", pbx))
		if _, err := r.Store.Cancel(t.Context(), first, "eve", "a mistake"); err != nil {
			t.Fatal(err)
		}
		if o := let(t, r.Store, alike("oq2", pbx)); o.State != store.Accepted {
			t.Errorf("after a cancelled one: %s, %s", o.State, o.Reason)
		}
		o, _, err := r.Store.Take(t.Context(), "oq2", delivery("n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Store.Reject(t.Context(), o, store.Refusal{Reason: "no such plan"}); err != nil {
			t.Fatal(err)
		}
		if o := let(t, r.Store, alike("oq3", pbx)); o.State != store.Accepted {
			t.Errorf("after a rejected one: %s, %s", o.State, o.Reason)
		}
	})
}

func TestACallerWhoAllowsForADuplicateGetsItAndThatIsRecorded(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		let(t, r.Store, alike("oq1", pbx))
		n := alike("oq2", pbx)
		n.AllowDuplicate = true
		if o := let(t, r.Store, n); o.State != store.Accepted {
			t.Fatalf("%s", o.State)
		}
		history, err := r.Store.History(t.Context(), "oq2")
		if err != nil || len(history) != 1 || !strings.HasSuffix(history[0].Reason, "; its caller allows for that") {
			t.Errorf("history %+v, %v", history, err)
		}
	})
}

func TestTheWindowIsTheAccountsToSet(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		if l, err := r.Store.Limits(t.Context()); err != nil || l.DuplicateWindow != 24*time.Hour {
			t.Errorf("at first %v, %v", l.DuplicateWindow, err)
		}
		first := let(t, r.Store, alike("oq1", pbx))
		key := r.Store.Keys().Like(pbx, first.Like)
		if ttl, err := r.Redis.PTTL(t.Context(), key).Result(); err != nil || ttl <= 23*time.Hour || ttl > 24*time.Hour {
			t.Errorf("remembered for %v, %v", ttl, err)
		}
		// A day and more goes by.
		do(t, r.Redis.ZAdd(t.Context(), key, redisZ(first.ID+" ", first.AcceptedAt.Add(-24*time.Hour-time.Second))).Err())
		if o := let(t, r.Store, alike("oq2", pbx)); o.State != store.Accepted {
			t.Errorf("after the window: %s", o.State)
		}
		off := time.Duration(0)
		do(t, r.Store.SetLimits(t.Context(), store.LimitChange{DuplicateWindow: &off, By: "eve"}))
		if o := let(t, r.Store, alike("oq3", pbx)); o.State != store.Accepted {
			t.Errorf("with no window: %s", o.State)
		}
	})
}

// Of orders that look alike and come at once, one is let go.
func TestOfManyAlikeAtOnceOneIsLetGo(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		var wg sync.WaitGroup
		states := make([]store.State, 20)
		for i := range states {
			wg.Go(func() {
				o, _, err := r.Store.Accept(t.Context(), alike(fmt.Sprint("oq", i), pbx))
				if err != nil {
					t.Error(err)
				}
				states[i] = o.State
			})
		}
		wg.Wait()
		accepted := 0
		for _, s := range states {
			if s == store.Accepted {
				accepted++
			}
		}
		if accepted != 1 {
			t.Errorf("%d were let go: %v", accepted, states)
		}
	})
}

// What a batch holds is looked at when it is released: whatever was ordered since it came in counts.
func TestARowIsLookedAtWhenItIsReleased(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		row := func(id string) store.Order {
			n := alike(id, pbx)
			n.Batch, n.HoldFor, n.HoldOn = "obx", store.WaitBatch, "obx"
			n.AllowDuplicate = id == "oq3"
			return let(t, r.Store, n)
		}
		one, two, three := row("oq1"), row("oq2"), row("oq3")
		if o, released, err := r.Store.Release(t.Context(), one, "released by its batch"); err != nil || !released || o.State != store.Accepted {
			t.Errorf("the first: %s, %v, %v", o.State, released, err)
		}
		o, released, err := r.Store.Release(t.Context(), two, "released by its batch")
		if err != nil || released || o.State != store.Held || o.WaitingFor != store.WaitDuplicate || o.WaitingOn != "oq1" ||
			!strings.HasSuffix(o.Reason, ", batch obx") {
			t.Errorf("the second: %s for %q on %q (%s), %v, %v", o.State, o.WaitingFor, o.WaitingOn, o.Reason, released, err)
		}
		if got, err := r.Store.Get(t.Context(), "oq2"); err != nil || got.WaitingFor != store.WaitDuplicate || got.Version != o.Version {
			t.Errorf("as recorded: %+v, %v", got, err)
		}
		if o, released, err := r.Store.Release(t.Context(), three, "released by its batch"); err != nil || !released || !strings.Contains(o.Reason, "its caller allows for that") {
			t.Errorf("the third: %s (%s), %v, %v", o.State, o.Reason, released, err)
		}
		if _, _, err := r.Store.Release(t.Context(), two, "released by its batch"); !errors.Is(err, store.ErrStale) {
			t.Errorf("the second, as it was read before: %v", err)
		}
	})
}
