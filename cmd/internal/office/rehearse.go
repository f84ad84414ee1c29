package office

import (
	"context"

	"orderq/tasks"
	"orderq/worker/resolve"
	"orderq/yeastar"
)

// Rehearsal is what a dry run found out.
type Rehearsal struct {
	Reference string                `json:"reference"`
	ID        string                `json:"id"`
	Request   *yeastar.OrderRequest `json:"request,omitempty"` // the body of the first attempt; absent: there is nothing to order
	Kind      string                `json:"kind"`
	ProductNo string                `json:"productNo"`
	Quantity  int                   `json:"quantity"`
	Ensure    int                   `json:"ensure,omitempty"`
	Plan      string                `json:"plan,omitempty"`
	Service   string                `json:"service,omitempty"`
	Cycle     string                `json:"billingCycle,omitempty"`
	Contact   string                `json:"billingContact,omitempty"`
	Has       *int                  `json:"extensions,omitempty"` // that the PBX has now
	Notes     []string              `json:"notes,omitempty"`      // what could not be checked
}

// Rehearse says what an intent would send, by reads alone. A *resolve.Refusal where it would be rejected.
func Rehearse(ctx context.Context, resolver *resolve.Resolver, in tasks.Intent) (Rehearsal, error) {
	res, err := resolver.Resolve(ctx, in)
	if enough := resolve.Satisfied(err); enough != nil {
		return Rehearsal{Reference: in.Reference, ID: in.ID(), Kind: in.Kind, ProductNo: in.ProductNo, Ensure: in.Ensure, Has: &enough.Has}, nil
	}
	if err != nil {
		return Rehearsal{}, err
	}
	r := Rehearsal{
		Reference: in.Reference, ID: in.ID(), Request: &res.Request, Kind: in.Kind, ProductNo: res.ProductNo, Quantity: res.Quantity,
		Ensure: in.Ensure, Plan: res.Plan, Service: res.Service, Cycle: res.BillingCycle, Contact: res.Contact, Has: res.Extensions, Notes: res.Notes,
	}
	r.Request.PONumber = tasks.SentPONumber(r.ID, 1, in.PONumber)
	return r, nil
}
