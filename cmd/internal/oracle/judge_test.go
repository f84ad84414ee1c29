package oracle

import (
	"fmt"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is both sides of the comparison.
type world struct {
	accepted []string
	records  []store.Order
	ledger   yeastartest.Ledger
}

func (w *world) judge() Verdict { return Judge(w.accepted, w.records, w.ledger) }

// honest is a world in which all is well, and every ending occurs: 0 placed by answer, 1 found after a
// second attempt, 2 refused here, 3 cancelled, 4 failed at the portal, and one order made by hand.
func honest() *world {
	w := &world{ledger: yeastartest.Ledger{Requests: map[string]int{}}}
	for n, state := range []store.State{store.Placed, store.Placed, store.Rejected, store.Cancelled, store.Rejected} {
		id := tasks.OrderID("default", fmt.Sprint("r-", n))
		o := store.Order{ID: id, State: state, ProductNo: "3658B431119665QJ", Quantity: 100, BillingCycle: "annually"}
		if state == store.Placed || n == 4 {
			o.Via, o.Attempt = store.ViaAnswer, 1
			if n == 1 {
				o.Via, o.Attempt = store.ViaMatch, 2
				w.ledger.Requests[id+"-1"] = 1
			}
			o.OrderNo, o.TransactionNo = fmt.Sprint("EK", n), fmt.Sprint("ER", n)
			po := tasks.SentPONumber(id, o.Attempt, "PO-88")
			w.ledger.Requests[po] = 1
			l := yeastartest.LedgerOrder{OrderNo: o.OrderNo, TransactionNo: o.TransactionNo, PONumber: po,
				ProductNo: o.ProductNo, Quantity: o.Quantity, BillingCycle: o.BillingCycle, Status: "succeed"}
			if n == 4 {
				l.Status = "failed"
			}
			w.ledger.Orders = append(w.ledger.Orders, l)
		}
		w.accepted = append(w.accepted, id)
		w.records = append(w.records, o)
	}
	w.ledger.Orders = append(w.ledger.Orders, yeastartest.LedgerOrder{OrderNo: "XX1", PONumber: "PO-1", ByHand: true})
	return w
}

func TestAnHonestWorldIsClean(t *testing.T) {
	t.Parallel()
	v := honest().judge()
	if !v.Clean() {
		t.Fatalf("findings %+v", v.Findings)
	}
	v.Findings = nil
	want := Verdict{Accepted: 5, Requests: 4, Committed: 3, ByHand: 1, Placed: 2, Rejected: 2, Cancelled: 1, Answered: 1, Adopted: 1, ByMatch: 1, Again: 1}
	if fmt.Sprintf("%+v", v) != fmt.Sprintf("%+v", want) {
		t.Fatalf("counted %+v\nwant    %+v", v, want)
	}
}

func TestNothingAtAllIsClean(t *testing.T) {
	t.Parallel()
	if v := Judge(nil, nil, yeastartest.Ledger{}); !v.Clean() {
		t.Fatalf("findings %+v", v.Findings)
	}
}

func TestEachLieIsFoundOut(t *testing.T) {
	t.Parallel()
	copyOf := func(w *world, n int) yeastartest.LedgerOrder { return w.ledger.Orders[n] }
	for _, c := range []struct {
		name string
		lie  func(w *world)
		want []Wrong
	}{
		{"the portal has a second order of the same attempt", func(w *world) {
			l := copyOf(w, 0)
			l.OrderNo = "EK9"
			w.ledger.Orders = append(w.ledger.Orders, l)
		}, []Wrong{Duplicate}},
		{"the portal has orders of two attempts", func(w *world) {
			l := copyOf(w, 1)
			l.OrderNo, l.PONumber = "EK9", tasks.SentPONumber(w.records[1].ID, 1, "")
			w.ledger.Orders = append(w.ledger.Orders, l)
		}, []Wrong{Duplicate}},
		{"the record knows of a duplicate", func(w *world) { w.records[0].Duplicates = []string{"EK9"} }, []Wrong{Duplicate}},
		{"an attempt was sent twice, even if nothing came of it", func(w *world) { w.ledger.Requests[w.records[1].ID+"-1"] = 2 }, []Wrong{Repeated}},
		{"the portal lost a placed order", func(w *world) { w.ledger.Orders = w.ledger.Orders[1:] }, []Wrong{Lost}},
		{"a record is gone", func(w *world) { w.records = w.records[:3] }, []Wrong{Lost, Lost, Unexplained, Unexplained}},
		{"an accepted intent has no record and was never sent", func(w *world) { w.records = slices.Delete(w.records, 3, 4) }, []Wrong{Lost}},
		{"a record claims what somebody made by hand", func(w *world) {
			w.records[0].OrderNo = "XX1"
			w.ledger.Orders = w.ledger.Orders[1:]
		}, []Wrong{Lost}},
		{"a record claims another's order", func(w *world) { w.records[0].OrderNo = w.records[1].OrderNo }, []Wrong{Misread, Misread}},
		{"two records share a number, one of them rejected", func(w *world) { w.records[2].OrderNo = w.records[0].OrderNo }, []Wrong{Misread}},
		{"a record has a number that does not exist", func(w *world) { w.records[0].OrderNo = "EK9" }, []Wrong{Misread}},
		{"a record has no number", func(w *world) { w.records[0].OrderNo = "" }, []Wrong{Misread}},
		{"another transactionNo", func(w *world) { w.records[0].TransactionNo = "ER9" }, []Wrong{Misread}},
		{"another PBX", func(w *world) { w.ledger.Orders[0].ProductNo = "3658B4311196K2ID" }, []Wrong{Misread}},
		{"another quantity", func(w *world) { w.ledger.Orders[0].Quantity = 1000 }, []Wrong{Misread}},
		{"another cycle", func(w *world) { w.ledger.Orders[0].BillingCycle = "monthly" }, []Wrong{Misread}},
		{"placed, and unpaid at the portal", func(w *world) { w.ledger.Orders[0].Status = "pending" }, []Wrong{Misread}},
		{"rejected, and bought", func(w *world) { w.records[0].State = store.Rejected }, []Wrong{Denied}},
		{"cancelled, and bought", func(w *world) { w.records[1].State = store.Cancelled }, []Wrong{Denied}},
		{"rejected as failed, and the portal has it as good", func(w *world) { w.ledger.Orders[2].Status = "succeed" }, []Wrong{Denied}},
		{"rejected as failed, under another number", func(w *world) { w.records[4].OrderNo = "EK9" }, []Wrong{Denied}},
		{"an order that nobody wanted", func(w *world) {
			w.ledger.Orders = append(w.ledger.Orders, yeastartest.LedgerOrder{OrderNo: "EK9", PONumber: tasks.SentPONumber(tasks.OrderID("default", "x"), 1, "")})
		}, []Wrong{Unexplained}},
		{"an order without a poNumber of ours", func(w *world) {
			w.ledger.Orders = append(w.ledger.Orders, yeastartest.LedgerOrder{OrderNo: "EK9", PONumber: "PO-88"})
		}, []Wrong{Unexplained}},
		{"a request that nobody wanted", func(w *world) { w.ledger.Requests[tasks.OrderID("default", "x")+"-1"] = 1 }, []Wrong{Unexplained}},
		{"a request without a poNumber", func(w *world) { w.ledger.Requests[""] = 1 }, []Wrong{Unexplained}},
		{"a request past the attempts on record", func(w *world) { w.ledger.Requests[w.records[0].ID+"-2"] = 1 }, []Wrong{Unexplained}},
		{"a request for an order that was never sent", func(w *world) { w.ledger.Requests[w.records[2].ID+"-1"] = 1 }, []Wrong{Unexplained}},
		{"the portal's order is of a later attempt than the record knows", func(w *world) { w.records[1].Attempt = 1 }, []Wrong{Unexplained, Unexplained}},
		{"an order in review", func(w *world) { w.records[2].State = store.Review }, []Wrong{Open}},
		{"an order in doubt", func(w *world) { w.records[2].State = store.Unknown }, []Wrong{Open}},
		{"an order that still waits", func(w *world) { w.records[3].State = store.Accepted }, []Wrong{Open}},
		{"an order in a state that does not exist", func(w *world) { w.records[3].State = "done" }, []Wrong{Open}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := honest()
			c.lie(w)
			v := w.judge()
			var got []Wrong
			for _, f := range v.Findings {
				got = append(got, f.Wrong)
				if f.Text == "" || f.Order == "" && f.Wrong != Unexplained {
					t.Errorf("says nothing: %+v", f)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Fatalf("found %+v, want %v", v.Findings, c.want)
			}
			if v.Clean() || v.Count(c.want[0]) == 0 {
				t.Fatalf("called clean: %+v", v)
			}
		})
	}
}

func TestTheWorstComesFirst(t *testing.T) {
	t.Parallel()
	w := honest()
	w.records[2].State = store.Review
	w.records[0].TransactionNo = "ER9"
	w.ledger.Requests[w.records[1].ID+"-1"] = 2
	var got []Wrong
	for _, f := range w.judge().Findings {
		got = append(got, f.Wrong)
	}
	if want := []Wrong{Repeated, Misread, Open}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestEveryKindOfWrongIsRanked(t *testing.T) {
	t.Parallel()
	seen := map[Wrong]bool{}
	for _, w := range Wrongs() {
		if w == "" || seen[w] {
			t.Fatalf("%q twice or empty", w)
		}
		seen[w] = true
	}
	if len(seen) != 7 {
		t.Fatalf("%d kinds", len(seen))
	}
}
