package worker

import (
	"context"
	"errors"
	"time"
)

// beatLoop says that this worker is alive, reads the fleet's state with the same rhythm, and turns the send
// journal where it has grown.
func (w *Worker) beatLoop(ctx context.Context) {
	w.every(ctx, w.cfg.HeartbeatEvery, nil, "heartbeat", func(ctx context.Context) error {
		beating, cancel := context.WithTimeout(ctx, max(w.cfg.HeartbeatEvery, time.Second))
		defer cancel()
		return errors.Join(w.beat(beating), w.sends.turn(w.cfg.Now(), 2*w.cfg.sendWindow()))
	})
}

func (w *Worker) beat(ctx context.Context) error {
	p, err := w.fleet.Beat(ctx, w.id)
	if err != nil {
		return err
	}
	return errors.Join(w.heard(ctx, p), w.refresh(ctx))
}

// refresh reads what the fleet shares. It is a hint: the gate asks for itself.
func (w *Worker) refresh(ctx context.Context) error {
	asked := w.cfg.Now()
	s, err := w.fleet.Read(ctx)
	if err != nil {
		return err
	}
	now := w.cfg.Now()
	w.clocks.redis.Store(int64(s.Now.Sub(now.Add(-now.Sub(asked) / 2))))
	w.shared.Store(&s)
	return nil
}
