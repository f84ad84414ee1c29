package yeastartest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

type pageJSON struct {
	Count, PageNo, PageSize, Total, TotalPage int
	Results                                   []map[string]any
}

const productListPath = "/product/openapi/instance_product/v1/client/instance_product_list?productId=13"

func TestTheProductListCoversAllPBXsOverItsPages(t *testing.T) {
	t.Parallel()
	p := open(t, Options{PBXs: 230})
	seen := map[string]bool{}
	for n := 1; n <= 3; n++ {
		got := decode[pageJSON](t, p.get(fmt.Sprintf("%s&pageSize=100&pageNo=%d", productListPath, n)))
		if got.Total != 230 || got.Count != 230 || got.TotalPage != 3 || got.PageNo != n || got.PageSize != 100 {
			t.Errorf("page %d: %+v", n, got)
		}
		for _, row := range got.Results {
			seen[row["productNo"].(string)] = true
		}
	}
	if len(seen) != 230 {
		t.Errorf("%d PBXs in the list, want 230", len(seen))
	}
	if got := decode[pageJSON](t, p.get(productListPath+"&pageNo=99")); len(got.Results) != 0 || got.Results == nil {
		t.Errorf("beyond the end: %v", got.Results)
	}
}

func TestPagesAreTwentyFiveUnlessAskedAndHaveALimit(t *testing.T) {
	t.Parallel()
	p := open(t, Options{MaxPageSize: 40})
	for query, want := range map[string]int{"": 25, "&pageSize=30": 30, "&pageSize=1000": 40} {
		got := decode[pageJSON](t, p.get(productListPath+query))
		if got.PageSize != want || len(got.Results) != want || got.TotalPage != (400+want-1)/want {
			t.Errorf("%q: pageSize %d of %d pages with %d rows", query, got.PageSize, got.TotalPage, len(got.Results))
		}
	}
	for _, query := range []string{"&pageNo=0", "&pageNo=x", "&pageSize=-1"} {
		if a := p.get(productListPath + query); a.status != 400 || a.env.Code != "parameter_validation_failed" {
			t.Errorf("%q: got %d %s", query, a.status, a.body)
		}
	}
}

func TestReadsNameTheParameterTheyMiss(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	for path, want := range map[string]string{
		"/product/openapi/instance_product/v1/client/instance_product_list":      "productId",
		"/product/openapi/instance_product/v1/detail?productNo=3658B4311196K2ID": "productId",
		"/product/openapi/instance_product/v1/detail?productId=13":               "productNo",
		"/pricing/openapi/purchase/v1/purchase_product_info":                     "productId",
	} {
		if a := p.get(path); a.status != 400 || a.env.Status != 400 || !strings.Contains(string(a.env.Result), `"field":"`+want+`"`) {
			t.Errorf("%s: got %d %s", path, a.status, a.body)
		}
	}
	for _, path := range []string{
		"/product/openapi/instance_product/v1/detail?productId=13&productNo=NOWHERE",
		"/product/openapi/instance_product/v1/detail?productId=12&productNo=3658B4311196K2ID",
		"/pricing/openapi/purchase/v1/purchase_product_info?productId=12",
	} {
		if a := p.get(path); a.status != 404 || a.env.Code != "product_not_found" {
			t.Errorf("%s: got %d %s", path, a.status, a.body)
		}
	}
	if got := decode[pageJSON](t, p.get("/product/openapi/instance_product/v1/client/instance_product_list?productId=12")); got.Total != 0 {
		t.Errorf("products of another kind: %+v", got)
	}
}

