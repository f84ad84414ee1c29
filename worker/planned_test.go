package worker_test

import (
	"encoding/json"
	"strings"
	"testing"

	"orderq/store"
	"orderq/tasks"
	"orderq/worker/resolve"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

// Between a plan and its sending there are an approval and the workers' own settings: what is sent is what was planned.
func TestAnOrderThatWasPlannedIsSentAsThatOrNotAtAll(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.start()
	is := resolve.Planned{Kind: "add_recording_minutes", ProductNo: yeastartest.TutorialExpandPBX, Quantity: 5}
	first := r.place(minutes("first", is.ProductNo, is.Quantity))
	first = r.await(first.ID, store.Placed)
	var sent yeastar.OrderRequest
	r.must(json.Unmarshal(first.Evidence.Body, &sent))
	service := sent.ServiceList[0]
	is.PlanID, is.ServiceID, is.ContactID, is.BillingCycle = service.ConnectionPlanID.String(), service.ServiceID.String(), sent.BillingID.String(), service.BillingCycle

	planned := func(reference string, p resolve.Planned) store.Order {
		n := tasks.NewOrder(minutes(reference, is.ProductNo, is.Quantity).Normalise(), tasks.QueueOrders)
		n.AllowDuplicate = true
		var err error
		n.Planned, err = json.Marshal(p)
		r.must(err)
		o, _, err := r.room.Store.Accept(t.Context(), n)
		r.must(err)
		r.client.Enqueue(t.Context(), o)
		return o
	}
	r.await(planned("as planned", is).ID, store.Placed)
	is.ContactID = "1"
	o := r.await(planned("another contact", is).ID, store.Rejected, store.Placed)
	if o.State != store.Rejected || o.Code != resolve.CodeChanged || !strings.Contains(o.Reason, `changed since it was planned: billingId was "1" and is "`+sent.BillingID.String()) {
		t.Errorf("%s, %s: %s", o.State, o.Code, o.Reason)
	}
	if got := r.committed(o.ID); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}
