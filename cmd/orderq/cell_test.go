//go:build crashpoints && linux

package main_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/crash"
	"orderq/store/fleet"
	"orderq/yeastar/yeastartest"
)

// run lets a worker die at the cell's point, has the order recovered, and asks the portal's ledger.
func (c cell) run(t *testing.T) {
	o := yeastartest.Options{PBXs: 10}
	if !c.echo {
		o.Echo = yeastartest.EchoNone
	}
	r := &rescue{site: newSite(t, o), cell: c}
	if err := r.room.Fleet.NoteEcho(t.Context(), c.echo); err != nil { // as an order placed before would have shown
		t.Fatal(err)
	}
	r.attend()
	order := r.dies()
	r.saves()
	r.judge(r.await(order.ID))
}

// rescue is a cell at work.
type rescue struct {
	*site
	cell
	second *process // who recovers, standing still until the death; nil: nobody yet
	forgot string   // a copy of Redis from before the order, for points of a recovery from one; "": none
}

// forgets says that the point is passed where a journal shows what Redis has forgotten.
func (c cell) forgets() bool {
	return slices.Contains([]crash.Point{crash.RemakeAfter, crash.RecallAfter, crash.CompareAfter}, c.point)
}

// attend brings the rescuer to where it waits.
func (r *rescue) attend() {
	switch r.by {
	case byOther:
		r.second = r.worker("the other worker")
		r.second.says("the gate is open")
	case byHost:
		// Both hosts have noted each other before the death, or the one that dies would send nothing.
		first := r.worker("the first host's worker")
		first.says("the gate is open")
		r.second = r.worker("the other host's worker", "ORDERQ_JOURNAL="+r.t.TempDir())
		r.second.says("the gate is open")
		r.gone(first)
	}
	if r.forgets() {
		r.forgot = r.room.Backup()
	}
	if r.second != nil {
		r.second.stop() // or it would be chance who takes the order
	}
}

// dies places the order and lets a worker die of it.
func (r *rescue) dies() store.Order {
	r.t.Helper()
	at := "ORDERQ_CRASH_AT=" + string(r.point)
	in := minutes("the-order", yeastartest.TutorialExpandPBX)
	if r.fault != none {
		r.portal.FailOn(in.ProductNo, r.fault, 1)
	}
	switch {
	case r.point == crash.AcceptBeforeEnqueue:
		run(r.t, "the command that dies", r.env(at), "order", "place", "--kind", in.Kind, "--product-no", in.ProductNo,
			"--quantity", "1000", "--reference", in.Reference).crashed()
		o, err := r.room.Store.Get(r.t.Context(), in.Normalise().ID())
		if err != nil {
			r.t.Fatal(err)
		}
		return o
	case r.point == crash.SweepAfterKick:
		in.NotBefore = time.Now().Add(time.Second) // nobody enqueues it before: the sweeper does then
	case r.point == crash.VouchAfter:
		r.room.Restart()
	}
	o := r.place(in)
	if r.forgets() {
		r.sendAndForget(o)
	}
	r.worker("the worker that dies", at).crashed()
	return o
}

// sendAndForget has the order sent, and Redis go back to before it was placed.
func (r *rescue) sendAndForget(o store.Order) {
	r.t.Helper()
	sends := r.worker("the worker that sends")
	r.until("the order was sent and waits for nothing but a look", func(ctx context.Context) (bool, error) {
		now, err := r.room.Store.Get(ctx, o.ID)
		rated := now.State == store.Accepted && now.WaitingFor == store.WaitRate
		return now.State.Final() || now.State == store.Unknown || rated, err
	})
	sends.kill()
	r.room.RestartFrom(r.forgot)
}

// saves sets the rescuer to work, and does what a person has to.
func (r *rescue) saves() {
	r.t.Helper()
	if r.second == nil {
		r.second = r.worker("the restarted worker")
	} else {
		r.second.signal(syscall.SIGCONT)
	}
	if r.by == byHost && (r.forgets() || r.point == crash.VouchAfter) {
		// Nothing is sent before every host has attested: this one has to come back.
		r.worker("the first host's worker, restarted")
	}
	if r.forgets() {
		r.until("every host has attested", func(ctx context.Context) (bool, error) {
			_, err := r.room.Fleet.Ledger(ctx)
			if errors.Is(err, fleet.ErrRecovery) {
				return false, nil
			}
			return err == nil, err
		})
		// Cancels and decisions may be gone too: whoever died after having seen that must not have kept it to itself.
		f, err := r.room.Fleet.Read(r.t.Context())
		if err != nil || f.Halt == nil {
			r.t.Fatalf("Redis had forgotten what was sent, and the account is not halted: %+v, %v", f, err)
		}
		if err := r.room.Fleet.Resume(r.t.Context(), "eve", "looked"); err != nil {
			r.t.Fatal(err)
		}
	}
}

