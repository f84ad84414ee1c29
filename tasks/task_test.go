package tasks

import (
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"orderq/store"
)

func TestADeliverysOptionsSurviveAsynq(t *testing.T) {
	t.Parallel()
	o := store.Order{ID: "oqkj4thvgdmn4trk6peltd7uvg", Intent: wish().Canonical(), Queue: QueueBulk}
	task, opts := PlaceTask(o, 3)
	if task.Type() != "order:place" || string(task.Payload()) != string(o.Intent) {
		t.Errorf("%s %s", task.Type(), task.Payload())
	}
	got := map[asynq.OptionType]any{}
	for _, opt := range opts {
		got[opt.Type()] = opt.Value()
	}
	if got[asynq.TaskIDOpt] != "oqkj4thvgdmn4trk6peltd7uvg:g3" || got[asynq.QueueOpt] != "bulk" {
		t.Errorf("%v", got)
	}
	for _, typ := range []asynq.OptionType{asynq.TimeoutOpt, asynq.RetentionOpt} {
		if d, ok := got[typ].(time.Duration); !ok || d < time.Second || d%time.Second != 0 {
			t.Errorf("asynq keeps whole seconds and takes 0 for its default; got %v", got[typ])
		}
	}
	if n, ok := got[asynq.MaxRetryOpt].(int); !ok || n < 1<<20 || n > 1<<31-1 {
		t.Errorf("MaxRetry %v: must be huge and fit asynq's int32", got[asynq.MaxRetryOpt])
	}
	if _, ok := got[asynq.UniqueOpt]; ok {
		t.Error("Unique together with a TaskID locks payloads out")
	}
}

func TestGenerationsNameTheirTasks(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{-1: "oqx", 0: "oqx", 1: "oqx:g1", 12: "oqx:g12"} {
		if got := TaskID("oqx", n); got != want {
			t.Errorf("generation %d: %s, want %s", n, got, want)
		}
	}
}

func TestAnOrderWithoutAQueueUsesThePlainProducers(t *testing.T) {
	t.Parallel()
	_, opts := PlaceTask(store.Order{ID: "oqx"}, 0)
	for _, o := range opts {
		if o.Type() == asynq.QueueOpt && o.Value() != QueueOrders {
			t.Errorf("queue %v", o.Value())
		}
	}
}

func TestAnInvalidIntentMakesNoTask(t *testing.T) {
	t.Parallel()
	in := wish()
	in.Quantity = 0
	if _, err := NewPlaceTask(in); err == nil {
		t.Error("a task was made")
	} else {
		problems(t, err)
	}
}

func TestUrgentGoesBeforeOrdersAndOrdersBeforeBulk(t *testing.T) {
	t.Parallel()
	orders := OrderQueues()
	if orders[QueueUrgent] <= orders[QueueOrders] || orders[QueueOrders] <= orders[QueueBulk] || orders[QueueBulk] < 1 {
		t.Errorf("weights %v", orders)
	}
}
