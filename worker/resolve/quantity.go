package resolve

import (
	"context"
	"fmt"
	"strconv"

	"orderq/tasks"
)

// chooseCycle is the PBX's own cycle: a service's cycle cannot differ from it (tutorial "expand extensions
// or call recording minutes", note on billingCycle).
func chooseCycle(in tasks.Intent, f facts) (string, *Refusal) {
	switch {
	case in.BillingCycle == "" && f.cycle == "":
		return "", &Refusal{Code: CodeCycleRequired, Field: "billingCycle",
			Message: "missing, and the portal does not show the PBX's; say annually or monthly, it must be the PBX's own"}
	case in.BillingCycle == "":
		return f.cycle, nil
	case f.cycle != "" && f.cycle != in.BillingCycle:
		return "", &Refusal{Code: CodeCycleMismatch, Field: "billingCycle", Value: in.BillingCycle,
			Message: fmt.Sprintf("PBX %s is billed %s, and an order cannot change that; say %s, or leave it out", f.productNo, f.cycle, f.cycle)}
	}
	return in.BillingCycle, nil
}

// chooseQuantity gives the quantity to send and the facts it was judged by, read anew where they had to be.
func (r *Resolver) chooseQuantity(ctx context.Context, in tasks.Intent, kind tasks.Kind, f facts, l look) (int, facts, []string, error) {
	if kind.Quantity == tasks.CurrentExtensions {
		return r.currentExtensions(ctx, in, kind, f, l)
	}
	if in.Ensure > 0 {
		return r.missing(ctx, in, kind, f, l)
	}
	if kind.CapTotal == 0 {
		return in.Quantity, f, nil, nil
	}
	if f.extensions == nil {
		return in.Quantity, f, []string{fmt.Sprintf("the portal does not show how many %s PBX %s has; the limit of %d is left to the portal",
			kind.Unit, f.productNo, kind.CapTotal)}, nil
	}
	// The cached number cannot have what this process has ordered since. If it would not fit with that, only
	// a new reading can tell.
	ordered := r.tally.since(serial(f.productNo), f.extensionSeq)
	if have := *f.extensions; have+in.Quantity <= kind.CapTotal && have+ordered+in.Quantity > kind.CapTotal {
		anew, err := r.fresh(ctx, kind, f, l)
		if err != nil {
			return 0, f, nil, err
		}
		f = anew
	}
	if f.extensions != nil && *f.extensions+in.Quantity > kind.CapTotal {
		return 0, f, nil, tooMany(in, kind, f)
	}
	r.tally.add(serial(f.productNo), r.seq.Add(1), in.Quantity)
	return in.Quantity, f, nil, nil
}

// missing is how many the PBX lacks of what it shall have, by a reading that began after the question was asked: what
// a cache holds may be what there was before the order that brought them.
func (r *Resolver) missing(ctx context.Context, in tasks.Intent, kind tasks.Kind, f facts, l look) (int, facts, []string, error) {
	f, err := r.fresh(ctx, kind, f, l)
	switch {
	case err != nil:
		return 0, f, nil, err
	case f.extensions == nil:
		return 0, f, nil, &Refusal{Code: CodeEnsureUnreadable, Field: "ensure", Value: strconv.Itoa(in.Ensure),
			Message: fmt.Sprintf("the portal does not show how many %s PBX %s has, so that what is missing cannot be computed; say quantity, how many to add",
				kind.Unit, f.productNo)}
	case *f.extensions >= in.Ensure:
		return 0, f, nil, &Refusal{Code: CodeSatisfied, Field: "ensure", Value: strconv.Itoa(in.Ensure), Has: *f.extensions,
			Message: fmt.Sprintf("PBX %s has %d %s: nothing to order", f.productNo, *f.extensions, kind.Unit)}
	}
	n := in.Ensure - *f.extensions
	r.tally.add(serial(f.productNo), r.seq.Add(1), n)
	return n, f, nil, nil
}

// currentExtensions is the rule of High Availability, which is charged per extension. The reading is a new
// one even where the caller gave a number, because what a cache holds may be ten minutes and an expansion old.
func (r *Resolver) currentExtensions(ctx context.Context, in tasks.Intent, kind tasks.Kind, f facts, l look) (int, facts, []string, error) {
	f, err := r.fresh(ctx, kind, f, l)
	switch {
	case err != nil:
		return 0, f, nil, err
	case f.extensions == nil && in.Quantity == 0:
		return 0, f, nil, &Refusal{Code: CodeQuantityRequired, Field: "quantity",
			Message: fmt.Sprintf("missing, and the portal does not show how many extensions PBX %s has; say how many", f.productNo)}
	case f.extensions == nil:
		return in.Quantity, f, []string{fmt.Sprintf("the portal does not show how many extensions PBX %s has; %d was taken as it was given", f.productNo, in.Quantity)}, nil
	case in.Quantity != 0 && in.Quantity != *f.extensions:
		return 0, f, nil, &Refusal{Code: CodeQuantityMismatch, Field: "quantity", Value: strconv.Itoa(in.Quantity),
			Message: fmt.Sprintf("PBX %s has %d extensions, and the service is charged for all of them; say %d, or leave it out", f.productNo, *f.extensions, *f.extensions)}
	case *f.extensions < 1:
		return 0, f, nil, &Refusal{Code: CodeQuantityRequired, Field: "quantity",
			Message: fmt.Sprintf("the portal shows no extensions on PBX %s, and the service is charged per extension; look at the PBX at the portal", f.productNo)}
	}
	return *f.extensions, f, nil, nil
}

func tooMany(in tasks.Intent, kind tasks.Kind, f facts) *Refusal {
	have := *f.extensions
	way := "no more can be ordered"
	if room := kind.CapTotal - have; room > 0 {
		way = fmt.Sprintf("order at most %d", room)
	}
	return &Refusal{Code: CodeTooManyExtensions, Field: "quantity", Value: strconv.Itoa(in.Quantity),
		Message: fmt.Sprintf("PBX %s has %d %s; %d more make %d, the limit is %d: %s",
			f.productNo, have, kind.Unit, in.Quantity, have+in.Quantity, kind.CapTotal, way)}
}
