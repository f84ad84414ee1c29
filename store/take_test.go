package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orderq/store"
	"orderq/store/storetest"
)

func TestOfFiftyDeliveriesOneTakesTheOrder(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		accepted(t, r.Store, "oq1", pbx)
		var mine atomic.Int32
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				o, got, err := r.Store.Take(t.Context(), "oq1", delivery(fmt.Sprint("n", i)))
				if err != nil || o.State != store.Preparing {
					t.Errorf("%s, %v", o.State, err)
				}
				if got {
					mine.Add(1)
				}
			})
		}
		all.Wait()
		if o := read(t, r.Store, "oq1"); mine.Load() != 1 || o.Version != 2 || o.Crashes != 0 || o.Owner != "w1" {
			t.Errorf("%d took it; version %d, %d crashes, owner %q; want one, 2, none, w1", mine.Load(), o.Version, o.Crashes, o.Owner)
		}
	})
}

func TestATakeWhoseReplyWasLostIsStillMine(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		prepared(t, r.Store, "oq0", "other") // the server knows the script
		accepted(t, r.Store, "oq1", pbx)
		r.LoseReply("lost-nonce")
		o, mine, err := r.Store.Take(t.Context(), "oq1", delivery("lost-nonce"))
		if r.Lost() != 1 {
			t.Fatalf("%d replies were lost, want one", r.Lost())
		}
		if err != nil || !mine || o.Version != 2 {
			t.Errorf("mine %v, version %d, %v", mine, o.Version, err)
		}
	})
}

func TestAnOrderThatWaitsIsNotTaken(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o, err := r.Store.Wait(t.Context(), prepared(t, r.Store, "oq1", pbx), store.Pause{For: store.WaitBreaker, After: time.Hour, Reason: "sick"})
		if err != nil {
			t.Fatal(err)
		}
		before := r.Dump(t)
		got, mine, err := r.Store.Take(t.Context(), "oq1", delivery("n"))
		if mine || err != nil || got.WaitingFor != store.WaitBreaker || !got.WaitingUntil.Equal(o.WaitingUntil) {
			t.Errorf("mine %v, waits for %s until %v, %v", mine, got.WaitingFor, got.WaitingUntil, err)
		}
		if diff := cmp.Diff(before, r.Dump(t)); diff != "" {
			t.Errorf("a take that took nothing wrote something:\n%s", diff)
		}
	})
}

func TestWhatIsTakenWaitsForNothing(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		_, err := r.Store.Wait(t.Context(), prepared(t, r.Store, "oq1", pbx),
			store.Pause{For: store.WaitClaim, On: "oq0", Reason: "after oq0"})
		if err != nil {
			t.Fatal(err)
		}
		o, mine, err := r.Store.Take(t.Context(), "oq1", delivery("n"))
		if !mine || err != nil || o.WaitingFor != "" || o.WaitingOn != "" || o.Reason != "" || !o.WaitingUntil.IsZero() {
			t.Errorf("mine %v, %v; waits for %q on %q until %v, reason %q", mine, err, o.WaitingFor, o.WaitingOn, o.WaitingUntil, o.Reason)
		}
	})
}

func TestADeadWorkersOrderIsTakenAgainAndTheCrashIsCounted(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := prepared(t, r.Store, "oq1", pbx)
		if _, err := r.Fleet.Beat(t.Context(), "w1"); err != nil {
			t.Fatal(err)
		}
		next := store.Delivery{Worker: "w2", Nonce: "n2", Silence: time.Hour, Within: time.Minute}
		if got, mine, err := r.Store.Take(t.Context(), "oq1", next); mine || err != nil || got.Owner != "w1" {
			t.Fatalf("a living worker's order was taken: mine %v, owner %s, %v", mine, got.Owner, err)
		}
		old(t, r, "oq1", 2*time.Hour)
		if _, mine, _ := r.Store.Take(t.Context(), "oq1", next); mine {
			t.Fatal("the order of a worker whose heart beats was taken, only because preparing takes it long")
		}
		if err := r.Fleet.Leave(t.Context(), "w1"); err != nil {
			t.Fatal(err)
		}
		got, mine, err := r.Store.Take(t.Context(), "oq1", next)
		if !mine || err != nil || got.Crashes != 1 || got.Owner != "w2" || got.Version != o.Version+1 {
			t.Errorf("mine %v, %v; %d crashes, owner %s, version %d", mine, err, got.Crashes, got.Owner, got.Version)
		}
		_, err = r.Store.Gate(t.Context(), o, submission(o, marked(t, r.Store), "n1"))
		is(t, "the dead worker, risen at the gate", err, store.ErrStale)
	})
}

// A worker that has not come to its first heartbeat is not dead.
func TestHavingTakenAnOrderIsASignOfLife(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		prepared(t, r.Store, "oq1", pbx) // by w1, which has never beaten
		d := store.Delivery{Worker: "w2", Nonce: "n2", Silence: time.Minute}
		if o, mine, err := r.Store.Take(t.Context(), "oq1", d); mine || err != nil || o.Crashes != 0 {
			t.Errorf("mine %v, %d crashes, %v", mine, o.Crashes, err)
		}
	})
}

// old makes a record look as if its last move were longer ago: tests do not wait.
func old(t *testing.T, r *storetest.Room, id string, by time.Duration) {
	t.Helper()
	key := r.Store.Keys().Order(id)
	ms, err := r.Redis.HGet(t.Context(), key, "t3").Int64()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Redis.HSet(t.Context(), key, "t3", ms-by.Milliseconds()).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsTakenFromTheOtherStates(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for _, state := range store.States() {
			if state == store.Accepted || state == store.Preparing {
				continue
			}
			id := "oq-" + string(state)
			o := bring(t, r.Store, state, id, "pbx-"+string(state))
			got, mine, err := r.Store.Take(t.Context(), id, delivery("n"))
			if mine || err != nil || got.State != state || got.Version != o.Version {
				t.Errorf("%s: mine %v, now %s in version %d, %v", state, mine, got.State, got.Version, err)
			}
		}
	})
}

func TestWhatIsNotThereCannotBeTaken(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		before := r.Dump(t)
		_, mine, err := r.Store.Take(t.Context(), "oq-none", delivery("n"))
		is(t, "take", err, store.ErrNotFound)
		_, err = r.Store.Get(t.Context(), "oq-none")
		is(t, "get", err, store.ErrNotFound)
		_, err = r.Store.History(t.Context(), "oq-none")
		is(t, "history", err, store.ErrNotFound)
		_, err = r.Store.ByNumber(t.Context(), "N1")
		is(t, "by number", err, store.ErrNotFound)
		if mine || r.Dump(t) != before {
			t.Errorf("mine %v; keys now:\n%s", mine, r.Dump(t))
		}
	})
}
