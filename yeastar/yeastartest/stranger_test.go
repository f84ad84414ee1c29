package yeastartest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestStrangersOrderBesideOursInEveryWay(t *testing.T) {
	t.Parallel()
	p := open(t, Options{Strangers: 1})
	ways := map[string]int{}
	for i := range 64 {
		po := fmt.Sprintf("oq%d-1", i)
		made := decode[orderJSON](t, p.mustSave(minutes(po)))
		l := p.Ledger().Orders
		if len(l) != 2*(i+1) {
			t.Fatalf("%d orders after %d of ours", len(l), i+1)
		}
		pair := l[2*i:]
		theirs, ours, when := pair[0], pair[1], "before"
		if pair[1].ByHand {
			theirs, ours, when = pair[1], pair[0], "after"
		}
		if ours.OrderNo != made.OrderNo || ours.ByHand || !theirs.ByHand || theirs.ProductNo != ours.ProductNo || theirs.ServiceID != ours.ServiceID ||
			theirs.BillingCycle != ours.BillingCycle || theirs.Fault != "" || strings.HasPrefix(theirs.PONumber, "oq") {
			t.Fatalf("got %+v beside %+v", theirs, ours)
		}
		ways[when]++
		ways[fmt.Sprint("same quantity ", theirs.Quantity == ours.Quantity)]++
		ways[fmt.Sprint("a poNumber ", theirs.PONumber != "")]++
	}
	for _, way := range []string{"before", "after", "same quantity true", "same quantity false", "a poNumber true", "a poNumber false"} {
		if n := ways[way]; n < 16 || n > 48 {
			t.Errorf("%s: %d of 64", way, n)
		}
	}
	if l := p.Ledger(); l.Calls[CallCreate] != 64 || len(l.Requests) != 64 {
		t.Errorf("strangers are counted as calls: %v", l.Calls)
	}
}

func TestAStrangerComesWhateverBecomesOfOurs(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	for f, ours := range map[Fault]int{DropBefore: 0, Refused400: 0, DropAfter: 1} {
		p.SetStrangers(1)
		before := p.Ledger().Orders
		p.Fail(f, 1)
		p.save(minutes("oqx-" + string(f)))
		p.SetStrangers(0)
		if l := p.Ledger(); len(l.Orders)-len(before) != 1+ours || len(l.Committed("oqx-"+string(f))) != ours {
			t.Errorf("%s: %+v", f, l.Orders[len(before):])
		}
	}
	before := len(p.Ledger().Orders)
	p.SetStrangers(1)
	p.mustSave("{")
	p.mustSave(order("x", "NOWHERE", RecordingID.String(), 1))
	p.mustSave(strings.Replace(minutes("x"), RecordingID.String(), "1", 1))
	p.mustSave(`{"operationType":"purchase_service","productNo":"` + TutorialExpandPBX + `","serviceList":[]}`)
	text := p.request(http.MethodPost, "/order/openapi/order/v1/save", strings.NewReader(minutes("x")))
	text.Header.Set("Content-Type", "text/plain")
	p.mustSend(text)
	if n := len(p.Ledger().Orders) - before; n != 0 {
		t.Errorf("%d orders beside requests that are none", n)
	}
}

func TestOneStrangerComesBesideALateOrder(t *testing.T) {
	t.Parallel()
	p := open(t, Options{Strangers: 1})
	p.Fail(LateCommit, 1)
	done := make(chan error, 1)
	go func() { _, err := p.save(minutes("late-1")); done <- err }()
	if err := p.WaitHanging(patience(t), 1); err != nil {
		t.Fatal(err)
	}
	p.Heal()
	<-done
	if l := p.Ledger(); len(l.Orders) != 2 || !l.Orders[0].ByHand || len(l.Committed("late")) != 1 {
		t.Errorf("got %+v", l.Orders)
	}
}

func TestAStrangerCannotOrderWhatThePortalDoesNotSell(t *testing.T) {
	t.Parallel()
	for seed := range int64(8) {
		p := open(t, Options{Seed: seed, Strangers: 1})
		p.Fail(DropBefore, 1)
		p.save(order("ha", TutorialHAPBX, HighAvailID.String(), 10))
		if l := p.Ledger().Orders; len(l) != 1 || l[0].Quantity != 10 {
			t.Errorf("seed %d: %+v, and HA is for all extensions", seed, l)
		}
	}
	p := open(t, Options{Strangers: 1})
	for i := range 8 { // HA is there once, whoever comes first
		p.mustSave(order(fmt.Sprint("ha", i), TutorialHAPBX, HighAvailID.String(), 10))
	}
	if l := p.Ledger().Orders; len(l) != 1 {
		t.Errorf("%d orders of high availability", len(l))
	}
	for i := range 8 {
		p.mustSave(order(fmt.Sprint("ext", i), TutorialExpandPBX, ExtensionsID.String(), 200))
	}
	if pbx, _ := p.PBX(TutorialExpandPBX); pbx.Extensions > MaxExtensions {
		t.Errorf("%d extensions", pbx.Extensions)
	}
}

func TestTheSeedAndThePONumberDecideWhoComes(t *testing.T) {
	t.Parallel()
	beside := func(seed int64, pos ...string) map[string]LedgerOrder {
		p := open(t, Options{Seed: seed, Strangers: 0.5})
		got := map[string]LedgerOrder{}
		for _, po := range pos {
			before := len(p.Ledger().Orders)
			p.mustSave(minutes(po))
			for _, o := range p.Ledger().Orders[before:] {
				if o.ByHand {
					got[po] = o
				}
			}
		}
		return got
	}
	numbers := cmpopts.IgnoreFields(LedgerOrder{}, "ID", "OrderNo", "TransactionNo", "At")
	forth := beside(1, "a", "b", "c", "d", "e", "f", "g", "h")
	if diff := cmp.Diff(forth, beside(1, "h", "g", "f", "e", "d", "c", "b", "a"), numbers); diff != "" || len(forth) == 0 || len(forth) == 8 {
		t.Errorf("%d of 8 have somebody beside them; the order of calls changes that: %s", len(forth), diff)
	}
	if cmp.Equal(forth, beside(2, "a", "b", "c", "d", "e", "f", "g", "h"), numbers) {
		t.Error("another seed, the same strangers")
	}
}

func TestAStrangerIsInTheJournal(t *testing.T) {
	t.Parallel()
	disk := &brokenDisk{left: 1000}
	p := open(t, Options{Strangers: 1, PageShift: 1, Journal: disk})
	for i := range 8 {
		p.mustSave(minutes(fmt.Sprint(i)))
	}
	p.get(listPath + "?pageNo=2")
	p.Close()
	got, err := ReadJournal(strings.NewReader(disk.String()))
	if diff := cmp.Diff(p.Ledger().Orders, got.Orders); diff != "" || err != nil || len(got.Orders) != 17 {
		t.Errorf("%d orders, %v: %s", len(got.Orders), err, diff)
	}
}
