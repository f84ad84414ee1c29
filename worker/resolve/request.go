package resolve

import (
	"orderq/tasks"
	"orderq/yeastar"
)

// Resolution is an intent said in the portal's words.
type Resolution struct {
	// Request is the body to send. Its PONumber is empty: that names the attempt, which is the gate's.
	Request      yeastar.OrderRequest
	ProductNo    string // the portal's spelling
	Plan         string // the name where one is known
	PlanID       yeastar.ID
	Service      string // the name where one is known
	ServiceID    yeastar.ID
	BillingCycle string
	Contact      string // the e-mail address
	ContactID    yeastar.ID
	Quantity     int
	Extensions   *int     // what the PBX had when it was last read; nil: the portal does not show it
	Notes        []string // what could not be checked, for people
}

// request is the mapping from a resolution to the portal's body, for kinds of one service line
// (tutorials "expand extensions or call recording minutes" and "subscribe to high availability").
func request(kind tasks.Kind, r Resolution) yeastar.OrderRequest {
	return yeastar.OrderRequest{
		OperationType: kind.OperationType,
		ProductID:     kind.ProductID,
		ProductNo:     r.ProductNo,
		BillingID:     r.ContactID,
		ServiceList: []yeastar.ServiceLine{{
			ConnectionPlanID: r.PlanID,
			ServiceType:      kind.ServiceType,
			ServiceID:        r.ServiceID,
			Quantity:         r.Quantity,
			PurchaseType:     kind.PurchaseType,
			BillingModel:     kind.BillingModel,
			BillingCycle:     r.BillingCycle,
			MultiCycle:       kind.MultiCycle,
		}},
	}
}
