package review

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar"
)

const (
	// mostDetails bounds how many new orders are looked into, a call each: a person waits. Our own for
	// other PBXs need no look.
	mostDetails = 200
	// mostEarly is the same for those that are older than ours; they are shown in case a clock is wrong.
	mostEarly = 20
)

// askPortal adds what the portal shows. What it fails to show is written on the card; an error is Redis'.
func (q *inquiry) askPortal(ctx context.Context) error {
	q.card.List = &List{}
	m, err := q.gate(ctx)
	if err != nil {
		return err
	}
	portal := q.r.cfg.Portal
	if portal == nil {
		why := "not asked"
		if q.r.cfg.NoPortal != nil {
			why += ": " + q.r.cfg.NoPortal.Error()
		}
		q.card.List.Unread = why
		return nil
	}
	l, err := list(ctx, portal, m, q.card.Order.ID)
	q.wanted.offset = q.offset()
	if err != nil {
		q.unread(err)
	} else {
		q.card.List.Now, q.card.List.New = &Reading{At: q.card.At, Total: l.total}, len(l.fresh)
		q.doubt(l.why(q.card.List.Gate != nil))
	}
	if err := q.examine(ctx, append(l.ours, l.fresh...)); err != nil {
		return err
	}
	q.recorded(ctx)
	q.capacity(ctx)
	q.card.List.Whole = q.card.List.Unread == "" && q.card.List.Why == ""
	slices.SortStableFunc(q.card.Candidates, func(a, b Candidate) int {
		if by := slices.Index(fits, a.Fit) - slices.Index(fits, b.Fit); by != 0 {
			return by
		}
		return b.CreatedAt.Compare(a.CreatedAt)
	})
	return nil
}

// gate reads the watermark; the zero one where it is gone.
func (q *inquiry) gate(ctx context.Context) (store.Mark, error) {
	n := q.card.Order.Evidence.Watermark
	if n == 0 {
		return store.Mark{}, nil
	}
	m, err := q.r.cfg.Store.Mark(ctx, n)
	if errors.Is(err, store.ErrNotFound) {
		return store.Mark{}, nil
	}
	if err != nil {
		return store.Mark{}, err
	}
	q.card.List.Gate = &Reading{Watermark: m.Number, At: m.At, Total: m.Total}
	return m, nil
}

// unread notes that the portal could not be read to the end. Nothing more is asked of it then: each
// question would run out of time like the one before.
func (q *inquiry) unread(err error) {
	q.card.List.Unread = either(q.card.List.Unread, err.Error())
}

// doubt notes why the list proves less than it seems to.
func (q *inquiry) doubt(why string) {
	q.card.List.Why = strings.TrimPrefix(strings.TrimSuffix(q.card.List.Why+"; "+why, "; "), "; ")
}

// offset is the portal's clock less Redis'.
func (q *inquiry) offset() time.Duration { return q.r.cfg.Clock.of() - q.redisAhead }

// examine looks into rows of the list, and keeps those that may concern the order.
func (q *inquiry) examine(ctx context.Context, rows []yeastar.OrderRow) error {
	numbers := make([]string, 0, len(rows))
	for _, row := range rows {
		if row.OrderNo != "" {
			numbers = append(numbers, row.OrderNo)
		}
	}
	holders, err := q.r.cfg.Store.Numbers(ctx, numbers)
	if err != nil {
		return err
	}
	elsewhere, err := q.elsewhere(ctx, holders)
	if err != nil {
		return err
	}
	looked, early, left := 0, 0, 0
	for _, row := range rows {
		c := q.wanted.of(yeastar.OrderDetails{OrderRow: row}, tasks.FindReferences(row.Raw), holders[row.OrderNo])
		switch {
		case c.Fit == FitReference:
		case elsewhere[c.ClaimedBy], q.wanted.elsewhere(row.ProductNo), q.card.Sent == nil:
			continue
		case q.card.List.Unread != "":
			continue // too little can be known of it now
		case c.early && early == mostEarly:
			continue
		case looked == mostDetails:
			left++
			continue
		}
		looked++
		if c.early {
			early++
		}
		if err := q.lookInto(ctx, row, c); err != nil {
			return err
		}
	}
	if left > 0 {
		q.doubt(fmt.Sprintf("%d new orders were not looked into", left))
	}
	return nil
}

