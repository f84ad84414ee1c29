package worker_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/yeastar/yeastartest"
)

func TestASecondOrderForAPBXWaitsWhileTheFirstIsInDoubtAndIsWokenAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.start()
	release := r.portal.Hold()
	first := r.place(minutes("first", "3658B431119665QJ", 10))
	if err := r.portal.WaitHeld(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	second := r.place(minutes("second", "3658B431119665QJ", 20))
	other := r.place(minutes("other", "3658B4311196K2ID", 20))
	waiting := r.awaitWaiting(second.ID, store.WaitClaim)
	if waiting.WaitingOn != first.ID || waiting.Attempt != 0 {
		t.Errorf("the second waits on %q after %d attempts", waiting.WaitingOn, waiting.Attempt)
	}
	if err := r.portal.WaitHeld(t.Context(), 2); err != nil {
		t.Errorf("an order for another PBX is not sent meanwhile: %v", err)
	}
	release()
	r.await(first.ID, store.Placed)
	r.await(second.ID, store.Placed)
	r.await(other.ID, store.Placed)
}

// awaitWaiting waits until an order is accepted and waits for one of these.
func (r *rig) awaitWaiting(id string, what ...store.Waiting) store.Order {
	r.t.Helper()
	deadline := time.After(patience)
	for {
		changed := r.moves.changed()
		o, err := r.room.Store.Get(r.t.Context(), id)
		if err == nil && o.State == store.Accepted && slices.Contains(what, o.WaitingFor) {
			return o
		}
		select {
		case <-changed:
		case <-deadline:
			r.t.Fatalf("order %s: %s, waitingFor %q (%s); want %q", id, o.State, o.WaitingFor, o.Reason, what)
		}
	}
}

func TestAHaltStopsTheNextPOSTAndAResumeLetsItGo(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.start()
	if err := r.room.Fleet.HaltBy(t.Context(), "eve", "stock-taking"); err != nil {
		t.Fatal(err)
	}
	o := r.place(minutes("h", "3658B431119665QJ", 10))
	waiting := r.awaitWaiting(o.ID, store.WaitHalt)
	if waiting.Attempt != 0 || !strings.Contains(waiting.Reason, "stock-taking") {
		t.Errorf("attempt %d, reason %q", waiting.Attempt, waiting.Reason)
	}
	if err := r.room.Fleet.Resume(t.Context(), "eve", "done"); err != nil {
		t.Fatal(err)
	}
	r.await(o.ID, store.Placed)
	if n := len(r.committed(o.ID)); n != 1 {
		t.Errorf("%d orders at the portal", n)
	}
}

func TestNotBeforeIsKept(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.start()
	in := minutes("later", "3658B431119665QJ", 10)
	in.NotBefore = time.Now().Add(time.Hour)
	later := r.place(in)
	in = minutes("soon", "3658B4311196K2ID", 10)
	in.NotBefore = time.Now().Add(700 * time.Millisecond)
	soon := r.place(in)
	r.flood(later, 20, "early")
	got := r.await(soon.ID, store.Placed)
	if got.SubmittedAt.Before(in.NotBefore.Truncate(time.Millisecond)) {
		t.Errorf("sent at %v, not before %v", got.SubmittedAt, in.NotBefore)
	}
	if got := r.await(later.ID, store.Accepted); got.WaitingFor != store.WaitStart || got.Attempt != 0 {
		t.Errorf("waitingFor %q after %d attempts", got.WaitingFor, got.Attempt)
	}
}

// A refused token costs one more attempt with a new one; refused again, the account waits until a read
// succeeds, and nothing is lost.
func TestRefusedTokensAreRenewedAndThenWaitedOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.start()
	r.proven()
	r.portal.Fail(yeastartest.Denied401, 1)
	once := r.place(minutes("once", "3658B431119665QJ", 10))
	r.await(once.ID, store.Placed)
	if n := r.requests(once.ID); n != 2 {
		t.Errorf("after one 401: %d requests, want 2", n)
	}
	r.portal.Fail(yeastartest.Denied401, 2)
	twice := r.place(minutes("twice", "3658B431119665QJ", 20))
	r.awaitWaiting(twice.ID, store.WaitAccount)
	r.await(twice.ID, store.Placed)
	if n := len(r.committed(twice.ID)); n != 1 {
		t.Errorf("%d orders at the portal", n)
	}
}

func TestARateIsKeptByAllWorkersTogether(t *testing.T) {
	t.Parallel()
	const interval = 20 * time.Millisecond
	r := newRig(t, yeastartest.Options{})
	r.cfg.Rate = store.Rate{Interval: interval}
	for range 3 {
		r.start()
	}
	var ids []string
	for i, p := range r.portal.PBXs()[:40] {
		ids = append(ids, r.place(minutes(ref(i), p.ProductNo, 10)).ID)
	}
	var first, last time.Time
	for _, id := range ids {
		o := r.await(id, store.Placed)
		if first.IsZero() || o.SubmittedAt.Before(first) {
			first = o.SubmittedAt
		}
		if o.SubmittedAt.After(last) {
			last = o.SubmittedAt
		}
	}
	if least := time.Duration(len(ids)-1) * interval; last.Sub(first) < least-2*time.Millisecond {
		t.Errorf("%d orders passed the gate in %v, the rate allows it in %v", len(ids), last.Sub(first), least)
	}
}
