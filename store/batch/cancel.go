package batch

import (
	"context"
	"errors"

	"orderq/store"
)

// CancelOrders cancels every order of a batch that was not sent, and says how many it cancelled now and, by state, what
// became of the others. It may be called again; a batch that is to take no rows any more is cancelled first.
func (b *Batches) CancelOrders(ctx context.Context, id, by, note string) (cancelled int, others map[store.State]int, err error) {
	others = map[store.State]int{}
	var unsent []store.Order
	flush := func() error {
		for tries := 0; len(unsent) > 0 && tries < staleTries; tries++ {
			n, stale, err := inLanes(ctx, unsent, func(ctx context.Context, o store.Order) error {
				_, err := b.store.Cancel(ctx, o, by, note)
				return err
			})
			cancelled += n
			if err != nil {
				return err
			}
			var again []string
			for id := range stale {
				again = append(again, id)
			}
			moved, err := b.store.GetMany(ctx, again)
			if err != nil {
				return err
			}
			unsent = unsent[:0]
			for _, o := range moved {
				if sent(o) {
					others[o.State]++
				} else {
					unsent = append(unsent, o)
				}
			}
		}
		for _, o := range unsent { // they will not stand still: the next call finds them
			others[o.State]++
		}
		unsent = unsent[:0]
		return nil
	}
	err = b.Each(ctx, id, func(r Row, o store.Order) error {
		switch {
		case o.ID == "":
		case sent(o):
			others[o.State]++
		default:
			if unsent = append(unsent, o); len(unsent) == rowsChunk {
				return flush()
			}
		}
		return nil
	})
	return cancelled, others, errors.Join(err, flush())
}

// staleTries is how often orders that move meanwhile are read and tried again.
const staleTries = 10

// sent says that an order has gone too far to be cancelled, or has ended.
func sent(o store.Order) bool {
	return o.State != store.Held && o.State != store.Accepted && o.State != store.Preparing
}
