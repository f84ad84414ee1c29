package yeastartest

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Ledger is what really happened at the portal: the oracle. It is a copy; the portal goes on without it.
type Ledger struct {
	Orders         []LedgerOrder  `json:"orders"`         // in the order of their commits, without the old orders of the start
	Calls          map[string]int `json:"calls"`          // by the calls' words (CallCreate, …), whatever became of them; "other": unknown paths
	CallsWhileDown map[string]int `json:"callsWhileDown"` // those of Calls that found the portal down
	Requests       map[string]int `json:"requests"`       // create-order requests that came whole, by poNumber, made or not
	Partial        int            `json:"partial"`        // create-order requests that broke off, or that UnreadBefore did not read
}

// LedgerOrder is one order that the portal made.
type LedgerOrder struct {
	ID            string       `json:"id"` // the list's id; its digits are not those of OrderNo
	OrderNo       string       `json:"orderNo"`
	TransactionNo string       `json:"transactionNo"`
	InstanceID    string       `json:"instanceId"`
	ProductNo     string       `json:"productNo"`
	PONumber      string       `json:"poNumber"`
	OperationType string       `json:"operationType"`
	ServiceID     string       `json:"serviceId"` // this and the next two: the first line of serviceList
	Quantity      int          `json:"quantity"`
	BillingCycle  string       `json:"billingCycle"`
	More          []LedgerLine `json:"more,omitempty"` // the further lines
	BillingID     string       `json:"billingId"`
	Status        string       `json:"status"`           // its orderStatus now
	At            time.Time    `json:"at"`               // its createTime, by Options.Now
	Fault         Fault        `json:"fault,omitempty"`  // what struck its answer; "": answered well
	ByHand        bool         `json:"byHand,omitempty"` // made by Place or by a stranger of Options
}

// LedgerLine is one element of an order's serviceList.
type LedgerLine struct {
	ServiceID    string `json:"serviceId"`
	Quantity     int    `json:"quantity"`
	BillingCycle string `json:"billingCycle"`
}

// Lines gives all lines, the first included.
func (o LedgerOrder) Lines() []LedgerLine {
	return append([]LedgerLine{{o.ServiceID, o.Quantity, o.BillingCycle}}, o.More...)
}

// Ledger takes a copy.
func (s *Server) Ledger() Ledger {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := Ledger{
		Orders:         make([]LedgerOrder, 0, len(s.orders.all)-s.orders.old),
		Calls:          maps.Clone(s.seen.calls),
		CallsWhileDown: maps.Clone(s.seen.whileDown),
		Requests:       maps.Clone(s.seen.requests),
		Partial:        s.seen.partial,
	}
	for _, o := range s.orders.all[s.orders.old:] {
		l.Orders = append(l.Orders, o.LedgerOrder)
	}
	return l
}

// Committed gives the orders whose poNumber's first word starts with reference: for an order id, those of all
// its attempts. More than one is what must never be.
func (l Ledger) Committed(reference string) []LedgerOrder {
	var found []LedgerOrder
	for _, o := range l.Orders {
		word, _, _ := strings.Cut(o.PONumber, " ")
		if strings.HasPrefix(word, reference) {
			found = append(found, o)
		}
	}
	return found
}

// Bodies gives the create-order bodies that came whole, as they came and in their order: the last 10,000 and perhaps some more.
func (s *Server) Bodies() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen.bodies)
}

// sightings count what came in, answered or not.
type sightings struct {
	calls, whileDown, requests map[string]int
	partial, total             int
	bodies                     [][]byte
	keep                       int
}

func newSightings(keep int) sightings {
	return sightings{calls: map[string]int{}, whileDown: map[string]int{}, requests: map[string]int{}, keep: keep}
}

// count notes a call and tells it its place among its like.
func (n *sightings) count(x *exchange, known, down bool) {
	call := x.call
	if !known {
		call = "other"
	}
	n.total++
	n.calls[call]++
	x.serial = n.calls[call]
	if down {
		n.whileDown[call]++
	}
	if x.call != CallCreate {
		return
	}
	if x.body == nil {
		n.partial++
		return
	}
	n.requests[x.order.PONumber]++
	x.nth = n.requests[x.order.PONumber]
	if len(n.bodies) == 2*n.keep { // cut in halves: a shift per request would cost more than all else
		n.bodies = slices.Clone(n.bodies[n.keep:])
	}
	n.bodies = append(n.bodies, x.body)
}
