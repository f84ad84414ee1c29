package protocol

import "math/bits"

// callers is what people and programs ask for.
func (p protocol) callers(s present, to func(step, present)) {
	moved := func(says string, state uint8) {
		n := s
		n.redis.state = state
		to(step{says: says}, n)
	}
	switch s.redis.state {
	case none:
		moved("the caller submits the intent again", p.state)
	case held:
		moved("a person approves", accepted)
		moved("the caller cancels", cancelled)
	case accepted:
		if p.state == held {
			moved("the caller cancels", cancelled)
		}
	}
	if p.halts {
		n := s
		n.redis.halted = !s.redis.halted
		to(step{says: "a person halts or resumes"}, n)
	}
}

// sends is a process's way from the record to the portal.
func (p protocol) sends(s present, i int, to func(step, present)) {
	w, n := s.procs[i], s
	does := func(says string, does uint8) {
		n.procs[i].does = does
		to(step{says, i, int(n.procs[i].attempt)}, n)
	}
	switch w.does {
	case idle:
		if s.redis.state == accepted && s.redis.attempt < p.attempts {
			n.procs[i].attempt = s.redis.attempt + 1
			does("process %d takes the order", asking)
		}
	case asking:
		if !p.through(s, i) {
			n.procs[i].attempt = 0
			does("process %d is refused at the gate", idle)
			return
		}
		w.name = p.fresh(s)
		n.procs[i].name = w.name
		r := &n.redis
		r.state, r.attempt, r.sender, r.name, r.knows = submitting, w.attempt, uint8(i), w.name, r.knows|w.name
		does("process %d passes the gate with attempt %d", passed)
	case passed:
		if p.sentUnjournalled {
			n.wire++
			does("process %d POSTs attempt %d", calling)
			return
		}
		n.journal[i] = s.journal[i].with(w)
		does("process %d journals attempt %d", written)
		n = s
		if p.givenUpUnjournalled {
			does("process %d will not send attempt %d", unsent)
		}
		if p.givenUpWithoutAWord {
			n.procs[i] = process{}
			to(step{"process %d drops attempt %d", i, int(w.attempt)}, n)
		}
	case written:
		n.wire++
		does("process %d POSTs attempt %d", calling)
		if n = s; !p.brisk {
			does("process %d will not send attempt %d", unsent)
		}
	case calling:
		if n.journal[i] = s.journal[i].with(w); n.journal[i] != s.journal[i] {
			does("process %d journals attempt %d", calling)
		}
	}
}

// through is the gate's answer.
func (p protocol) through(s present, i int) bool {
	r := s.redis
	return r.state == accepted && r.attempt+1 == s.procs[i].attempt && (r.open || p.epochNotAsked) && !r.halted &&
		(!p.joining() || p.joinsUnnoted || s.let.has(i))
}

// fresh is a name that nothing has. Where nobody looks at names there are none.
func (p protocol) fresh(s present) names {
	if p.comparedByNumber && p.verdictByNumber {
		return 0
	}
	used := s.redis.knows | s.older.knows
	for i := range p.host {
		used |= s.procs[i].name | s.journal[i].names
	}
	if used == ^names(0) {
		panic("more passages than names")
	}
	return 1 << bits.TrailingZeros16(uint16(^used))
}

func (b book) with(w process) book {
	if w.attempt >= b.newest {
		b.newest, b.last = w.attempt, w.name
	}
	b.names |= w.name
	return b
}

// concludes is what a process does with its answer, or without one.
func (p protocol) concludes(s present, i int, to func(step, present)) {
	w, n, r := s.procs[i], s, s.redis
	n.procs[i] = process{}
	own := r.attempt == w.attempt && (r.state == submitting || r.state == unknown) && (p.verdictByNumber || r.name == w.name)
	switch w.does {
	case unsent:
		if own {
			n.redis.state = accepted
		}
		to(step{"process %d tells the record that attempt %d was not sent", i, int(w.attempt)}, n)
	case calling:
		if s.orders > 0 && r.state != none && r.state != cancelled {
			n.redis.state = placed
			to(step{"process %d reads the answer to attempt %d: placed", i, int(w.attempt)}, n)
			n.redis.state = r.state
		}
		if own {
			n.redis.state = unknown
		}
		to(step{"process %d gets no answer to attempt %d", i, int(w.attempt)}, n)
	}
}

// lives is a process's death and its successor. That one sleeps needs no step: nobody is made to act.
func (p protocol) lives(s present, i int, to func(step, present)) {
	n := s
	if s.procs[i].does == finished {
		n.procs[i].does = idle
		to(step{"process %d is started anew", i, 0}, n)
		return
	}
	if p.brisk {
		return
	}
	n.procs[i] = process{does: finished}
	n.let, n.vouched = s.let.without(i), s.vouched.without(i)
	to(step{"process %d is killed", i, 0}, n)
}

// portal is what becomes of requests on their way.
func (p protocol) portal(s present, to func(step, present)) {
	if s.wire == 0 {
		return
	}
	n := s
	if n.wire--; !p.brisk {
		to(step{says: "a request is lost"}, n)
	}
	n.orders++
	to(step{says: "the portal makes an order of a request"}, n)
}

// reconciles is what becomes of an order in doubt. The horizon is sound: nothing is judged absent while a
// request is on its way.
func (p protocol) reconciles(s present, to func(step, present)) {
	n := s
	if s.redis.state == submitting {
		n.redis.state = unknown
		to(step{says: "the deadline is over: unknown"}, n)
	}
	if s.redis.state != unknown {
		return
	}
	if s.orders > 0 {
		n.redis.state = placed
		to(step{says: "the order is found: placed"}, n)
	} else if s.wire == 0 && (p.resentUnproved || p.finished(s)) {
		n.redis.state = accepted
		to(step{says: "judged absent: to be sent again"}, n)
	}
}

// finished says that journals prove that no passage that the record knows of will be used.
func (p protocol) finished(s present) bool {
	for i := range p.host {
		w := s.procs[i]
		mine := s.redis.knows&w.name != 0
		if p.lastSenderOnly || p.comparedByNumber {
			mine = int(s.redis.sender) == i && w.attempt == s.redis.attempt
		}
		if mine && (w.does == passed || w.does == written || w.does == calling) {
			return false
		}
	}
	return true
}
