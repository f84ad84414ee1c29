package worker

import (
	"context"
	"time"

	"orderq/store/fleet"
)

// notifyEvery is the pause between two looks whether there is anybody to tell of moves, and between two who ask for
// that office.
const notifyEvery = 250 * time.Millisecond

// webhookLoop tells webhooks of moves. One worker of the fleet does; deliveries have goroutines of their own, so that
// no order waits for a receiver. What is not delivered yet stands in Redis, whoever goes on with it.
func (w *Worker) webhookLoop(ctx context.Context) {
	w.every(ctx, min(w.cfg.SweepEvery, notifyEvery), nil, "deliver webhooks", func(ctx context.Context) error {
		if some, err := w.webhooks.Some(ctx); !some || err != nil {
			return err
		}
		return w.holding(ctx, fleet.Messenger, w.webhooks.Run)
	})
}
