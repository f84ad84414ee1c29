package yeastartest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"orderq/yeastar"
)

func TestAnOrderIsAnsweredWithFiveStrings(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	got := decode[orderJSON](t, p.mustSave(minutes("oqabc-1 PO-88")))
	number := regexp.MustCompile(`^[A-Z]{2}[0-9]{19}$`)
	if !number.MatchString(got.OrderNo) || !number.MatchString(got.TransactionNo) || got.OrderNo == got.TransactionNo {
		t.Errorf("numbers: %+v", got)
	}
	if got.OrderStatus != "succeed" || got.ProductNo != TutorialExpandPBX || got.InstanceID != "1282352" {
		t.Errorf("got %+v", got)
	}
	l := p.Ledger()
	if len(l.Orders) != 1 {
		t.Fatalf("ledger: %+v", l.Orders)
	}
	o := l.Orders[0]
	want := LedgerOrder{ID: o.ID, OrderNo: got.OrderNo, TransactionNo: got.TransactionNo, InstanceID: "1282352",
		ProductNo: TutorialExpandPBX, PONumber: "oqabc-1 PO-88", OperationType: "purchase_service", ServiceID: "3048573759449317376",
		Quantity: 1000, BillingCycle: "annually", BillingID: "3197218168379846218", Status: "succeed", At: o.At}
	if fmt.Sprint(o) != fmt.Sprint(want) || o.ID == "" || o.At.IsZero() || strings.HasSuffix(o.OrderNo, o.ID) {
		t.Errorf("ledger:\n got %+v\nwant %+v", o, want)
	}
}

func TestTwoEqualRequestsMakeTwoOrders(t *testing.T) {
	t.Parallel()
	p := open(t, Options{Tutorials: true})
	first := decode[orderJSON](t, p.mustSave(minutes("same-1")))
	second := decode[orderJSON](t, p.mustSave(minutes("same-1")))
	if first.OrderNo == second.OrderNo || first.TransactionNo == second.TransactionNo {
		t.Errorf("a number came twice: %+v %+v", first, second)
	}
	l := p.Ledger()
	if n := len(l.Committed("same")); n != 2 {
		t.Errorf("%d orders committed, want 2", n)
	}
	if l.Requests["same-1"] != 2 {
		t.Errorf("requests: %v", l.Requests)
	}
}

func TestIDsGoInAsBareIntegersOnly(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	good := compact(t, tutorialMinutes)
	for name, c := range map[string]struct{ old, new, field string }{
		"quoted contact":    {`3197218168379846218`, `"3197218168379846218"`, `"field":"billingId"`},
		"quoted plan":       {`3048571730026938368`, `"3048571730026938368"`, `"field":"serviceList.0.connectionPlanId"`},
		"quoted service":    {`3048573759449317376`, `"3048573759449317376"`, `"field":"serviceList.0.serviceId"`},
		"rounded contact":   {`3197218168379846218`, `3.1972181683798462e18`, `"field":"billingId"`},
		"quoted quantity":   {`1000`, `"1000"`, `"field":"serviceList.0.quantity"`},
		"half a minute":     {`1000`, `0.5`, `"field":"serviceList.0.quantity"`},
		"quoted product":    {`:13`, `:"13"`, `"field":"productId"`},
		"number for serial": {`"3658B431119665QJ"`, `3658`, `"field":"productNo"`},
		"unknown field":     {`"multiCycle"`, `"multicycle"`, `multicycle`},
		"field twice":       {`"productId":13`, `"productId":13,"productId":13`, `"field":"body"`},
		"not JSON":          {`}]}`, `}]`, `"field":"body"`},
	} {
		body := strings.Replace(good, c.old, c.new, 1)
		if body == good {
			t.Fatalf("%s: nothing replaced", name)
		}
		a := p.mustSave(body)
		if a.status != 400 || a.env.Status != 400 || a.env.Code != "parameter_validation_failed" || !strings.Contains(string(a.body), c.field) {
			t.Errorf("%s: got %d %s, want a refusal that names %s", name, a.status, a.body, c.field)
		}
	}
	if n := len(p.Ledger().Orders); n != 0 {
		t.Errorf("%d orders were made of refused requests", n)
	}
	decode[orderJSON](t, p.mustSave(good))
}

