package worker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"orderq/store"
	"orderq/worker"
	"orderq/yeastar/yeastartest"
)

// proven makes the account's echo known: one order is placed, and its reference seen at the portal.
func (r *rig) proven() {
	r.t.Helper()
	// It is asked of orders whose number came with their answer. Where calls run out, an answer may not come in time.
	for i := 1; r.await(r.place(minutes("proof-"+ref(i), "3658B4311196K2ID", i)).ID, store.Placed).Via != store.ViaAnswer; i++ {
	}
	r.eventually("the echo is known", func(ctx context.Context) bool {
		s, err := r.room.Fleet.Read(ctx)
		return err == nil && s.Echo.Shown
	})
}

// Every way the portal can misbehave, once each: in the end the order is placed, and the portal has it once.
func TestWhateverThePortalDoesOnceTheOrderIsPlacedOnce(t *testing.T) {
	t.Parallel()
	for _, f := range yeastartest.FaultNames() {
		f := yeastartest.Fault(f)
		if f == yeastartest.Refused400 {
			continue // the portal's no is final: TestARefusalIsFinal
		}
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, yeastartest.Options{}, brisk)
			r.start()
			r.proven()
			r.portal.Fail(f, 1)
			o := r.place(minutes("f", "3658B431119665QJ", 100))
			got := r.await(o.ID, store.Placed, store.Review, store.Rejected, store.Cancelled)
			ledger := r.committed(o.ID)
			if got.State != store.Placed || len(ledger) != 1 || ledger[0].OrderNo != got.OrderNo {
				t.Fatalf("%s via %q with %q (%s); the portal has %+v", got.State, got.Via, got.OrderNo, got.Reason, ledger)
			}
			for po, n := range r.portal.Ledger().Requests {
				if n > 1 {
					t.Errorf("%d requests bore the poNumber %s", n, po)
				}
			}
		})
	}
}

func TestARefusalIsFinal(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.start()
	r.portal.Fail(yeastartest.Refused400, 1)
	o := r.place(minutes("f", "3658B431119665QJ", 100))
	got := r.await(o.ID, store.Rejected)
	if got.Code != "parameter_validation_failed" || got.RequestID == "" || got.Reason == "" {
		t.Errorf("code %q, requestId %q, reason %q: want the portal's own", got.Code, got.RequestID, got.Reason)
	}
	if n := len(r.committed(o.ID)); n != 0 {
		t.Errorf("%d orders at the portal, want 0", n)
	}
}

// Without an echo an order that is at the portal is matched, and one that is not goes to a person: nothing
// is sent again.
func TestWithoutAnEchoAnOrderIsMatchedOrLeftToAPerson(t *testing.T) {
	t.Parallel()
	for _, order := range []yeastartest.ListOrder{yeastartest.NewestFirst, yeastartest.OldestFirst} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, yeastartest.Options{Echo: yeastartest.EchoNone, ListOrder: order}, brisk)
			r.start()
			warm := r.place(minutes("proof", "3658B4311196K2ID", 1))
			r.await(warm.ID, store.Placed)
			r.portal.Fail(yeastartest.DropAfter, 1)
			there := r.place(minutes("there", "3658B431119665QJ", 100))
			got := r.await(there.ID, store.Placed, store.Review)
			if ledger := r.committed(there.ID); got.State != store.Placed || got.Via != store.ViaMatch || ledger[0].OrderNo != got.OrderNo {
				t.Errorf("%s via %q with %q (%s); the portal has %+v", got.State, got.Via, got.OrderNo, got.Reason, ledger)
			}
			r.portal.Fail(yeastartest.DropBefore, 1)
			gone := r.place(minutes("gone", "3658B431119665QJ", 200))
			got = r.await(gone.ID, store.Placed, store.Review)
			if n := len(r.committed(gone.ID)); got.State != store.Review || n != 0 || !strings.Contains(got.Reason, "reference") {
				t.Errorf("%s (%s), and the portal has %d; want review, and why", got.State, got.Reason, n)
			}
		})
	}
}

// Two portal orders that fit are one too many to guess.
func TestSomebodyElsesOrderForTheSamePBXIsNotAdopted(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{Echo: yeastartest.EchoNone}, brisk)
	r.start()
	warm := r.place(minutes("proof", "3658B4311196K2ID", 1))
	r.await(warm.ID, store.Placed)
	r.portal.Fail(yeastartest.HangAfter, 1)
	o := r.place(minutes("mine", "3658B431119665QJ", 100))
	if err := r.portal.WaitHanging(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	r.portal.Place("3658B431119665QJ", 3048573759449317376, 100, "")
	got := r.await(o.ID, store.Placed, store.Review)
	if got.State != store.Review || got.OrderNo != "" {
		t.Errorf("%s with %q (%s), want review", got.State, got.OrderNo, got.Reason)
	}
}

func TestTheListMayLagBehind(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{Echo: yeastartest.EchoDetails}, brisk, func(c *worker.Config) { c.Settle = 3e9 })
	r.start()
	r.proven()
	r.portal.SetListLag(1e9)
	r.portal.Fail(yeastartest.DropAfter, 1)
	o := r.place(minutes("lag", "3658B431119665QJ", 100))
	got := r.await(o.ID, store.Placed, store.Review)
	if got.State != store.Placed || got.Via != store.ViaReference || len(r.committed(o.ID)) != 1 {
		t.Errorf("%s via %q (%s)", got.State, got.Via, got.Reason)
	}
}

func TestAPendingOrderIsPolledUntilThePortalDecides(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first, then string
		want        store.State
	}{
		{"pending", "succeed", store.Placed}, {"confirming", "succeed", store.Placed}, {"pending", "cancelled", store.Rejected},
	} {
		t.Run(c.first+" "+c.then, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, yeastartest.Options{})
			r.start()
			r.portal.NextStatus(c.first)
			o := r.place(minutes("p", "3658B431119665QJ", 100))
			got := r.await(o.ID, store.Pending)
			if got.OrderNo == "" || got.WaitingFor != store.WaitPayment || got.OrderStatus != c.first {
				t.Errorf("pending with %q, waitingFor %q, status %q", got.OrderNo, got.WaitingFor, got.OrderStatus)
			}
			r.portal.SetStatus(got.OrderNo, c.then)
			got = r.await(o.ID, c.want)
			if got.OrderStatus != c.then || got.OrderNo == "" {
				t.Errorf("%s with status %q, number %q", got.State, got.OrderStatus, got.OrderNo)
			}
		})
	}
}
