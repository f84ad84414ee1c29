package yeastartest

import (
	"fmt"
	"strconv"
)

// Resume makes a portal like New that goes on where an earlier one ended, killed or not: the same old orders,
// all orders with their numbers, statuses and effects on the PBXs, and what Ledger tells as far as the
// journal has it. Tokens, commanded faults, holds, and what was steered are gone. Options must have the
// Seed, PBXs and OldOrders of the portal whose past it is; give the same Extensions and ClockOffset, too,
// which a journal cannot tell. It is an error where the options cannot be or the past does not fit them.
func Resume(o Options, p Past) (*Server, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	begun := beginning{o.Seed, o.PBXs, o.OldOrders}
	if p.start != nil && *p.start != begun {
		return nil, fmt.Errorf("yeastartest: the journal was begun with Seed %d, PBXs %d, OldOrders %d, and not with %d, %d, %d: start with the same, or with an empty journal",
			p.start.Seed, p.start.PBXs, p.start.OldOrders, begun.Seed, begun.PBXs, begun.OldOrders)
	}
	s := build(o)
	now := s.clock()
	s.log.start(now, begun)
	if p.start == nil {
		p.clock = now
	}
	s.tokens.given = p.starts << 32 // no token and no requestId comes again
	s.seen.total = p.starts << 32
	s.seedOrders(p.clock)
	for _, made := range p.ledger.Orders {
		if err := s.restore(made); err != nil {
			return nil, err
		}
	}
	for po, n := range p.ledger.Requests {
		s.seen.requests[po] = n
	}
	for call, n := range p.ledger.Calls {
		s.seen.calls[call], s.knocks = n, n // the journal has no other call than create order
	}
	for call, n := range p.ledger.CallsWhileDown {
		s.seen.whileDown[call] = n
	}
	s.seen.partial = p.ledger.Partial
	s.seen.bodies = p.bodies[max(0, len(p.bodies)-s.seen.keep):]
	return s, nil
}

// restore puts an order of the past on the books. Only the server that is being made knows it yet.
func (s *Server) restore(made LedgerOrder) error {
	b := &s.orders
	if s.pbxByNo[made.ProductNo] == nil {
		return fmt.Errorf("yeastartest: the journal has %s for PBX %s, which is not in this catalog", made.OrderNo, made.ProductNo)
	}
	o := &stored{LedgerOrder: made, since: made.At.Add(-s.opt.ClockOffset)}
	if now := s.opt.Now(); o.since.After(now) {
		o.since = now // the portal's clock was another then
	}
	if o.since.Before(b.last) {
		o.since = b.last
	}
	b.last = o.since
	for _, number := range [...]string{made.ID, made.OrderNo, made.TransactionNo} {
		if len(number) > 19 {
			number = number[len(number)-19:] // without the two letters
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return fmt.Errorf("yeastartest: the journal's order %s has %q for a number", made.OrderNo, number)
		}
		b.numbers.last = max(b.numbers.last, n)
	}
	switch made.OrderNo {
	case expandSample.orderNo:
		s.script.expand = true
	case haSample.orderNo:
		s.script.ha = true
	}
	s.wanted[made.ProductNo] = s.wanted[made.ProductNo] || !made.ByHand
	s.book(o)
	return nil
}
