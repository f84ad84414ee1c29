package hook_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/hook"
	"orderq/store/storetest"
	"orderq/tasks"
)

// rig is an account with a webhook.
type rig struct {
	t     *testing.T
	room  *storetest.Room
	hooks *hook.Hooks
	id    string
	last  int // of the events that were made
}

func newRig(t *testing.T, room *storetest.Room, wants ...func(*hook.Endpoint)) *rig {
	t.Helper()
	r := &rig{t: t, room: room, hooks: hook.Of(room.Store)}
	r.id = r.add(wants...).ID
	return r
}

func (r *rig) add(wants ...func(*hook.Endpoint)) hook.Endpoint {
	r.t.Helper()
	e := hook.Endpoint{URL: "https://hooks.example.com/in", Enabled: true, By: "anna"}
	for _, f := range wants {
		f(&e)
	}
	e, secret, err := r.hooks.Add(r.t.Context(), e)
	r.must(err)
	if _, err := secret.Key(); err != nil {
		r.t.Fatal(err)
	}
	return e
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// event puts a move of an order into the stream, and gives its id.
func (r *rig) event(order string) string {
	r.t.Helper()
	r.last++
	id := fmt.Sprintf("%d-0", 1_764_057_600_000+r.last)
	r.must(r.room.Redis.XAdd(r.t.Context(), &redis.XAddArgs{
		Stream: r.room.Store.Keys().Events(), ID: id, Values: []any{"id", order, "state", "placed", "ver", r.last},
	}).Err())
	return id
}

// accept is a real order, whose acceptance the stream has.
func (r *rig) accept(reference, kind string) store.Order {
	r.t.Helper()
	in := tasks.Intent{Reference: reference, Kind: kind, ProductNo: "3658B431119665QJ", Quantity: 7, AllowDuplicate: true}
	o, _, err := r.room.Store.Accept(r.t.Context(), tasks.NewOrder(in.Normalise(), tasks.QueueOrders))
	r.must(err)
	return o
}

// admit looks at the stream until there is nothing to see.
func (r *rig) admit() {
	r.t.Helper()
	for more := true; more; {
		var err error
		more, err = r.hooks.Admit(r.t.Context(), r.id)
		r.must(err)
	}
}

func (r *rig) take(n int) []hook.Delivery {
	r.t.Helper()
	all, err := r.hooks.Take(r.t.Context(), r.id, n, time.Hour)
	r.must(err)
	return all
}

// taken fails unless these events are taken, in this order.
func (r *rig) taken(want ...string) []hook.Delivery {
	r.t.Helper()
	all := r.take(100)
	var got []string
	for _, d := range all {
		got = append(got, d.ID)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		r.t.Fatalf("taken: %v, want %v", got, want)
	}
	return all
}

// later lets everything be due, as if time had passed.
func (r *rig) later() {
	r.t.Helper()
	key := r.room.Store.Keys().HookDue(r.id)
	all, err := r.room.Redis.ZRange(r.t.Context(), key, 0, -1).Result()
	r.must(err)
	for _, order := range all {
		r.must(r.room.Redis.ZAdd(r.t.Context(), key, redis.Z{Member: order, Score: 1}).Err())
	}
}

func (r *rig) endpoint() hook.Endpoint {
	r.t.Helper()
	e, err := r.hooks.Get(r.t.Context(), r.id)
	r.must(err)
	return e
}

func (r *rig) log() []hook.Entry {
	r.t.Helper()
	all, err := r.hooks.Log(r.t.Context(), r.id, hook.Lines)
	r.must(err)
	return all
}

func (r *rig) done(d hook.Delivery) {
	r.t.Helper()
	r.must(r.hooks.Done(r.t.Context(), r.id, d, hook.Heard{}, hook.Entry{Outcome: hook.Delivered, Event: d.ID}))
}
