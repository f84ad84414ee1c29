//go:build crashpoints && linux

package main_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"orderq/store"
	"orderq/yeastar/yeastartest"
)

// The gap that no client can see into: the request is at the portal, and what it decides is nobody's to
// hear. It decides before the restarted worker looks, or only after that has looked in vain.
func TestAWorkerKilledWhileThePortalHasItsRequest(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		name := "which decides at once"
		if late {
			name = "which decides after the first look"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, yeastartest.Options{PBXs: 10})
			// The portal's slowness must stay within the horizon: beyond it is the operator's assumption.
			w := s.worker("the worker", "ORDERQ_SETTLE=10s")
			s.warm()
			release := s.portal.Hold()
			o := s.place(minutes("the-order", yeastartest.TutorialExpandPBX))
			if err := s.portal.WaitHeld(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			w.kill()
			if !late {
				release()
			}
			s.worker("the restarted worker", "ORDERQ_SETTLE=10s")
			if late {
				s.until("the restarted worker has looked in vain", func(ctx context.Context) (bool, error) {
					now, err := s.room.Store.Get(ctx, o.ID)
					return now.Evidence.Looks > 0, err
				})
				release()
			}
			o = s.await(o.ID)
			s.placedOnce(o)
			if e, want := (end{o.Via, s.requests(o), o.Attempt}), (end{store.ViaReference, 1, 1}); e != want {
				t.Errorf("it ended as %+v, want %+v:\n%s", e, want, s.tale(o.ID))
			}
			s.settled(o)
		})
	}
}

// SIGTERM while the portal thinks: the answer is waited for and recorded, although the same order is
// delivered again and again to a worker that stays.
func TestAWorkerToldToStopInMidPOSTKeepsTheAnswer(t *testing.T) {
	t.Parallel()
	const callTimeout, shutdownTimeout = "ORDERQ_CALL_TIMEOUT=20s", 35 * time.Second // 15 s longer, by default
	s := newSite(t, yeastartest.Options{PBXs: 10})
	stopping := s.worker("the worker that stops", callTimeout)
	s.warm()
	release := s.portal.Hold()
	o := s.place(minutes("the-order", yeastartest.TutorialExpandPBX))
	if err := s.portal.WaitHeld(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.worker("the worker that stays", callTimeout).says("worker started")
	stopping.signal(syscall.SIGTERM)
	told := time.Now()
	stopping.says("stopping: answers on their way are waited for")
	s.deliver(o, 10)
	select {
	case <-stopping.done:
		t.Fatal("it ended while its answer was on its way")
	default:
	}
	release()
	if st := stopping.status(shutdownTimeout - time.Since(told)); !st.Exited() || st.ExitStatus() != 0 {
		t.Errorf("it ended with %v, exit %d, want exit 0", st.Signal(), st.ExitStatus())
	}
	got, err := s.room.Store.Get(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	s.placedOnce(got)
	if e, want := (end{got.Via, s.requests(got), got.Attempt}), (end{store.ViaAnswer, 1, 1}); e != want {
		t.Errorf("it ended as %+v, want %+v:\n%s", e, want, s.tale(o.ID))
	}
	s.settled(got)
}
