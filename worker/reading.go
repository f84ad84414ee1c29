package worker

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"orderq/store"
	"orderq/yeastar"
)

// reading is what the portal's order list shows beyond a watermark.
type reading struct {
	rows  []yeastar.OrderRow // that the watermark does not have
	total int
	// counts says that absence may be concluded from it: the second pass has every row of the first, and
	// the list grew since the watermark by exactly the rows seen, which stand at its ends.
	counts bool
	why    string // where it does not count
	amid   bool   // a row that the watermark does not have stands between two that it has
}

const (
	// listPage is the page size asked for; the portal's maximum is not documented, and what comes is
	// followed.
	listPage = 100
	// maxPages bounds one pass from either end: a hundred thousand orders, should Redis have forgotten all of its
	// watermarks.
	maxPages = 1000
)

// readEnds takes a watermark: the ids on the first and the last page, because the list's order is not
// documented.
func (w *Worker) readEnds(ctx context.Context) (store.Mark, error) {
	at := w.cfg.Now().UTC()
	first, err := w.portal.OrderPage(ctx, 1, listPage)
	if err != nil {
		return store.Mark{}, err
	}
	m := store.Mark{At: at, Total: first.Total, IDs: rowIDs(first.Rows)}
	if first.TotalPage > 1 {
		last, err := w.portal.OrderPage(ctx, first.TotalPage, listPage)
		if err != nil {
			return store.Mark{}, err
		}
		m.IDs = append(m.IDs, rowIDs(last.Rows)...)
	}
	return m, nil
}

func rowIDs(rows []yeastar.OrderRow) []string {
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, rowID(r))
	}
	return ids
}

// rowID identifies a row: the list's own id, or the order number where it has none.
func rowID(r yeastar.OrderRow) string { return either(r.ID, r.OrderNo) }

// readSince reads the list twice and compares.
func (w *Worker) readSince(ctx context.Context, m store.Mark) (reading, error) {
	a, err := w.pass(ctx, m)
	if err != nil {
		return a, err
	}
	b, err := w.pass(ctx, m)
	if err != nil {
		return b, err
	}
	after := map[string]bool{}
	for _, id := range rowIDs(b.rows) {
		after[id] = true
	}
	lost := slices.ContainsFunc(rowIDs(a.rows), func(id string) bool { return !after[id] })
	switch grown := b.total - m.Total; {
	case a.amid || b.amid:
		// It was shifted into sight, perhaps by the very row that is looked for, which is not in sight then.
		b.why = "a row that was not seen before the order passed the gate stands between rows that were: the list is not in the order of age"
	case lost:
		b.why = "a row that was there is gone in the second pass"
	case len(b.rows) != grown:
		b.why = fmt.Sprintf("the list grew by %d rows since the order passed the gate, and %d new ones were seen", grown, len(b.rows))
	default:
		b.counts = true
	}
	return b, nil
}

// pass reads from the front until it meets rows that the watermark knows, then, unless all growth is
// accounted for, from the back, and then catches up with what was placed meanwhile.
func (w *Worker) pass(ctx context.Context, m store.Mark) (reading, error) {
	known := make(map[string]bool, len(m.IDs))
	for _, id := range m.IDs {
		known[id] = true
	}
	var r reading
	seen := map[string]bool{}
	read := map[int][]yeastar.OrderRow{}
	take := func(no int, p yeastar.OrderPage) (met bool) {
		r.total, read[no] = p.Total, p.Rows
		for _, row := range p.Rows {
			switch id := rowID(row); {
			case known[id]:
				met = true
			case !seen[id]:
				seen[id] = true
				r.rows = append(r.rows, row)
			}
		}
		return met
	}
	pages := 1
	turn := func(no int) (end bool, err error) {
		p, err := w.portal.OrderPage(ctx, no, listPage)
		if err != nil {
			return false, err
		}
		pages = p.TotalPage
		return take(no, p) || len(p.Rows) == 0, nil
	}
	complete := func() bool { return len(r.rows) == r.total-m.Total }
	for no := 1; no <= pages && no <= maxPages; no++ {
		if end, err := turn(no); err != nil || end {
			if err != nil {
				return r, err
			}
			break
		}
	}
	for no, n := pages, 0; no > 1 && n < maxPages && !complete(); no, n = no-1, n+1 {
		if end, err := turn(no); err != nil || end {
			if err != nil {
				return r, err
			}
			break
		}
	}
	// Orders go on being placed while pages are turned: the ends are read once more, until a single page
	// has brought everything up to its own count.
	for n := 0; n < closings && !complete(); n++ {
		for _, no := range []int{1, pages} {
			if _, err := turn(no); err != nil {
				return r, err
			}
			if complete() {
				break
			}
		}
	}
	r.amid = amid(read, known)
	return r, nil
}

// amid says whether a row that is not known stands behind one that is and before another: pages by their numbers.
func amid(pages map[int][]yeastar.OrderRow, known map[string]bool) bool {
	met, behind := false, false
	for _, no := range slices.Sorted(maps.Keys(pages)) {
		for _, row := range pages[no] {
			switch is := known[rowID(row)]; {
			case is && behind:
				return true
			case is:
				met = true
			case met:
				behind = true
			}
		}
	}
	return false
}

// closings is how often a pass tries to catch up with a list that grows.
const closings = 3
