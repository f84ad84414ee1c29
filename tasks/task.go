package tasks

import (
	"strconv"
	"time"

	"github.com/hibiken/asynq"

	"orderq/store"
)

// TypePlace is the type of our one kind of task; its payload is an intent. asynq's mux matches by prefix:
// whoever adds a type sees to it that neither is a prefix of the other.
const TypePlace = "order:place"

const (
	// maxRetry never decides: attempts are counted in the record. Below 2^31, because asynq keeps it in
	// an int32.
	maxRetry = 1 << 30
	// PlaceTimeout is how long a delivery may take, in whole seconds because asynq drops the rest. It
	// leaves room for three portal calls of the default 30 s and the record. A delivery that takes longer
	// is delivered again, beside the first, and finds the record.
	PlaceTimeout = 2 * time.Minute
	// Retention is how long a finished task stays in the dashboard. The record stays regardless.
	Retention = 24 * time.Hour
)

// TaskID is the asynq id of an order's delivery: the order's id, then id:g1, id:g2 … A new generation gets
// past a task that asynq still keeps under the old name: finished, archived, or half deleted.
func TaskID(id string, generation int) string {
	if generation <= 0 {
		return id
	}
	return id + ":g" + strconv.Itoa(generation)
}

// NewPlaceTask is the task of a producer that has asynq and no store: the intent, and the options that
// suit it. A worker accepts the order when it first sees the task. The error is an *Invalid.
func NewPlaceTask(in Intent) (*asynq.Task, error) {
	in = in.Normalise()
	if err := in.Validate(); err != nil {
		return nil, err
	}
	return asynq.NewTask(TypePlace, in.Canonical(), options(in.ID(), QueueOrders, 0)...), nil
}

// PlaceTask is a delivery of an accepted order, with its options apart so that a caller may look at them.
func PlaceTask(o store.Order, generation int) (*asynq.Task, []asynq.Option) {
	queue := o.Queue
	if queue == "" {
		queue = QueueOrders
	}
	return asynq.NewTask(TypePlace, o.Intent), options(o.ID, queue, generation)
}

func options(id, queue string, generation int) []asynq.Option {
	return []asynq.Option{
		asynq.TaskID(TaskID(id, generation)),
		asynq.Queue(queue),
		asynq.MaxRetry(maxRetry),
		asynq.Timeout(PlaceTimeout),
		asynq.Retention(Retention),
	}
}
