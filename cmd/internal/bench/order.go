package bench

import (
	"encoding/json"
	"fmt"
	"strconv"

	"orderq/tasks"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

// order is one order to place: the intent for us, the finished body for a bare handler.
type order struct {
	intent   tasks.Intent
	id       string
	poNumber string // as sent with the first attempt
	body     []byte
}

// kind of the orders: minutes have no limit that a run could meet.
const kind = "add_recording_minutes"

// orders makes the same orders for every run: from their references on they are the same bytes.
func orders(n int) ([]order, error) {
	k, ok := tasks.KindOf(kind)
	if !ok {
		return nil, fmt.Errorf("kind %s is gone", kind)
	}
	catalog := yeastartest.New(yeastartest.Options{PBXs: pbxs, Tutorials: true})
	defer catalog.Close()
	all := catalog.PBXs()
	made := make([]order, n)
	for i := range made {
		p := all[i%len(all)]
		in := tasks.Intent{Reference: "bench-" + strconv.Itoa(i), Kind: kind, ProductNo: p.ProductNo, Quantity: 1000 + i/len(all), // none looks like another
			BillingContact: "billing@example.com"}.Normalise()
		po := tasks.SentPONumber(in.ID(), 1, "")
		body, err := json.Marshal(yeastar.OrderRequest{
			OperationType: k.OperationType, ProductID: k.ProductID, ProductNo: p.ProductNo,
			BillingID: yeastartest.BillingContact, PONumber: po,
			ServiceList: []yeastar.ServiceLine{{
				ConnectionPlanID: p.PlanID, ServiceType: k.ServiceType, ServiceID: yeastartest.RecordingID, Quantity: in.Quantity,
				PurchaseType: k.PurchaseType, BillingModel: k.BillingModel, BillingCycle: p.BillingCycle, MultiCycle: k.MultiCycle,
			}},
		})
		if err != nil {
			return nil, fmt.Errorf("write the body of order %d: %w", i, err)
		}
		made[i] = order{intent: in, id: in.ID(), poNumber: po, body: body}
	}
	return made, nil
}
