package yeastar

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
)

func TestTheTutorialsOrderIsWrittenValueForValue(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(OrderRequest{
		OperationType: "purchase_service", ProductID: ProductPCE, ProductNo: "3658B431119665QJ", BillingID: 3197218168379846218,
		ServiceList: []ServiceLine{{ConnectionPlanID: 3048571730026938368, ServiceType: "service", ServiceID: 3048573759449317376,
			Quantity: 1000, PurchaseType: "purchase", BillingModel: "recurring", BillingCycle: "annually"}},
	})
	want := `{"operationType":"purchase_service","productId":13,"productNo":"3658B431119665QJ","billingId":3197218168379846218,"serviceList":[{"connectionPlanId":3048571730026938368,"serviceType":"service","serviceId":3048573759449317376,"quantity":1000,"purchaseType":"purchase","billingModel":"recurring","billingCycle":"annually","multiCycle":0}]}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestAnIdIsReadAsNumberOrStringAndRefusedOtherwise(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]ID{`3048571730026938368`: 3048571730026938368, `"3048571730026938368"`: 3048571730026938368,
		`null`: 0, `""`: 0, `9223372036854775807`: math.MaxInt64} {
		var id ID
		if err := json.Unmarshal([]byte(in), &id); err != nil || id != want {
			t.Errorf("%s: %d, %v", in, id, err)
		}
	}
	for _, in := range []string{`3.0e18`, `-1`, `"x"`, `9223372036854775808`, `0`, `"007"`, `true`, `[]`} {
		var id ID
		if err := json.Unmarshal([]byte(in), &id); !errors.Is(err, ErrBadID) {
			t.Errorf("%s: %d, %v", in, id, err)
		}
	}
	if ID(0).String() != "" || ID(7).String() != "7" {
		t.Error("ids are not written as they are")
	}
}
