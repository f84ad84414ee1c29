package tasks

import "orderq/store"

// NewOrder is the mapping from an intent to the record that it asks for: the one way in, for our client and
// for the worker that first sees a plain producer's task. The intent must have passed Parse, or Normalise
// and Validate.
func NewOrder(in Intent, queue string) store.New {
	return store.New{
		ID:             in.ID(),
		Reference:      in.Reference,
		Kind:           in.Kind,
		ProductNo:      in.ProductNo,
		Quantity:       in.Quantity,
		Ensure:         in.Ensure,
		Plan:           in.Plan,
		BillingCycle:   in.BillingCycle,
		BillingContact: in.BillingContact,
		PONumber:       in.PONumber,
		Target:         in.Target(),
		Fingerprint:    in.Fingerprint(),
		Queue:          queue,
		Labels:         in.Labels,
		Intent:         in.Canonical(),
		NotBefore:      in.NotBefore,
		Like:           in.Like(),
		AllowDuplicate: in.AllowDuplicate,
	}
}
