package hook

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Measure is how an endpoint fares.
type Measure struct {
	Endpoint
	Oldest  time.Time         // when the oldest event happened that waits for its delivery; zero: none waits
	Results map[Outcome]int64 // what its deliveries have come to, each of Results, since it was added
}

// Results are the outcomes that are counted.
func Results() []Outcome { return []Outcome{Delivered, Failed, GaveUp, Gone} }

// Measure gives how each endpoint fares, the oldest first, in two round trips.
func (h *Hooks) Measure(ctx context.Context) ([]Measure, error) {
	ids, err := h.rdb.ZRange(ctx, h.key.Hooks(), 0, -1).Result()
	if err != nil || len(ids) == 0 {
		return nil, wrapped("list webhooks", err)
	}
	records, waiting := make([]*redis.MapStringStringCmd, len(ids)), make([]*redis.StringSliceCmd, len(ids))
	_, err = h.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			records[i], waiting[i] = p.HGetAll(ctx, h.key.Hook(id)), p.HKeys(ctx, h.key.HookEvents(id)) // at most Most
		}
		return nil
	})
	if err != nil {
		return nil, wrapped("measure webhooks", err)
	}
	var all []Measure
	for i, id := range ids {
		m := records[i].Val()
		if len(m) == 0 {
			continue // it was removed meanwhile
		}
		one := Measure{Endpoint: endpointOf(id, m, len(waiting[i].Val())), Results: map[Outcome]int64{}}
		for _, o := range Results() {
			one.Results[o], _ = strconv.ParseInt(m["n:"+string(o)], 10, 64) // written by our own scripts; not there: none
		}
		for _, event := range waiting[i].Val() {
			if at := (Event{ID: event}).At(); one.Oldest.IsZero() || at.Before(one.Oldest) {
				one.Oldest = at
			}
		}
		all = append(all, one)
	}
	return all, nil
}

func wrapped(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
