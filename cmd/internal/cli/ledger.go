package cli

import (
	"context"
	"io"
	"time"

	"github.com/hibiken/asynq"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/gather"
	"orderq/tasks"
	"orderq/worker/review"
)

// The ledger as a clerk: orders, and the account. Batches are in ledger_batch.go, webhooks in ledger_webhook.go.

// Name is who is asked.
func (l *ledger) Name() string { return "Redis" }

// Order gives the order that a word names, as it is to be shown.
func (l *ledger) Order(ctx context.Context, word string) (store.Order, error) {
	o, err := l.Find(ctx, word)
	if err != nil {
		return o, err
	}
	return l.Now(ctx, o)
}

// Orders gives those of these ids that there are.
func (l *ledger) Orders(ctx context.Context, ids []string) ([]store.Order, error) {
	return l.store.GetMany(ctx, ids)
}

// List calls do for the orders that are asked for: the newest first, or with no limit state by state.
func (l *ledger) List(ctx context.Context, w office.Words, now time.Time, do func(store.Order) error) error {
	f, err := w.Filter(l.cfg.Account, now)
	if err != nil {
		return err
	}
	if f.Limit == 0 {
		return l.store.Each(ctx, f, do)
	}
	var after store.Place
	for more := true; more && f.Limit > 0; {
		var page []store.Order
		if page, after, more, err = l.Page(ctx, f, after); err != nil {
			return err
		}
		for _, o := range page {
			if err := do(o); err != nil {
				return err
			}
		}
		f.Limit -= len(page)
	}
	return nil
}

// History gives every move of an order, the oldest first.
func (l *ledger) History(ctx context.Context, word string) ([]store.Entry, error) {
	o, err := l.Find(ctx, word)
	if err != nil {
		return nil, err
	}
	return l.store.History(ctx, o.ID)
}

// Behind says who waits for an order in doubt.
func (l *ledger) Behind(ctx context.Context, o store.Order, most int) (ids []string, total int, err error) {
	return l.Office.Behind(ctx, o, most)
}

// Place accepts an order.
func (l *ledger) Place(ctx context.Context, in tasks.Intent) (tasks.Placed, error) {
	queue := l.queue()
	defer queue.Close()
	return tasks.NewClient(l.store, queue).Place(ctx, in)
}

// PlaceLines places the intents of a file, many at once.
func (l *ledger) PlaceLines(ctx context.Context, in io.Reader) <-chan *office.Intake {
	client := tasks.NewClient(l.store, asynq.NewClientFromRedisClient(gather.Of(l.rdb)))
	return office.Deal(ctx, office.NewLines(in), l.cfg.Account, func(line *office.Intake) {
		line.Placed, line.Err = client.Place(ctx, line.Intent)
	})
}

// Cancel takes an order back before anything was sent.
func (l *ledger) Cancel(ctx context.Context, word, by, note string) (store.Order, error) {
	o, err := l.Find(ctx, word)
	if err != nil {
		return o, err
	}
	return l.Office.Cancel(ctx, o, by, note)
}

// Release lets a held order go on.
func (l *ledger) Release(ctx context.Context, word, by, note string) (store.Order, error) {
	o, err := l.Find(ctx, word)
	if err != nil {
		return o, err
	}
	return l.Office.Release(ctx, o, by, note)
}

// Evidence is what a person decides by about an order in doubt.
func (l *ledger) Evidence(ctx context.Context, word string) (review.Card, error) {
	o, err := l.Find(ctx, word)
	if err != nil {
		return review.Card{}, err
	}
	r, done := l.Reviewer()
	defer done()
	return r.Card(ctx, o)
}

// Resolve records a person's answer, unless the evidence contradicts it.
func (l *ledger) Resolve(ctx context.Context, word string, d review.Decision) (store.Order, error) {
	o, err := l.Find(ctx, word)
	if err != nil {
		return o, err
	}
	r, done := l.Reviewer()
	defer done()
	if o, err = r.Decide(ctx, o, d); err != nil {
		return o, office.Explain(l.cfg, err)
	}
	return o, nil
}

// HaltBy lets nothing more be sent.
func (l *ledger) HaltBy(ctx context.Context, by, note string) error {
	return l.fleet.HaltBy(ctx, by, note)
}

// Resume lets a halted account send again.
func (l *ledger) Resume(ctx context.Context, by, note string) error {
	return l.fleet.Resume(ctx, by, note)
}

// Workers is how many were heard lately.
func (l *ledger) Workers(ctx context.Context) (int, error) {
	s, err := l.fleet.Read(ctx)
	return len(office.Alive(s)), err
}
