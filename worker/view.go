package worker

import (
	"context"
	"errors"
	"slices"
	"time"

	"orderq/store"
	"orderq/store/journal"
	"orderq/tasks"
	"orderq/yeastar"
)

// view is one reading of the portal's list: what its new rows say by themselves and, once looked into, the details of
// those that nobody has claimed.
type view struct {
	orders  map[string]yeastar.OrderDetails // new rows by order number; details where they were read
	refs    map[string][]string             // our order's id → numbers of rows that bear one of its references
	claimed map[string]string               // order number → our order that has it
	dark    []yeastar.OrderRow              // that only their details can tell of, not read yet
	echoes  bool                            // a row that is known to be ours bears our reference
	mark    store.Mark
	since   time.Time                   // when the first of the orders was sent, on Redis' clock
	at      time.Time                   // when the reading began, on Redis' clock: what it does not show was not there then
	senders map[string]journal.Standing // by our order's id, as they stood before the reading began
	reading reading
	offset  time.Duration // the portal's clock less Redis'
}

// view reads the list and looks into it.
func (w *Worker) view(ctx context.Context, orders []store.Order) (view, error) {
	v, err := w.glance(ctx, orders)
	if err == nil {
		err = w.lookInto(ctx, &v)
	}
	return v, err
}

// glance reads the list since the oldest watermark that these orders refer to. Where one refers to none that is
// kept (Redis has forgotten it), that is the empty list: then all of it is read.
func (w *Worker) glance(ctx context.Context, orders []store.Order) (view, error) {
	v := view{at: w.redisNow(), orders: map[string]yeastar.OrderDetails{}, refs: map[string][]string{}}
	lowest := int64(1<<62 - 1)
	for _, o := range orders {
		lowest = min(lowest, o.Evidence.Watermark)
		if v.since.IsZero() || o.SubmittedAt.Before(v.since) {
			v.since = o.SubmittedAt
		}
	}
	var err error
	if lowest > 0 {
		v.mark, err = w.store.Mark(ctx, lowest)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return v, err
	}
	v.offset = w.portalOffset()
	if v.reading, err = w.readSince(ctx, v.mark); err != nil {
		return v, err
	}
	numbers := make([]string, 0, len(v.reading.rows))
	for _, r := range v.reading.rows {
		if r.OrderNo != "" {
			numbers = append(numbers, r.OrderNo)
		}
	}
	if v.claimed, err = w.store.Numbers(ctx, numbers); err != nil {
		return v, err
	}
	// Where the list has grown by just these rows they are new, whatever their times say. Else their times are all there is.
	isNew := v.mark.Number > 0 && v.reading.counts
	for _, row := range v.reading.rows {
		refs := tasks.FindReferences(row.Raw)
		if v.claimed[row.OrderNo] == "" && len(refs) == 0 && (isNew || !v.before(row)) {
			v.dark = append(v.dark, row)
			continue
		}
		v.take(row.OrderNo, yeastar.OrderDetails{OrderRow: row, Raw: row.Raw}, refs)
	}
	return v, nil
}

// lookInto reads the details of the rows that nobody has claimed and that show no reference: one call each.
func (w *Worker) lookInto(ctx context.Context, v *view) error {
	for _, row := range v.dark {
		d := yeastar.OrderDetails{OrderRow: row, Raw: row.Raw}
		full, err := w.details.of(ctx, rowID(row))
		var no *yeastar.Error
		switch {
		case err == nil:
			d = merged(full, row)
		case errors.As(err, &no) && no.Outcome == yeastar.Refused:
			// The portal lists it and will not show it: the row is all there is to judge by.
		default:
			return err
		}
		v.take(either(row.OrderNo, d.OrderNo), d, tasks.FindReferences(d.Raw))
	}
	v.dark = nil
	return nil
}

// take puts one of the portal's orders into the view, with the references that it shows.
func (v *view) take(no string, d yeastar.OrderDetails, refs []string) {
	v.orders[no] = d
	seen := map[string]bool{}
	for _, ref := range refs {
		if id, _, ok := tasks.SplitReference(ref); ok && !seen[id] {
			seen[id] = true
			v.refs[id] = append(v.refs[id], no)
			v.echoes = v.echoes || v.claimed[no] == id
		}
	}
}

// before says that a row is of an order made before any of those that are looked for, if the portal's times are UTC, which
// no page of it says. Of a whole list most rows are, and their details need not be read.
func (v view) before(row yeastar.OrderRow) bool {
	return !row.CreateTime.IsZero() && row.CreateTime.Add(-v.offset).Before(v.since.Add(-markSlack))
}

// merged fills what an order's details do not show from its row.
func merged(d yeastar.OrderDetails, row yeastar.OrderRow) yeastar.OrderDetails {
	d.OrderNo, d.OrderStatus = either(d.OrderNo, row.OrderNo), either(row.OrderStatus, d.OrderStatus)
	d.ProductNo, d.PONumber = either(d.ProductNo, row.ProductNo), either(d.PONumber, row.PONumber)
	if d.CreateTime.IsZero() {
		d.CreateTime = row.CreateTime
	}
	return d
}

// sightOf gathers what judge may look at for one order.
func (w *Worker) sightOf(ctx context.Context, o store.Order, v view) (sight, error) {
	s := sight{
		order: o, now: v.at, settle: w.cfg.Settle, absent: w.cfg.OnAbsent,
		bearing: v.refs[o.ID], counts: v.reading.counts, why: v.reading.why, echo: w.echo(), sender: v.senders[o.ID],
	}
	theirs := map[string]bool{}
	for _, numbers := range v.refs {
		for _, no := range numbers {
			theirs[no] = true // bears a reference of ours, so it is that order's and no other's
		}
	}
	for no, d := range v.orders {
		if theirs[no] || v.claimed[no] != "" {
			continue
		}
		switch fits(o, d, v.offset) {
		case alike:
			s.fits = append(s.fits, no)
		case maybe:
			s.maybe = append(s.maybe, no)
		}
	}
	if len(s.fits) > 0 {
		n, err := w.rivals(ctx, o, v, s.fits)
		if err != nil {
			return s, err
		}
		s.rivals = n
	}
	return s, nil
}

// rivals counts other orders of ours for the same target whose attempt since the watermark might be a
// portal order that fits: those still in doubt, and those that were settled by less than proof. One that asked for
// something else is none.
func (w *Worker) rivals(ctx context.Context, o store.Order, v view, rows []string) (int, error) {
	since := v.mark.At
	others, err := w.store.OnTarget(ctx, o.Target, time.Time{})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, other := range others {
		if other.ID == o.ID || other.Attempt == 0 || other.SubmittedAt.Before(since.Add(-time.Minute)) {
			continue
		}
		if other.State.InDoubt() || other.State == store.Cancelled || other.Via == store.ViaPerson ||
			other.Evidence.Resends > 0 && !other.State.Final() {
			if slices.ContainsFunc(rows, func(no string) bool { return fits(other, v.orders[no], v.offset) != unlike }) {
				n++
			}
		}
	}
	return n, nil
}
