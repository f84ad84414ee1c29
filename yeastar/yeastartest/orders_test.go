package yeastartest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const listPath = "/order/openapi/order/v1/page"

type rowJSON struct {
	CreateTime                                               int64
	CurrencyCode, CustomReferenceNo, ID, InvoiceNo           string
	OrderNo, OrderStatus, PONumber, ProductNo, TransactionNo string
}

type listJSON struct {
	Count, PageNo, PageSize, Total, TotalPage int
	Results                                   []rowJSON
}

type detailsJSON struct {
	BasicInformation   struct{ ProductID, ProductName, ProductNo string }
	BillingInformation struct{ BillingContactID, EmailAddress string }
	OrderInformation   struct {
		CreateTime                                    int64
		OrderNo, OrderStatus, PONumber, TransactionNo string
	}
	OrderSummary []struct {
		ServiceID, ServiceName, BillingCycle string
		Quantity                             int
	}
}

func TestTheListStartsWithOtherPeoplesOrders(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	got := decode[listJSON](t, p.get(listPath+"?pageSize=100"))
	if got.Total != 60 || len(got.Results) != 60 {
		t.Fatalf("got %d of %d rows", len(got.Results), got.Total)
	}
	seen := map[string]bool{}
	for i, row := range got.Results {
		if i > 0 && row.CreateTime > got.Results[i-1].CreateTime {
			t.Errorf("row %d is newer than the one above it", i)
		}
		seen[row.ID], seen[row.OrderNo], seen[row.InvoiceNo] = true, true, true
	}
	if len(seen) != 180 {
		t.Errorf("ids, order numbers and invoice numbers of 60 orders are %d, want 180", len(seen))
	}
	if n := len(p.Ledger().Orders); n != 0 {
		t.Errorf("the ledger starts with %d orders", n)
	}
	if got := decode[listJSON](t, open(t, Options{OldOrders: -1}).get(listPath)); got.Total != 0 || got.TotalPage != 0 {
		t.Errorf("OldOrders -1: %+v", got)
	}
}

func TestAnOrderIsListedFirstOrLast(t *testing.T) {
	t.Parallel()
	p := open(t, Options{OldOrders: 30})
	made := decode[orderJSON](t, p.mustSave(minutes("oqabc-1 PO-88")))
	first := decode[listJSON](t, p.get(listPath))
	want := p.Ledger().Orders[0]
	row := first.Results[0]
	if row.OrderNo != made.OrderNo || row.TransactionNo != made.TransactionNo || row.ID != want.ID || row.OrderStatus != "succeed" ||
		row.CreateTime != want.At.UnixMilli() || row.PONumber != "oqabc-1 PO-88" || row.CustomReferenceNo != "" || row.ProductNo != "" {
		t.Errorf("got %+v, want %+v", row, want)
	}
	p.SetListOrder(OldestFirst)
	last := decode[listJSON](t, p.get(listPath+"?pageNo=2"))
	if n := len(last.Results); last.Total != 31 || n != 6 || last.Results[n-1].OrderNo != made.OrderNo {
		t.Errorf("got %+v", last)
	}
}

func TestDetailsAreFoundByIDAndByOrderNumber(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	made := decode[orderJSON](t, p.mustSave(minutes("oqabc-1")))
	id := p.Ledger().Orders[0].ID
	for _, key := range []string{id, made.OrderNo} {
		got := decode[detailsJSON](t, p.get("/order/openapi/order/v1/get/"+key))
		if b := got.BasicInformation; b.ProductID != "13" || b.ProductNo != TutorialExpandPBX || b.ProductName == "" {
			t.Errorf("%s: basic %+v", key, b)
		}
		if b := got.BillingInformation; b.BillingContactID != "3197218168379846218" || b.EmailAddress != "billing@example.com" {
			t.Errorf("%s: billing %+v", key, b)
		}
		if o := got.OrderInformation; o.OrderNo != made.OrderNo || o.TransactionNo != made.TransactionNo || o.PONumber != "oqabc-1" || o.OrderStatus != "succeed" || o.CreateTime == 0 {
			t.Errorf("%s: order %+v", key, o)
		}
		if l := got.OrderSummary; len(l) != 1 || l[0].Quantity != 1000 || l[0].ServiceID != "3048573759449317376" || l[0].ServiceName != "Recording Minutes" || l[0].BillingCycle != "annually" {
			t.Errorf("%s: summary %+v", key, l)
		}
	}
	if a := p.get("/order/openapi/order/v1/get/EK1"); a.status != 404 || a.env.Code != "order_not_found" {
		t.Errorf("an order that is not there: got %d %s", a.status, a.body)
	}
	p.SetStatus(made.OrderNo, "refunded")
	if got := decode[detailsJSON](t, p.get("/order/openapi/order/v1/get/"+id)); got.OrderInformation.OrderStatus != "refunded" {
		t.Errorf("after SetStatus: %+v", got.OrderInformation)
	}
	if got := decode[listJSON](t, p.get(listPath)); got.Results[0].OrderStatus != "refunded" {
		t.Errorf("after SetStatus: %+v", got.Results[0])
	}
}

