package yeastartest

import (
	"fmt"
	"strconv"

	"orderq/yeastar"
)

// A stranger is somebody who uses the same account by hand, at the same time as the client does.

// stranger is what somebody orders beside one create-order request.
type stranger struct {
	comes    bool
	early    bool // before the request is decided on, else after
	quantity int64
	poNumber string
}

// strangerOf says who orders beside a request, by its poNumber and place among its like; whatever becomes of
// the request itself. s.mu is held.
func (s *Server) strangerOf(x *exchange, late bool) stranger {
	if s.opt.Strangers <= 0 || late || s.shut || x.malformed != nil || len(x.order.ServiceList) == 0 {
		return stranger{}
	}
	d := die(s.opt.Seed)
	if d.unit("stranger "+x.order.PONumber, x.nth) >= s.opt.Strangers {
		return stranger{}
	}
	bits := d.roll("stranger's order "+x.order.PONumber, x.nth)
	other := stranger{comes: true, early: bits&1 == 0, quantity: x.order.ServiceList[0].Quantity}
	if bits>>1&1 == 0 {
		other.quantity += int64(1 + bits>>8%9)
	}
	if bits>>2&1 == 0 {
		other.poNumber = fmt.Sprintf("PO-%04d", bits>>16%10_000)
	}
	return other
}

// admit makes the stranger's order: for the same PBX and the same service, if the portal would take it. s.mu
// is held.
func (s *Server) admit(x *exchange, other stranger) {
	pbx := s.pbxByNo[x.order.ProductNo]
	if pbx == nil {
		return
	}
	line := x.order.ServiceList[0]
	line.ConnectionPlanID, line.BillingCycle, line.Quantity = int64(pbx.PlanID), pbx.BillingCycle, other.quantity
	if yeastar.ID(line.ServiceID) == HighAvailID {
		line.Quantity = int64(pbx.Extensions) // nothing else can be bought
	}
	if line.checkAgainst(pbx) != nil {
		return
	}
	made := s.byHand(pbx, yeastar.ID(line.ServiceID), int(line.Quantity), other.poNumber)
	x.stranger = &made
}

// turnPage lets somebody order while a client is between two pages of the list, for a PBX that no client
// ordered for as long as there is one: the row shifts the pages, and is nobody's candidate.
func (s *Server) turnPage(pageNo string) {
	if n, err := strconv.Atoi(pageNo); err != nil || n < 2 {
		return
	}
	s.log.begin()
	defer s.log.end()
	if made, ordered := s.betweenPages(); ordered {
		s.log.order(made)
	}
}

func (s *Server) betweenPages() (made LedgerOrder, ordered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turns++
	d := die(s.opt.Seed)
	if s.shut || d.unit("page", s.turns) >= s.opt.PageShift {
		return made, false
	}
	bits := d.roll("page's order", s.turns)
	pbx := s.pbxs[bits%uint64(len(s.pbxs))]
	for i := range s.pbxs {
		if other := s.pbxs[(bits+uint64(i))%uint64(len(s.pbxs))]; !s.wanted[other.ProductNo] {
			pbx = other
			break
		}
	}
	return s.byHand(pbx, RecordingID, int(100*(1+bits>>32%10)), fmt.Sprintf("PO-%04d", bits>>16%10_000)), true
}
