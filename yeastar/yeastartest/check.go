package yeastartest

import (
	"net/http"
	"slices"

	"orderq/yeastar"
)

// maxLines is the longest serviceList taken; the portal's own limit is not documented.
const maxLines = 10

// check holds a request against the catalog as it stands; nil where it can be ordered. s.mu is held.
func (s *Server) check(o *orderBody) *reply {
	refusal := func(r reply) *reply { return &r }
	switch o.OperationType {
	case "purchase_service":
	case "":
		return refusal(invalid("operationType", "required", "missing"))
	case "trial_plan", "trial_service", "purchase_plan", "switch_plan", "switchTrial_plan", "renew_plan", "renew_service":
		return refusal(refuse(http.StatusBadRequest, "operation_not_available", "operationType", "available", "%s is not sold to this account", o.OperationType))
	default:
		return refusal(invalid("operationType", "oneof", "%q is no operation", o.OperationType))
	}
	if o.ProductID != yeastar.ProductPCE {
		return refusal(invalid("productId", "oneof", "%d is not a product of this account", o.ProductID))
	}
	if o.ProductNo == "" {
		return refusal(invalid("productNo", "required", "missing"))
	}
	pbx := s.pbxByNo[o.ProductNo]
	if pbx == nil {
		return refusal(refuse(http.StatusNotFound, "product_not_found", "productNo", "exists", "%q is not a product of this account", o.ProductNo))
	}
	if s.contactByID(yeastar.ID(o.BillingID)) == nil {
		return refusal(invalid("billingId", "exists", "%d is not a billing contact of this account", o.BillingID))
	}
	if n := len(o.ServiceList); n < 1 || n > maxLines {
		return refusal(invalid("serviceList", "len", "%d lines: 1 to %d", n, maxLines))
	}
	for i := range o.ServiceList {
		line := &o.ServiceList[i]
		if r := line.checkWords(); r != nil {
			return r
		}
		if r := line.checkAgainst(pbx); r != nil {
			return r
		}
		if slices.ContainsFunc(o.ServiceList[:i], func(other lineBody) bool { return other.ServiceID == line.ServiceID }) {
			return refusal(invalid("serviceId", "unique", "%d comes twice", line.ServiceID))
		}
	}
	return nil
}

// checkWords holds the fields that a service purchase leaves no choice in.
func (l *lineBody) checkWords() *reply {
	for _, word := range [...]struct{ field, value, only string }{
		{"serviceType", l.ServiceType, "service"},
		{"purchaseType", l.PurchaseType, "purchase"},
		{"billingModel", l.BillingModel, "recurring"},
	} {
		if word.value != word.only {
			r := invalid(word.field, "oneof", "%q: a service is bought with %q", word.value, word.only)
			return &r
		}
	}
	if l.BillingCycle != "annually" && l.BillingCycle != "monthly" {
		r := invalid("billingCycle", "oneof", "%q is neither annually nor monthly", l.BillingCycle)
		return &r
	}
	if l.MultiCycle != 0 {
		r := invalid("multiCycle", "eq", "%d: it is 0", l.MultiCycle)
		return &r
	}
	return nil
}

// checkAgainst holds a line against the PBX it is for.
func (l *lineBody) checkAgainst(p *PBX) *reply {
	var r reply
	service, extensions := yeastar.ID(l.ServiceID), int64(p.Extensions)
	switch {
	case yeastar.ID(l.ConnectionPlanID) != p.PlanID:
		r = invalid("connectionPlanId", "current_plan", "%d is not the current plan of %s", l.ConnectionPlanID, p.ProductNo)
	case serviceName(service) == "":
		r = invalid("serviceId", "on_offer", "%d is not on offer", l.ServiceID)
	case l.BillingCycle != p.BillingCycle:
		r = invalid("billingCycle", "current_cycle", "%s: %s is billed %s", l.BillingCycle, p.ProductNo, p.BillingCycle)
	case l.Quantity < 1:
		r = invalid("quantity", "min", "%d: at least 1", l.Quantity)
	case l.Quantity > 1_000_000_000:
		r = invalid("quantity", "max", "%d: too many", l.Quantity)
	case service == ExtensionsID && extensions+l.Quantity > MaxExtensions:
		r = invalid("quantity", "max", "%d and the %d extensions of %s are more than %d", l.Quantity, extensions, p.ProductNo, MaxExtensions)
	case service == HighAvailID && p.HA:
		r = invalid("serviceId", "not_subscribed", "%s has high availability already", p.ProductNo)
	case service == HighAvailID && l.Quantity != extensions:
		r = invalid("quantity", "eq_extensions", "%d: %s has %d extensions", l.Quantity, p.ProductNo, extensions)
	default:
		return nil
	}
	return &r
}