func TestRequestsThatAreNoOrderAreRefused(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	r := p.request("POST", "/order/openapi/order/v1/save", strings.NewReader(tutorialMinutes))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := p.mustSend(r); a.status != 415 {
		t.Errorf("as a form: got %d", a.status)
	}
	if a := p.mustSave(`"` + strings.Repeat("x", maxBody) + `"`); a.status != 413 {
		t.Errorf("too large: got %d", a.status)
	}
	if a := p.get("/order/openapi/order/v1/save"); a.status != 405 {
		t.Errorf("GET: got %d", a.status)
	}
	if n := len(p.Ledger().Orders); n != 0 {
		t.Errorf("%d orders", n)
	}
}

func TestTheTutorialsAreAnsweredToTheLetter(t *testing.T) {
	t.Parallel()
	p := open(t, Options{Tutorials: true})
	for _, c := range []struct{ request, answer string }{
		{tutorialMinutes, `{"code":"success","detailMessage":"","requestId":"8406e859b03831528275667afc5646ba","result":{"instanceId":"1282352","orderNo":"EK3206246063826526208","orderStatus":"succeed","productNo":"3658B431119665QJ","transactionNo":"ER3206246064703135745"},"status":200}`},
		{tutorialHA, `{"code":"success","detailMessage":"","requestId":"708129833842d0db94fa5f534e18eefc","result":{"instanceId":"1280297","orderNo":"YL3206252408495661056","orderStatus":"succeed","productNo":"3658B4311196K2ID","transactionNo":"HX3206252409602957313"},"status":200}`},
	} {
		if a := p.mustSave(c.request); string(a.body) != c.answer || a.status != 200 {
			t.Errorf("got  %s\nwant %s", a.body, c.answer)
		}
	}
	if again := decode[orderJSON](t, p.mustSave(tutorialMinutes)); again.OrderNo == "EK3206246063826526208" {
		t.Error("the sample's number came twice")
	}
}

func TestOnlyATutorialsOwnRequestGetsItsNumbers(t *testing.T) {
	t.Parallel()
	p := open(t, Options{Tutorials: true})
	for name, body := range map[string]string{
		"another quantity": order("", TutorialExpandPBX, RecordingID.String(), 999),
		"another contact":  strings.Replace(tutorialMinutes, BillingContact.String(), AccountsContact.String(), 1),
		"another PBX":      order("", TutorialHAPBX, RecordingID.String(), 1000),
		"another service":  order("", TutorialExpandPBX, ExtensionsID.String(), 100),
	} {
		if got := decode[orderJSON](t, p.mustSave(body)); sampleRequestID(got.OrderNo) != "" {
			t.Errorf("%s: got the sample's %s", name, got.OrderNo)
		}
	}
	if got := decode[orderJSON](t, p.mustSave(minutes("oqx-1"))); got.OrderNo != "EK3206246063826526208" {
		t.Errorf("with a poNumber: got %s", got.OrderNo)
	}
	q := open(t, Options{})
	if got := decode[orderJSON](t, q.mustSave(tutorialMinutes)); sampleRequestID(got.OrderNo) != "" {
		t.Errorf("without Options.Tutorials: got the sample's %s", got.OrderNo)
	}
}

