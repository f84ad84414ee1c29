package oracle

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

// Judge compares. accepted are the ids of all intents that somebody was told are accepted; records are all
// that the store has, and ledger all that the portal has.
func Judge(accepted []string, records []store.Order, ledger yeastartest.Ledger) Verdict {
	c := comparison{records: map[string]store.Order{}, committed: map[string][]yeastartest.LedgerOrder{}, byNumber: map[string]yeastartest.LedgerOrder{}}
	for _, o := range records {
		c.records[o.ID] = o
	}
	c.accepted(accepted)
	c.portal(ledger.Orders)
	c.requests(ledger.Requests)
	holders := map[string]string{}
	for _, o := range records {
		c.record(o)
		if o.OrderNo == "" {
			continue
		}
		if other := holders[o.OrderNo]; other != "" {
			c.wrong(Misread, o.ID, "portal order %s is claimed by %s too", o.OrderNo, other)
		}
		holders[o.OrderNo] = o.ID
	}
	slices.SortStableFunc(c.verdict.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(Wrongs(), a.Wrong), slices.Index(Wrongs(), b.Wrong)), cmp.Compare(a.Order, b.Order))
	})
	return c.verdict
}

// comparison is a verdict in the making.
type comparison struct {
	verdict   Verdict
	records   map[string]store.Order
	committed map[string][]yeastartest.LedgerOrder // the portal's orders by the id in their poNumber
	byNumber  map[string]yeastartest.LedgerOrder
}

func (c *comparison) wrong(w Wrong, order, format string, args ...any) {
	c.verdict.Findings = append(c.verdict.Findings, Finding{w, order, fmt.Sprintf(format, args...)})
}

func (c *comparison) accepted(ids []string) {
	c.verdict.Accepted = len(ids)
	for _, id := range ids {
		if _, ok := c.records[id]; !ok {
			c.wrong(Lost, id, "it was accepted, and there is no record of it")
		}
	}
}

// portal sorts the portal's orders by whose they are.
func (c *comparison) portal(orders []yeastartest.LedgerOrder) {
	for _, l := range orders {
		c.byNumber[l.OrderNo] = l
		if l.ByHand {
			c.verdict.ByHand++
			continue
		}
		c.verdict.Committed++
		id, attempt, ours := reference(l.PONumber)
		if !ours {
			c.wrong(Unexplained, l.PONumber, "the portal has %s, whose poNumber %q is none of ours", l.OrderNo, l.PONumber)
			continue
		}
		c.committed[id] = append(c.committed[id], l)
		o, known := c.records[id]
		switch {
		case !known:
			c.wrong(Unexplained, id, "the portal has %s for it, and there is no record of it", l.OrderNo)
		case attempt > o.Attempt:
			c.wrong(Unexplained, id, "the portal has %s of attempt %d, and the record knows of %d attempts", l.OrderNo, attempt, o.Attempt)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.committed)) {
		if l := c.committed[id]; len(l) > 1 {
			c.wrong(Duplicate, id, "the portal has %d orders for it: %s", len(l), numbers(l))
		}
	}
}

// requests holds what was sent against the attempts that are on record.
func (c *comparison) requests(seen map[string]int) {
	for _, po := range slices.Sorted(maps.Keys(seen)) {
		n := seen[po]
		c.verdict.Requests += n
		id, attempt, ours := reference(po)
		o, known := c.records[id]
		switch {
		case !ours:
			c.wrong(Unexplained, po, "%d requests with poNumber %q, which is none of ours", n, po)
		case n > 1:
			c.wrong(Repeated, id, "attempt %d was sent %d times", attempt, n)
		case !known:
			c.wrong(Unexplained, id, "attempt %d of it was sent, and there is no record of it", attempt)
		case attempt > o.Attempt:
			c.wrong(Unexplained, id, "attempt %d was sent, and the record knows of %d attempts", attempt, o.Attempt)
		}
	}
}

// record holds one record against the portal's orders for it.
func (c *comparison) record(o store.Order) {
	v := &c.verdict
	if o.Attempt > 1 {
		v.Again++
	}
	if len(o.Duplicates) > 0 {
		c.wrong(Duplicate, o.ID, "the record itself knows of further orders: %s", strings.Join(o.Duplicates, ", "))
	}
	switch o.State {
	case store.Placed:
		v.Placed++
		switch o.Via {
		case store.ViaAnswer:
			v.Answered++
		case store.ViaMatch:
			v.ByMatch++
		case store.ViaJournal:
			v.ByJournal++
		}
		if o.Via != store.ViaAnswer {
			v.Adopted++
		}
		c.placed(o)
	case store.Rejected, store.Cancelled:
		if o.State == store.Rejected {
			v.Rejected++
		} else {
			v.Cancelled++
		}
		c.refused(o)
	case store.Review:
		v.Review++
		c.wrong(Open, o.ID, "in review: %s", o.Reason)
	default:
		v.Open++
		c.wrong(Open, o.ID, "still %s: %s", o.State, cmp.Or(o.Reason, "no reason given"))
	}
}

// placed: the portal has exactly this order, and it is what the record says.
func (c *comparison) placed(o store.Order) {
	l, known := c.byNumber[o.OrderNo]
	switch {
	case len(c.committed[o.ID]) == 0 && known && l.ByHand:
		c.wrong(Lost, o.ID, "placed as %s, which somebody else made by hand", o.OrderNo)
		return
	case len(c.committed[o.ID]) == 0:
		c.wrong(Lost, o.ID, "placed as %q, and the portal has no order for it", o.OrderNo)
		return
	}
	i := slices.IndexFunc(c.committed[o.ID], func(l yeastartest.LedgerOrder) bool { return l.OrderNo == o.OrderNo })
	if i < 0 {
		c.wrong(Misread, o.ID, "placed as %q, and the portal has %s", o.OrderNo, numbers(c.committed[o.ID]))
		return
	}
	l = c.committed[o.ID][i]
	for _, f := range []struct{ name, record, portal string }{
		{"transactionNo", o.TransactionNo, l.TransactionNo},
		{"productNo", o.ProductNo, l.ProductNo},
		{"quantity", fmt.Sprint(o.Quantity), fmt.Sprint(l.Quantity)},
		{"billingCycle", o.BillingCycle, l.BillingCycle},
		{"orderStatus", yeastar.StatusSucceed, l.Status},
	} {
		if f.record != f.portal {
			c.wrong(Misread, o.ID, "%s of %s: %q on record, %q at the portal", f.name, o.OrderNo, f.record, f.portal)
		}
	}
}

// refused: the portal has nothing in force for it. An order that the portal itself calls failed is none.
func (c *comparison) refused(o store.Order) {
	for _, l := range c.committed[o.ID] {
		switch l.Status {
		case yeastar.StatusFailed, yeastar.StatusInvalid, yeastar.StatusCancelled, yeastar.StatusRefunded:
			if l.OrderNo == o.OrderNo {
				continue
			}
		}
		c.wrong(Denied, o.ID, "%s, and the portal has %s (%s)", o.State, l.OrderNo, l.Status)
	}
}

// reference takes a poNumber as we send it apart: "<id>-<attempt>", then perhaps a space and the caller's.
func reference(poNumber string) (id string, attempt int, ours bool) {
	word, _, _ := strings.Cut(poNumber, " ")
	return tasks.SplitReference(word)
}

func numbers(orders []yeastartest.LedgerOrder) string {
	var nos []string
	for _, l := range orders {
		nos = append(nos, l.OrderNo)
	}
	return strings.Join(nos, ", ")
}
