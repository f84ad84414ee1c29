package bench

import (
	"context"
	"fmt"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"orderq/store"
	"orderq/store/journal"
	"orderq/tasks"
	"orderq/worker"
	"orderq/yeastar"
)

// producers accept at once, so that filling the queue does not take longer than draining it.
const producers = 16

// accept places the orders as any producer does: a record and a task each.
func accept(ctx context.Context, r *rig) error {
	line := redis.NewClient(r.server.at.Options())
	defer line.Close()
	queue := asynq.NewClient(r.server.at.Asynq())
	defer queue.Close()
	c := tasks.NewClient(store.Open(line, prefix, tasks.DefaultAccount), queue)
	return r.each(ctx, func(ctx context.Context, o order) error {
		placed, err := c.Place(ctx, o.intent)
		if err == nil && !placed.Enqueued {
			err = fmt.Errorf("order %s was accepted and not enqueued", o.id)
		}
		return err
	})
}

// each sees to all orders, in their order as far as several at once can.
func (r *rig) each(ctx context.Context, see func(context.Context, order) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(producers)
	for _, o := range r.orders {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error { return see(ctx, o) })
	}
	return g.Wait()
}

// runOrderq starts a worker as `orderq worker` does, with no limit of rate.
func runOrderq(ctx context.Context, r *rig) (stop func() error, err error) {
	line := redis.NewClient(r.server.at.Options())
	line.AddHook(&r.own)
	w, err := worker.New(worker.Config{
		Redis: line, Queue: r.counted(), Prefix: prefix,
		Portal:  yeastar.Config{BaseURL: r.portal.URL, ClientID: r.portal.ID, ClientSecret: yeastar.Secret(r.portal.Secret)},
		Journal: r.folder, JournalOptions: []journal.Option{journal.WithSync(func(sync func() error) error { r.syncs.Add(1); return sync() })},
		Concurrency: r.o.Concurrency, Servers: r.o.Servers,
		OnMove: func(o store.Order) {
			if o.State == store.Placed {
				r.watch.see(o.ID)
			}
		},
	})
	if err != nil {
		_ = line.Close()
		return nil, err
	}
	if err := w.Start(ctx); err != nil {
		_ = line.Close()
		return nil, err
	}
	return func() error { w.Shutdown(); return line.Close() }, nil
}
