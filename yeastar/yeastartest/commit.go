package yeastartest

import (
	"fmt"
	"strconv"
	"time"

	"orderq/yeastar"
)

// stored is an order in the portal, with what the ledger does not show.
type stored struct {
	LedgerOrder
	since     time.Time // of its commit, by Options.Now; never before that of the order before it
	invoiceNo string
	old       bool // other people's, there from the start: not in the ledger
	applied   bool // its effect on the PBX is in force: it has succeeded
}

// orderBook keeps the portal's orders, in the order of their commits.
type orderBook struct {
	all     []*stored
	old     int                // how many of all are old
	byKey   map[string]*stored // by id and by orderNo
	numbers numbers
	last    time.Time // the newest since
	next    []string  // statuses for orders to come
}

func newOrderBook(d die) orderBook {
	return orderBook{byKey: map[string]*stored{}, numbers: numbers{die: d}}
}

// commit makes an order of a checked request. s.mu is held, and nothing here waits or scans.
func (s *Server) commit(o *orderBody, f Fault) LedgerOrder {
	first := &o.ServiceList[0]
	made := LedgerOrder{
		ProductNo: o.ProductNo, PONumber: o.PONumber, OperationType: o.OperationType,
		ServiceID: yeastar.ID(first.ServiceID).String(), Quantity: int(first.Quantity), BillingCycle: first.BillingCycle,
		BillingID: yeastar.ID(o.BillingID).String(), Status: yeastar.StatusSucceed, Fault: f,
	}
	for _, l := range o.ServiceList[1:] {
		made.More = append(made.More, LedgerLine{yeastar.ID(l.ServiceID).String(), int(l.Quantity), l.BillingCycle})
	}
	if len(s.orders.next) > 0 {
		made.Status, s.orders.next = s.orders.next[0], s.orders.next[1:]
	}
	number := tutorialNumbers{}
	if s.opt.Tutorials {
		number = s.script.take(o)
	}
	return s.store(&stored{LedgerOrder: made}, s.opt.Now(), number)
}

// store numbers an order and puts it on the books; its effect follows its status. It returns a copy, which a
// later SetStatus leaves alone.
func (s *Server) store(o *stored, at time.Time, number tutorialNumbers) LedgerOrder {
	b := &s.orders
	if at.Before(b.last) {
		at = b.last
	}
	b.last, o.since = at, at
	o.At = at.Add(time.Duration(s.offset.Load())).UTC()
	o.ID = b.numbers.id(o.At)
	o.OrderNo, o.TransactionNo = number.orderNo, number.transactionNo
	if o.OrderNo == "" {
		o.OrderNo, o.TransactionNo = b.numbers.order(o.At), b.numbers.order(o.At)
	}
	o.InstanceID = s.pbxByNo[o.ProductNo].InstanceID
	s.book(o)
	return o.LedgerOrder
}

// book enters an order that has its numbers.
func (s *Server) book(o *stored) {
	b := &s.orders
	o.invoiceNo = "INV" + strconv.Itoa(100001+len(b.all))
	b.all = append(b.all, o)
	b.byKey[o.ID], b.byKey[o.OrderNo] = o, o
	s.apply(o)
	s.wake()
}

// apply makes the PBX agree with the order's status: what has succeeded is in force, all else is not.
func (s *Server) apply(o *stored) {
	inForce := o.Status == yeastar.StatusSucceed
	if inForce == o.applied || o.old {
		return
	}
	o.applied = inForce
	sign := -1
	if inForce {
		sign = 1
	}
	pbx := s.pbxByNo[o.ProductNo]
	for _, l := range o.Lines() {
		switch l.ServiceID {
		case ExtensionsID.String():
			pbx.Extensions += sign * l.Quantity
		case RecordingID.String():
			pbx.Minutes += sign * l.Quantity
		case HighAvailID.String():
			pbx.HA = inForce
		}
	}
}

// Place makes someone else's order, by hand in the portal: no call, no check of limits, in the ledger with ByHand.
// It panics for a PBX or service that is not in the catalog.
func (s *Server) Place(productNo string, service yeastar.ID, quantity int, poNumber string) LedgerOrder {
	s.log.begin()
	defer s.log.end()
	made := s.place(productNo, service, quantity, poNumber)
	s.log.order(made)
	return made
}

func (s *Server) place(productNo string, service yeastar.ID, quantity int, poNumber string) LedgerOrder {
	s.mu.Lock()
	defer s.mu.Unlock()
	pbx := s.pbxByNo[productNo]
	if pbx == nil || serviceName(service) == "" {
		panic(fmt.Sprintf("yeastartest: Place: no PBX %q or no service %s", productNo, service))
	}
	return s.byHand(pbx, service, quantity, poNumber)
}

// byHand makes somebody else's order. s.mu is held.
func (s *Server) byHand(pbx *PBX, service yeastar.ID, quantity int, poNumber string) LedgerOrder {
	return s.store(&stored{LedgerOrder: LedgerOrder{ProductNo: pbx.ProductNo, PONumber: poNumber, OperationType: "purchase_service",
		ServiceID: service.String(), Quantity: quantity, BillingCycle: pbx.BillingCycle,
		BillingID: s.contacts[0].BillingContactID, Status: yeastar.StatusSucceed, ByHand: true}}, s.opt.Now(), tutorialNumbers{})
}

// SetStatus moves an order to another status, as payment or a person does, and with it its effect on the
// PBX. It panics for a number that is not in the portal.
func (s *Server) SetStatus(orderNo, status string) {
	s.log.begin()
	defer s.log.end()
	s.setStatus(orderNo, status)
	s.log.status(s.opt.Now(), orderNo, status)
}

func (s *Server) setStatus(orderNo, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row := s.orders.byKey[orderNo]
	if row == nil {
		panic(fmt.Sprintf("yeastartest: SetStatus: no order %q", orderNo))
	}
	row.Status = status
	s.apply(row)
}

// NextStatus has the next order created with this orderStatus, then as before; called twice, it is about the next two.
func (s *Server) NextStatus(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders.next = append(s.orders.next, status)
}

// seedOrders puts other people's orders on the books, one a day until the day before the portal's clock
// showed start, so that the list has pages.
func (s *Server) seedOrders(start time.Time) {
	now := start.Add(-time.Duration(s.offset.Load()))
	for n := s.opt.OldOrders; n > 0; n-- {
		bits := die(s.opt.Seed).roll("old order", n)
		pbx := s.pbxs[bits%uint64(len(s.pbxs))]
		s.store(&stored{old: true, LedgerOrder: LedgerOrder{ProductNo: pbx.ProductNo, PONumber: "PO-" + strconv.Itoa(1000+n),
			OperationType: "purchase_service", ServiceID: RecordingID.String(), Quantity: 1000,
			BillingCycle: pbx.BillingCycle, BillingID: s.contacts[0].BillingContactID,
			Status: [...]string{yeastar.StatusSucceed, yeastar.StatusSucceed, yeastar.StatusCancelled}[bits>>32%3]}},
			now.AddDate(0, 0, -n), tutorialNumbers{})
		s.orders.old++
	}
}
