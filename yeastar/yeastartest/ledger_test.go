package yeastartest

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheLedgerFindsAnOrdersAttempts(t *testing.T) {
	t.Parallel()
	l := Ledger{Orders: []LedgerOrder{{PONumber: "oqaa-1 PO-7"}, {PONumber: "oqaa-2"}, {PONumber: "PO-7 oqaa-1"}, {PONumber: "oqab-1"}, {}}}
	if got := l.Committed("oqaa"); len(got) != 2 || got[0].PONumber != "oqaa-1 PO-7" || got[1].PONumber != "oqaa-2" {
		t.Errorf("got %+v", got)
	}
	if got := l.Committed("oqzz"); got != nil {
		t.Errorf("got %+v", got)
	}
}

func TestTheLedgerIsACopy(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	made := decode[orderJSON](t, p.mustSave(minutes("x")))
	l := p.Ledger()
	l.Orders[0].Status, l.Calls[CallCreate], l.Requests["x"] = "gone", 99, 99
	p.SetStatus(made.OrderNo, "refunded")
	again := p.Ledger()
	if again.Orders[0].Status != "refunded" || again.Calls[CallCreate] != 1 || again.Requests["x"] != 1 {
		t.Errorf("got %+v", again)
	}
	if l.Orders[0].Status != "gone" {
		t.Error("a copy changed with the portal")
	}
}

func TestEachCallIsCountedByItsWord(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	for _, path := range []string{productListPath, productListPath, listPath, "/order/openapi/order/v1/get/1", "/order/openapi/order/v1/get/",
		"/product/openapi/instance_product/v1/detail", "/pricing/openapi/purchase/v1/purchase_product_info?productId=13",
		"/user/openapi/user/v1/client/billing_contact_list", "/pricing/openapi/purchase/v1/product_list", "/nowhere"} {
		p.get(path)
	}
	p.mustSave(minutes("x"))
	p.mustSave("{")
	want := map[string]int{CallToken: 1, CallProducts: 2, CallOrders: 1, CallOrder: 2, CallProduct: 1, CallOffering: 1, CallContacts: 1,
		CallSubscribable: 1, CallCreate: 2, "other": 1}
	l := p.Ledger()
	if diff := cmp.Diff(want, l.Calls); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"x": 1, "": 1}, l.Requests); diff != "" {
		t.Error(diff)
	}
}

func TestAPortalThatIsDownCountsWhoKnocks(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.Down(true)
	if _, err := p.save(minutes("x")); err == nil {
		t.Error("answered")
	}
	p.Down(false)
	decode[orderJSON](t, p.mustSave(minutes("x")))
	l := p.Ledger()
	if l.Calls[CallCreate] != 2 || l.CallsWhileDown[CallCreate] != 1 || l.Requests["x"] != 2 || len(l.Orders) != 1 {
		t.Errorf("got %+v", l)
	}
}

func TestBodiesAreKeptAsTheyCame(t *testing.T) {
	t.Parallel()
	p := open(t, Options{maxKeptBodies: 3})
	p.mustSave(tutorialMinutes)
	if got := p.Bodies(); len(got) != 1 || string(got[0]) != tutorialMinutes {
		t.Fatalf("got %q", got)
	}
	for i := range 20 {
		p.mustSave(fmt.Sprint(i))
	}
	got := p.Bodies()
	if n := len(got); n < 3 || n > 6 || string(got[n-1]) != "19" || string(got[n-3]) != "17" {
		t.Errorf("got %q", got)
	}
}

func TestARequestThatBreaksOffIsNoOrder(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("POST /order/openapi/order/v1/save HTTP/1.1\r\nHost: x\r\nUser-Agent: OpenAPI\r\nContent-Length: 500\r\n\r\n" + minutes("x")[:200])); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if err := p.WaitCalls(patience(t), CallCreate, 1); err != nil {
		t.Fatal(err)
	}
	if l := p.Ledger(); l.Partial != 1 || len(l.Orders) != 0 || len(l.Requests) != 0 {
		t.Errorf("got %+v", l)
	}
}

func TestManyAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	p := open(t, Options{Seed: 3, Faults: Faults{DropAfter: 0.2, Error500Before: 0.2, HalfAfter: 0.1, TooMany429: 0.1}})
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 40 {
				p.save(minutes(fmt.Sprintf("oq%d.%d-1", w, i)))
			}
			p.Ledger()
			p.PBXs()
		})
	}
	all.Wait()
	l := p.Ledger()
	numbers := map[string]bool{}
	struck := map[Fault]int{}
	for _, o := range l.Orders {
		numbers[o.OrderNo], numbers[o.TransactionNo], numbers[o.ID] = true, true, true
		struck[o.Fault]++
	}
	if len(numbers) != 3*len(l.Orders) || len(l.Orders) < 150 || len(l.Orders) > 300 || struck[DropAfter] < 30 || struck[HalfAfter] < 10 {
		t.Errorf("%d orders, %d numbers, faults %v", len(l.Orders), len(numbers), struck)
	}
	if len(l.Requests) != 320 || l.Calls[CallCreate] != 320 {
		t.Errorf("%d references in %d calls, want 320", len(l.Requests), l.Calls[CallCreate])
	}
	if pbx, _ := p.PBX(TutorialExpandPBX); pbx.Minutes != 500+1000*len(l.Orders) {
		t.Errorf("%d minutes after %d orders", pbx.Minutes, len(l.Orders))
	}
}

// brokenDisk takes a few writes, then no more.
type brokenDisk struct {
	bytes.Buffer
	left, synced int
}

func (d *brokenDisk) Write(b []byte) (int, error) {
	if d.left == 0 {
		return 0, fmt.Errorf("no space left")
	}
	d.left--
	return d.Buffer.Write(b)
}

func (d *brokenDisk) Sync() error { d.synced++; return nil }

func TestTheJournalTellsWhatTheLedgerKnew(t *testing.T) {
	t.Parallel()
	disk := &brokenDisk{left: 1000}
	p := open(t, Options{Journal: disk})
	p.Fail(DropAfter, 1)
	p.save(minutes("oqa-1"))
	p.mustSave(minutes("oqb-1 their \"PO\""))
	p.mustSave(order("oqc-1", "NOWHERE", RecordingID.String(), 1))
	p.Place(TutorialHAPBX, RecordingID, 5, "by hand")
	p.Close()
	want := p.Ledger()
	got, err := ReadJournal(strings.NewReader(disk.String() + `{"at":"2026-`)) // killed in mid-write
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Orders, got.Orders); diff != "" || len(got.Orders) != 3 {
		t.Errorf("orders: %s", diff)
	}
	if diff := cmp.Diff(want.Requests, got.Requests); diff != "" || got.Calls[CallCreate] != 3 {
		t.Errorf("requests: %s", diff)
	}
	if disk.synced != 7 {
		t.Errorf("synced %d times, want once for the start and for each of 3 requests and 3 orders", disk.synced)
	}
	if err := p.JournalError(); err != nil {
		t.Error(err)
	}
}

func TestAJournalThatCannotBeTrustedSaysSo(t *testing.T) {
	t.Parallel()
	disk := &brokenDisk{left: 1}
	p := open(t, Options{Journal: disk})
	p.mustSave(minutes("x"))
	if err := p.JournalError(); err == nil || !strings.Contains(err.Error(), "no space") {
		t.Errorf("a full disk: %v", err)
	}
	if _, err := ReadJournal(strings.NewReader("{}\nnot json\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a spoilt line: %v", err)
	}
	if err := New(Options{}).JournalError(); err != nil {
		t.Errorf("without a journal: %v", err)
	}
}
