package demo

import (
	"fmt"
	"slices"
	"strings"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// FaultRow is what one kind of fault did, and how the orders that it hit ended.
type FaultRow struct {
	Fault    string `json:"fault"`
	Means    string `json:"means"`
	Struck   int    `json:"struck"`
	Found    int    `json:"found"`    // placed, the number was looked up afterwards
	Again    int    `json:"again"`    // placed, sent once more because the request provably had no effect
	Rejected int    `json:"rejected"` // not placed, and not to be
	Answered int    `json:"answered"` // placed, the answer was good enough
	Open     int    `json:"open"`     // none of these
}

// add counts an order that was hit. Where the portal had made none, what counts is that it was sent again,
// even if its second answer was spoilt too.
func (f *FaultRow) add(o store.Order, made bool) {
	f.Struck++
	switch {
	case o.State == store.Rejected || o.State == store.Cancelled:
		f.Rejected++
	case o.State != store.Placed:
		f.Open++
	case !made && o.Attempt > 1:
		f.Again++
	case o.Via != store.ViaAnswer:
		f.Found++
	default:
		f.Answered++
	}
}

// Ended says it in words.
func (f FaultRow) Ended() string {
	var parts []string
	for _, p := range []struct {
		n    int
		text string
	}{{f.Answered, "by its answer"}, {f.Found, "found"}, {f.Again, "sent again"}, {f.Rejected, "rejected"}, {f.Open, "open"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.text))
		}
	}
	return strings.Join(parts, ", ")
}

// outageRow is the name of the row for requests that nothing but the outage can explain.
const outageRow = "outage"

// faultRows tells from both sides' books what struck. The ledger names the fault of every order that was
// made; a request that made none met the fault that was planned for its order, or the outage.
func faultRows(planned []planned, records []store.Order, ledger yeastartest.Ledger) []FaultRow {
	byID := map[string]store.Order{}
	for _, o := range records {
		byID[o.ID] = o
	}
	rows := map[yeastartest.Fault]*FaultRow{}
	hit := func(f yeastartest.Fault, id string, made bool) {
		if rows[f] == nil {
			rows[f] = &FaultRow{Fault: string(f), Means: means(f)}
		}
		rows[f].add(byID[id], made)
	}
	made := map[string]bool{}
	for _, l := range ledger.Orders {
		word, _, _ := strings.Cut(l.PONumber, " ")
		made[word] = true
		if id, _, ours := tasks.SplitReference(word); ours && l.Fault != "" {
			hit(l.Fault, id, true)
		}
	}
	before := map[string]yeastartest.Fault{} // by the reference of the first attempt
	for _, p := range planned {
		if slices.Contains(faultsBefore(), p.fault) {
			before[tasks.AttemptReference(p.intent.ID(), 1)] = p.fault
		}
	}
	for po := range ledger.Requests {
		word, _, _ := strings.Cut(po, " ")
		id, _, ours := tasks.SplitReference(word)
		switch {
		case !ours || made[word]:
		case before[word] != "":
			hit(before[word], id, false)
		case byID[id].State != store.Rejected: // the portal's refusals are no fault
			hit(outageRow, id, false)
		}
	}
	var all []FaultRow
	for _, f := range slices.Concat(faultsBefore(), []yeastartest.Fault{outageRow}, faultsAfter()) {
		if rows[f] != nil {
			all = append(all, *rows[f])
		}
	}
	return all
}

// means says in a few words what a fault does.
func means(f yeastartest.Fault) string {
	switch f {
	case yeastartest.DropBefore:
		return "no order, connection cut"
	case yeastartest.TooMany429:
		return "no order, 429, try later"
	case yeastartest.Error500Before:
		return "no order, 500"
	case yeastartest.Denied401:
		return "no order, token refused"
	case yeastartest.HangBefore:
		return "no order, no answer"
	case yeastartest.Redirect307:
		return "no order, redirect"
	case yeastartest.Error502Before:
		return "no order, gateway's 502"
	case yeastartest.FailCodeBefore:
		return "no order, 200 with an error"
	case outageRow:
		return "no order, portal down"
	case yeastartest.DropAfter:
		return "ordered, connection cut"
	case yeastartest.Error500After:
		return "ordered, and says 500"
	case yeastartest.HangAfter:
		return "ordered, no answer"
	case yeastartest.GarbageAfter:
		return "ordered, answers garbage"
	case yeastartest.LateCommit:
		return "orders when we have hung up"
	case yeastartest.HalfAfter:
		return "ordered, half an answer"
	case yeastartest.FailCodeAfter:
		return "ordered, and says it failed"
	case yeastartest.Error504After:
		return "ordered, gateway's 504"
	case yeastartest.NoNumberAfter:
		return "ordered, no order number"
	case yeastartest.HTMLAfter:
		return "ordered, a web page"
	case yeastartest.DisagreeAfter:
		return "ordered, says 200 and 500"
	case yeastartest.EmptyAfter:
		return "ordered, empty answer"
	}
	return string(f)
}
