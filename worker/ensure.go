package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"orderq/store"
	"orderq/tasks"
	"orderq/worker/resolve"
)

// errPassed: an order for the same target has passed the gate since this one was computed.
var errPassed = errors.New("another order for the PBX has passed since it was read")

// computed prepares an order that is computed from a reading of its PBX. It may be sent only while nothing else of ours has
// been let through for this PBX since before the reading: else it is computed again.
func (w *Worker) computed(ctx context.Context, o store.Order, compute func(before store.Target) (store.Order, error)) (store.Order, error) {
	for {
		// In this order: what passes from here on is seen by the gate, and what has passed by the records.
		before, err := w.store.Target(ctx, o.Target)
		if err != nil {
			return w.putBack(ctx, o, err)
		}
		if pause := taken(before, o); pause != nil {
			return w.wait(ctx, o, *pause)
		}
		next, err := compute(before)
		if !errors.Is(err, errPassed) {
			return next, err
		}
	}
}

// counted prepares an order whose quantity is what its PBX has.
func (w *Worker) counted(ctx context.Context, o store.Order, in tasks.Intent) (store.Order, error) {
	return w.computed(ctx, o, func(before store.Target) (store.Order, error) {
		res, err := w.resolver.ResolveAs(ctx, in, o.Planned)
		if err != nil {
			return w.putBack(ctx, o, err)
		}
		return w.submit(ctx, o, res, in.PONumber, before.Asof)
	})
}

// ensure prepares an order that names what its PBX shall have in the end: what it lacks is its quantity. What is on its
// way, or was placed and is not shown yet, has to be seen first.
func (w *Worker) ensure(ctx context.Context, o store.Order, in tasks.Intent) (store.Order, error) {
	return w.computed(ctx, o, func(before store.Target) (store.Order, error) {
		others, err := w.othersOn(ctx, o)
		if err != nil {
			return w.putBack(ctx, o, err)
		}
		if pause := w.unsettled(others); pause != nil {
			if now, err := w.store.Target(ctx, o.Target); err == nil && now != before {
				return o, errPassed // it has just passed: it has the claim
			}
			return w.wait(ctx, o, *pause)
		}
		res, err := w.resolver.ResolveAs(ctx, in, o.Planned)
		if resolve.Satisfied(err) != nil && o.Attempt > 0 {
			// Perhaps by its own attempt, which was thought to have come to nothing.
			if next, settled, err := w.lookFirst(ctx, o); settled || err != nil {
				return next, err
			}
		}
		if err != nil {
			return w.putBack(ctx, o, err)
		}
		if pause := w.lagging(others, *res.Extensions); pause != nil {
			return w.wait(ctx, o, *pause)
		}
		return w.submit(ctx, o, res, in.PONumber, before.Asof)
	})
}

// taken is the pause for another order that has the claim on the PBX: what the PBX shows meanwhile says nothing.
func taken(t store.Target, o store.Order) *store.Pause {
	if t.Holder == "" || t.Holder == o.ID {
		return nil
	}
	return &store.Pause{For: store.WaitClaim, On: t.Holder, Reason: "order " + t.Holder + " for the same PBX is on its way or in doubt"}
}

// othersOn gives the other orders for the same PBX that add to what it has: all there are, because one that was
// accepted long ago may have been sent a minute ago.
func (w *Worker) othersOn(ctx context.Context, o store.Order) ([]store.Order, error) {
	all, err := w.store.OnTarget(ctx, o.Target, time.Time{})
	return slices.DeleteFunc(all, func(other store.Order) bool { return other.ID == o.ID || !ensures(other.Kind) }), err
}

// ensures says whether the portal shows what orders of a kind add up to.
func ensures(kind string) bool {
	k, _ := tasks.KindOf(kind)
	return k.Ensures
}

// unsettled is the pause for an order of the PBX that may be at the portal and has no claim: one that Redis had
// forgotten while another was in doubt, or one that the portal no longer shows.
func (w *Worker) unsettled(others []store.Order) *store.Pause {
	for _, o := range others {
		if o.State.InDoubt() && o.Attempt > 0 {
			after := w.lagIn(o.SubmittedAt)
			if o.State != store.Review { // no person is waited for: it is settled soon, and wakes nobody
				after = min(after, w.cfg.PollEvery)
			}
			return &store.Pause{For: store.WaitTime, After: after,
				Reason: fmt.Sprintf("order %s for the same PBX is %s: what the PBX will have is not known before that is settled", o.ID, o.State)}
		}
	}
	return nil
}

// lagging is the pause for a portal that does not show yet what we have ordered: shown is what it shows.
func (w *Worker) lagging(others []store.Order, shown int) *store.Pause {
	by, want := expected(others, w.redisNow())
	if shown >= want {
		return nil
	}
	reason := fmt.Sprintf("the portal shows %d extensions, and with order %s the PBX should have %d", shown, by.ID, want)
	if by.State == store.Pending {
		return &store.Pause{For: store.WaitTime, After: w.lagIn(by.SubmittedAt), Reason: reason + ": that order is not final (payment?)"}
	}
	return &store.Pause{For: store.WaitTime, After: w.lagIn(by.FinishedAt),
		Reason: fmt.Sprintf("%s: waits until it shows them, until %s at most", reason, by.FinishedAt.Add(trustAfter).Format(time.RFC3339))}
}

// trustAfter is when the portal is believed although it shows less than was ordered: extensions may also be taken
// away, and no page of the portal says how long they take to be shown.
const trustAfter = 24 * time.Hour

// expected is how many a PBX has at least once all is in force that we have ordered for it: what was placed less than
// trustAfter ago, and whatever was ordered since one that is not final. by is the order that it hangs on: the one
// that is not final, or the last. What an order found the PBX to have may be from a cache, and lack the orders before
// it; it is never more than there was.
func expected(orders []store.Order, now time.Time) (by store.Order, n int) {
	orders = slices.SortedFunc(slices.Values(orders), func(a, b store.Order) int { return a.SubmittedAt.Compare(b.SubmittedAt) })
	for _, o := range orders {
		young := o.State == store.Placed && (now.Sub(o.FinishedAt) < trustAfter || by.State == store.Pending)
		if o.State != store.Pending && !young {
			continue
		}
		n = max(n, o.Evidence.Had) + o.Quantity
		if by.State != store.Pending {
			by = o
		}
	}
	return by, n
}

// lagIn doubles the pause with the time that has passed, up to an hour.
func (w *Worker) lagIn(since time.Time) time.Duration {
	return min(max(w.redisNow().Sub(since)/2, w.cfg.PollEvery/2), time.Hour)
}
