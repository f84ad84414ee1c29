package store

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Standing is how many orders are in a state, and which of them was accepted first.
type Standing struct {
	Count  int64
	Oldest Place // the zero value where there is none
}

// Standings gives the standing of every state at one moment, in one round trip however many orders there are.
func (s *Store) Standings(ctx context.Context) (map[State]Standing, error) {
	counts, firsts := map[State]*redis.IntCmd{}, map[State]*redis.ZSliceCmd{}
	_, err := s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for _, state := range States() {
			counts[state], firsts[state] = p.ZCard(ctx, s.key.In(state)), p.ZRangeWithScores(ctx, s.key.In(state), 0, 0)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count orders: %w", err)
	}
	all := map[State]Standing{}
	for _, state := range States() {
		one := Standing{Count: counts[state].Val()}
		for _, p := range placesOf(firsts[state].Val()) {
			one.Oldest = p
		}
		all[state] = one
	}
	return all, nil
}
