package worker_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/worker"
	"orderq/yeastar/yeastartest"
)

// While the portal is down, a thousand waiting orders and four workers cost it a handful of calls per
// opening; no order loses an attempt to the breaker, and all go through when it heals.
func TestADownPortalIsLeftAlone(t *testing.T) {
	t.Parallel()
	const open = 500 * time.Millisecond
	r := newRig(t, yeastartest.Options{PBXs: 200}, func(c *worker.Config) { c.BreakerOpen = open; c.Settle = 5 * time.Second })
	pbxs := r.portal.PBXs()
	workers := 4
	for range workers {
		r.start()
	}
	r.proven()
	r.portal.Down(true)
	var ids []string
	for i := range 1000 {
		ids = append(ids, r.place(minutes(ref(i), pbxs[i%200].ProductNo, 10)).ID)
	}
	// The breaker opens, and then the fleet probes: count what the portal sees during six openings.
	s := r.fleetUntil(func(open bool) bool { return open })
	began, before := s, r.calls()
	for range 6 {
		if err := r.portal.WaitCalls(t.Context(), "order list", r.portal.Ledger().Calls["order list"]+1); err != nil {
			t.Fatal(err)
		}
	}
	periods := int(time.Since(began)/open) + 1
	if n := r.calls() - before; n > 2*periods+4*workers {
		t.Errorf("the portal was called %d times in %d open periods; want a handful each", n, periods)
	}
	// It heals: one order goes first, alone, however many wait.
	release := r.portal.Hold()
	r.portal.Down(false)
	if err := r.portal.WaitHeld(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	r.fleetUntil(func(open bool) bool { return !open })
	if n, err := r.room.Store.Counts(t.Context()); err != nil || n[store.Submitting] > 1 {
		t.Errorf("%d orders on their way before the first was answered (%v)", n[store.Submitting], err)
	}
	r.eventually("an order says that the portal is healing", func(ctx context.Context) bool {
		waiting, err := r.room.Store.List(ctx, store.Filter{States: []store.State{store.Accepted}})
		return err == nil && slices.ContainsFunc(waiting, func(o store.Order) bool {
			return o.WaitingFor == store.WaitBreaker && strings.Contains(o.Reason, "is healing")
		})
	})
	release()
	attempts := 0
	for _, id := range ids {
		o := r.await(id, store.Placed)
		attempts += o.Attempt
		if n := len(r.committed(id)); n != 1 {
			t.Errorf("order %s is at the portal %d times", id, n)
		}
	}
	// Those on their way when it went down lost one, nobody else.
	if attempts > len(ids)+8*workers+5*periods {
		t.Errorf("%d attempts for %d orders", attempts, len(ids))
	}
}

func (r *rig) calls() int {
	n := 0
	for _, c := range r.portal.Ledger().Calls {
		n += c
	}
	return n
}

// fleetUntil reads the fleet's state until its breaker is as wanted, and says when that was seen.
func (r *rig) fleetUntil(want func(open bool) bool) time.Time {
	r.t.Helper()
	r.eventually("the breaker is as it shall be", func(ctx context.Context) bool {
		s, err := r.room.Fleet.Read(ctx)
		return err == nil && want(!s.OpenUntil.IsZero())
	})
	return time.Now()
}
