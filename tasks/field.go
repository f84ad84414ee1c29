package tasks

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// reader puts one JSON value into its field of the intent, or says what is wrong with it.
type reader func(in *Intent, field string, v jsontext.Value, bad *Invalid)

// readers has every field of an intent by its JSON name. A name that is not here is refused.
var readers = map[string]reader{
	"reference":        text(func(in *Intent) *string { return &in.Reference }),
	"account":          text(func(in *Intent) *string { return &in.Account }),
	"kind":             text(func(in *Intent) *string { return &in.Kind }),
	"productNo":        text(func(in *Intent) *string { return &in.ProductNo }),
	"quantity":         count(func(in *Intent) *int { return &in.Quantity }),
	"ensure":           count(func(in *Intent) *int { return &in.Ensure }),
	"plan":             text(func(in *Intent) *string { return &in.Plan }),
	"connectionPlanId": digits(func(in *Intent) *string { return &in.ConnectionPlanID }),
	"serviceId":        digits(func(in *Intent) *string { return &in.ServiceID }),
	"billingCycle":     text(func(in *Intent) *string { return &in.BillingCycle }),
	"billingContact":   text(func(in *Intent) *string { return &in.BillingContact }),
	"billingId":        digits(func(in *Intent) *string { return &in.BillingID }),
	"poNumber":         text(func(in *Intent) *string { return &in.PONumber }),
	"notBefore":        readTime,
	"allowDuplicate":   readAllowDuplicate,
	"labels":           readLabels,
}

// Fields are the JSON names of an intent's fields, in the contract's order.
func Fields() []string {
	return []string{"reference", "account", "kind", "productNo", "quantity", "ensure", "plan", "connectionPlanId",
		"serviceId", "billingCycle", "billingContact", "billingId", "poNumber", "notBefore", "allowDuplicate", "labels"}
}

func text(at func(*Intent) *string) reader {
	return func(in *Intent, field string, v jsontext.Value, bad *Invalid) { *at(in) = readText(field, v, bad) }
}

func digits(at func(*Intent) *string) reader {
	return func(in *Intent, field string, v jsontext.Value, bad *Invalid) { *at(in) = readDigits(field, v, bad) }
}

func count(at func(*Intent) *int) reader {
	return func(in *Intent, field string, v jsontext.Value, bad *Invalid) { *at(in) = readCount(field, v, bad) }
}

// unknownField names the field that was probably meant. The case is not forgiven, because a reader that
// forgives it must choose when both spellings are there, and two readers choose differently.
func unknownField(name string) string {
	fold := strings.NewReplacer("_", "", "-", "", " ", "")
	squeezed := strings.ToLower(fold.Replace(name))
	for _, known := range Fields() {
		if strings.ToLower(known) == squeezed {
			return "unknown field, did you mean " + known + "?"
		}
	}
	if near := Near(name, Fields(), 2, 1); len(near) > 0 {
		return "unknown field, did you mean " + near[0] + "?"
	}
	sorted := Fields()
	slices.Sort(sorted)
	return "unknown field; the fields are " + strings.Join(sorted, ", ")
}
