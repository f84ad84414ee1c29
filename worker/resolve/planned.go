package resolve

import (
	"encoding/json"
	"fmt"
	"strings"

	"orderq/tasks"
)

// Planned is what an intent was planned to be, in the portal's words: what it is held to until it is sent.
type Planned struct {
	Kind         string `json:"kind"`
	ProductNo    string `json:"productNo"`
	Quantity     int    `json:"quantity"`
	Ensure       int    `json:"ensure,omitempty"`     // what the PBX shall have; then what it lacked when this was planned is the quantity
	Extensions   int    `json:"extensions,omitempty"` // with Ensure: what it had
	Plan         string `json:"plan,omitempty"`
	PlanID       string `json:"connectionPlanId,omitempty"`
	ServiceID    string `json:"serviceId"`
	BillingCycle string `json:"billingCycle,omitempty"`
	Contact      string `json:"billingContact,omitempty"`
	ContactID    string `json:"billingId,omitempty"`
}

// Differs names the fields in which an order is another than was planned; "": in none.
func (o Planned) Differs(now Planned) string {
	var parts []string
	for _, f := range []struct{ name, was, is string }{
		{"productNo", o.ProductNo, now.ProductNo}, {"quantity", fmt.Sprint(o.Quantity), fmt.Sprint(now.Quantity)},
		{"connectionPlanId", o.PlanID, now.PlanID}, {"serviceId", o.ServiceID, now.ServiceID},
		{"billingCycle", o.BillingCycle, now.BillingCycle}, {"billingId", o.ContactID, now.ContactID},
	} {
		if f.was != f.is {
			parts = append(parts, fmt.Sprintf("%s was %q and is %q", f.name, f.was, f.is))
		}
	}
	return strings.Join(parts, ", ")
}

// PlannedOf is what an intent has resolved to.
func PlannedOf(in tasks.Intent, res Resolution) Planned {
	o := Planned{
		Kind: in.Kind, ProductNo: res.ProductNo, Quantity: res.Quantity, Plan: res.Plan, PlanID: res.PlanID.String(), ServiceID: res.ServiceID.String(),
		BillingCycle: res.BillingCycle, Contact: res.Contact, ContactID: res.ContactID.String(),
	}
	if in.Ensure > 0 && res.Extensions != nil {
		o.Ensure, o.Extensions = in.Ensure, *res.Extensions
	}
	return o
}

// held says whether what an intent has resolved to is what was planned of it, a Planned as JSON; nothing was planned of
// most. What an ensure lacks is counted when it is sent. The error is a *Refusal where it is something else.
func held(planned []byte, in tasks.Intent, res Resolution) error {
	if len(planned) == 0 {
		return nil
	}
	var was Planned
	if err := json.Unmarshal(planned, &was); err != nil {
		return fmt.Errorf("read what was planned: %w", err)
	}
	now := PlannedOf(in, res)
	if in.Ensure > 0 {
		now.Quantity = was.Quantity
	}
	if text := was.Differs(now); text != "" {
		return &Refusal{Code: CodeChanged, Message: "changed since it was planned: " + text + "; plan the file anew"}
	}
	return nil
}
