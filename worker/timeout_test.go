package worker_test

import (
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/yeastar/yeastartest"
)

// A read that hangs does not hold a delivery for ever: the order goes back, with its reason, and is taken
// again; nothing was sent.
func TestADeliveryThatTakesTooLongBeforeTheGateIsPutBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.portal.FailReads(yeastartest.HangBefore, -1)
	r.cfg.TaskTimeout = 300 * time.Millisecond
	stop, err := r.startFor()
	r.must(err)
	o := r.place(minutes("slow", "3658B431119665QJ", 10))
	got := r.awaitWaiting(o.ID, store.WaitTime)
	if got.Attempt != 0 || !strings.Contains(got.Reason, "cut short") || len(r.portal.Bodies()) != 0 {
		t.Errorf("attempt %d, reason %q, %d POSTs", got.Attempt, got.Reason, len(r.portal.Bodies()))
	}
	stop()
	r.portal.Heal()
	r.cfg.TaskTimeout = 0 // a delivery that is to be placed has the time it needs
	r.hasten(o)
	r.start()
	r.await(o.ID, store.Placed)
	if n := len(r.committed(o.ID)); n != 1 {
		t.Errorf("%d orders at the portal", n)
	}
}
