package yeastartest

import (
	"maps"
	"slices"
)

// rule is a commanded fault.
type rule struct {
	call      string // CallCreate and so on; "": every read
	productNo string // "": any
	fault     Fault
	left      int // calls it still strikes; negative: for ever
}

// Fail makes the next create-order calls, times of them, end in the fault; negative: all, for ever.
// Commands come before probability, FailOn before Fail, older before newer. A call that is refused for its
// content does not use up a fault that strikes after the commit: it made nothing.
func (s *Server) Fail(f Fault, times int) { s.command(rule{CallCreate, "", f, times}) }

// FailOn is Fail for the orders of one PBX.
func (s *Server) FailOn(productNo string, f Fault, times int) {
	s.command(rule{CallCreate, productNo, f, times})
}

// FailReads is Fail for every call but create order and token. Go's client repeats a GET by itself when a
// connection that it used before is closed on it: one drop is then answered on the second try.
func (s *Server) FailReads(f Fault, times int) { s.command(rule{"", "", f, times}) }

// FailCalls is Fail for one kind of call, by its word (CallOrders, CallToken, …).
func (s *Server) FailCalls(call string, f Fault, times int) { s.command(rule{call, "", f, times}) }

func (s *Server) command(r rule) {
	if err := r.fault.check(); err != nil {
		panic("yeastartest: " + err.Error())
	}
	if r.left == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, r)
}

// fateOfOrder decides which fault strikes a create-order call, "" for none. s.mu is held.
func (s *Server) fateOfOrder(x *exchange, refused bool) Fault {
	mayStrike := func(f Fault) bool { return !refused || !s.plays[f].commits }
	for _, productNo := range [...]string{x.order.ProductNo, ""} {
		for i := range s.rules {
			r := &s.rules[i]
			if r.call == CallCreate && r.productNo == productNo && mayStrike(r.fault) {
				return s.spend(i)
			}
		}
	}
	if f := s.throw(x.order.PONumber, x.nth); f != "" && mayStrike(f) {
		return f
	}
	return ""
}

// fateOfRead decides for all other calls. Of the random faults only 401 and 429 strike them, and the token
// call is spared: it would mean that the credentials are wrong.
func (s *Server) fateOfRead(x *exchange) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.rules {
		if r := &s.rules[i]; r.call == x.call || r.call == "" && x.call != CallToken {
			return s.spend(i)
		}
	}
	if x.call == CallToken {
		return ""
	}
	if f := s.throw(x.call, x.serial); f == Denied401 || f == TooMany429 {
		return f
	}
	return ""
}

// unreadLocked says whether a create-order call is reset before its body is read. s.mu is held.
func (s *Server) unreadLocked() bool {
	s.knocks++
	for i := range s.rules {
		if r := &s.rules[i]; r.call == CallCreate && r.productNo == "" {
			return r.fault == UnreadBefore && s.spend(i) != ""
		}
	}
	return s.unread > 0 && die(s.opt.Seed).unit("unread", s.knocks) < s.unread
}

// spend uses a rule once.
func (s *Server) spend(i int) Fault {
	f := s.rules[i].fault
	if s.rules[i].left > 0 {
		s.rules[i].left--
	}
	if s.rules[i].left == 0 {
		s.rules = slices.Delete(s.rules, i, i+1)
	}
	return f
}

// throw is the one throw per request, over the probabilities laid end to end.
func (s *Server) throw(key string, nth int) Fault {
	if len(s.chances) == 0 {
		return ""
	}
	at := die(s.opt.Seed).unit("fault "+key, nth)
	for _, c := range s.chances {
		if at < c.p {
			return c.fault
		}
		at -= c.p
	}
	return ""
}

type chance struct {
	fault Fault
	p     float64
}

// chancesOf lays the probabilities out in a fixed order: a map's own would differ from run to run.
func chancesOf(f Faults) []chance {
	var all []chance
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if name != UnreadBefore {
			all = append(all, chance{name, f[name]})
		}
	}
	return all
}

// SetFaults replaces the faults by probability; commanded ones stay. It panics on a name that is no fault.
func (s *Server) SetFaults(f Faults) {
	if err := f.validate(); err != nil {
		panic("yeastartest: " + err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chances, s.unread = chancesOf(f), f[UnreadBefore]
}

// Down, while true, closes every connection without an answer. The calls are counted all the same, in
// Ledger.Calls and once more in Ledger.CallsWhileDown.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Heal ends Down and all faults, commanded and random, and cuts the calls that hang; those of LateCommit
// make their order first. Holds stay.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down, s.rules, s.chances, s.unread = false, nil, nil, 0
	close(s.healed)
	s.healed = make(chan struct{})
}
