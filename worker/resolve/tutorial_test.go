package resolve

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// The sample requests of the portal's two tutorials, value for value.
const (
	sampleMinutes = `{
"operationType": "purchase_service",
"productId": 13,
"productNo": "3658B431119665QJ",
"billingId": 3197218168379846218,
"serviceList": [
{
"connectionPlanId":3048571730026938368,
"serviceType": "service",
"serviceId": 3048573759449317376,
"quantity": 1000,
"purchaseType": "purchase",
"billingModel": "recurring",
"billingCycle": "annually",
"multiCycle": 0
}
]
}`
	sampleHA = `{
  "operationType": "purchase_service",
  "productId": 13,
  "productNo": "3658B4311196K2ID",
  "billingId": 3197218168379846218,
  "serviceList": [
    {
      "connectionPlanId":3048571730026938368,
      "serviceType": "service",
      "serviceId": 3048573935752720384,
      "quantity": 10,
      "purchaseType": "purchase",
      "billingModel": "recurring",
      "billingCycle": "annually",
      "multiCycle": 0
    }
  ]
}`
)

// exactly decodes JSON with its numbers as they are written.
func exactly(t *testing.T, data []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestToldOnlyNamesTheTutorialsBodiesComeOut(t *testing.T) {
	t.Parallel()
	named := tasks.Intent{Reference: "r", Plan: "Enterprise Plan", BillingContact: "Billing@Example.com"}
	for _, shows := range []yeastartest.Shows{yeastartest.ShowsBoth, yeastartest.ShowsDetails, yeastartest.ShowsNone} {
		_, client := simulated(t, yeastartest.Options{PBXs: 10, Capacity: shows})
		r := New(Config{Client: client})
		for sample, want := range map[string]string{"minutes": sampleMinutes, "ha": sampleHA} {
			in := named
			switch sample {
			case "minutes":
				in.Kind, in.ProductNo, in.Quantity = "add_recording_minutes", "3658b431119665qj ", 1000
			case "ha":
				in.Kind, in.ProductNo = "subscribe_ha", "3658B4311196K2ID"
			}
			if shows == yeastartest.ShowsNone { // what cannot be read must be said
				in.BillingCycle = "annually"
				if sample == "ha" {
					in.Quantity = 10
				}
			}
			res, err := r.Resolve(t.Context(), in)
			if err != nil {
				t.Fatalf("%s, shows %d: %v", sample, shows, err)
			}
			got, err := json.Marshal(res.Request)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(exactly(t, []byte(want)), exactly(t, got)); diff != "" {
				t.Errorf("%s, shows %d: %s", sample, shows, diff)
			}
			if res.Request.PONumber != "" || res.Plan != "Enterprise Plan" || res.Contact != "billing@example.com" || res.ProductNo != in.Normalise().ProductNo {
				t.Errorf("%+v", res)
			}
		}
	}
}

func TestThePortalTakesWhatIsResolved(t *testing.T) {
	t.Parallel()
	portal, client := simulated(t, yeastartest.Options{PBXs: 40, SingleContact: true})
	r := New(Config{Client: client})
	for _, pbx := range portal.PBXs() {
		for _, in := range []tasks.Intent{minutes(pbx.ProductNo), extensions(pbx.ProductNo, 1), availability(pbx.ProductNo)} {
			res, err := r.Resolve(t.Context(), in)
			if err != nil {
				t.Fatalf("%s for %s: %v", in.Kind, pbx.ProductNo, err)
			}
			line := res.Request.ServiceList[0]
			if line.ConnectionPlanID != pbx.PlanID || line.BillingCycle != pbx.BillingCycle || res.Plan != pbx.Plan || res.Extensions == nil || *res.Extensions != pbx.Extensions {
				t.Errorf("%+v became %+v", pbx, res)
			}
		}
	}
}
