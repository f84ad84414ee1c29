package gather

import (
	"context"
	"sync"

	"github.com/redis/go-redis/v9"
)

const (
	// most is how many scripts are sent together: a hundred of ours keep Redis from others for some milliseconds.
	most = 100
	// flights is how many such letters may be on their way: while Redis writes the answers of one, it reads the next.
	flights = 2
)

// Client is a client of Redis that gathers scripts. It is safe for concurrent use.
type Client struct {
	redis.UniversalClient

	mu     sync.Mutex
	queue  []*script
	flying int
}

// Of gives a gathering client over another, which it does not close.
func Of(rdb redis.UniversalClient) *Client { return &Client{UniversalClient: rdb} }

// Close leaves the client beneath to its owner.
func (c *Client) Close() error { return nil }

// script is one that waits for its answer.
type script struct {
	ctx  context.Context
	cmd  *redis.Cmd
	done chan struct{} // closed when cmd has its answer
}

// EvalSha carries a script out, together with others that come meanwhile.
func (c *Client) EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *redis.Cmd {
	words := make([]any, 0, 3+len(keys)+len(args))
	words = append(words, "evalsha", sha1, len(keys))
	for _, key := range keys {
		words = append(words, key)
	}
	s := &script{ctx: ctx, cmd: redis.NewCmd(ctx, append(words, args...)...), done: make(chan struct{})}
	c.mu.Lock()
	c.queue = append(c.queue, s)
	fly := c.flying < flights
	if fly {
		c.flying++
	}
	c.mu.Unlock()
	if fly {
		go c.fly(context.WithoutCancel(ctx)) // it carries others' scripts too
	}
	select {
	case <-s.done:
		return s.cmd
	case <-ctx.Done():
		gone := redis.NewCmd(ctx, s.cmd.Args()...) // the other may be written to yet
		gone.SetErr(ctx.Err())
		return gone
	}
}

// fly sends what there is until there is nothing.
func (c *Client) fly(ctx context.Context) {
	for {
		some := c.take()
		if some == nil {
			return
		}
		c.send(ctx, some)
	}
}

// take gives the scripts that are to be sent next. Where there are none the flight has ended.
func (c *Client) take() []*script {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.queue), most)
	if n == 0 {
		c.flying--
		return nil
	}
	some := c.queue[:n:n]
	c.queue = c.queue[n:]
	return some
}

// send carries scripts out. Each has its own answer or its own error; whose caller has gone before is not sent.
func (c *Client) send(ctx context.Context, some []*script) {
	pipe := c.UniversalClient.Pipeline()
	for _, s := range some {
		if err := s.ctx.Err(); err != nil {
			s.cmd.SetErr(err)
			continue
		}
		_ = pipe.Process(ctx, s.cmd) // it only notes it down
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	for _, s := range some {
		close(s.done)
	}
}
