package worker_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hibiken/asynq"

	"orderq/store"
	"orderq/store/batch"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// unaware is minutes by a caller who does not know of others like it.
func unaware(reference, productNo string, n int) tasks.Intent {
	in := minutes(reference, productNo, n)
	in.AllowDuplicate = false
	return in
}

// What looks like another order is not sent before a person says so, whichever way it came.
func TestWhatLooksLikeAnotherOrderWaitsForAPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.start()
	first := r.await(r.place(unaware("first", "3658B431119665QJ", 10)).ID, store.Placed)
	payload, err := json.Marshal(unaware("plain", "3658B431119665QJ", 10))
	r.must(err)
	plain := asynq.NewTask(tasks.TypePlace, payload)
	if _, err := r.queue.EnqueueContext(t.Context(), plain, asynq.Queue(tasks.QueueOrders), asynq.TaskID(tasks.OrderID("default", "plain"))); err != nil {
		t.Fatal(err)
	}
	held := r.await(tasks.OrderID("default", "plain"), store.Held)
	if held.WaitingFor != store.WaitDuplicate || held.WaitingOn != first.ID || !strings.HasPrefix(held.Reason, "looks like order "+first.ID) {
		t.Errorf("%s for %q on %q: %s", held.State, held.WaitingFor, held.WaitingOn, held.Reason)
	}
	if o := r.place(unaware("client", "3658B431119665QJ", 10)); o.State != store.Held {
		t.Errorf("by the client: %s", o.State)
	}
	if n := len(r.portal.Ledger().Orders); n != 1 {
		t.Errorf("the portal has %d orders", n)
	}
	_, err = r.room.Store.Unhold(t.Context(), held, "eve", "they want it twice")
	r.must(err)
	r.await(held.ID, store.Placed)
	r.await(r.place(minutes("knows", "3658B431119665QJ", 10)).ID, store.Placed)
}

// Of two equal rows one is sent. The other waits, and so does the row that was ordered alone before.
func TestEqualRowsOfABatchWaitForAPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{PBXs: 4})
	r.start()
	r.await(r.place(unaware("alone", r.portal.PBXs()[0].ProductNo, 100)).ID, store.Placed)
	n := len(r.portal.PBXs())
	id := r.batchOf("nov", n+1)
	c := r.awaitBatch(id, func(c batch.Counts) bool { return c.Open() == c.Waiting[store.WaitDuplicate] })
	if c.Waiting[store.WaitDuplicate] != 2 || c.States[store.Placed] != n-1 {
		t.Errorf("%+v", c)
	}
}

// A used-up budget holds what does not fit, and lets it go when a person raises it.
func TestWhatDoesNotFitABudgetWaitsUntilItIsRaised(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	day := store.Budget{Scope: store.ScopeDay, Of: "add_recording_minutes", Limit: 25}
	set := func(limit int) {
		day.Limit = limit
		r.must(r.room.Store.SetLimits(t.Context(), store.LimitChange{Budgets: []store.Budget{day}, By: "eve"}))
	}
	set(25)
	r.start()
	r.await(r.place(minutes("a", r.portal.PBXs()[0].ProductNo, 10)).ID, store.Placed)
	r.await(r.place(minutes("b", r.portal.PBXs()[1].ProductNo, 10)).ID, store.Placed)
	waits := r.awaitWaiting(r.place(minutes("c", r.portal.PBXs()[2].ProductNo, 10)).ID, store.WaitBudget)
	if !strings.Contains(waits.Reason, "day:add_recording_minutes is 25 and 20 of it are spent or in doubt: 10 do not fit") {
		t.Errorf("reason %q", waits.Reason)
	}
	r.await(r.place(minutes("d", r.portal.PBXs()[3].ProductNo, 5)).ID, store.Placed) // it does
	set(40)
	if n, err := r.room.Store.AskAgain(t.Context(), store.WaitBudget); n != 1 || err != nil {
		t.Errorf("%d ask again, %v", n, err)
	}
	r.await(waits.ID, store.Placed)
	l, err := r.room.Store.Limits(t.Context())
	if r.must(err); l.Budgets[0].Spent != 35 {
		t.Errorf("%+v", l)
	}
}

// An answer that was lost is spent all the same, and what it turns out to be decides.
func TestWhatIsInDoubtIsSpent(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.must(r.room.Store.SetLimits(t.Context(), store.LimitChange{By: "eve",
		Budgets: []store.Budget{{Scope: store.ScopeAccount, Of: "add_recording_minutes", Limit: 15}}}))
	r.start()
	release := r.portal.Hold()
	o := r.place(minutes("a", r.portal.PBXs()[0].ProductNo, 10))
	r.must(r.portal.WaitHeld(t.Context(), 1))
	waits := r.awaitWaiting(r.place(minutes("b", r.portal.PBXs()[1].ProductNo, 10)).ID, store.WaitBudget)
	if !strings.Contains(waits.Reason, "10 of it are spent or in doubt") {
		t.Errorf("reason %q", waits.Reason)
	}
	release()
	r.await(o.ID, store.Placed)
}
