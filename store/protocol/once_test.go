package protocol

import "testing"

// The first model: one order, a queue that delivers more than once, a portal without idempotency key. Letters
// are states: A accepted, S submitting, P placed, U unknown; of a worker i idle, c about to compare and set,
// g has set and not yet sent, f in flight.

type delivery struct{ does, token uint8 }

type request struct{ token, made, answered uint8 }

type once struct {
	state, token             uint8
	workers                  [3]delivery
	sent                     uint8
	net                      [6]request
	orders                   uint8
	backs, deaths, delivered uint8 // left
	highest                  uint8 // token in a second ledger
}

type onceVariant struct {
	workers, deaths, deliveries int

	forgets, noMark, noCompare, ambiguousRetried, redeliveredRetried, resent, horizonUnsound, transportRetries bool
	looksFirst, listLags, secondLedger                                                                         bool
}

func (v onceVariant) model() model[once] {
	s := once{state: 'A', deaths: uint8(v.deaths), delivered: uint8(v.deliveries)}
	for i := range v.workers {
		s.workers[i].does = 'i'
	}
	if v.forgets {
		s.backs = 1
	}
	return model[once]{start: s, next: v.next, broken: func(s once) string {
		if s.orders > 1 {
			return twice
		}
		return ""
	}}
}

func (v onceVariant) next(s once, to func(step, once)) {
	for i := range v.workers {
		v.works(s, i, to)
	}
	v.portal(s, to)
	if s.state == 'U' {
		v.looks(s, to)
	}
	if s.backs > 0 && (s.state == 'S' || s.state == 'U' || s.state == 'P') {
		s.state, s.token, s.backs = 'A', less(s.token), s.backs-1
		to(step{says: "Redis goes back"}, s)
	}
}

func (v onceVariant) works(s once, i int, to func(step, once)) {
	w, n := s.workers[i], s
	rests := func(says string) {
		n.workers[i] = delivery{does: 'i'}
		to(step{says, i, int(w.token)}, n)
		n = s
	}
	switch w.does {
	case 'i':
		if s.delivered == 0 {
			break
		}
		n.delivered--
		switch {
		case s.state == 'A', s.state == 'S' && v.redeliveredRetried:
			n.workers[i] = delivery{does: 'c'}
			to(step{"worker %d gets the task", i, 0}, n)
		case s.state == 'S':
			n.state = 'U'
			to(step{"worker %d gets the task again: unknown", i, 0}, n)
		}
	case 'c':
		v.marks(s, i, to)
	case 'g':
		n.workers[i].does = 'f'
		n.net[n.sent] = request{token: w.token}
		n.sent++
		to(step{"worker %d POSTs attempt %d", i, int(w.token)}, n)
		if n = s; s.state == 'S' && s.token == w.token {
			n.state = 'A'
			rests("worker %d cannot connect: accepted")
		}
	case 'f':
		v.concludes(s, i, to)
	}
	if n = s; w.does != 'i' && s.deaths > 0 {
		n.deaths--
		rests("worker %d is killed")
	}
}

// marks is the compare-and-set before the POST.
func (v onceVariant) marks(s once, i int, to func(step, once)) {
	n := s
	n.workers[i] = delivery{does: 'i'}
	if s.state != 'A' && (s.state != 'S' || !v.noCompare && !v.noMark) {
		to(step{"worker %d is refused", i, 0}, n)
		return
	}
	made := false
	for _, r := range s.net[:s.sent] {
		made = made || r.made == 1
	}
	switch {
	case v.looksFirst && made && !v.listLags:
		n.state = 'U'
		to(step{"worker %d finds an order before it sends: unknown", i, 0}, n)
	case v.secondLedger && s.highest > s.token:
		n.state, n.token = 'U', s.highest
		to(step{"worker %d finds a later token in the second ledger: unknown", i, 0}, n)
	case s.token < 3:
		n.token++
		n.workers[i] = delivery{'g', n.token}
		if !v.noMark {
			n.state = 'S'
		}
		if v.secondLedger {
			n.highest = max(s.highest, n.token)
		}
		to(step{"worker %d passes with attempt %d", i, int(n.token)}, n)
	}
}

