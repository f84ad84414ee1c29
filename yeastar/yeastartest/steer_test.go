package yeastartest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
)

func (p *portal) steerBy(method, path, body string) answered {
	p.t.Helper()
	r := p.request(method, path, strings.NewReader(body))
	r.Header.Del("Authorization")
	return p.mustSend(r)
}

func TestThePortalIsSteeredOverHTTP(t *testing.T) {
	t.Parallel()
	p := open(t, Options{BasePath: "/portal"})
	if a := p.steerBy(http.MethodPost, "/_faults", `{"fault":"500_after","times":2,"productNo":""}`); a.status != 200 {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	p.steerBy(http.MethodPost, "/_faults", `{"fault":"429","productNo":"3658B4311196K2ID"}`)
	p.steerBy(http.MethodPost, "/_faults", `{"fault":"503_before","call":"order list","times":-1}`)
	p.steerBy(http.MethodPost, "/_faults", `{"fault":"403","call":"reads"}`)
	var got []int
	for _, productNo := range []string{TutorialHAPBX, TutorialExpandPBX, TutorialExpandPBX, TutorialExpandPBX} {
		got = append(got, p.mustSave(order("x", productNo, RecordingID.String(), 1)).status)
	}
	got = append(got, p.get(listPath).status, p.get(productListPath).status, p.get(productListPath).status)
	p.steerBy(http.MethodPost, "/_heal", "")
	got = append(got, p.get(listPath).status)
	for i, want := range []int{429, 500, 500, 200, 503, 403, 200, 200} {
		if got[i] != want {
			t.Fatalf("call %d: got %v", i, got)
		}
	}
	p.steerBy(http.MethodPost, "/_down", "")
	if _, err := p.save(minutes("x")); err == nil {
		t.Error("down, and answered")
	}
	p.steerBy(http.MethodPost, "/_heal", "")
	decode[orderJSON](t, p.mustSave(minutes("x")))
}

func TestTheLedgerIsReadOverHTTPWhileDown(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.mustSave(minutes("oqa-1"))
	p.Down(true)
	a := p.steerBy(http.MethodGet, "/_ledger", "")
	var l Ledger
	if err := json.Unmarshal(a.body, &l); err != nil {
		t.Fatal(err)
	}
	if len(l.Committed("oqa")) != 1 || l.Calls[CallCreate] != 1 || l.Calls["other"] != 0 {
		t.Errorf("got %s", a.body)
	}
	for _, want := range []string{`"orders":[{"id":"`, `"calls":{`, `"serviceId":"3048573759449317376"`, `"poNumber":"oqa-1"`} {
		if !strings.Contains(string(a.body), want) {
			t.Errorf("%s lacks %s", a.body, want)
		}
	}
	if a := open(t, Options{}).steerBy(http.MethodGet, "/_ledger", ""); !strings.Contains(string(a.body), `"orders":[]`) {
		t.Errorf("an empty ledger: %s", a.body)
	}
}

func TestSomebodyElseOrdersOverHTTP(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.steerBy(http.MethodPost, "/_place", `{"productNo":"3658B4311196K2ID","serviceId":"3048573759449317376","quantity":7,"poNumber":"PO-1"}`)
	l := p.Ledger().Orders
	if len(l) != 1 || !l[0].ByHand || l[0].ProductNo != TutorialHAPBX || l[0].ServiceID != RecordingID.String() || l[0].Quantity != 7 || l[0].PONumber != "PO-1" {
		t.Errorf("got %+v", l)
	}
}

func TestSettingsThatCannotBeAreLoudAndChangeNothing(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	for name, wrong := range map[string]func(){
		"EchoCut":    func() { p.SetEchoCut(-1) },
		"FieldNames": func() { p.SetFieldNames(namesEnd) },
		"ListTwice":  func() { p.SetListTwice(1.5) },
		"PageShift":  func() { p.SetPageShift(math.NaN()) },
		"Strangers":  func() { p.SetStrangers(-1) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, "yeastartest: "+name) {
					t.Errorf("%s: %v", name, got)
				}
			}()
			wrong()
		}()
	}
	p.mustSave(minutes("x"))
	if got := decode[listJSON](t, p.get(listPath)); got.Total != 61 || got.Results[0].PONumber != "x" {
		t.Errorf("got %+v", got.Results[0])
	}
}

func TestSteeringRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/_faults", `{"fault":"drop_sometimes"}`, 400, "drop_after"},
		{"POST", "/_faults", `{"fault":"drop_after","time":3}`, 400, "time"},
		{"POST", "/_faults", `drop_after`, 400, "send {"},
		{"POST", "/_faults", `{"fault":"drop_after","call":"orders"}`, 400, "leave it out"},
		{"GET", "/_faults", "", 405, "POST"},
		{"POST", "/_ledger", "", 405, "GET"},
		{"GET", "/_place", "", 405, "POST"},
		{"POST", "/_place", `{"product":"x"}`, 400, "send {"},
		{"POST", "/_place", `{"productNo":"NOWHERE","serviceId":"3048573759449317376","quantity":1}`, 400, "NOWHERE"},
		{"POST", "/_place", `{"productNo":"3658B4311196K2ID","serviceId":"1","quantity":1}`, 400, "no service"},
		{"POST", "/_place", `{"productNo":"3658B4311196K2ID","serviceId":"3048573759449317376"}`, 400, "quantity 0"},
		{"GET", "/_heal", "", 405, "POST"},
	} {
		a := p.steerBy(c.method, c.path, c.body)
		if a.status != c.status || !strings.Contains(string(a.body), c.want) {
			t.Errorf("%s %s %s: got %d %s", c.method, c.path, c.body, a.status, a.body)
		}
	}
	decode[orderJSON](t, p.mustSave(minutes("x")))
}

func TestCapacityCanBeHiddenLater(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.SetCapacity(ShowsNone)
	if row := decode[pageJSON](t, p.get(productListPath)).Results[0]; row["extensions"] != nil || row["planId"] != nil {
		t.Errorf("got %v", row)
	}
}

func TestFrozenExtensionsAreShownUntilTheyThaw(t *testing.T) {
	t.Parallel()
	p := open(t, Options{Extensions: func(string, int) int { return 40 }})
	shown := func(want float64) {
		t.Helper()
		details := decode[map[string]any](t, p.get("/product/openapi/instance_product/v1/detail?productId=13&productNo="+TutorialExpandPBX))
		if row := decode[pageJSON](t, p.get(productListPath)).Results[0]; row["extensions"] != want || details["extensions"] != want {
			t.Errorf("the list shows %v, details %v; want %v", row["extensions"], details["extensions"], want)
		}
	}
	thaw := p.FreezeExtensions()
	p.Place(TutorialExpandPBX, ExtensionsID, 5, "")
	shown(40)
	if pbx, _ := p.PBX(TutorialExpandPBX); pbx.Extensions != 45 {
		t.Errorf("it has %d, want 45", pbx.Extensions)
	}
	thaw()
	shown(45)
}

func TestAServerMadeByNewHasNoAddress(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	if s.URL() != "" {
		t.Errorf("got %q", s.URL())
	}
	s.Close()
	s.Close()
}
