package review

import (
	"sync/atomic"
	"time"

	"orderq/yeastar"
)

// Clock learns the portal's clock: give its Observe to the client (yeastar.Config.Observe). The zero value
// is ready, and says that the portal's clock is this host's.
type Clock struct {
	Now   func() time.Time // this host's clock; nil: time.Now
	ahead atomic.Int64
}

// Observe takes the Date header of one answer as the time halfway between question and answer.
func (c *Clock) Observe(_ yeastar.Call, a yeastar.Answer, took time.Duration) {
	now := c.Now
	if now == nil {
		now = time.Now
	}
	if !a.Date.IsZero() {
		c.ahead.Store(int64(a.Date.Sub(now().Add(-took / 2))))
	}
}

// of is how far the portal's clock is ahead of this host's.
func (c *Clock) of() time.Duration {
	if c == nil {
		return 0
	}
	return time.Duration(c.ahead.Load())
}
