package worker_test

import (
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/worker"
	"orderq/yeastar/yeastartest"
)

// A read that hangs does not hold a delivery for ever: the order goes back, with its reason, and is taken
// again; nothing was sent.
func TestADeliveryThatTakesTooLongBeforeTheGateIsPutBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{}, patient, func(c *worker.Config) { c.TaskTimeout = 300 * time.Millisecond })
	r.portal.FailReads(yeastartest.HangBefore, -1)
	r.start()
	o := r.place(minutes("slow", "3658B431119665QJ", 10))
	got := r.awaitWaiting(o.ID, store.WaitTime)
	if got.Attempt != 0 || !strings.Contains(got.Reason, "cut short") || len(r.portal.Bodies()) != 0 {
		t.Errorf("attempt %d, reason %q, %d POSTs", got.Attempt, got.Reason, len(r.portal.Bodies()))
	}
	r.portal.Heal()
	r.await(o.ID, store.Placed)
	if n := len(r.committed(o.ID)); n != 1 {
		t.Errorf("%d orders at the portal", n)
	}
}
