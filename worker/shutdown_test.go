package worker_test

import (
	"context"
	"sync"
	"testing"

	"github.com/hibiken/asynq"

	"orderq/store"
	"orderq/tasks"
	"orderq/worker"
	"orderq/yeastar/yeastartest"
)

func TestAShutdownInMidPOSTKeepsTheAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	release := r.portal.Hold()
	w, err := worker.New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := r.place(minutes("s", "3658B431119665QJ", 10))
	if err := r.portal.WaitHeld(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	var down sync.WaitGroup
	down.Go(w.Shutdown)
	other := r.start() // another worker takes over meanwhile, and must not send it again
	_ = other
	r.flood(o, 10, "again")
	release()
	down.Wait()
	got, err := r.room.Store.Get(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != store.Placed || got.Via != store.ViaAnswer || got.Attempt != 1 {
		t.Errorf("after the shutdown: %s via %q, attempt %d (%s)", got.State, got.Via, got.Attempt, got.Reason)
	}
	if n := len(r.portal.Bodies()); n != 1 {
		t.Errorf("%d POSTs, want 1", n)
	}
}

// asynq gives up on a delivery (its task's timeout, the dashboard's cancel button) while the portal is at
// work on it: the call goes on and its answer is recorded. Here the button: nobody knows how long it takes until then.
func TestADeliveryThatAsynqGivesUpInMidPOSTKeepsItsAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	release := r.portal.Hold()
	r.start()
	in := minutes("g", "3658B431119665QJ", 10).Normalise()
	task := asynq.NewTask(tasks.TypePlace, in.Canonical())
	if _, err := r.queue.Enqueue(task, asynq.TaskID("short"), asynq.Queue("orders"), asynq.MaxRetry(0)); err != nil {
		t.Fatal(err)
	}
	if err := r.portal.WaitHeld(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	inspector := asynq.NewInspector(r.conn)
	t.Cleanup(func() { _ = inspector.Close() })
	r.eventually("the delivery is given up", func(context.Context) bool {
		r.must(inspector.CancelProcessing("short")) // a message: whoever does not listen yet does not hear it
		info, err := inspector.GetTaskInfo("orders", "short")
		return err == nil && info.State == asynq.TaskStateArchived
	})
	release()
	got := r.await(in.ID(), store.Placed)
	if got.Via != store.ViaAnswer || got.Attempt != 1 || len(r.portal.Bodies()) != 1 {
		t.Errorf("via %q, attempt %d, %d POSTs", got.Via, got.Attempt, len(r.portal.Bodies()))
	}
}

func TestOrdersThatWaitedAtAShutdownAreTakenByTheNextWorker(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{}, func(c *worker.Config) { c.Rate = store.Rate{Interval: 2e8} })
	w, err := worker.New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var orders []store.Order
	for i, p := range r.portal.PBXs()[:12] {
		orders = append(orders, r.place(minutes(ref(i), p.ProductNo, 10)))
	}
	r.await(orders[0].ID, store.Placed)
	w.Shutdown()
	r.cfg.Rate = store.Rate{}
	r.start()
	for _, o := range orders {
		r.await(o.ID, store.Placed)
		if n := len(r.committed(o.ID)); n != 1 {
			t.Errorf("order %s is at the portal %d times", o.ID, n)
		}
	}
}
