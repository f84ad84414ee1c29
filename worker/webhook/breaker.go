package webhook

import (
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
	"go.uber.org/zap"

	"orderq/store/hook"
)

const (
	// width is how many deliveries of one endpoint are under way at once, at most.
	width = 8
)

var (
	errFailed      = errors.New("not delivered") // what a breaker counts as a failure
	errInterrupted = errors.New("says nothing about the endpoint")
)

// breaker is of one endpoint's one URL: another URL begins with a closed one.
type breaker struct {
	*gobreaker.CircuitBreaker[Answer]
	url string
}

// breakerOf gives the endpoint's breaker. Each process has its own; failures in a row that others have written down
// count, so that after a change of the worker that delivers a dead endpoint costs one try more.
func (d *Deliverer) breakerOf(e hook.Endpoint) *breaker {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := d.breakers[e.ID]; b != nil && b.url == e.URL {
		return b
	}
	before := e.Failures // until it has answered once; touched under gobreaker's lock alone
	b := &breaker{url: e.URL}
	b.CircuitBreaker = gobreaker.NewCircuitBreaker[Answer](gobreaker.Settings{
		Name: e.ID, MaxRequests: 1, Timeout: d.cfg.BreakerOpen,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			if c.TotalSuccesses > 0 {
				before = 0
			}
			return int(c.ConsecutiveFailures)+before >= hook.TripAfter
		},
		IsSuccessful: func(err error) bool { return err == nil },
		IsExcluded:   func(err error) bool { return errors.Is(err, errInterrupted) },
		OnStateChange: func(id string, from, to gobreaker.State) {
			if to == gobreaker.StateOpen && from == gobreaker.StateClosed {
				d.log.Warn("webhook does not answer: it is tried now and then", zap.String("webhook", id), zap.Duration("every", d.cfg.BreakerOpen))
			}
			if to == gobreaker.StateClosed {
				before = 0
				d.log.Info("webhook answers again", zap.String("webhook", id))
			}
		},
	})
	d.breakers[e.ID] = b
	return b
}

// allowed is how many deliveries an endpoint's breaker lets pass now.
func allowed(b *breaker) int {
	switch b.State() {
	case gobreaker.StateOpen:
		return 0
	case gobreaker.StateHalfOpen:
		return 1
	}
	return width
}

// keep forgets the breakers of endpoints that are gone.
func (d *Deliverer) keep(ids map[string]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id := range d.breakers {
		if !ids[id] {
			delete(d.breakers, id)
		}
	}
}

// defaults of the pauses.
const (
	every       = 250 * time.Millisecond
	term        = time.Minute
	hold        = hook.Hold
	breakerOpen = time.Minute
)
