package yeastartest

import (
	"encoding/json"
	"net/http"
	"testing"

	"orderq/yeastar"
)

// validOrder is one that check lets through: 1000 minutes for the first tutorial PBX.
func validOrder() orderBody {
	return orderBody{OperationType: "purchase_service", ProductID: 13, ProductNo: TutorialExpandPBX, BillingID: int64(BillingContact),
		ServiceList: []lineBody{{ConnectionPlanID: int64(EnterprisePlan), ServiceType: "service", ServiceID: int64(RecordingID), Quantity: 1000,
			PurchaseType: "purchase", BillingModel: "recurring", BillingCycle: "annually"}}}
}

func TestCheckNamesTheFieldAndTheTag(t *testing.T) {
	t.Parallel()
	type o = orderBody
	line := func(change func(*lineBody)) func(*o) { return func(b *o) { change(&b.ServiceList[0]) } }
	quantity := func(service yeastar.ID, n int64) func(*o) {
		return line(func(l *lineBody) { l.ServiceID, l.Quantity = int64(service), n })
	}
	ha := func(n int64) func(*o) {
		return func(b *o) { b.ProductNo = TutorialHAPBX; quantity(HighAvailID, n)(b) }
	}
	for name, c := range map[string]struct {
		change     func(*o)
		field, tag string // "": let through
	}{
		"as it is":                {func(*o) {}, "", ""},
		"no operation":            {func(b *o) { b.OperationType = "" }, "operationType", "required"},
		"operation not sold":      {func(b *o) { b.OperationType = "renew_plan" }, "operationType", "available"},
		"operation in capitals":   {func(b *o) { b.OperationType = "PURCHASE_SERVICE" }, "operationType", "oneof"},
		"another product":         {func(b *o) { b.ProductID = 12 }, "productId", "oneof"},
		"no product":              {func(b *o) { b.ProductID = 0 }, "productId", "oneof"},
		"no PBX":                  {func(b *o) { b.ProductNo = "" }, "productNo", "required"},
		"unknown PBX":             {func(b *o) { b.ProductNo = "3658B4311NOWHERE" }, "productNo", "exists"},
		"PBX in small letters":    {func(b *o) { b.ProductNo = "3658b431119665qj" }, "productNo", "exists"},
		"no contact":              {func(b *o) { b.BillingID = 0 }, "billingId", "exists"},
		"rounded contact":         {func(b *o) { b.BillingID = int64(float64(BillingContact)) }, "billingId", "exists"},
		"second contact":          {func(b *o) { b.BillingID = int64(AccountsContact) }, "", ""},
		"no lines":                {func(b *o) { b.ServiceList = nil }, "serviceList", "len"},
		"too many lines":          {func(b *o) { b.ServiceList = make([]lineBody, maxLines+1) }, "serviceList", "len"},
		"a line twice":            {func(b *o) { b.ServiceList = append(b.ServiceList, b.ServiceList[0]) }, "serviceId", "unique"},
		"service type":            {line(func(l *lineBody) { l.ServiceType = "plan" }), "serviceType", "oneof"},
		"purchase type":           {line(func(l *lineBody) { l.PurchaseType = "renew" }), "purchaseType", "oneof"},
		"billing model":           {line(func(l *lineBody) { l.BillingModel = "" }), "billingModel", "oneof"},
		"billing cycle word":      {line(func(l *lineBody) { l.BillingCycle = "once" }), "billingCycle", "oneof"},
		"billing cycle of others": {line(func(l *lineBody) { l.BillingCycle = "monthly" }), "billingCycle", "current_cycle"},
		"multi cycle":             {line(func(l *lineBody) { l.MultiCycle = 1 }), "multiCycle", "eq"},
		"another plan":            {line(func(l *lineBody) { l.ConnectionPlanID = int64(UltimatePlan) }), "connectionPlanId", "current_plan"},
		"rounded service":         {line(func(l *lineBody) { l.ServiceID++ }), "serviceId", "on_offer"},
		"quantity 0":              {quantity(RecordingID, 0), "quantity", "min"},
		"quantity -1":             {quantity(ExtensionsID, -1), "quantity", "min"},
		"quantity overflows":      {quantity(ExtensionsID, 1<<63-1), "quantity", "max"},
		"20 + 480 extensions":     {quantity(ExtensionsID, 480), "", ""},
		"20 + 481 extensions":     {quantity(ExtensionsID, 481), "quantity", "max"},
		"501 minutes":             {quantity(RecordingID, 501), "", ""},
		"HA for all 10":           {ha(10), "", ""},
		"HA for 9":                {ha(9), "quantity", "eq_extensions"},
		"HA for 11":               {ha(11), "quantity", "eq_extensions"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := validOrder()
			c.change(&body)
			got := New(Options{}).check(&body)
			if c.field == "" {
				if got != nil {
					t.Errorf("refused: %s", got.message)
				}
				return
			}
			if got == nil {
				t.Fatal("let through")
			}
			var result struct{ Field, Tag string }
			if err := json.Unmarshal(got.result, &result); err != nil || result.Field != c.field || result.Tag != c.tag {
				t.Errorf("got %s %s (%s), want %s %s", result.Field, result.Tag, got.message, c.field, c.tag)
			}
			wantStatus, wantCode := http.StatusBadRequest, "parameter_validation_failed"
			switch c.tag {
			case "available":
				wantCode = "operation_not_available"
			case "exists":
				if c.field == "productNo" {
					wantStatus, wantCode = http.StatusNotFound, "product_not_found"
				}
			}
			if got.status != wantStatus || got.code != wantCode {
				t.Errorf("got %d %s, want %d %s", got.status, got.code, wantStatus, wantCode)
			}
		})
	}
}

func TestHACannotBeBoughtTwice(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	decode[orderJSON](t, p.mustSave(tutorialHA))
	a := p.mustSave(tutorialHA)
	if a.status != 400 || string(a.env.Result) != `{"field":"serviceId","tag":"not_subscribed"}` {
		t.Errorf("got %d %s", a.status, a.body)
	}
}