func TestCapacityIsShownWhereTheOptionsSay(t *testing.T) {
	t.Parallel()
	details := "/product/openapi/instance_product/v1/detail?productId=13&productNo=" + TutorialHAPBX
	for name, c := range map[string]struct {
		shows           Shows
		inRow, inDetail bool
	}{
		"both": {ShowsBoth, true, true}, "details": {ShowsDetails, false, true}, "none": {ShowsNone, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, Options{Capacity: c.shows})
			row := decode[pageJSON](t, p.get(productListPath)).Results[1]
			detail := decode[map[string]any](t, p.get(details))
			for _, shown := range []struct {
				in   map[string]any
				want bool
			}{{row, c.inRow}, {detail, c.inDetail}} {
				if shown.in["productNo"] != TutorialHAPBX {
					t.Fatalf("got %v", shown.in)
				}
				for field, want := range map[string]any{"extensions": 10.0, "planId": "3048571730026938368", "planName": "Enterprise Plan", "billingCycle": "annually"} {
					got, has := shown.in[field]
					if has != shown.want || has && got != want {
						t.Errorf("%s: got %v, want it shown: %v", field, got, shown.want)
					}
				}
			}
		})
	}
}

func TestPlansAndServicesAreThoseOfTheTutorials(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	type service struct{ ServiceID, ServiceName, PurchaseType string }
	got := decode[struct {
		OfferingID string
		Plans      []struct {
			PlanID, PlanName string
			Services         []service
		}
	}](t, p.get("/pricing/openapi/purchase/v1/purchase_product_info?productId=13&productNo="+TutorialHAPBX))
	if len(got.Plans) != 2 || got.OfferingID == "" {
		t.Fatalf("got %+v", got)
	}
	for i, want := range []string{"3048571730026938368 Enterprise Plan", "3048572026291630080 Ultimate Plan"} {
		plan := got.Plans[i]
		if plan.PlanID+" "+plan.PlanName != want {
			t.Errorf("plan %d: got %s %s", i, plan.PlanID, plan.PlanName)
		}
		offered := fmt.Sprint(plan.Services)
		for _, want := range []service{{"3048573516041273344", "Extension Expansion", "purchase"},
			{"3048573759449317376", "Recording Minutes", "purchase"}, {"3048573935752720384", "High Availability", "purchase"}} {
			if !strings.Contains(offered, fmt.Sprint(want)) {
				t.Errorf("plan %d lacks %v: %s", i, want, offered)
			}
		}
	}
}

func TestContactsAndProductsOfTheAccount(t *testing.T) {
	t.Parallel()
	type contacts []struct{ BillingContactID, EmailAddress string }
	path := "/user/openapi/user/v1/client/billing_contact_list"
	two := decode[contacts](t, open(t, Options{}).get(path))
	if len(two) != 2 || two[0].BillingContactID != "3197218168379846218" || two[0].EmailAddress != "billing@example.com" || two[1].EmailAddress != "accounts@example.com" {
		t.Errorf("got %v", two)
	}
	p := open(t, Options{SingleContact: true})
	if one := decode[contacts](t, p.get(path)); len(one) != 1 || one[0] != two[0] {
		t.Errorf("SingleContact: got %v", one)
	}
	a := p.mustSave(strings.Replace(minutes("x"), BillingContact.String(), AccountsContact.String(), 1))
	if a.status != 400 || !strings.Contains(string(a.env.Result), "billingId") {
		t.Errorf("an order for the contact that is not there: got %d %s", a.status, a.body)
	}
	products := decode[[]struct {
		ProductID int // an Integer there, as documented
		Name      string
	}](t, p.get("/pricing/openapi/purchase/v1/product_list"))
	if len(products) != 1 || products[0].ProductID != 13 {
		t.Errorf("got %v", products)
	}
}

func TestEnvelopesCarryARequestIDOfTheirOwn(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	seen := map[string]bool{}
	for _, path := range []string{"/pricing/openapi/purchase/v1/product_list", "/nowhere", "/order/openapi/order/v1/get/1", "/order/openapi/order/v1/page"} {
		a := p.get(path)
		if !a.enveloped || len(a.env.RequestID) != 32 || strings.Trim(a.env.RequestID, "0123456789abcdef") != "" || seen[a.env.RequestID] {
			t.Errorf("%s: %s", path, a.body)
		}
		seen[a.env.RequestID] = true
		if a.env.Status != a.status || a.env.DetailMessage == nil || (a.env.Code == "success") != (a.status == 200) {
			t.Errorf("%s: HTTP %d around %s", path, a.status, a.body)
		}
		if !json.Valid(a.body) {
			t.Errorf("%s: not JSON: %s", path, a.body)
		}
	}
}
