package demo

import (
	"fmt"
	"strings"
	"testing"

	"orderq/cmd/internal/oracle"
	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// books is a run's end as both sides have it: the tutorials and one further order, all placed.
func books() (planned []planned, accepted []string, records []store.Order, ledger yeastartest.Ledger) {
	planned = plan(1, leastOrders, catalog(40))[:3]
	ledger.Requests = map[string]int{}
	for n, p := range planned {
		in := p.intent
		if in.Quantity == 0 {
			in.Quantity = 10
		}
		o := store.Order{ID: in.ID(), Reference: in.Reference, Kind: in.Kind, State: store.Placed, ProductNo: in.ProductNo,
			Quantity: in.Quantity, BillingCycle: "annually", Via: store.ViaAnswer, Attempt: 1,
			OrderNo: fmt.Sprint("EK", n), TransactionNo: fmt.Sprint("ER", n)}
		if n < tutorialOrders {
			o.OrderNo, o.TransactionNo = sampleNumbers()[n][0], sampleNumbers()[n][1]
		}
		po := tasks.AttemptReference(o.ID, 1)
		ledger.Requests[po] = 1
		ledger.Orders = append(ledger.Orders, yeastartest.LedgerOrder{OrderNo: o.OrderNo, TransactionNo: o.TransactionNo,
			ProductNo: o.ProductNo, PONumber: po, Quantity: o.Quantity, BillingCycle: o.BillingCycle, Status: "succeed"})
		records = append(records, o)
		accepted = append(accepted, o.ID)
	}
	return planned, accepted, records, ledger
}

func TestAReportThatIsNotCleanSaysSoAndWhy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		lie  func(r *Report, records []store.Order, l *yeastartest.Ledger)
		want string
	}{
		{"the truth", func(*Report, []store.Order, *yeastartest.Ledger) {}, "CLEAN: every order"},
		{"a second order", func(_ *Report, _ []store.Order, l *yeastartest.Ledger) {
			o := l.Orders[2]
			o.OrderNo = "EK9"
			l.Orders = append(l.Orders, o)
		}, "duplicate oq"},
		{"an order lost", func(_ *Report, _ []store.Order, l *yeastartest.Ledger) { l.Orders = l.Orders[:2] }, "lost oq"},
		{"an order nobody wanted", func(_ *Report, _ []store.Order, l *yeastartest.Ledger) {
			l.Orders = append(l.Orders, yeastartest.LedgerOrder{OrderNo: "EK9", PONumber: "x"})
		}, "unexplained x"},
		{"an order denied", func(_ *Report, o []store.Order, _ *yeastartest.Ledger) { o[2].State = store.Rejected }, "denied oq"},
		{"a request sent twice", func(_ *Report, o []store.Order, l *yeastartest.Ledger) { l.Requests[o[2].ID+"-1"] = 2 }, "repeated oq"},
		{"a number misread", func(_ *Report, o []store.Order, _ *yeastartest.Ledger) { o[2].TransactionNo = "" }, "misread oq"},
		{"an order in review", func(_ *Report, o []store.Order, _ *yeastartest.Ledger) { o[2].State = store.Review }, "open oq"},
		{"a tutorial with another number on both sides", func(_ *Report, o []store.Order, l *yeastartest.Ledger) {
			o[0].OrderNo, l.Orders[0].OrderNo = "EK9", "EK9"
		}, "tutorial order oq"},
		{"a wrong order that was placed", func(r *Report, _ []store.Order, _ *yeastartest.Ledger) {
			r.Refusals = append(r.Refusals, Refusal{What: "0 minutes", Why: "it was not refused but placed as EK9"})
		}, "0 minutes: it was not refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			planned, accepted, records, ledger := books()
			var r Report
			c.lie(&r, records, &ledger)
			r.Verdict = oracle.Judge(accepted, records, ledger)
			r.fill(planned, records, ledger)
			text := r.Text()
			if r.Clean != (c.name == "the truth") || strings.Contains(text, "NOT CLEAN") == r.Clean || !strings.Contains(text, c.want) {
				t.Errorf("clean %v, want %q in:\n%s", r.Clean, c.want, text)
			}
		})
	}
}

func TestManyFindingsAreCutAndEachFitsTheScreen(t *testing.T) {
	t.Parallel()
	var r Report
	for n := range 50 {
		r.Verdict.Findings = append(r.Verdict.Findings, oracle.Finding{Wrong: oracle.Lost, Order: fmt.Sprint("oq", n), Text: strings.Repeat("far too long ", 10)})
	}
	text := r.Text()
	if !strings.Contains(text, "and 30 more") || strings.Contains(text, "oq20") {
		t.Errorf("not cut:\n%s", text)
	}
	for line := range strings.Lines(text) {
		if len(line)-1 > width {
			t.Errorf("too long: %s", line)
		}
	}
}

func TestAFaultIsCountedByWhatBecameOfItsOrder(t *testing.T) {
	t.Parallel()
	const a, b = yeastartest.DropAfter, yeastartest.DropBefore
	planned := []planned{{intent: tasks.Intent{Reference: "1"}, fault: b}, {intent: tasks.Intent{Reference: "2"}}, {intent: tasks.Intent{Reference: "3"}, fault: a},
		{intent: tasks.Intent{Reference: "4"}, fault: b}, {intent: tasks.Intent{Reference: "5"}}, {intent: tasks.Intent{Reference: "6"}}}
	id := func(n int) string { return planned[n].intent.ID() }
	records := []store.Order{
		{ID: id(0), State: store.Placed, Via: store.ViaAnswer, Attempt: 2},    // struck before, sent again
		{ID: id(1), State: store.Placed, Via: store.ViaReference, Attempt: 2}, // outage, then struck after
		{ID: id(2), State: store.Placed, Via: store.ViaAnswer, Attempt: 1},    // planned for another order of its PBX
		{ID: id(3), State: store.Accepted},                                    // never came so far
		{ID: id(4), State: store.Rejected, Attempt: 1},                        // refused by the portal
		{ID: id(5), State: store.Review, Attempt: 1},                          // outage
	}
	ledger := yeastartest.Ledger{Requests: map[string]int{}, Orders: []yeastartest.LedgerOrder{
		{PONumber: id(0) + "-2"}, {PONumber: id(1) + "-2 PO-1", Fault: a}, {PONumber: id(2) + "-1"}, {PONumber: "PO-1", ByHand: true}}}
	for _, po := range []string{id(0) + "-1", id(0) + "-2", id(1) + "-1", id(1) + "-2 PO-1", id(2) + "-1", id(4) + "-1", id(5) + "-1"} {
		ledger.Requests[po] = 1
	}
	got := fmt.Sprintf("%+v", faultRows(planned, records, ledger))
	want := fmt.Sprintf("%+v", []FaultRow{
		{Fault: "drop_before", Means: means(b), Struck: 1, Again: 1},
		{Fault: "outage", Means: means(outageRow), Struck: 2, Again: 1, Open: 1},
		{Fault: "drop_after", Means: means(a), Struck: 1, Found: 1},
	})
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOutcomesAddUp(t *testing.T) {
	t.Parallel()
	got := outcomes([]store.Order{{Kind: "b", State: store.Placed}, {Kind: "a", State: store.Rejected}, {Kind: "b", State: store.Review},
		{Kind: "b", State: store.Cancelled}, {Kind: "a", State: store.Unknown}})
	want := []OutcomeRow{{"a", 2, 0, 1, 0, 1}, {"b", 3, 1, 1, 1, 0}, {"all", 5, 1, 2, 1, 1}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
