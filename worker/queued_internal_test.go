package worker

import (
	"testing"

	"github.com/hibiken/asynq"

	"orderq/store/storetest"
	"orderq/tasks"
)

// Somebody archived it in the dashboard: it brings nothing any more, and the order must get another.
func TestATaskThatSomebodyArchivedIsNoDelivery(t *testing.T) {
	t.Parallel()
	l := newLone(t, storetest.Best(t))
	l.inspect, l.queue = asynq.NewInspector(l.cfg.Queue), asynq.NewClient(l.cfg.Queue)
	t.Cleanup(func() { _, _ = l.inspect.Close(), l.queue.Close() })
	o, _, err := l.store.Accept(t.Context(), tasks.NewOrder(loneIntent("archived"), tasks.QueueOrders))
	l.must(err)
	task, opts := tasks.PlaceTask(o, o.Generation)
	_, err = l.queue.EnqueueContext(t.Context(), task, opts...)
	l.must(err)
	if waits, err := l.queued(o); !waits || err != nil {
		t.Errorf("in the queue: %v, %v", waits, err)
	}
	l.must(l.inspect.ArchiveTask(tasks.QueueOrders, tasks.TaskID(o.ID, o.Generation)))
	if waits, err := l.queued(o); waits || err != nil {
		t.Errorf("archived: %v, %v", waits, err)
	}
}
