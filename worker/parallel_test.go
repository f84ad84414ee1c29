package worker_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/hibiken/asynq"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// flood delivers one order n times over, as tasks of their own.
func (r *rig) flood(o store.Order, n int, tag string) {
	r.t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			task := asynq.NewTask(tasks.TypePlace, o.Intent, asynq.TaskID(fmt.Sprintf("%s-%s-%d", tag, o.ID, i)), asynq.Queue("urgent"))
			if _, err := r.queue.Enqueue(task); err != nil {
				r.t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestFiftyDeliveriesOfOneOrderToEightWorkersMakeOnePOST(t *testing.T) {
	t.Parallel()
	faults, err := yeastartest.ParseFaults("drop_after:0.15,500_after:0.15,drop_before:0.15,hang_after:0.1,401:0.05,429:0.05")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, yeastartest.Options{Seed: 7}, brisk)
	for range 8 {
		r.start()
	}
	r.proven()
	r.portal.SetFaults(faults)
	var orders []store.Order
	for i, p := range r.portal.PBXs()[:20] {
		orders = append(orders, r.place(minutes(ref(i), p.ProductNo, 10)))
	}
	for _, o := range orders {
		r.flood(o, 50, "flood")
	}
	for _, o := range orders {
		got := r.await(o.ID, store.Placed, store.Review)
		if n := len(r.committed(o.ID)); got.State != store.Placed || n != 1 {
			t.Errorf("order %s is %s (%s), and the portal has it %d times", o.ID, got.State, got.Reason, n)
		}
	}
	for po, n := range r.portal.Ledger().Requests {
		if n != 1 {
			t.Errorf("%d requests bore the poNumber %q", n, po)
		}
	}
}

// In whatever state an order is, deliveries of it POST nothing that its state does not allow.
func TestDeliveriesOfAnOrderInAnyStateLeadToAtMostOnePOST(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		before func(r *rig)
		want   store.State
		posts  int
	}{
		"held":      {want: store.Held, posts: 0},
		"placed":    {want: store.Placed, posts: 1},
		"rejected":  {before: func(r *rig) { r.portal.Fail(yeastartest.Refused400, 1) }, want: store.Rejected, posts: 1},
		"pending":   {before: func(r *rig) { r.portal.NextStatus("pending") }, want: store.Pending, posts: 1},
		"cancelled": {want: store.Cancelled, posts: 0},
		"review": {before: func(r *rig) {
			r.portal.SetEcho(yeastartest.EchoNone)
			r.portal.Fail(yeastartest.DropBefore, 1)
		}, want: store.Review, posts: 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			r := newRig(t, yeastartest.Options{}, brisk)
			if c.before != nil {
				c.before(r)
			}
			in := minutes("x", "3658B431119665QJ", 10).Normalise()
			n := tasks.NewOrder(in, tasks.QueueOrders)
			if name == "held" || name == "cancelled" {
				n.HoldFor = store.WaitApproval
			}
			o, _, err := r.room.Store.Accept(ctx, n)
			if err != nil {
				t.Fatal(err)
			}
			if name == "cancelled" {
				if o, err = r.room.Store.Cancel(ctx, o, "eve", "not wanted"); err != nil {
					t.Fatal(err)
				}
			}
			r.start()
			r.start()
			if c.posts > 0 {
				r.flood(o, 1, "first")
				r.await(o.ID, c.want)
			}
			r.flood(o, 50, "again")
			// An order behind them is placed when they have all been taken: urgent goes first.
			last := r.place(minutes("last", "3658B4311196K2ID", 1))
			r.await(last.ID, store.Placed)
			r.await(o.ID, c.want)
			if n := r.requests(o.ID); n != c.posts {
				t.Errorf("%d POSTs, want %d", n, c.posts)
			}
		})
	}
}
