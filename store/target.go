package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Target is how things stand with a target before an order for it is computed from what the PBX has.
type Target struct {
	Holder string // id of the order in doubt that has the claim; "": nobody
	Asof   string // names this moment: another as soon as the gate has let an order for the target through
}

// Target reads it. Whoever computes reads it first, then the PBX, and hands Asof to the gate: then nothing that the
// PBX did not show was ordered in between. Where somebody has the claim, what the PBX shows says nothing.
func (s *Store) Target(ctx context.Context, target string) (Target, error) {
	var holder, epoch, count *redis.StringCmd
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		epoch = p.HGet(ctx, s.key.Fleet(), "epoch")
		count = p.HGet(ctx, s.key.Passages(), target)
		holder = p.HGet(ctx, s.key.Claims(), target)
		return nil
	})
	for _, reply := range []*redis.StringCmd{epoch, count, holder} {
		if e := reply.Err(); e != nil && !errors.Is(e, redis.Nil) {
			return Target{}, fmt.Errorf("read how things stand with %s: %w", target, e)
		}
	}
	if err != nil && !errors.Is(err, redis.Nil) {
		return Target{}, fmt.Errorf("read how things stand with %s: %w", target, err)
	}
	return Target{Holder: holder.Val(), Asof: epoch.Val() + " " + either(count.Val(), "0")}, nil
}
