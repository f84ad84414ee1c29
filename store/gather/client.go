package gather

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// most is how many scripts are sent together: a hundred of ours keep Redis from others for some milliseconds.
const most = 100

// Client is a client of Redis that gathers scripts. It is safe for concurrent use.
type Client struct {
	redis.UniversalClient
	scripts *Group[*redis.Cmd, struct{}]
}

// Of gives a gathering client over another, which it does not close.
func Of(rdb redis.UniversalClient) *Client {
	return &Client{rdb, NewGroup(most, func(ctx context.Context, some []*redis.Cmd) []struct{} {
		pipe := rdb.Pipeline()
		for _, cmd := range some {
			_ = pipe.Process(ctx, cmd) // it only notes it down
		}
		_, _ = pipe.Exec(ctx) // each command has its own error
		return make([]struct{}, len(some))
	})}
}

// Close leaves the client beneath to its owner.
func (c *Client) Close() error { return nil }

// EvalSha carries a script out, together with others that come meanwhile.
func (c *Client) EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *redis.Cmd {
	words := make([]any, 0, 3+len(keys)+len(args))
	words = append(words, "evalsha", sha1, len(keys))
	for _, key := range keys {
		words = append(words, key)
	}
	words = append(words, args...)
	cmd := redis.NewCmd(ctx, words...)
	if _, err := c.scripts.Ask(ctx, cmd); err != nil {
		gone := redis.NewCmd(ctx, words...) // the other may be written to yet
		gone.SetErr(err)
		return gone
	}
	return cmd
}
