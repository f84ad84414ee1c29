package batch

import (
	"context"
	"errors"
	"fmt"

	"orderq/store"
)

// Brakes stop a batch by itself. Zero values stop nothing.
type Brakes struct {
	Canary      int     // so many orders first: the rest only when these are placed and seen at the portal
	StopRefused float64 // share of refused orders, 0 to 1, above which nothing more is released
	StopUnknown float64 // likewise of orders in doubt
}

// MaxCanary is how many orders may go first.
const MaxCanary = 100

// fewest is how many orders must have come out one way or another before their shares say anything.
const fewest = 20

// tally is what the brakes look at.
type tally struct{ out, refused, doubt int }

func tallyOf(c Counts) tally {
	t := tally{refused: c.States[store.Rejected] - c.Satisfied, doubt: c.States[store.Unknown] + c.States[store.Review]}
	t.out = t.refused + c.Satisfied + t.doubt + c.States[store.Placed] + c.States[store.Pending]
	return t
}

func (t tally) String() string { return fmt.Sprintf("%d %d %d", t.out, t.refused, t.doubt) }

// readTally reads what String wrote; of anything else, nothing.
func readTally(s string) (t tally) {
	if n, err := fmt.Sscanf(s, "%d %d %d", &t.out, &t.refused, &t.doubt); err != nil || n != 3 {
		return tally{}
	}
	return t
}

// since is what has come out after then. What was in doubt then may be certain by now.
func (t tally) since(then tally) tally {
	return tally{max(0, t.out-then.out), max(0, t.refused-then.refused), max(0, t.doubt-then.doubt)}
}

// Tripped says why a batch with these counts has to stop; "": it has not. What somebody has approved of is spared.
func (b Batch) Tripped(c Counts) string {
	t := tallyOf(c).since(b.spared)
	if t.out < fewest {
		return ""
	}
	since := ""
	if b.spared != (tally{}) {
		since = " since it was approved"
	}
	for _, k := range []struct {
		n     int
		above float64
		what  string
	}{{t.refused, b.StopRefused, "refused"}, {t.doubt, b.StopUnknown, "in doubt"}} {
		if k.above > 0 && float64(k.n) > k.above*float64(t.out) {
			return fmt.Sprintf("%d of %d orders%s are %s: more than a share of %g", k.n, t.out, since, k.what, k.above)
		}
	}
	return ""
}

// Sung says what has come of a batch's canaries: all are placed, or wanted nothing (well), or one has ended otherwise (why). Neither:
// they are on their way.
func Sung(canaries []store.Order) (well bool, why string) {
	placed := 0
	for _, o := range canaries {
		switch {
		case o.State == store.Placed, o.Satisfied():
			placed++
		case o.State == store.Rejected, o.State == store.Cancelled, o.State == store.Review:
			return false, fmt.Sprintf("canary %s (%s) is %s: %s", o.ID, o.Reference, o.State, o.Reason)
		}
	}
	return placed > 0 && placed == len(canaries), ""
}

// Braked are the open batches with brakes that are not over.
func (b *Batches) Braked(ctx context.Context) ([]Batch, error) {
	ids, err := b.rdb.ZRange(ctx, b.key.Braked(), 0, -1).Result()
	if err != nil {
		return nil, wrap("look at brakes", err)
	}
	var all []Batch
	for _, id := range ids {
		one, err := b.Get(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound):
			err = b.Over(ctx, Batch{ID: id})
		case err == nil && one.State == Cancelled:
			err = b.Over(ctx, one)
		case err == nil && one.State == Open && one.Brakes != (Brakes{}):
			all = append(all, one)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Over notes that a batch's orders are final, or a person's to decide: its brakes have nothing to watch, unless it was applied again since it was
// read.
func (b *Batches) Over(ctx context.Context, read Batch) error {
	applied := int64(0)
	if !read.Applied.IsZero() {
		applied = read.Applied.UnixMilli()
	}
	return wrap("look at brakes", b.lua.over.Run(ctx, b.rdb, []string{b.key.Batch(read.ID), b.key.Braked()}, read.ID, applied).Err())
}
