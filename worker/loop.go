package worker

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// every does a thing with a rhythm, and at once when soon says so, until ctx ends. A failure is logged and
// the rhythm goes on: whatever a round left undone is still due in Redis.
func (w *Worker) every(ctx context.Context, rhythm time.Duration, soon <-chan struct{}, what string, do func(context.Context) error) {
	tick := time.NewTicker(rhythm)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-soon:
		}
		if err := do(ctx); err != nil && ctx.Err() == nil {
			w.log.Warn("a round failed; it is tried again", zap.String("round", what), zap.Error(err))
		}
	}
}

// tidyEvery is often enough for what is kept for hours.
const tidyEvery = time.Minute

// tidyLoop takes old events off the account's stream. Whoever does it, and how often, makes no difference.
func (w *Worker) tidyLoop(ctx context.Context) {
	w.every(ctx, tidyEvery, nil, "take off old events", w.store.TidyEvents)
}

// ask asks for a round at once; one that is asked for already is enough.
func ask(soon chan<- struct{}) {
	select {
	case soon <- struct{}{}:
	default:
	}
}
