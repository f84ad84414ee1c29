package bench

import (
	"context"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"orderq/cmd/internal/config"
)

// trips counts round trips to Redis: a command is one, a pipeline too, whatever is in it.
type trips struct{ n atomic.Int64 }

func (t *trips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (t *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		t.n.Add(1)
		return next(ctx, cmd)
	}
}

func (t *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		t.n.Add(1)
		return next(ctx, cmds)
	}
}

// counted is a Redis for asynq whose round trips are counted.
type counted struct {
	at    config.Redis
	trips *trips
}

// MakeRedisClient is what asynq asks of its connection option.
func (c counted) MakeRedisClient() any {
	line := redis.NewClient(c.at.Options())
	line.AddHook(c.trips)
	return line
}
