package demo

import (
	"cmp"
	"fmt"
	"slices"

	"orderq/cmd/internal/oracle"
	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// Report is what a run came to; also the JSON of demo --json.
type Report struct {
	Clean    bool           `json:"clean"`
	Seed     int64          `json:"seed"`
	Orders   int            `json:"orders"`
	PBXs     int            `json:"pbxs"`
	Workers  int            `json:"workers"`
	Seconds  float64        `json:"seconds"`
	Refusals []Refusal      `json:"refusals"`
	Events   []string       `json:"events"`
	Outcomes []OutcomeRow   `json:"outcomes"`
	Numbers  []NumberRow    `json:"numbers"` // the tutorials' two, and some others
	Faults   []FaultRow     `json:"faults"`
	Calls    map[string]int `json:"calls"` // to the portal, by endpoint
	Amiss    []string       `json:"amiss,omitempty"`
	Verdict  oracle.Verdict `json:"verdict"`
}

// Refusal is one order that could not be right.
type Refusal struct {
	What string `json:"what"`
	By   string `json:"refused"` // when or by whom; "": it was not refused
	Why  string `json:"why"`
}

// OutcomeRow is how the orders of one kind ended, wrong ones included.
type OutcomeRow struct {
	Kind     string `json:"kind"`
	Accepted int    `json:"accepted"`
	Placed   int    `json:"placed"`
	Rejected int    `json:"rejected"`
	Review   int    `json:"review"`
	Open     int    `json:"open"`
}

// NumberRow is what was recorded of one order.
type NumberRow struct {
	ProductNo     string `json:"productNo"`
	Bought        string `json:"bought"`
	OrderNo       string `json:"orderNo"`
	TransactionNo string `json:"transactionNo"`
}

// sampleNumbers are those of the sample answers in the portal's two tutorials, in the plan's order.
func sampleNumbers() [tutorialOrders][2]string {
	return [...][2]string{
		{"EK3206246063826526208", "ER3206246064703135745"},
		{"YL3206252408495661056", "HX3206252409602957313"},
	}
}

// moreNumbers is how many orders are shown beside the tutorials'.
const moreNumbers = 6

// fill makes the tables.
func (r *Report) fill(planned []planned, records []store.Order, ledger yeastartest.Ledger) {
	r.Calls = ledger.Calls
	r.Faults = faultRows(planned, records, ledger)
	r.Outcomes = outcomes(records)
	byID := map[string]store.Order{}
	for _, o := range records {
		byID[o.ID] = o
	}
	for n, p := range planned {
		o := byID[p.intent.ID()]
		if n < tutorialOrders || n%max(1, len(planned)/(moreNumbers+1)) == 0 && len(r.Numbers) < tutorialOrders+moreNumbers {
			r.Numbers = append(r.Numbers, NumberRow{p.intent.ProductNo, quantity(o), o.OrderNo, o.TransactionNo})
		}
		if want := sampleNumbers(); n < tutorialOrders && [2]string{o.OrderNo, o.TransactionNo} != want[n] {
			r.Amiss = append(r.Amiss, fmt.Sprintf("tutorial order %s has %q and %q, its sample answer %q and %q",
				o.ID, o.OrderNo, o.TransactionNo, want[n][0], want[n][1]))
		}
	}
	for _, m := range r.Refusals {
		if m.By == "" {
			r.Amiss = append(r.Amiss, fmt.Sprintf("%s: %s", m.What, m.Why))
		}
	}
	r.Clean = r.Verdict.Clean() && len(r.Amiss) == 0
}

func outcomes(records []store.Order) []OutcomeRow {
	rows := map[string]*OutcomeRow{}
	for _, o := range records {
		if rows[o.Kind] == nil {
			rows[o.Kind] = &OutcomeRow{Kind: o.Kind}
		}
		row := rows[o.Kind]
		row.Accepted++
		switch o.State {
		case store.Placed:
			row.Placed++
		case store.Rejected, store.Cancelled:
			row.Rejected++
		case store.Review:
			row.Review++
		default:
			row.Open++
		}
	}
	all := OutcomeRow{Kind: "all"}
	var out []OutcomeRow
	for _, row := range rows {
		out = append(out, *row)
		all.Accepted += row.Accepted
		all.Placed += row.Placed
		all.Rejected += row.Rejected
		all.Review += row.Review
		all.Open += row.Open
	}
	slices.SortFunc(out, func(a, b OutcomeRow) int { return cmp.Compare(a.Kind, b.Kind) })
	return append(out, all)
}

// quantity is what an order buys, in words: "1000 minutes", "HA, 10 ext.".
func quantity(o store.Order) string {
	kind, _ := tasks.KindOf(o.Kind)
	switch {
	case kind.Quantity == tasks.CurrentExtensions:
		return fmt.Sprintf("HA, %d ext.", o.Quantity)
	case kind.Unit == "extensions":
		return fmt.Sprintf("%d extensions", o.Quantity)
	}
	return fmt.Sprintf("%d %s", o.Quantity, kind.Unit)
}
