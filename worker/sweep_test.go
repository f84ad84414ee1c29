package worker_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"orderq/store"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/worker"
	"orderq/yeastar/yeastartest"
)

// bare accepts an order without ever enqueuing it: the producer died in between.
func (r *rig) bare(in tasks.Intent) store.Order {
	r.t.Helper()
	o, _, err := r.room.Store.Accept(r.t.Context(), tasks.NewOrder(in.Normalise(), tasks.QueueOrders))
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

func TestAnOrderWhoseTaskWasNeverEnqueuedOrWasLostIsDeliveredAllTheSame(t *testing.T) {
	t.Parallel()
	ways := map[string]func(r *rig, i *asynq.Inspector, o store.Order){
		"never enqueued": func(*rig, *asynq.Inspector, store.Order) {},
		"deleted":        func(r *rig, i *asynq.Inspector, o store.Order) { r.enqueue(o); r.must(i.DeleteTask("orders", o.ID)) },
		"archived":       func(r *rig, i *asynq.Inspector, o store.Order) { r.enqueue(o); r.must(i.ArchiveTask("orders", o.ID)) },
		"queue deleted":  func(r *rig, i *asynq.Inspector, o store.Order) { r.enqueue(o); r.must(i.DeleteQueue("orders", true)) },
		"half deleted": func(r *rig, _ *asynq.Inspector, o store.Order) {
			r.must(r.room.Redis.HSet(r.t.Context(), "asynq:{orders}:t:"+o.ID, "result", "zombie").Err())
		},
	}
	for name, lose := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, yeastartest.Options{})
			inspector := asynq.NewInspector(r.conn)
			t.Cleanup(func() { _ = inspector.Close() })
			o := r.bare(minutes("lost", "3658B431119665QJ", 10))
			lose(r, inspector, o)
			r.dueNow(o.ID)
			r.start()
			r.await(o.ID, store.Placed)
			if n := len(r.committed(o.ID)); n != 1 {
				t.Errorf("%d orders at the portal", n)
			}
		})
	}
}

func (r *rig) enqueue(o store.Order) {
	r.t.Helper()
	task, opts := tasks.PlaceTask(o, 0)
	_, err := r.queue.Enqueue(task, opts...)
	r.must(err)
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// dueNow takes the grace away that a producer has for its enqueue, so that the test need not wait for it.
func (r *rig) dueNow(id string) {
	r.t.Helper()
	r.must(r.room.Store.PutOff(r.t.Context(), id, 0))
}

// A worker that died while it prepared an order: another has it as soon as the silence is noticed.
func TestAnOrderWhoseWorkerDiedWhilePreparingItIsTakenOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	o := r.bare(minutes("dead", "3658B431119665QJ", 10))
	_, mine, err := r.room.Store.Take(t.Context(), o.ID, store.Delivery{Worker: "dead", Nonce: "n", Silence: time.Second, Within: time.Millisecond})
	if err != nil || !mine {
		t.Fatal(mine, err)
	}
	r.start()
	r.await(o.ID, store.Placed)
	history, err := r.room.Store.History(t.Context(), o.ID)
	r.must(err)
	if text := history[2].Reason; !strings.Contains(text, "dead") {
		t.Errorf("the history does not say whose worker is gone: %+v", history)
	}
}

// An order that keeps killing its workers goes to a person and not round and round.
func TestAnOrderThatKeepsKillingItsWorkersGoesToReview(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	o := r.bare(minutes("poison", "3658B431119665QJ", 10))
	for range 11 {
		_, _, err := r.room.Store.Take(t.Context(), o.ID, store.Delivery{Worker: "w", Nonce: time.Now().String(), Silence: -time.Hour, Within: time.Millisecond})
		r.must(err)
	}
	r.start()
	got := r.await(o.ID, store.Review)
	if len(r.portal.Bodies()) != 0 || !strings.Contains(got.Reason, "died") {
		t.Errorf("reason %q, %d POSTs", got.Reason, len(r.portal.Bodies()))
	}
}

// Redis goes away while the portal is at work on the order, and comes back after the answer: the answer is
// recorded, by the same worker, without another POST.
func TestAnAnswerThatComesWhileRedisIsAwayIsRecordedWhenItIsBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{}, func(c *worker.Config) { c.Settle = time.Hour })
	r.start()
	release := r.portal.Hold()
	o := r.place(minutes("away", "3658B431119665QJ", 10))
	r.must(r.portal.WaitHeld(t.Context(), 1))
	r.room.Cut(true)
	release()
	r.must(r.portal.WaitCommitted(t.Context(), 1))
	r.room.Cut(false)
	got := r.await(o.ID, store.Placed)
	if n := len(r.portal.Bodies()); n != 1 || got.Attempt != 1 || got.Via != store.ViaAnswer {
		t.Errorf("%d POSTs, attempt %d, via %q: want the one answer, recorded by who got it", n, got.Attempt, got.Via)
	}
}

func TestAWorkerRefusesALedgerThatCanForgetForARealPortal(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	rooms := map[string]*storetest.Room{"embedded": storetest.Embedded(t)}
	if storetest.Available(t) {
		rooms["everysec"] = storetest.Real(t)
		rooms["no AOF"] = storetest.Real(t, "--appendonly", "no")
		rooms["evicting"] = storetest.Real(t, "--appendfsync", "always", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
	}
	for name, room := range rooms {
		t.Run(name, func(t *testing.T) {
			cfg := r.cfg
			cfg.Redis, cfg.Queue, cfg.Journal = room.Redis, connOpt{room.Options}, t.TempDir()
			cfg.Portal.BaseURL = "https://openapi.partner.yeastar.example"
			w, err := worker.New(cfg)
			r.must(err)
			err = w.Start(t.Context())
			var volatile *worker.VolatileError
			if !errors.As(err, &volatile) || !strings.Contains(err.Error(), "allow-volatile-ledger") {
				t.Fatalf("started with %v, want a refusal that says what to set", err)
			}
			t.Log(err)
		})
	}
}