// elsewhere gives those of our orders that have portal orders and are for other targets.
func (q *inquiry) elsewhere(ctx context.Context, holders map[string]string) (map[string]bool, error) {
	ids := slices.Compact(slices.Sorted(maps.Values(holders)))
	orders, err := q.r.cfg.Store.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	away := map[string]bool{}
	for _, o := range orders {
		away[o.ID] = o.Target != q.card.Order.Target
	}
	return away, nil
}

// lookInto reads a row's details and keeps it as a candidate; c is what the row alone shows.
func (q *inquiry) lookInto(ctx context.Context, row yeastar.OrderRow, c Candidate) error {
	if q.card.List.Unread == "" {
		full, err := q.r.cfg.Portal.OrderDetails(ctx, either(row.ID, row.OrderNo))
		switch {
		case err == nil:
			d := merged(full, row)
			holder, err := q.holder(ctx, row.OrderNo, d.OrderNo, c.ClaimedBy)
			if err != nil {
				return err
			}
			c = q.wanted.of(d, append(c.refs, tasks.FindReferences(full.Raw)...), holder)
		case !refused(err): // listed and not shown: the row is all there is
			q.unread(err)
		}
	}
	q.keep(c)
	return nil
}

// holder is our order that has a portal order's number; known is the answer for the number that the row
// shows.
func (q *inquiry) holder(ctx context.Context, shown, number, known string) (string, error) {
	if number == shown {
		return known, nil
	}
	held, err := q.r.cfg.Store.Numbers(ctx, []string{number})
	return held[number], err
}

// keep puts a portal order on the card, unless it is for another PBX.
func (q *inquiry) keep(c Candidate) {
	for _, ref := range c.refs {
		if c.ClaimedBy != "" && owner(ref) == c.ClaimedBy {
			q.card.Echo, q.card.EchoAt = EchoShown, q.card.At
		}
	}
	if c.Fit == FitUnlike && (q.wanted.elsewhere(c.ProductNo) || c.ProductNo == "" && c.early) {
		return
	}
	q.card.Candidates = append(q.card.Candidates, c)
}

// recorded looks for the portal order that the record has, where the list did not show it.
func (q *inquiry) recorded(ctx context.Context) {
	no := q.card.Order.OrderNo
	if no == "" || q.card.List.Unread != "" || slices.ContainsFunc(q.card.Candidates, func(c Candidate) bool { return c.OrderNo == no }) {
		return
	}
	d, err := q.r.cfg.Portal.OrderDetails(ctx, no)
	switch {
	case err == nil:
		d.OrderNo = either(d.OrderNo, no)
		q.keep(q.wanted.of(d, tasks.FindReferences(d.Raw), q.card.Order.ID))
	case refused(err):
		q.note("the portal does not show %s, which this order has on record", no)
	default:
		q.unread(err)
	}
}

// capacity reads how many extensions the PBX has now.
func (q *inquiry) capacity(ctx context.Context) {
	if q.wanted.productNo == "" || q.productID() == 0 || q.card.List.Unread != "" {
		return
	}
	p, err := q.r.cfg.Portal.Product(ctx, q.wanted.productNo, q.productID())
	if err != nil {
		q.note("the PBX itself could not be read: %v", err)
		return
	}
	q.card.Extensions = p.Extensions
}

// refused says that the portal answered, and declined.
func refused(err error) bool {
	var call *yeastar.Error
	return errors.As(err, &call) && call.Outcome == yeastar.Refused
}

// merged fills what an order's details do not show from its row.
func merged(d yeastar.OrderDetails, row yeastar.OrderRow) yeastar.OrderDetails {
	d.ID, d.OrderNo = either(row.ID, d.ID), either(d.OrderNo, row.OrderNo)
	d.OrderStatus = either(row.OrderStatus, d.OrderStatus)
	d.ProductNo, d.PONumber = either(d.ProductNo, row.ProductNo), either(d.PONumber, row.PONumber)
	if d.CreateTime.IsZero() {
		d.CreateTime = row.CreateTime
	}
	return d
}
