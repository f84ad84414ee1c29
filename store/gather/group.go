package gather

import (
	"context"
	"sync"
)

// Group does together what callers ask for at the same time. Who comes first is served at once; who comes while two
// letters are on their way goes with the next. Safe for concurrent use.
type Group[Q, A any] struct {
	most int
	do   func(context.Context, []Q) []A

	mu     sync.Mutex
	queue  []*asked[Q, A]
	flying int
}

// flights is how many letters may be on their way: while Redis writes the answers of one, it reads the next.
const flights = 2

// asked is a question that waits for its answer.
type asked[Q, A any] struct {
	ctx    context.Context
	q      Q
	answer A
	done   chan struct{} // closed when there is one
}

// NewGroup gives a group that calls do with most questions at a time; do gives an answer to each, in their order. The context
// of do has the values of a caller's and no end: it works for others too.
func NewGroup[Q, A any](most int, do func(context.Context, []Q) []A) *Group[Q, A] {
	return &Group[Q, A]{most: most, do: do}
}

// Ask gives the answer, or the context's error where that ends first: then the question may be answered all the same.
func (g *Group[Q, A]) Ask(ctx context.Context, q Q) (A, error) {
	one := &asked[Q, A]{ctx: ctx, q: q, done: make(chan struct{})}
	g.mu.Lock()
	g.queue = append(g.queue, one)
	fly := g.flying < flights
	if fly {
		g.flying++
	}
	g.mu.Unlock()
	if fly {
		go g.fly(context.WithoutCancel(ctx))
	}
	select {
	case <-one.done:
		return one.answer, nil
	case <-ctx.Done():
		var none A
		return none, ctx.Err()
	}
}

// fly sends what there is until there is nothing.
func (g *Group[Q, A]) fly(ctx context.Context) {
	for {
		some, more := g.take()
		if !more {
			return
		}
		qs := make([]Q, len(some))
		for i, one := range some {
			qs[i] = one.q
		}
		if len(qs) == 0 {
			continue // whoever asked has gone
		}
		for i, answer := range g.do(ctx, qs) {
			some[i].answer = answer
			close(some[i].done)
		}
	}
}

// take gives the questions that go next, without those whose callers have gone. Where there are none, the flight has ended.
func (g *Group[Q, A]) take() (some []*asked[Q, A], more bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.queue), g.most)
	if n == 0 {
		g.flying--
		return nil, false
	}
	for _, one := range g.queue[:n] {
		if one.ctx.Err() == nil {
			some = append(some, one)
		}
	}
	g.queue = g.queue[n:]
	return some, true
}
