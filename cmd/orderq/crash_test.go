//go:build crashpoints && linux

package main_test

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/crash"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// gap is a place to die on an order's way, and exactly what is found afterwards where the portal does as it is
// told. The matrix has every point, and portals that do not.
type gap struct {
	point  crash.Point
	state  store.State                     // of the record right after the death
	ends   []end                           // one of these comes of it
	before func(s *site)                   // what the portal must do for the point to be passed; nil: nothing
	intent func(tasks.Intent) tasks.Intent // what the order must be like; nil: as it is
}

// end is what came of an order.
type end struct {
	via      store.Via
	requests int // that came whole to the portal
	attempts int // passages of the gate
}

func gaps() []gap {
	straight, again := end{store.ViaAnswer, 1, 1}, end{store.ViaAnswer, 1, 2}
	found, noted := end{store.ViaReference, 1, 1}, end{store.ViaJournal, 1, 1}
	return []gap{
		{point: crash.AcceptBeforeEnqueue, state: store.Accepted, ends: []end{straight}},
		{point: crash.TakeAfter, state: store.Preparing, ends: []end{straight}},
		{point: crash.GateBefore, state: store.Preparing, ends: []end{straight}},
		{point: crash.GateAfter, state: store.Submitting, ends: []end{again}},
		{point: crash.JournalAfter, state: store.Submitting, ends: []end{again}},
		// A killed process resets its connection: whether the portal still reads the request is up to the
		// kernels. TestAWorkerKilledWhileThePortalHasItsRequest has the case in which it does for sure.
		{point: crash.PostSent, state: store.Submitting, ends: []end{found, again}},
		{point: crash.AnswerAfter, state: store.Submitting, ends: []end{found}},
		{point: crash.RecordBefore, state: store.Submitting, ends: []end{noted}},
		{point: crash.RecordAfter, state: store.Placed, ends: []end{straight}},
		{point: crash.ReconcileAfterList, state: store.Unknown, ends: []end{found},
			before: func(s *site) { s.portal.Fail(yeastartest.DropAfter, 1) }},
		// Nobody enqueues an order that has to wait for its time: the sweeper does when that has come.
		{point: crash.SweepAfterKick, state: store.Accepted, ends: []end{straight},
			intent: func(in tasks.Intent) tasks.Intent {
				in.NotBefore = time.Now().Add(300 * time.Millisecond)
				return in
			}},
	}
}

// A worker dies in a gap and is started again on the same journal folder.
func TestAWorkerKilledInAnyGapPlacesItsOrderOnceAfterItsRestart(t *testing.T) {
	t.Parallel()
	for _, g := range gaps() {
		t.Run(string(g.point), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, yeastartest.Options{PBXs: 10})
			first := s.worker("the first worker")
			s.warm()
			s.gone(first)
			o := s.die(g)
			s.worker("the restarted worker")
			s.recovered(g, o)
		})
	}
}

// A worker dies in a gap and stays dead; another one of the same host, long at work, carries on.
func TestAWorkerKilledInAnyGapLeavesItsOrderToAnother(t *testing.T) {
	t.Parallel()
	for _, g := range gaps() {
		t.Run(string(g.point), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, yeastartest.Options{PBXs: 10})
			other := s.worker("the other worker")
			s.warm()
			other.stop() // or it would be chance who takes the order
			o := s.die(g)
			other.signal(syscall.SIGCONT)
			s.recovered(g, o)
		})
	}
}

// die places an order and lets a process die of it in the gap.
func (s *site) die(g gap) store.Order {
	s.t.Helper()
	if g.before != nil {
		g.before(s)
	}
	at := "ORDERQ_CRASH_AT=" + string(g.point)
	in := minutes("the-order", yeastartest.TutorialExpandPBX)
	if g.intent != nil {
		in = g.intent(in)
	}
	if g.point == crash.AcceptBeforeEnqueue {
		run(s.t, "the command that dies", s.env(at), "order", "place", "--kind", in.Kind, "--product-no", in.ProductNo,
			"--quantity", "1000", "--reference", in.Reference).crashed()
	} else {
		s.place(in)
		s.worker("the worker that dies", at).crashed()
	}
	o, err := s.room.Store.Get(s.t.Context(), in.Normalise().ID())
	if err != nil {
		s.t.Fatal(err)
	}
	if o.State != g.state {
		s.t.Errorf("after a death at %s the order is %s, want %s:\n%s", g.point, o.State, g.state, s.tale(o.ID))
	}
	return o
}

// recovered waits until the order is placed and checks that it was sent no more than it had to be.
func (s *site) recovered(g gap, o store.Order) {
	s.t.Helper()
	o = s.await(o.ID)
	s.placedOnce(o)
	if e := (end{o.Via, s.requests(o), o.Attempt}); !slices.Contains(g.ends, e) {
		s.t.Errorf("it ended as %+v, want one of %+v:\n%s", e, g.ends, s.tale(o.ID))
	}
	s.settled(o)
}
