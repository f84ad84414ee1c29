package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// The stream of events tells every move once. Moves add to it; TidyEvents takes off what is old.
const (
	// DefaultEventsKept is how long events are kept, unless a person sets another time.
	DefaultEventsKept = 7 * 24 * time.Hour
	// ShortestEvents is the shortest time that may be set.
	ShortestEvents = time.Hour
	// EventsLeast is how many are kept however old they are: whoever follows the stream finds the place where they were
	// although nothing has happened for months.
	EventsLeast = 1000
	// EventsMost is how many are kept, about, however young they are (lua/prelude.lua): some 60 MB.
	EventsMost = 1_000_000
)

// TidyEvents takes off the events that are older than the account keeps them, but for the last EventsLeast.
func (s *Store) TidyEvents(ctx context.Context) error {
	wrap := func(err error) error { return fmt.Errorf("take off old events: %w", err) }
	var kept *redis.StringCmd
	var now *redis.TimeCmd
	var first *redis.XMessageSliceCmd
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		kept, now = p.HGet(ctx, s.key.Limits(), fEventsKept), p.Time(ctx)
		first = p.XRangeN(ctx, s.key.Events(), "-", "+", 1)
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return wrap(err)
	}
	before := now.Val().Add(-eventsKept(kept.Val())).UnixMilli()
	if len(first.Val()) == 0 || msOf(first.Val()[0].ID) >= before {
		return nil
	}
	last, err := s.rdb.XRevRangeN(ctx, s.key.Events(), "+", "-", EventsLeast).Result()
	if err != nil {
		return wrap(err)
	}
	if len(last) < EventsLeast {
		return nil
	}
	from := strconv.FormatInt(before, 10) + "-0"
	if at := last[len(last)-1].ID; msOf(at) < before {
		from = at
	}
	if err := s.rdb.XTrimMinIDApprox(ctx, s.key.Events(), from, 0).Err(); err != nil {
		return wrap(err)
	}
	return nil
}

// eventsKept reads the setting; "": there is none.
func eventsKept(ms string) time.Duration {
	if ms == "" {
		return DefaultEventsKept
	}
	return time.Duration(number(ms)) * time.Millisecond
}

// msOf is the moment in an event's id.
func msOf(id string) int64 {
	ms, _, _ := strings.Cut(id, "-")
	n, _ := strconv.ParseInt(ms, 10, 64) // Redis made it
	return n
}
