package yeastar

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func two(a, b string) [2]string { return [2]string{a, b} }

func TestIdsSurviveAsNumberAndAsString(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"3048571730026938368", "3197218168379846218", "9007199254740993", "9223372036854775807"} {
		for _, lit := range two(id, `"`+id+`"`) {
			n := parseTree([]byte(fmt.Sprintf(`{"planId":%[1]s,"serviceId":%[1]s,"billingContactId":%[1]s,"id":%[1]s,"orderNo":%[1]s}`, lit)))
			if got := n.id("planId").String(); got != id {
				t.Errorf("%s was read as %s", lit, got)
			}
			if row := readOrderRow(n); row.ID != id || row.OrderNo != id {
				t.Errorf("%s was read as %s and %s", lit, row.ID, row.OrderNo)
			}
			contacts, err := readContacts(parseTree([]byte(`[{"billingContactId":` + lit + `}]`)))
			if err != nil || contacts[0].ID.String() != id {
				t.Errorf("%s was read as %v, %v", lit, contacts, err)
			}
		}
	}
	for _, bad := range []string{`3.0485717300269e+18`, `"3.04e18"`, `"9223372036854775808"`, `-1`, `"+1"`, `"01"`, `true`, `{}`, `null`, `""`} {
		if id := parseTree([]byte(`{"planId":` + bad + `}`)).id("planId"); id != 0 {
			t.Errorf("%s was read as %d", bad, id)
		}
	}
}

