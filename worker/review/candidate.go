package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orderq/tasks"
	"orderq/yeastar"
)

// Candidate is a portal order beside the order in doubt. What could not be read is left out.
type Candidate struct {
	OrderNo     string    `json:"orderNo"`
	PortalID    string    `json:"portalId,omitempty"` // the list's own id
	OrderStatus string    `json:"orderStatus,omitempty"`
	CreatedAt   time.Time `json:"createdAt,omitzero"` // the portal's clock
	ProductNo   string    `json:"productNo,omitempty"`
	Quantity    int       `json:"quantity,omitempty"`
	PONumber    string    `json:"poNumber,omitempty"`
	Bears       string    `json:"bears,omitempty"`     // the attempt of ours whose reference it shows, this order's first
	ClaimedBy   string    `json:"claimedBy,omitempty"` // our order whose record has its number
	Fit         Fit       `json:"fit"`
	Why         string    `json:"why"` // of Fit, for people

	early bool // created before the first attempt was sent, clocks allowed for
	refs  []string
	full  yeastar.OrderDetails
}

// Fit says whether a portal order may be the order in doubt.
type Fit string

const (
	FitReference Fit = "reference" // it bears a reference of this order: it is this order's
	FitRecorded  Fit = "recorded"  // the record has its number already
	FitAlike     Fit = "fits"      // all that must be readable is, and all that is readable agrees
	FitUnclear   Fit = "unclear"   // too little is readable
	FitUnlike    Fit = "no"        // it is another order's, or something readable differs
)

// fits lists them, those most like the order first.
var fits = []Fit{FitReference, FitRecorded, FitAlike, FitUnclear, FitUnlike}

// slack is how far apart two clocks may still be after the portal's offset is taken out: its Date header
// has seconds only.
const slack = 3 * time.Second

// wanted is the order in doubt, as portal orders are compared with it.
type wanted struct {
	id        string
	productNo string
	request   *yeastar.OrderRequest // nil: what was sent is not readable
	first     time.Time             // Redis' clock when the first attempt passed the gate; zero: not known
	offset    time.Duration         // the portal's clock less Redis'
}

// of compares a portal order: refs are the references of ours that it shows anywhere, holder is our order
// that has its number.
func (w wanted) of(d yeastar.OrderDetails, refs []string, holder string) Candidate {
	c := Candidate{
		OrderNo: d.OrderNo, PortalID: d.ID, OrderStatus: d.OrderStatus, CreatedAt: d.CreateTime, ProductNo: d.ProductNo,
		Quantity: d.Quantity, PONumber: d.PONumber, ClaimedBy: holder, refs: refs, full: d,
	}
	c.early = !d.CreateTime.IsZero() && !w.first.IsZero() && d.CreateTime.Add(-w.offset).Before(w.first.Add(-slack))
	for _, ref := range refs {
		if owner(ref) == w.id {
			c.Bears = ref
			break
		}
		c.Bears = either(c.Bears, ref)
	}
	c.Fit, c.Why = w.compare(c, d)
	return c
}

func (w wanted) compare(c Candidate, d yeastar.OrderDetails) (Fit, string) {
	bearer := owner(c.Bears)
	switch {
	case bearer == w.id:
		return FitReference, "it bears this order's reference, " + c.Bears
	case c.ClaimedBy == w.id:
		return FitRecorded, "this order has it on record"
	case bearer != "":
		return FitUnlike, "bears the reference of order " + bearer
	case c.ClaimedBy != "":
		return FitUnlike, "belongs to order " + c.ClaimedBy
	case w.elsewhere(d.ProductNo):
		return FitUnlike, "for another PBX, " + d.ProductNo
	case c.early:
		return FitUnlike, "created before this order was sent"
	case d.PONumber != "":
		return FitUnlike, "has another PO number: " + d.PONumber
	}
	if differs := w.differs(d); differs != "" {
		return FitUnlike, differs
	}
	switch {
	case d.ProductNo == "" || w.productNo == "":
		return FitUnclear, "the PBX cannot be compared"
	case d.CreateTime.IsZero():
		return FitUnclear, "its time cannot be read"
	case w.request == nil:
		return FitUnclear, "what was sent for this order cannot be read"
	}
	return FitAlike, "same PBX, nothing readable differs, and created after this order was sent"
}

// elsewhere says that a portal order is for another PBX, as far as both can be read.
func (w wanted) elsewhere(productNo string) bool {
	return productNo != "" && w.productNo != "" && !strings.EqualFold(productNo, w.productNo)
}

// differs says in what the lines of a portal order are not those that were sent; "" where that cannot be
// read, or is nothing.
func (w wanted) differs(d yeastar.OrderDetails) string {
	if w.request == nil || len(w.request.ServiceList) == 0 {
		return ""
	}
	line := w.request.ServiceList[0]
	switch {
	case d.ProductID != 0 && d.ProductID != w.request.ProductID:
		return fmt.Sprintf("for product %d, not %d", d.ProductID, w.request.ProductID)
	case len(d.ServiceIDs) > 0 && !slices.Contains(d.ServiceIDs, line.ServiceID):
		return "for another service"
	case d.Quantity != 0 && d.Quantity != line.Quantity:
		return fmt.Sprintf("quantity %d, not %d", d.Quantity, line.Quantity)
	}
	return ""
}

// nothingBought says that the portal's order came to nothing.
func (c Candidate) nothingBought() bool {
	switch c.OrderStatus {
	case yeastar.StatusFailed, yeastar.StatusInvalid, yeastar.StatusCancelled, yeastar.StatusRefunded:
		return true
	}
	return false
}

// owner is the order that an attempt's reference belongs to; "" where it is none.
func owner(reference string) string {
	id, _, ok := tasks.SplitReference(reference)
	if !ok {
		return ""
	}
	return id
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
