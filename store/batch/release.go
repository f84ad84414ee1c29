package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"orderq/store"
)

// Window is how many orders may be on their way to the gate at once, of all producers together: the queue stays
// short, so that a halt, a cancel or an urgent order meets few that cannot be called back.
const Window = 2000

const (
	// soon is how far ahead an order is due that counts as on its way: one that waits for a far notBefore does not.
	soon = 3 * time.Minute
	// lanes is how many moves are made at once: a durable Redis answers each after an fsync, which it shares.
	lanes = 32
)

// Unreleased says that some batch has rows that wait for their release, or for its approval, or brakes to be watched.
func (b *Batches) Unreleased(ctx context.Context) (bool, error) {
	n, err := b.rdb.ZCard(ctx, b.key.Unreleased()).Result()
	if n == 0 && err == nil {
		n, err = b.rdb.ZCard(ctx, b.key.Braked()).Result()
	}
	return n > 0, wrap("look for rows to release", err)
}

// Release lets as many rows go as the window has room for, of each batch its share, oldest first, and says how many it
// let go. A crash leaves an order that is released and still listed: the next round takes it off.
func (b *Batches) Release(ctx context.Context) (int, error) {
	ids, err := b.rdb.ZRange(ctx, b.key.Unreleased(), 0, -1).Result()
	if err != nil || len(ids) == 0 {
		return 0, wrap("release rows", err)
	}
	now, err := b.rdb.Time(ctx).Result()
	if err != nil {
		return 0, wrap("release rows", err)
	}
	onTheirWay, err := b.rdb.ZCount(ctx, b.key.Due(), "-inf", strconv.FormatInt(now.Add(soon).UnixMilli(), 10)).Result()
	if err != nil {
		return 0, wrap("release rows", err)
	}
	room, released := Window-int(onTheirWay), 0
	for i, id := range ids {
		if room-released <= 0 {
			break
		}
		share := (room - released + len(ids) - i - 1) / (len(ids) - i)
		n, err := b.releaseOf(ctx, id, share)
		released += n
		if err != nil {
			return released, err
		}
	}
	return released, nil
}

func (b *Batches) releaseOf(ctx context.Context, id string, most int) (int, error) {
	one, err := b.Get(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return 0, err
	}
	if one.State != Open && one.State != Cancelled {
		return 0, nil // held, stopped, or gone: nobody's word to do anything
	}
	next, err := b.next(ctx, one, id, most)
	if err != nil || len(next) == 0 {
		return 0, err
	}
	let := func(ctx context.Context, o store.Order) error {
		_, _, err := b.store.Release(ctx, o, "released by its batch")
		return err
	}
	if one.State == Cancelled { // while rows were on their way in, or its canceller died
		let = func(ctx context.Context, o store.Order) error {
			_, err := b.store.Cancel(ctx, o, one.By, "batch "+one.Name+" was cancelled: "+one.Note)
			return err
		}
	}
	n, err := b.each(ctx, next, id, let)
	return n, err
}

// next are the orders of a batch that may go now.
func (b *Batches) next(ctx context.Context, one Batch, id string, most int) ([]string, error) {
	first := func(n int) ([]string, error) {
		ids, err := b.rdb.ZRange(ctx, b.key.BatchHeld(id), 0, int64(n)-1).Result()
		return ids, wrap("release rows of batch "+id, err)
	}
	if one.State != Open || one.Canary == 0 || one.Proven {
		return first(most)
	}
	if len(one.Canaries) == 0 {
		ids, err := first(one.Canary)
		if err != nil || len(ids) < one.Canary && one.Applied.IsZero() {
			return nil, err // there are more to come
		}
		if err := b.rdb.HSetNX(ctx, b.key.Batch(id), "canaries", strings.Join(ids, " ")).Err(); err != nil {
			return nil, wrap("release rows of batch "+id, err)
		}
		if one, err = b.Get(ctx, id); err != nil {
			return nil, err
		}
	}
	return one.Canaries, nil
}

// each makes a move on those of the orders that this batch still holds, and takes all that are not held any more off
// its list.
func (b *Batches) each(ctx context.Context, ids []string, batch string, move func(context.Context, store.Order) error) (int, error) {
	orders, err := b.store.GetMany(ctx, ids)
	if err != nil {
		return 0, err
	}
	orders = slices.DeleteFunc(orders, func(o store.Order) bool { // somebody has released or cancelled it already
		return o.State != store.Held || o.WaitingFor != store.WaitBatch || o.WaitingOn != batch
	})
	made, stale, err := inLanes(ctx, orders, move)
	if err != nil {
		return made, err
	}
	args := []any{batch}
	for _, id := range ids {
		if !stale[id] { // moved by somebody else meanwhile: the next round sees to what
			args = append(args, id)
		}
	}
	err = b.lua.released.Run(ctx, b.rdb, []string{b.key.BatchHeld(batch), b.key.Unreleased()}, args...).Err()
	return made, wrap("release rows of batch "+batch, err)
}

// inLanes makes a move on each order, and says how many it made and which had moved on.
func inLanes(ctx context.Context, orders []store.Order, move func(context.Context, store.Order) error) (made int, stale map[string]bool, err error) {
	var mu sync.Mutex
	stale = map[string]bool{}
	g, moving := errgroup.WithContext(ctx)
	g.SetLimit(lanes)
	for _, o := range orders {
		g.Go(func() error {
			err := move(moving, o)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, store.ErrStale):
				stale[o.ID] = true
				return nil
			case err == nil:
				made++
			}
			return err
		})
	}
	err = g.Wait()
	return made, stale, err
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
