package worker

import (
	"context"
	"errors"
	"time"

	"golang.org/x/time/rate"

	"orderq/store"
	"orderq/yeastar"
)

// admit stands before every call to the portal: the breaker first, then, for reads, the account's rate. An
// order has asked the gate for its share already.
func (w *Worker) admit(ctx context.Context, c yeastar.Call) (func(yeastar.Outcome, yeastar.Reason), error) {
	if ctx.Value(probeKey{}) != nil {
		return func(yeastar.Outcome, yeastar.Reason) {}, nil
	}
	if s := w.shared.Load(); !c.Order && s != nil && !s.OpenUntil.IsZero() {
		return nil, errBreakerOpen
	}
	if !c.Order {
		if err := w.spend(ctx); err != nil {
			return nil, err
		}
	}
	report, err := w.breaker.allow(c.Order)
	if err != nil {
		return nil, errBreakerOpen
	}
	return report, nil
}

var errBreakerOpen = errors.New("the breaker is open: the portal does not answer properly; a probe will tell when it does")

// spend waits for a read's share of the rate: this process's own limiter first, so that its handlers queue
// up here and not at Redis, then the account's.
func (w *Worker) spend(ctx context.Context) error {
	if err := w.limiter.Wait(ctx); err != nil {
		return err
	}
	for {
		after, err := w.fleet.Spend(ctx, w.cfg.Rate)
		if err != nil {
			return err
		}
		if after == 0 {
			return nil
		}
		if err := w.sleep(ctx, after); err != nil {
			return err
		}
	}
}

// limiter is the account's rate as one process may use it.
func limiter(r store.Rate) *rate.Limiter {
	if r.Interval <= 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Every(r.Interval), 1+int(r.Tolerance/r.Interval))
}

var errStopping = errors.New("shutting down")

// sleep waits, but not through the end of the context or into a shutdown.
func (w *Worker) sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stopping:
		return errStopping
	}
}
