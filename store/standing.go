package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Standing is how many orders are in a state, and which of them was accepted first.
type Standing struct {
	Count  int64
	Kinds  map[string]int64 // likewise by kind, where there are or were any
	Oldest Place            // the zero value where there is none
}

// Standings gives the standing of every state at one moment, in one round trip however many orders there are.
func (s *Store) Standings(ctx context.Context) (map[State]Standing, error) {
	counts, firsts := map[State]*redis.IntCmd{}, map[State]*redis.ZSliceCmd{}
	var moves *redis.MapStringStringCmd
	_, err := s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for _, state := range States() {
			counts[state], firsts[state] = p.ZCard(ctx, s.key.In(state)), p.ZRangeWithScores(ctx, s.key.In(state), 0, 0)
		}
		moves = p.HGetAll(ctx, s.key.Moves())
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count orders: %w", err)
	}
	all, kinds := map[State]Standing{}, kindsOf(moves.Val())
	for _, state := range States() {
		one := Standing{Count: counts[state].Val(), Kinds: kinds[state]}
		for _, p := range placesOf(firsts[state].Val()) {
			one.Oldest = p
		}
		all[state] = one
	}
	return all, nil
}

// kindsOf counts orders by state and kind: those that entered a state less those that left it.
func kindsOf(moves map[string]string) map[State]map[string]int64 {
	all := map[State]map[string]int64{}
	add := func(state State, kind string, n int64) {
		if all[state] == nil {
			all[state] = map[string]int64{}
		}
		all[state][kind] += n
	}
	for move, count := range moves {
		parts := strings.SplitN(move, " ", 3)
		if len(parts) != 3 {
			continue // not written by our scripts
		}
		n := int64(number(count))
		add(State(parts[1]), parts[2], n)
		if parts[0] != "-" {
			add(State(parts[0]), parts[2], -n)
		}
	}
	return all
}
