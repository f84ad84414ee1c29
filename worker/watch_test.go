package worker_test

import (
	"testing"
	"time"

	"orderq/store"
	"orderq/worker"
	"orderq/yeastar/yeastartest"
)

func TestWhoWatchesIsToldWhatTheSweeperPutsRight(t *testing.T) {
	t.Parallel()
	repairs := make(chan worker.Repair, 100)
	r := newRig(t, yeastartest.Options{}, func(c *worker.Config) { c.OnRepair = func(w worker.Repair) { repairs <- w } })
	lost := r.bare(minutes("lost", "3658B431119665QJ", 10))
	r.dueNow(lost.ID)
	dead := r.bare(minutes("dead", "3658B4311196K2ID", 10))
	_, mine, err := r.room.Store.Take(t.Context(), dead.ID, store.Delivery{Worker: "dead", Nonce: "n", Silence: time.Second, Within: time.Millisecond})
	if err != nil || !mine {
		t.Fatal(mine, err)
	}
	r.start()
	r.await(lost.ID, store.Placed)
	r.await(dead.ID, store.Placed)
	want := map[worker.Repair]bool{worker.RepairTask: true, worker.RepairWorker: true}
	for len(want) > 0 {
		select {
		case got := <-repairs:
			delete(want, got)
		case <-time.After(patience):
			t.Fatalf("not told of %v", want)
		}
	}
}

func TestWhoWatchesIsToldWhyTheGateRefuses(t *testing.T) {
	t.Parallel()
	refusals := make(chan store.Waiting, 100)
	r := newRig(t, yeastartest.Options{}, func(c *worker.Config) { c.OnRefuse = func(w store.Waiting) { refusals <- w } })
	r.must(r.room.Fleet.HaltBy(t.Context(), "anna", "prices"))
	r.start()
	o := r.place(minutes("halted", "3658B431119665QJ", 10))
	r.awaitWaiting(o.ID, store.WaitHalt)
	for {
		select {
		case got := <-refusals:
			if got == store.WaitHalt {
				return
			}
		case <-time.After(patience):
			t.Fatal("not told of the halt")
		}
	}
}