func TestAProductIsReadByWhateverNamesItShows(t *testing.T) {
	t.Parallel()
	n := func(i int) *int { return &i }
	const plan = ID(3048571730026938368)
	for name, c := range map[string]struct {
		json string
		want Product
	}{
		"documented fields alone": {`{"productNo":"A","activationCode":"x","comment":"y"}`, Product{}},
		"flat": {`{"productNo":"A","pbxName":"N","planId":"3048571730026938368","planName":"Enterprise Plan","billingCycle":"annually","extensionCount":10}`,
			Product{Name: "N", PlanID: plan, Plan: "Enterprise Plan", BillingCycle: "annually", Extensions: n(10)}},
		"plan as an object":           {`{"productNo":"A","plan":{"id":3048571730026938368,"name":"E"}}`, Product{PlanID: plan, Plan: "E"}},
		"plan as an object of planId": {`{"productNo":"A","subscriptionPlan":{"planId":3048571730026938368,"planName":"E"}}`, Product{PlanID: plan, Plan: "E"}},
		"plan as a string":            {`{"productNo":"A","plan":"Ultimate"}`, Product{Plan: "Ultimate"}},
		"plan as its id":              {`{"productNo":"A","plan":3048571730026938368}`, Product{PlanID: plan}},
		"one level down":              {`{"basic":{"productNo":"A"},"capacity":{"extensionNum":"7","planBillingCycle":"YEAR"}}`, Product{BillingCycle: "annually", Extensions: n(7)}},
		"nearest wins":                {`{"productNo":"A","sub":{"extensions":9},"extensions":8}`, Product{Extensions: n(8)}},
		"currentPlan is a switch":     {`{"productNo":"A","currentPlan":"Enterprise","currentPlanExpireDate":1}`, Product{}},
		"nor as an object":            {`{"productNo":"A","currentPlan":{"planId":5,"planName":"U"}}`, Product{}},
		"currentPlanName is not":      {`{"productNo":"A","currentPlanName":"E","currentPlanId":"3048571730026938368"}`, Product{Plan: "E", PlanID: plan}},
		"a plan to come is not it":    {`{"productNo":"A","switchInfo":{"planId":5,"planName":"U"},"nextPeriod":{"billingCycle":"monthly","extensions":3}}`, Product{}},
		"used and bought disagree":    {`{"productNo":"A","extensions":7,"extensionCapacity":10}`, Product{}},
		"names that agree":            {`{"productNo":"A","extensions":10,"extensionCapacity":"10","maxExtensions":500}`, Product{Extensions: n(10)}},
		"only a maximum":              {`{"productNo":"A","maxExtensions":50}`, Product{Extensions: n(50)}},
		"no whole number":             {`{"productNo":"A","extensions":7.5}`, Product{}},
		"negative":                    {`{"productNo":"A","extensions":-1}`, Product{}},
		"a list of extensions":        {`{"productNo":"A","extensions":[1,2]}`, Product{}},
		"zero is a number":            {`{"productNo":"A","extensions":0}`, Product{Extensions: n(0)}},
		"a cycle of its own":          {`{"productNo":"A","billingCycle":"once","cycle":"month"}`, Product{}},
		"within an array is another":  {`{"productNo":"A","serviceList":[{"planId":5,"extensions":3,"billingCycle":"monthly"}]}`, Product{}},
	} {
		got := readProduct(parseTree([]byte(c.json)), 13)
		c.want.ProductNo, c.want.ProductID, c.want.Raw = "A", 13, []byte(c.json)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestBillingCyclesAreTwoWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"annually": "annually", "Annual": "annually", "YEARLY": "annually", "year": "annually",
		"monthly": "monthly", "Month": "monthly", "once": "", "weekly": "", "12": "", "": "", "bimonthly": "",
	} {
		if got := cycle(in); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

func TestAnOfferingIsReadByShape(t *testing.T) {
	t.Parallel()
	rec := Service{3048573759449317376, "Recording Minutes", "purchase"}
	ent := func(s ...Service) Plan { return Plan{3048571730026938368, "Enterprise Plan", s} }
	for name, c := range map[string]struct {
		json     string
		plans    []Plan
		services []Service
	}{
		"services under plans": {`{"offeringId":"1","planList":[{"planId":"3048571730026938368","planName":"Enterprise Plan","serviceList":[{"serviceId":"3048573759449317376","serviceName":"Recording Minutes","purchaseType":"purchase"}]}]}`,
			[]Plan{ent(rec)}, nil},
		"other names, bare ids, deeper": {`{"product":{"a":{"b":[{"pricingPlanId":3048571730026938368,"title":"Enterprise Plan","x":{"y":[{"pricingServiceId":3048573759449317376,"name":"Recording Minutes","purchaseType":"PURCHASE"}]}}]}}}`,
			[]Plan{ent(rec)}, nil},
		"services beside plans": {`{"plans":[{"planId":3048571730026938368,"name":"Enterprise Plan"}],"services":[{"serviceId":3048573759449317376,"name":"Recording Minutes","purchaseType":"purchase"}]}`,
			[]Plan{ent()}, []Service{rec}},
		"a service that names its plan": {`[{"serviceId":3048573759449317376,"name":"Recording Minutes","purchaseType":"purchase","connectionPlanId":"3048571730026938368"},{"planId":3048571730026938368,"name":"Enterprise Plan"}]`,
			[]Plan{ent(rec)}, nil},
		"a service of a plan that is not there": {`[{"serviceId":3048573759449317376,"name":"Recording Minutes","purchaseType":"purchase","planId":5}]`,
			nil, []Service{rec}},
		"a plan in the words of an order": {`[{"serviceType":"plan","serviceId":3048571730026938368,"name":"Enterprise Plan"}]`, []Plan{ent()}, nil},
		"an id beside a list of services": {`[{"id":3048571730026938368,"name":"Enterprise Plan","serviceList":[{"serviceId":3048573759449317376,"name":"Recording Minutes","purchaseType":"purchase"}]}]`,
			[]Plan{ent(rec)}, nil},
		"a product is no plan": {`{"id":9,"productId":13,"serviceList":[{"serviceId":3048573759449317376,"name":"Recording Minutes","purchaseType":"purchase"}]}`,
			nil, []Service{rec}},
		"prices repeat ids": {`{"plans":[{"planId":3048571730026938368,"prices":[{"planId":3048571730026938368,"name":"Enterprise Plan"},{"planId":3048571730026938368}],"services":[{"serviceId":3048573759449317376,"purchaseType":"purchase"},{"serviceId":3048573759449317376,"name":"Recording Minutes","purchaseType":"purchase"}]}]}`,
			[]Plan{ent(rec)}, nil},
		"trials are told apart": {`[{"serviceId":3048573759449317376,"name":"Recording Minutes","purchaseType":"trial"},{"serviceId":3048573759449317376,"name":"Recording Minutes","purchaseType":"purchase"}]`,
			nil, []Service{{rec.ID, rec.Name, "trial"}, rec}},
		"nothing readable": {`{"offeringId":"1","x":[1,null,"a"]}`, nil, nil},
	} {
		got := readOffering(parseTree([]byte(c.json)))
		if d := cmp.Diff(Offering{Plans: c.plans, Services: c.services, Raw: []byte(c.json)}, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestAnOrderRowKeepsWhatItShows(t *testing.T) {
	t.Parallel()
	raw := `{"createTime":1739716126000,"customReferenceNo":"mine","id":"3206246063826526208","orderNo":"EK3206246063826526208","orderStatus":"succeed","poNumber":"oq1-1 PO-88","productNo":"P"}`
	got := readOrderRow(parseTree([]byte(raw)))
	want := OrderRow{ID: "3206246063826526208", OrderNo: "EK3206246063826526208", OrderStatus: "succeed", CreateTime: time.UnixMilli(1739716126000).UTC(),
		ProductNo: "P", PONumber: "oq1-1 PO-88", Raw: []byte(raw)}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := readOrderRow(parseTree([]byte(`{"orderNo":"A1","customReferenceNo":"mine"}`))); got.PONumber != "" || !got.CreateTime.IsZero() {
		t.Errorf("a remark was taken for the poNumber, or a time made up: %+v", got)
	}
}

func TestOrderDetailsAreFoundInTheirSections(t *testing.T) {
	t.Parallel()
	const raw = `{"basicInformation":{"productId":"13","productNo":"P","createTime":1000000000,"planId":"77"},"billingInformation":{"id":"5","createTime":1100000000},
		"orderInformation":{"id":"9","orderNo":"EK1","orderStatus":"pending","transactionNo":"T1","instanceId":12,"poNumber":"oq1-1","createTime":"1739716126"},
		"orderSummary":[{"serviceId":"3048573759449317376","connectionPlanId":"3048571730026938368","quantity":1000}]}`
	got := readOrderDetails(parseTree([]byte(raw)))
	want := OrderDetails{OrderRow: OrderRow{ID: "9", OrderNo: "EK1", OrderStatus: "pending", CreateTime: time.Unix(1739716126, 0).UTC(), ProductNo: "P", PONumber: "oq1-1", Raw: []byte(raw)},
		ProductID: 13, TransactionNo: "T1", InstanceID: "12", ServiceIDs: []ID{3048573759449317376}, Quantity: 1000, Raw: []byte(raw)}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for json, want := range map[string]OrderDetails{
		`{"lines":[{"serviceId":1,"quantity":5},{"planId":2,"quantity":"5"}]}`:   {ServiceIDs: []ID{1, 2}, Quantity: 5},
		`{"lines":[{"serviceId":1,"quantity":5},{"planId":2,"quantity":6}]}`:     {ServiceIDs: []ID{1, 2}},
		`{"lines":[{"quantity":5},{"quantity":6},{"quantity":6}]}`:               {},
		`{"orderSummary":{"serviceId":3,"qty":4},"other":[{"serviceId":1}]}`:     {ServiceIDs: []ID{3}, Quantity: 4},
		`{"orderInformation":{"orderId":"8"},"planId":7,"quantity":3,"lines":1}`: {OrderRow: OrderRow{ID: "8"}},
	} {
		got := readOrderDetails(parseTree([]byte(json)))
		got.Raw, got.OrderRow.Raw = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", json, got, want)
		}
	}
}

func TestTimesAreReadBySize(t *testing.T) {
	t.Parallel()
	want := time.Date(2025, 2, 16, 14, 28, 46, 0, time.UTC)
	for _, s := range []string{"1739716126", "1739716126000", "1739716126000000", "2025-02-16T14:28:46Z", "2025-02-16T22:28:46+08:00", "2025-02-16 14:28:46"} {
		if got := instant(s); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: got %s", s, got)
		}
	}
	for _, s := range []string{"", "0", "-5", "20250216", "1739716126000000000", "yesterday", "2025-02-16"} {
		if got := instant(s); !got.IsZero() {
			t.Errorf("%q: got %s", s, got)
		}
	}
}

func TestAListIsTakenInEveryWrapping(t *testing.T) {
	t.Parallel()
	for json, want := range map[string]int{`[]`: 0, `[{"a":1}]`: 1, `{"results":[{},{}],"other":[{}]}`: 2, `{"list":[{}],"n":1}`: 1, `{"results":null,"list":[{}]}`: 1} {
		if got, err := rows(parseTree([]byte(json))); err != nil || len(got) != want {
			t.Errorf("%s: %d rows, %v", json, len(got), err)
		}
	}
	for _, json := range []string{``, `null`, `1`, `{}`, `{"a":[],"b":[]}`, `[1]`, `{"results":[{},null]}`, `{"results":{}}`} {
		if got, err := rows(parseTree([]byte(json))); err == nil {
			t.Errorf("%s: %d rows", json, len(got))
		}
	}
}

func TestHalfAListIsAnError(t *testing.T) {
	t.Parallel()
	parse := func(s string) *node { return parseTree([]byte(s)) }
	if _, err := readOrderPage(parse(`{"results":[{"orderNo":"A1"},{"comment":"?"}]}`)); err == nil {
		t.Error("an order without a name was read over")
	}
	if _, err := readProductPage(parse(`{"results":[{"productNo":"A1"},{"comment":"?"}]}`), 13); err == nil {
		t.Error("a PBX without a serial number was read over")
	}
	if _, err := readContacts(parse(`[{"billingContactId":1},{"emailAddress":"a@b"}]`)); err == nil {
		t.Error("a contact without an id was read over: the other would be the only one")
	}
	if _, err := readSubscribable(parse(`[{"name":"x"}]`)); err == nil {
		t.Error("a product without an id was read over")
	}
}

// FuzzReading: no answer, however strange, brings a reader down, and no value is made up.
func FuzzReading(f *testing.F) {
	for _, s := range []string{goodOrder, `[]`, `{"results":[{"productNo":"A","orderNo":"B","id":1}]}`, `{"a":[{"planId":1,"serviceList":[{"serviceId":"2"}]}]}`,
		`{"orderSummary":[{"quantity":3,"serviceId":1}],"createTime":"1739716126"}`, strings.Repeat(`{"a":[`, 400), "\"\xff\"", `{"a":1,"a":2}`, `1e999`, `[{"id":"x"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := parseTree(b)
		if n == nil {
			n = &node{}
		}
		_, _ = readOrderPage(n)
		_, _ = readProductPage(n, 13)
		_, _ = readContacts(n)
		_, _ = readSubscribable(n)
		_ = readOrderResult(b)
		_, _ = readToken(b, time.Time{}, time.Second)
		o := readOffering(n)
		for _, p := range o.Plans {
			if !strings.Contains(string(b), p.ID.String()) {
				t.Errorf("plan %s is not in the answer", p.ID)
			}
		}
		if d := readOrderDetails(n); d.Quantity < 0 {
			t.Errorf("quantity %d", d.Quantity)
		}
		if p := readProduct(n, 13); p.Extensions != nil && *p.Extensions < 0 {
			t.Errorf("%d extensions", *p.Extensions)
		}
	})
}

// Names of fields stand in read.go, envelope.go and token.go and nowhere else.
func TestAssumptionsStandInOneFile(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		switch {
		case strings.HasSuffix(file, "_test.go"), file == "read.go", file == "envelope.go", file == "token.go", file == "tree.go":
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range []string{".text(", ".id(", ".count(", "nearText(", "number("} {
			if strings.Contains(string(src), call) {
				t.Errorf("%s reads fields by name (%s…)", file, call)
			}
		}
	}
}
