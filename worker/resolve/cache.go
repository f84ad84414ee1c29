package resolve

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// recheckAge is how young a reading must be to carry a refusal. Two seconds, because a refusal needs
	// the truth of now and not of ten minutes ago, but a file of 1,000 bad rows must not read the product
	// list 1,000 times: it reads it once per two seconds.
	recheckAge = 2 * time.Second
	// flightLimit ends a read that nobody waits for any more. A hundred pages at a second each fit.
	flightLimit = 2 * time.Minute
)

// level says how fresh a reading must be.
type level int

const (
	cached    level = iota // not older than the TTL
	rechecked              // young enough to refuse by
	strict                 // begun after the question was asked
)

// look is one question's demand on the readings it uses.
type look struct {
	level level
	since time.Time     // when the question was asked
	seq   uint64        // the sequence number of that moment
	ttl   time.Duration // of cached readings
}

func (l look) at(lv level) look { l.level = lv; return l }

// reading is something the portal said, and when it was asked. The sequence number orders readings and
// questions exactly, which clocks do not.
type reading[T any] struct {
	value T
	began time.Time
	took  time.Duration
	seq   uint64
}

func (r reading[T]) satisfies(l look) bool {
	switch l.level {
	case strict:
		return r.seq > l.seq
	case rechecked:
		// A list that takes long to read is old when it arrives. Without its own duration in the sum, a
		// stream of bad rows would read it without a pause.
		return !r.began.Before(l.since.Add(-max(recheckAge, 2*r.took)))
	default:
		return !r.began.Before(l.since.Add(-l.ttl))
	}
}

// cache holds the last reading of each key, and lets at most one read per key be under way.
type cache[T any] struct {
	now       func() time.Time
	seq       *atomic.Uint64 // shared by all caches of a Resolver
	forgotten *atomic.Uint64 // readings up to this one are void
	flights   singleflight.Group

	mu   sync.Mutex
	last map[string]reading[T]
}

// get gives a reading that satisfies the look, asking the portal only where the one in hand does not. The
// read outlives the caller that began it, because others may wait for it.
func (c *cache[T]) get(ctx context.Context, key string, l look, read func(context.Context) (T, error)) (reading[T], error) {
	// Twice at most: a flight that is joined may have begun too early, the next one has not. The third
	// round is for a Forget in between.
	for range 3 {
		if r, ok := c.peek(key); ok && r.satisfies(l) {
			return r, nil
		}
		flight := c.flights.DoChan(key, func() (any, error) {
			detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), flightLimit)
			defer cancel()
			r := reading[T]{began: c.now(), seq: c.seq.Add(1)}
			value, err := read(detached)
			if err != nil {
				return nil, err
			}
			r.value, r.took = value, c.now().Sub(r.began)
			c.keep(key, r)
			return r, nil
		})
		select {
		case <-ctx.Done():
			return reading[T]{}, context.Cause(ctx)
		case got := <-flight:
			if got.Err != nil {
				return reading[T]{}, got.Err
			}
			if r := got.Val.(reading[T]); r.seq > c.forgotten.Load() && r.satisfies(l) {
				return r, nil
			}
		}
	}
	return reading[T]{}, fmt.Errorf("read %s: what was read was called stale three times in a row", key)
}

// peek gives the reading in hand, however old.
func (c *cache[T]) peek(key string) (reading[T], bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.last[key]
	return r, ok && r.seq > c.forgotten.Load()
}

func (c *cache[T]) keep(key string, r reading[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil {
		c.last = map[string]reading[T]{}
	}
	c.last[key] = r
}