// judge holds what the record says against what the portal has.
func (r *rescue) judge(o store.Order) {
	r.t.Helper()
	ledger := r.portal.Ledger()
	there := ledger.Committed(o.ID)
	if len(there) > 1 {
		r.t.Fatalf("the portal has %d orders for one intent: %+v\n%s", len(there), there, r.tale(o.ID))
	}
	for po, n := range ledger.Requests {
		if n > 1 {
			r.t.Errorf("%d requests bore the poNumber %s\n%s", n, po, r.tale(o.ID))
		}
	}
	switch o.State {
	case store.Placed:
		if len(there) != 1 || there[0].OrderNo != o.OrderNo {
			r.t.Errorf("placed as %q via %s; the portal has %+v\n%s", o.OrderNo, o.Via, there, r.tale(o.ID))
		}
	case store.Rejected:
		if r.fault != yeastartest.Refused400 || len(there) != 0 || o.Code == "" {
			r.t.Errorf("rejected with %q (%s); the portal has %+v\n%s", o.Code, o.Reason, there, r.tale(o.ID))
		}
	case store.Review:
		if why := r.person(o, len(there)); why != "" {
			r.t.Errorf("left to a person (%s): %s\n%s", o.Reason, why, r.tale(o.ID))
		}
	default:
		r.t.Errorf("ended %s (%s)\n%s", o.State, o.Reason, r.tale(o.ID))
	}
	r.path(o)
	if o.State != store.Review { // behind which the claim is held
		r.free(o)
	}
}

// person says why an order should not have been left to a person; "": nobody but a person can know.
func (r *rescue) person(o store.Order, there int) string {
	lost := slices.Contains(absentUnsaid, r.fault) // the portal dropped an attempt and did not say so
	early := slices.Contains([]crash.Point{crash.GateAfter, crash.JournalAfter, crash.PostSent}, r.point)
	// Whoever recovers has not heard how the dead worker's attempt ended.
	unheard := early || r.point == crash.AnswerAfter || r.point == crash.RecordBefore && r.by == byHost
	switch {
	case o.Reason == "":
		return "without a reason"
	case o.Evidence.Recalled && r.forgets() && !r.echo:
		return "" // with the attempt went its watermark: a likeness proves nothing, nor does absence
	case there > 0:
		return "its reference, or the only order that fits, is in the portal's list"
	case !lost && !unheard:
		return "every attempt's end is known"
	case strings.Contains(o.Reason, "not proved finished"):
		if r.by == byHost && !r.forgets() {
			return "" // the dead host's journal could tell
		}
		return "its sender's journal is on a host that is at work"
	case o.Evidence.Recalled:
		if r.forgets() {
			return "" // there may be senders that only another journal knows
		}
		return "Redis had forgotten nothing"
	case !r.echo:
		return "" // absence proves little where the portal shows no reference
	case o.Evidence.Resends > 0 && early && lost:
		return "" // absent twice: once by the death, once by the portal
	}
	return "it could have been sent again"
}

// path checks that the history is a path of the table.
func (r *rescue) path(o store.Order) {
	r.t.Helper()
	entries, err := r.room.Store.History(r.t.Context(), o.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	state := store.State("")
	for _, e := range entries {
		if e.From != state || e.From != e.To && !store.Allowed(e.From, e.To) {
			r.t.Errorf("its history goes from %q to %q where it stood in %q:\n%s", e.From, e.To, state, r.tale(o.ID))
		}
		state = e.To
	}
	if state != o.State {
		r.t.Errorf("its history ends in %s, the record says %s:\n%s", state, o.State, r.tale(o.ID))
	}
}

// free delivers an order that is final again, and places another for the same PBX.
func (r *rescue) free(o store.Order) {
	r.t.Helper()
	r.portal.Heal() // a kernel that threw the request away left its fault
	r.deliver(o, 3)
	next := r.await(r.place(minutes("the-next", o.ProductNo)).ID)
	r.placedOnce(next)
	after, err := r.room.Store.Get(r.t.Context(), o.ID)
	if err != nil || after.Version != o.Version {
		r.t.Errorf("a delivery after the end moved the order from version %d to %d: %v\n%s", o.Version, after.Version, err, r.tale(o.ID))
	}
}
