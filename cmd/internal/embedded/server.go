package embedded

import (
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// tick is how often time is made to pass for keys that expire. Whoever waits for an expiry waits this
// much too long at most; asynq's shortest is a second.
const tick = 200 * time.Millisecond

// Server is a running built-in Redis.
type Server struct {
	redis *miniredis.Miniredis
	stop  chan struct{}
	done  chan struct{}
	once  sync.Once
	// ticker is what Close stops; nil where a test brings the time.
	ticker *time.Ticker
}

// Start runs a Redis on a free port of 127.0.0.1 until Close.
func Start() (*Server, error) {
	every := time.NewTicker(tick)
	s, err := start(every.C, time.Now())
	if err != nil {
		every.Stop()
		return nil, err
	}
	s.ticker = every
	return s, nil
}

// start is Start with the clock passed in: each tick brings the time, and began is the time before the
// first.
func start(ticks <-chan time.Time, began time.Time) (*Server, error) {
	redis, err := miniredis.Run()
	if err != nil {
		return nil, fmt.Errorf("start the built-in redis on 127.0.0.1: %w", err)
	}
	s := &Server{redis: redis, stop: make(chan struct{}), done: make(chan struct{})}
	go s.age(ticks, began)
	return s, nil
}

// age lets time pass: miniredis keeps TTLs as durations that shrink only when it is told to. Its own
// ClockTTL looks at every key on every command, which a queue of thousands does not survive.
func (s *Server) age(ticks <-chan time.Time, last time.Time) {
	defer close(s.done)
	for {
		select {
		case <-s.stop:
			return
		case now := <-ticks:
			if d := now.Sub(last); d > 0 {
				s.redis.FastForward(d)
			}
			last = now
		}
	}
}

// Addr is host:port.
func (s *Server) Addr() string { return s.redis.Addr() }

// Close ends it, with everything in it. It may be called more than once.
func (s *Server) Close() {
	s.once.Do(func() {
		close(s.stop)
		<-s.done
		if s.ticker != nil {
			s.ticker.Stop()
		}
		s.redis.Close()
	})
}
