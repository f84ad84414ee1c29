package worker

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"orderq/store"
	"orderq/yeastar"
)

// fit says whether a portal order may be one of ours that bears no reference: by all that is readable.
type fit int

const (
	unlike fit = iota // something readable differs
	maybe             // too little is readable
	alike             // everything that must be readable is, and all that is readable agrees
)

// slack is how far apart two clocks may still be after the portal's offset is taken out: its Date header
// has seconds only.
const slack = 3 * time.Second

// fits compares an order in doubt with a portal order's details. offset is the portal's clock less Redis'.
func fits(o store.Order, d yeastar.OrderDetails, offset time.Duration) fit {
	var sent yeastar.OrderRequest
	if err := json.Unmarshal(o.Evidence.Body, &sent); err != nil || len(sent.ServiceList) == 0 {
		return maybe
	}
	line := sent.ServiceList[0]
	switch {
	case d.PONumber != "" && !strings.HasPrefix(sent.PONumber, d.PONumber), // one cut short may still be ours
		d.ProductNo != "" && d.ProductNo != sent.ProductNo,
		d.ProductID != 0 && d.ProductID != sent.ProductID,
		len(d.ServiceIDs) > 0 && !slices.Contains(d.ServiceIDs, line.ServiceID),
		d.Quantity != 0 && d.Quantity != line.Quantity,
		!d.CreateTime.IsZero() && d.CreateTime.Add(-offset).Before(o.SubmittedAt.Add(-slack)):
		return unlike
	case d.ProductNo == "" || d.CreateTime.IsZero():
		return maybe
	}
	return alike
}
