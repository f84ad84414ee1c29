package worker

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"go.uber.org/zap"

	"orderq/store/fleet"
	"orderq/yeastar"
)

// breaker is this process's own sense of the portal's health (gobreaker), told to the fleet when it opens.
// Fleet-wide it stays open until one prober has read from the portal; the gate then lets one order through
// and doubles with each success.
type breaker struct {
	local    atomic.Pointer[gobreaker.TwoStepCircuitBreaker[struct{}]]
	settings gobreaker.Settings
	tripped  chan struct{} // a trip to announce
}

// tripAfter is how many failures in a row open the breaker: few, because each may be an order in doubt.
const tripAfter = 5

var (
	errSick     = errors.New("the portal did not answer properly") // what the breaker counts as a failure
	errExcluded = errors.New("says nothing about the portal")
)

func newBreaker(open, callTimeout time.Duration) *breaker {
	b := &breaker{tripped: make(chan struct{}, 1)}
	// A window shorter than a few calls never trips: gobreaker drops the results of calls that began in an
	// older one.
	window := max(6*callTimeout, time.Minute)
	b.settings = gobreaker.Settings{
		Name:         "portal",
		MaxRequests:  1,
		Interval:     window,
		BucketPeriod: window / 6,
		Timeout:      open,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			asked := c.Requests - c.TotalExclusions
			return c.ConsecutiveFailures >= tripAfter || asked >= 20 && c.TotalFailures*2 >= asked
		},
		// Runs under gobreaker's lock: it may only pass the word on.
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				select {
				case b.tripped <- struct{}{}:
				default:
				}
			}
		},
		IsSuccessful: func(err error) bool { return err == nil },
		IsExcluded:   func(err error) bool { return errors.Is(err, errExcluded) },
	}
	b.reset()
	return b
}

// reset forgets what was counted: the fleet's prober has found the portal well.
func (b *breaker) reset() {
	b.local.Store(gobreaker.NewTwoStepCircuitBreaker[struct{}](b.settings))
}

// allow asks for a call; report tells what became of it. An order never is the probe of a half-open
// breaker.
func (b *breaker) allow(order bool) (report func(yeastar.Outcome, yeastar.Reason), err error) {
	local := b.local.Load()
	if order && local.State() != gobreaker.StateClosed {
		return nil, gobreaker.ErrOpenState
	}
	done, err := local.Allow()
	if err != nil {
		return nil, err
	}
	return func(o yeastar.Outcome, r yeastar.Reason) { done(health(o, r)) }, nil
}

// healthy says whether orders are let through at the moment.
func (b *breaker) healthy() bool { return b.local.Load().State() == gobreaker.StateClosed }

// health is what a call's outcome says of the portal: nil, it is well; errSick; or errExcluded, nothing.
func health(o yeastar.Outcome, r yeastar.Reason) error {
	switch o {
	case yeastar.Done, yeastar.Refused:
		return nil
	case yeastar.NotSent:
		switch r {
		case yeastar.ReasonDial, yeastar.ReasonTimeout, yeastar.ReasonBroken, yeastar.ReasonStatus, yeastar.ReasonBody:
			return errSick // no connection, or the token call went wrong
		}
		return errExcluded // our own clock, context, rate, or credentials
	}
	if r == yeastar.ReasonCancelled {
		return errExcluded
	}
	return errSick
}

// probeKey marks the context of the call that asks whether the portal is well again.
type probeKey struct{}

// breakerLoop announces trips, and probes when an opening is over.
func (w *Worker) breakerLoop(ctx context.Context) {
	tick := time.NewTicker(min(w.cfg.BreakerOpen/4, time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.breaker.tripped:
			w.log.Warn("breaker open", zap.Duration("for", w.cfg.BreakerOpen))
			w.announce(ctx)
		case <-tick.C:
			w.probeIfDue(ctx)
			w.reopenIfDue(ctx)
		}
	}
}

func (w *Worker) announce(ctx context.Context) {
	if err := w.fleet.Open(ctx, w.cfg.BreakerOpen); err != nil {
		w.log.Warn("breaker not announced to the fleet", zap.Error(err))
		return
	}
	_ = w.refresh(ctx) // a hint; the next heartbeat reads it again
}

// probeIfDue asks the portal for one row, if the fleet's breaker has been open long enough and nobody else
// is asking. Where the fleet has healed without us, our own count starts anew.
func (w *Worker) probeIfDue(ctx context.Context) {
	shared := w.shared.Load()
	if shared == nil {
		return
	}
	if shared.OpenUntil.IsZero() {
		if w.breaker.healthy() {
			return
		}
		// Ours is open and the fleet's is not: it healed meanwhile, or our word did not arrive.
		if err := w.refresh(ctx); err != nil || !w.shared.Load().OpenUntil.IsZero() {
			return
		}
		w.breaker.reset()
		return
	}
	if err := w.refresh(ctx); err != nil {
		return
	}
	if shared = w.shared.Load(); shared.OpenUntil.IsZero() || shared.Now.Before(shared.OpenUntil) {
		return
	}
	ok, err := w.fleet.Lease(ctx, fleet.Prober, w.id, w.cfg.Portal.CallTimeout+time.Second)
	if err != nil || !ok {
		return
	}
	_, err = w.portal.OrderPage(context.WithValue(ctx, probeKey{}, true), 1, 1)
	var e *yeastar.Error
	if err == nil || errors.As(err, &e) && health(e.Outcome, e.Reason) == nil {
		if err := w.fleet.Heal(ctx); err != nil {
			w.log.Warn("breaker not closed for the fleet", zap.Error(err))
			return
		}
		w.breaker.reset()
		_ = w.refresh(ctx)
		w.log.Info("breaker closed; one order goes first")
		w.sweepSoon()
		return
	}
	if ctx.Err() == nil {
		w.log.Warn("the portal is still sick", zap.Error(err))
		w.announce(ctx)
		_, _ = w.fleet.Lease(ctx, fleet.Prober, w.id, 0)
	}
}

// reopenIfDue asks with one read whether the portal accepts the account's credentials again.
func (w *Worker) reopenIfDue(ctx context.Context) {
	shared := w.shared.Load()
	if shared == nil || shared.Closed == "" || !shared.OpenUntil.IsZero() {
		return
	}
	ok, err := w.fleet.Lease(ctx, fleet.Prober, w.id, min(accountPause, w.cfg.BreakerOpen))
	if err != nil || !ok || w.cfg.Now().Before(w.asked.Add(min(accountPause, w.cfg.BreakerOpen))) {
		return
	}
	w.asked = w.cfg.Now()
	if _, err := w.portal.OrderPage(context.WithValue(ctx, probeKey{}, true), 1, 1); err != nil {
		return
	}
	if err := w.fleet.Reopen(ctx); err != nil {
		w.log.Warn("account not reopened for the fleet", zap.Error(err))
		return
	}
	_ = w.refresh(ctx) // a hint; the next heartbeat reads it again
	w.log.Info("the portal accepts the credentials again")
	w.sweepSoon()
}
