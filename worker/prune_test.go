package worker_test

import (
	"testing"
	"time"

	"orderq/store"
	"orderq/worker"
)

// A host that comes up with its clock a year ahead has not outlived its journals: Redis' clock says so.
func TestAClockThatRunsAheadTakesNoProofOfWhatWasSent(t *testing.T) {
	t.Parallel()
	r := durableRig(t)
	if r == nil {
		return
	}
	first, err := worker.New(r.cfg)
	r.must(err)
	r.must(first.Start(t.Context()))
	r.must(r.room.Fleet.HaltBy(t.Context(), "eve", "a copy is made"))
	o := r.place(minutes("once", "3658B431119665QJ", 10))
	backup := r.room.Backup()
	r.must(r.room.Fleet.Resume(t.Context(), "eve", "made"))
	r.await(o.ID, store.Placed)
	first.Shutdown()
	r.room.RestartFrom(backup)
	r.must(r.room.Fleet.Resume(t.Context(), "eve", "restored"))
	r.start(func(c *worker.Config) {
		c.Now = func() time.Time { return time.Now().AddDate(1, 0, 0) }
		c.Portal.Now = c.Now
	})
	if got := r.await(o.ID, store.Placed); got.Via != store.ViaJournal || len(r.committed(o.ID)) != 1 {
		t.Errorf("placed via %q, %d orders at the portal", got.Via, len(r.committed(o.ID)))
	}
}
