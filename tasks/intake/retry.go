package intake

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"orderq/store"
	"orderq/store/batch"
	"orderq/tasks"
)

// ErrApplying: the batch's file was not read to its end yet.
var ErrApplying = errors.New("its file was not read to its end: apply it first")

// Retried is what came of a retry.
type Retried struct {
	Orders int                 // new orders, each in the place of one that was not placed
	Left   map[store.State]int // orders that stay as they are, by state: nothing proves that they were not placed
}

// Retry makes a new order, under a reference of its own, for every row whose order is proved not to have been placed:
// the portal refused it without making one, or it was cancelled before it was ever sent. The old order stays as it is;
// the new one says whose place it took. To retry twice at once makes one.
func Retry(ctx context.Context, st *store.Store, one batch.Batch, by, note string) (Retried, error) {
	out := Retried{Left: map[store.State]int{}}
	if one.Applied.IsZero() {
		return out, fmt.Errorf("retry batch %s: %w", one.Name, ErrApplying)
	}
	b := batch.Of(st)
	token, _, err := b.Begin(ctx, batch.Begin{ID: one.ID, Name: one.Name, By: one.Maker, Format: one.Format, Columns: one.Columns})
	if err != nil {
		return out, err
	}
	var some []store.Row
	flush := func() error {
		if len(some) == 0 {
			return nil
		}
		lodged, err := st.AcceptRows(ctx, one.ID, token, some)
		for _, l := range lodged {
			if l.Fresh {
				out.Orders++
			}
		}
		some = some[:0]
		return err
	}
	err = b.Each(ctx, one.ID, func(r batch.Row, o store.Order) error {
		if o.ID == "" {
			return nil
		}
		if !unplaced(o) {
			out.Left[o.State]++
			return nil
		}
		row, err := again(r, o, by, note)
		if err != nil {
			return err
		}
		if some = append(some, row); len(some) == chunk {
			return flush()
		}
		return nil
	})
	if err = errors.Join(err, flush()); err != nil {
		return out, err
	}
	return out, b.Finish(ctx, one.ID, token, one.Sum, one.Rows)
}

// unplaced says that an order is proved not to be at the portal.
func unplaced(o store.Order) bool {
	switch o.State {
	case store.Rejected:
		return o.OrderNo == "" && len(o.Duplicates) == 0 && !o.Satisfied() // which wants nothing more
	case store.Cancelled:
		return o.Attempt == 0
	}
	return false
}

var retrySuffix = regexp.MustCompile(`/retry-([1-9][0-9]{0,5})$`)

// retryReference counts up: x, x/retry-1, x/retry-2.
func retryReference(of string) string {
	n := 1
	if m := retrySuffix.FindStringSubmatch(of); m != nil {
		n, _ = strconv.Atoi(m[1]) // six digits
		n++
		of = of[:len(of)-len(m[0])]
	}
	return fmt.Sprintf("%s/retry-%d", of, n)
}

// again is the row of the order that takes o's place.
func again(r batch.Row, o store.Order, by, note string) (store.Row, error) {
	in, err := tasks.Decode(o.Intent)
	if err != nil {
		return store.Row{}, fmt.Errorf("retry order %s: its intent: %w", o.ID, err)
	}
	in.Reference = retryReference(o.Reference)
	if in = in.Normalise(); in.Validate() != nil {
		return store.Row{}, fmt.Errorf("retry order %s: %w", o.ID, in.Validate())
	}
	n := tasks.NewOrder(in, o.Queue)
	n.Planned = o.Planned // what was approved of is no more than that
	n.By, n.Reason = by, fmt.Sprintf("in the place of order %s, which was %s: %s", o.ID, o.State, note)
	text, err := batch.Row{Line: r.Line, Reference: in.Reference}.Text()
	return store.Row{Of: o.ID, Text: text, New: &n}, err
}
