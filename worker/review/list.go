package review

import (
	"context"
	"fmt"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar"
)

const (
	// listPage is the page size asked for; the portal's maximum is not documented, and what comes is
	// followed.
	listPage = 100
	// maxPages bounds the reading from either end: a person waits for it.
	maxPages = 20
	// closings is how often the ends are read again to catch up with a list that grows.
	closings = 2
)

// listing is what one pass over the portal's list found beyond a watermark.
type listing struct {
	fresh []yeastar.OrderRow // that the watermark does not have
	ours  []yeastar.OrderRow // that it has, and that bear a reference of the order in doubt
	total int
	pages int
	since int // the watermark's total
	known map[string]bool
	seen  map[string]bool
	id    string
}

// whole says that the list grew by exactly the rows seen.
func (l *listing) whole() bool { return len(l.fresh) == l.total-l.since }

// list reads the portal's list for order id: from the front until it meets rows that the watermark has,
// then, unless all growth is accounted for, from the back, because the list's order is not documented.
// With an error, what was seen before it is there.
func list(ctx context.Context, portal *yeastar.Client, m store.Mark, id string) (*listing, error) {
	l := &listing{since: m.Total, known: map[string]bool{}, seen: map[string]bool{}, id: id, pages: 1}
	for _, row := range m.IDs {
		l.known[row] = true
	}
	turn := func(no int) (end bool, err error) {
		p, err := portal.OrderPage(ctx, no, listPage)
		if err != nil {
			return false, err
		}
		l.pages = max(p.TotalPage, 1)
		return l.take(p) || len(p.Rows) == 0, nil
	}
	for no := 1; no <= min(l.pages, maxPages); no++ {
		if end, err := turn(no); end || err != nil {
			if err != nil {
				return l, err
			}
			break
		}
	}
	for no, n := l.pages, 0; no > 1 && n < maxPages && !l.whole(); no, n = no-1, n+1 {
		if end, err := turn(no); end || err != nil {
			if err != nil {
				return l, err
			}
			break
		}
	}
	// Orders go on being placed while pages are turned.
	for n := 0; n < closings && !l.whole(); n++ {
		for _, no := range []int{1, l.pages} {
			if _, err := turn(no); err != nil {
				return l, err
			}
		}
	}
	return l, nil
}

// take keeps a page's rows, and says whether it met one that the watermark has.
func (l *listing) take(p yeastar.OrderPage) (met bool) {
	l.total = p.Total
	for _, row := range p.Rows {
		key := either(row.ID, row.OrderNo)
		met = met || l.known[key]
		switch {
		case l.seen[key]:
		case !l.known[key]:
			l.fresh = append(l.fresh, row)
		case bears(row.Raw, l.id):
			l.ours = append(l.ours, row)
		}
		l.seen[key] = true
	}
	return met
}

// why says what does not add up; "" where all does.
func (l *listing) why(hasMark bool) string {
	switch {
	case !hasMark:
		return "the reading from before the order was sent is gone: what is new cannot be told from what is old"
	case !l.whole():
		return fmt.Sprintf("the list grew by %d since the order was sent, and %d new ones were seen", l.total-l.since, len(l.fresh))
	}
	return ""
}

// bears says whether a text shows a reference of the order.
func bears(text []byte, id string) bool {
	for _, ref := range tasks.FindReferences(text) {
		if owner(ref) == id {
			return true
		}
	}
	return false
}
