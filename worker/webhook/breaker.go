package webhook

import (
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
	"go.uber.org/zap"
)

const (
	// tripAfter is how many failures in a row open an endpoint's breaker.
	tripAfter = 5
	// width is how many deliveries of one endpoint are under way at once, at most.
	width = 8
)

var (
	errFailed      = errors.New("not delivered") // what a breaker counts as a failure
	errInterrupted = errors.New("says nothing about the endpoint")
)

type breaker = gobreaker.CircuitBreaker[Answer]

// breakerOf gives the endpoint's breaker. Each process has its own: after a change of the worker that delivers, a dead
// endpoint costs a few tries more.
func (d *Deliverer) breakerOf(id string) *breaker {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := d.breakers[id]; b != nil {
		return b
	}
	b := gobreaker.NewCircuitBreaker[Answer](gobreaker.Settings{
		Name: id, MaxRequests: 1, Timeout: d.cfg.BreakerOpen,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= tripAfter },
		IsSuccessful: func(err error) bool { return err == nil },
		IsExcluded:   func(err error) bool { return errors.Is(err, errInterrupted) },
		OnStateChange: func(id string, from, to gobreaker.State) {
			if to == gobreaker.StateOpen && from == gobreaker.StateClosed {
				d.log.Warn("webhook does not answer: it is tried now and then", zap.String("webhook", id), zap.Duration("every", d.cfg.BreakerOpen))
			}
			if to == gobreaker.StateClosed {
				d.log.Info("webhook answers again", zap.String("webhook", id))
			}
		},
	})
	d.breakers[id] = b
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
	hold        = 30 * time.Second
	breakerOpen = time.Minute
)