func TestAnOrderTakesEffectWhenItSucceeds(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	pbx := func() PBX { x, _ := p.PBX(TutorialHAPBX); return x }
	decode[orderJSON](t, p.mustSave(order("a", TutorialHAPBX, ExtensionsID.String(), 5)))
	if got := pbx().Extensions; got != 15 {
		t.Errorf("10 and 5 more are %d extensions", got)
	}
	if a := p.mustSave(tutorialHA); a.status != 400 {
		t.Errorf("HA for 10 of 15 extensions: got %d", a.status)
	}
	decode[orderJSON](t, p.mustSave(order("b", TutorialHAPBX, HighAvailID.String(), 15)))
	if !pbx().HA {
		t.Error("HA was bought and is not there")
	}

	p.NextStatus("pending")
	held := decode[orderJSON](t, p.mustSave(order("c", TutorialHAPBX, RecordingID.String(), 700)))
	if held.OrderStatus != "pending" || pbx().Minutes != 0 {
		t.Errorf("a pending order: %+v, %+v", held, pbx())
	}
	p.SetStatus(held.OrderNo, "succeed")
	p.SetStatus(held.OrderNo, "succeed")
	if got := pbx().Minutes; got != 700 {
		t.Errorf("after payment %d minutes, want 700", got)
	}
	p.SetStatus(held.OrderNo, "refunded")
	if got := pbx().Minutes; got != 0 {
		t.Errorf("after a refund %d minutes, want 0", got)
	}
	if next := decode[orderJSON](t, p.mustSave(minutes("d"))); next.OrderStatus != "succeed" {
		t.Errorf("NextStatus lasted longer than one order: %+v", next)
	}
}

func TestSeveralLinesAreOneOrder(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	line := func(service yeastar.ID, n int) string {
		return fmt.Sprintf(`{"connectionPlanId":3048571730026938368,"serviceType":"service","serviceId":%s,"quantity":%d,"purchaseType":"purchase","billingModel":"recurring","billingCycle":"annually","multiCycle":0}`, service, n)
	}
	body := func(lines ...string) string {
		return `{"operationType":"purchase_service","productId":13,"productNo":"3658B4311196K2ID","billingId":3197218168379846218,"serviceList":[` + strings.Join(lines, ",") + `]}`
	}
	got := decode[orderJSON](t, p.mustSave(body(line(HighAvailID, 10), line(RecordingID, 500))))
	l := p.Ledger()
	if len(l.Orders) != 1 || l.Orders[0].OrderNo != got.OrderNo || len(l.Orders[0].Lines()) != 2 {
		t.Errorf("ledger: %+v", l.Orders)
	}
	if pbx, _ := p.PBX(TutorialHAPBX); !pbx.HA || pbx.Minutes != 500 {
		t.Errorf("got %+v", pbx)
	}
	if a := p.mustSave(body(line(RecordingID, 500), line(RecordingID, 500))); a.status != 400 {
		t.Errorf("a service twice in one order: got %d", a.status)
	}
	if a := p.mustSave(body(line(RecordingID, 500), line(ExtensionsID, 491))); a.status != 400 {
		t.Errorf("a wrong second line: got %d", a.status)
	}
	if pbx, _ := p.PBX(TutorialHAPBX); pbx.Minutes != 500 {
		t.Errorf("half of a refused order took effect: %+v", pbx)
	}
}

func TestTheBasePathIsPartOfEachAddress(t *testing.T) {
	t.Parallel()
	p := open(t, Options{BasePath: "/portal"})
	if !strings.HasSuffix(p.URL(), "/portal") {
		t.Errorf("URL %s", p.URL())
	}
	decode[orderJSON](t, p.mustSave(tutorialMinutes))
	r := p.request("POST", "", nil)
	r.URL.Path = "/order/openapi/order/v1/save" // a client that loses the base path
	r.Header.Set("Content-Type", "application/json")
	if a := p.mustSend(r); a.status != 404 {
		t.Errorf("without the base path: got %d", a.status)
	}
	if l := p.Ledger(); len(l.Orders) != 1 || l.Calls["other"] != 1 {
		t.Errorf("ledger: %+v", l)
	}
}
