package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Line is a target's claim: who has it, and who waits for it.
type Line struct {
	Holder  string   // id of the order in doubt that has the claim; "": nobody
	Waiting []string // ids of the orders that wait, the next to be woken first; at most as many as were asked for
	Total   int      // how many wait
}

// Line reads the claim on a target (Order.Target) and the first most orders that wait for it, in one round
// trip. It is what was so at that moment: the line moves by itself.
func (s *Store) Line(ctx context.Context, target string, most int) (Line, error) {
	var (
		holder *redis.StringCmd
		first  *redis.StringSliceCmd
		total  *redis.IntCmd
	)
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		holder = p.HGet(ctx, s.key.Claims(), target)
		total = p.ZCard(ctx, s.key.Line(target))
		if most > 0 { // to ZRANGE, 0 to -1 is all of them
			first = p.ZRange(ctx, s.key.Line(target), 0, int64(most)-1)
		}
		return nil
	})
	if errors.Is(err, redis.Nil) { // nobody has the claim; the other answers are still to be asked
		err = total.Err()
	}
	if err != nil {
		return Line{}, fmt.Errorf("read who waits for %s: %w", target, err)
	}
	l := Line{Holder: holder.Val(), Total: int(total.Val())}
	if first != nil {
		if l.Waiting, err = first.Result(); err != nil {
			return Line{}, fmt.Errorf("read who waits for %s: %w", target, err)
		}
	}
	return l, nil
}
