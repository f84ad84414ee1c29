package api_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/config"
	"orderq/store"
	"orderq/store/storetest"
	"orderq/tasks"
)

// stall is a line to the queue on which nothing moves until it is let go, or its caller gives up.
type stall struct {
	let  chan struct{}
	once sync.Once
}

func newStall(t *testing.T, room *storetest.Room) (*stall, with) {
	t.Helper()
	s := &stall{let: make(chan struct{})}
	rdb := redis.NewClient(room.Options)
	rdb.AddHook(s)
	t.Cleanup(func() { s.free(); _ = rdb.Close() })
	return s, func(_ *config.Config, a *api.Config) { a.Queue = asynq.NewClientFromRedisClient(rdb) }
}

func (s *stall) free() { s.once.Do(func() { close(s.let) }) }

func (s *stall) DialHook(next redis.DialHook) redis.DialHook { return next }

func (s *stall) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (s *stall) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, c redis.Cmder) error {
		select {
		case <-s.let:
			return next(ctx, c)
		case <-ctx.Done():
			c.SetErr(ctx.Err())
			return ctx.Err()
		}
	}
}

// An order is accepted when its record is there: its caller does not wait for the queue.
func TestAnOrderIsAnsweredBeforeItsTaskIsInTheQueue(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		queue, over := newStall(t, room)
		r := newRig(t, room, over)
		r.post("/v1/orders", minutes("crm-1")).must(http.StatusAccepted)
		queue.free()
		if n := r.queued(); n != 1 {
			t.Errorf("%d tasks", n)
		}
	})
}

// A server that stops does not wait for a queue that does not answer. Its orders are due all the same.
func TestAStuckQueueDoesNotKeepAServerAndLosesNoOrder(t *testing.T) {
	t.Parallel()
	room := storetest.Embedded(t)
	_, over := newStall(t, room)
	r := newRig(t, room, over)
	r.post("/v1/orders", minutes("crm-1")).must(http.StatusAccepted)
	api.CloseQueue(r.api, 1)
	id := tasks.OrderID("default", "crm-1")
	if o, err := r.room.Store.Get(t.Context(), id); err != nil || o.State != store.Accepted {
		t.Errorf("%+v, %v", o, err)
	}
	if due, err := r.room.Redis.ZScore(t.Context(), r.room.Store.Keys().Due(), id).Result(); err != nil || due == 0 {
		t.Errorf("it is on no sweeper's list: %v, %v", due, err)
	}
}
