package worker

import (
	"sync/atomic"
	"time"

	"orderq/yeastar"
)

// offsets are how far other clocks are from this host's: positive means ahead.
type offsets struct{ portal, redis atomic.Int64 }

// observe learns the portal's clock from its Date header, halfway between question and answer.
func (w *Worker) observe(c yeastar.Call, a yeastar.Answer, took time.Duration) {
	if !a.Date.IsZero() {
		w.clocks.portal.Store(int64(a.Date.Sub(w.cfg.Now().Add(-took / 2))))
	}
	if w.cfg.Portal.Observe != nil {
		w.cfg.Portal.Observe(c, a, took)
	}
}

// redisNow is Redis' clock as far as this host knows it.
func (w *Worker) redisNow() time.Time {
	return w.cfg.Now().Add(time.Duration(w.clocks.redis.Load()))
}

// portalOffset is the portal's clock less Redis'.
func (w *Worker) portalOffset() time.Duration {
	return time.Duration(w.clocks.portal.Load() - w.clocks.redis.Load())
}