func (v onceVariant) concludes(s once, i int, to func(step, once)) {
	w := s.workers[i]
	n, sent := s, 0
	n.workers[i] = delivery{does: 'i'}
	for _, r := range s.net[:s.sent] {
		if r.token != w.token {
			continue
		}
		if sent++; r.answered == 1 {
			n.state = 'P'
			to(step{"worker %d reads its answer: placed", i, 0}, n)
			n.state = s.state
		}
	}
	says := "worker %d gets no answer: unknown"
	if s.state == 'S' && s.token == w.token {
		n.state = 'U'
		if v.ambiguousRetried {
			n.state, says = 'A', "worker %d gets no answer: accepted"
		}
	}
	to(step{says, i, 0}, n)
	if v.transportRetries && sent < 2 {
		s.net[s.sent] = request{token: w.token}
		s.sent++
		to(step{"the transport of worker %d repeats the request", i, 0}, s)
	}
}

func (v onceVariant) portal(s once, to func(step, once)) {
	for j, r := range s.net[:s.sent] {
		n := s
		if r.made == 0 {
			n.net[j].made = 1
			n.orders++
			to(step{"the portal makes an order of attempt %d", int(r.token), 0}, n)
		} else if r.answered == 0 {
			n.net[j].answered = 1
			to(step{"the portal answers attempt %d", int(r.token), 0}, n)
		}
	}
}

func (v onceVariant) looks(s once, to func(step, once)) {
	made, pending := false, false
	for _, r := range s.net[:s.sent] {
		made, pending = made || r.made == 1, pending || r.made == 0
	}
	for _, w := range s.workers[:v.workers] {
		pending = pending || w.does == 'g' || w.does == 'f'
	}
	if made {
		s.state = 'P'
		to(step{says: "the order is found: placed"}, s)
	} else if v.resent && (v.horizonUnsound || !pending) {
		s.state = 'A'
		to(step{says: "judged absent: accepted"}, s)
	}
}

func TestWhatMakesAnOrderAtMostOne(t *testing.T) {
	t.Parallel()
	small := func(v onceVariant) onceVariant { v.workers, v.deaths, v.deliveries = 2, 2, 4; return v }
	for _, c := range []struct {
		name string
		v    onceVariant
		want want
	}{
		{"marked before the POST by compare-and-set, and what is ambiguous is unknown", small(onceVariant{}), want{states: 598}},
		{"bigger: marked before the POST by compare-and-set, and what is ambiguous is unknown", onceVariant{workers: 3, deaths: 3, deliveries: 6}, want{states: 3840}},
		{"sent again after absence, and nothing is on its way anywhere", small(onceVariant{resent: true}), want{states: 598}},
		{"marked after the answer", small(onceVariant{noMark: true}), want{252, twice}},
		{"set without comparing", small(onceVariant{noCompare: true, redeliveredRetried: true}), want{300, twice}},
		{"a time-out is tried again", small(onceVariant{ambiguousRetried: true}), want{336, twice}},
		{"sent again after absence while something may be on its way", small(onceVariant{resent: true, horizonUnsound: true}), want{644, twice}},
		{"the transport repeats a POST", small(onceVariant{transportRetries: true}), want{95, twice}},
		{"Redis goes back once", small(onceVariant{forgets: true}), want{650, twice}},
		{"Redis goes back, and the portal's list is read before each POST", small(onceVariant{forgets: true, looksFirst: true}), want{674, twice}},
		{"Redis goes back, and the list that is read lags", small(onceVariant{forgets: true, looksFirst: true, listLags: true}), want{650, twice}},
		{"Redis goes back, and a second ledger has the highest token", small(onceVariant{forgets: true, secondLedger: true}), want{states: 1350}},
		{"Redis goes back, second ledger and lagging list", small(onceVariant{forgets: true, secondLedger: true, looksFirst: true, listLags: true}), want{states: 1350}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, c.v.model(), c.want)
		})
	}
}