func TestThePONumberIsEchoedWhereTheOptionsSay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		echo         EchoMode
		list, detail bool
	}{"everywhere": {EchoPONumber, true, true}, "details": {EchoDetails, false, true}, "nowhere": {EchoNone, false, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, Options{Echo: c.echo})
			made := decode[orderJSON](t, p.mustSave(minutes("canary-1")))
			if got := strings.Contains(string(p.get(listPath).body), "canary-1"); got != c.list {
				t.Errorf("in the list: %v", got)
			}
			if got := strings.Contains(string(p.get("/order/openapi/order/v1/get/"+made.OrderNo).body), "canary-1"); got != c.detail {
				t.Errorf("in the details: %v", got)
			}
			p.SetEcho(EchoPONumber)
			if !strings.Contains(string(p.get(listPath).body), "canary-1") {
				t.Error("SetEcho changes nothing")
			}
		})
	}
}

func TestWhatACallerSendsAsPONumberComesBackWhole(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	const po = `a"b\c Ünï 🙂 <&>`
	body := strings.Replace(tutorialMinutes, `"productId"`, `"poNumber": "a\"b\\c Ünï 🙂 <&>", "productId"`, 1)
	decode[orderJSON](t, p.mustSave(body))
	if got := decode[listJSON](t, p.get(listPath)).Results[0].PONumber; got != po {
		t.Errorf("got %q", got)
	}
	if got := p.Ledger().Orders[0].PONumber; got != po {
		t.Errorf("ledger: %q", got)
	}
}

func TestALaggingListShowsAnOrderLate(t *testing.T) {
	t.Parallel()
	c := newClock()
	p := open(t, Options{Now: c.now, ListLag: time.Minute})
	made := decode[orderJSON](t, p.mustSave(minutes("late-1")))
	total := func() int { return decode[listJSON](t, p.get(listPath)).Total }
	c.add(59 * time.Second)
	if n := total(); n != 60 {
		t.Errorf("a second early: %d rows", n)
	}
	if a := p.get("/order/openapi/order/v1/get/" + made.OrderNo); a.status != 200 {
		t.Errorf("details lag too: %d", a.status)
	}
	c.add(time.Second)
	if n := total(); n != 61 {
		t.Errorf("after the lag: %d rows", n)
	}
	decode[orderJSON](t, p.mustSave(minutes("late-2")))
	p.SetListLag(0)
	if n := total(); n != 62 {
		t.Errorf("without a lag: %d rows", n)
	}
}

func TestCreateTimesNeverGoBack(t *testing.T) {
	t.Parallel()
	c := newClock()
	p := open(t, Options{Now: c.now, OldOrders: -1})
	p.Place(TutorialExpandPBX, RecordingID, 1, "")
	c.add(-time.Hour)
	p.Place(TutorialExpandPBX, RecordingID, 1, "")
	l := p.Ledger().Orders
	if l[1].At.Before(l[0].At) || l[1].OrderNo[2:] <= l[0].OrderNo[2:] {
		t.Errorf("got %s %s after %s %s", l[1].At, l[1].OrderNo, l[0].At, l[0].OrderNo)
	}
}

func TestPagesShiftWhenSomebodyOrdersMeanwhile(t *testing.T) {
	t.Parallel()
	p := open(t, Options{RowProductNo: true})
	before := decode[listJSON](t, p.get(listPath+"?pageNo=1"))
	placed := p.Place(TutorialHAPBX, ExtensionsID, 3, "their own")
	after := decode[listJSON](t, p.get(listPath+"?pageNo=2"))
	if after.Results[0].OrderNo != before.Results[24].OrderNo {
		t.Error("the last row of page 1 did not move to page 2")
	}
	top := decode[listJSON](t, p.get(listPath)).Results[0]
	if top.OrderNo != placed.OrderNo || top.PONumber != "their own" || top.ProductNo != TutorialHAPBX {
		t.Errorf("got %+v", top)
	}
	if pbx, _ := p.PBX(TutorialHAPBX); pbx.Extensions != 13 {
		t.Errorf("got %+v", pbx)
	}
	if l := p.Ledger(); len(l.Orders) != 1 || !l.Orders[0].ByHand || l.Calls[CallCreate] != 0 {
		t.Errorf("got %+v", l)
	}
}

func TestMistakesOfATestAreLoud(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	for name, wrong := range map[string]func(){
		"PBX":     func() { s.Place("NOWHERE", RecordingID, 1, "") },
		"service": func() { s.Place(TutorialHAPBX, 1, 1, "") },
		"order":   func() { s.SetStatus("EK1", "succeed") },
		"fault":   func() { s.Fail("drop_sometimes", 1) },
		"faults":  func() { s.SetFaults(Faults{"drop_sometimes": 1}) },
	} {
		func() {
			defer func() {
				if got := recover(); got == nil || !strings.Contains(fmt.Sprint(got), "yeastartest: ") {
					t.Errorf("%s: %v", name, got)
				}
			}()
			wrong()
		}()
	}
	s.SetLatency(0) // the mutex is free: no panic kept it
}
