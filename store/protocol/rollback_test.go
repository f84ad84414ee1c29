package protocol

import "testing"

// The model of a Redis that goes back: which ledger and which recovery close the hole. Letters of states as in
// once_test.go; of a worker i idle, r has read, l about to set, k has set, g may send, f in flight.

// hand is what a worker has in hand: what it read, and its attempt.
type hand struct{ does, token, epoch, attempt uint8 }

type rollback struct {
	state, token, epoch, run uint8
	workers                  [3]hand
	ledger                   [3]attempts // of each host; a shared one is the first's
	wire                     requests
	orders                   uint8
	backs, deaths, delivered uint8 // left
}

// How a gate that is shut after a restart opens again.
const (
	allLedgers = iota + 1
	ownLedger
	portalList
	quarantine
	blindly
)

// Which ledger there is.
const (
	shared = iota + 1
	sharedOnce
	perHost
)

type rollbackVariant struct {
	big                  bool
	ledger               int
	before, epoch, sound bool
	recovery             int
}

func (v rollbackVariant) workers() int {
	if v.big {
		return 3
	}
	return 2
}

func (v rollbackVariant) model() model[rollback] {
	s := rollback{state: 'A', backs: 1, deaths: 1, delivered: 3}
	if v.big {
		s.backs, s.deaths, s.delivered = 2, 2, 5
	}
	for i := range v.workers() {
		s.workers[i].does = 'i'
	}
	return model[rollback]{start: s, next: v.next, broken: func(s rollback) string {
		if s.orders > 1 {
			return twice
		}
		return ""
	}}
}

func (v rollbackVariant) book(i int) int {
	if v.ledger == perHost {
		return i
	}
	return 0
}

func (v rollbackVariant) next(s rollback, to func(step, rollback)) {
	for i := range v.workers() {
		v.works(s, i, to)
	}
	for j := range int(s.wire.n) {
		n := s
		n.wire = s.wire.without(j)
		n.orders++
		to(step{says: "the portal makes an order"}, n)
	}
	if n := s; s.backs > 0 && s.state != 'P' {
		n.run++
		n.backs--
		if s.state != 'A' {
			n.state, n.token = 'A', less(s.token)
		}
		to(step{says: "Redis goes back"}, n)
	}
	if v.epoch && s.epoch != s.run {
		v.recovers(s, to)
	}
}

func (v rollbackVariant) works(s rollback, i int, to func(step, rollback)) {
	w, n := s.workers[i], s
	does := func(says string, h hand) {
		n.workers[i] = h
		to(step{says, i, int(h.attempt)}, n)
		n = s
	}
	book := v.book(i)
	switch w.does {
	case 'i':
		if s.delivered == 0 {
			break
		}
		n.delivered--
		switch s.state {
		case 'A':
			does("worker %d reads the order", hand{'r', s.token, s.epoch, 0})
		case 'S':
			n.state = 'U'
			to(step{"worker %d gets the task again: unknown", i, 0}, n)
		}
	case 'r':
		w.does, w.attempt = 'l', w.token+1
		says := "worker %d turns to the gate with attempt %d"
		if v.ledger != 0 && v.before {
			n.ledger[book] = s.ledger[book].with(w.attempt)
			says = "worker %d writes attempt %d to the ledger"
		}
		does(says, w)
	case 'l':
		if s.state != 'A' || s.token != w.token || v.epoch && (s.epoch != s.run || w.epoch != s.run) {
			does("worker %d is refused", hand{does: 'i'})
			break
		}
		n.state, n.token, w.does = 'S', w.attempt, 'k'
		does("worker %d passes the gate with attempt %d", w)
	case 'k':
		w.does = 'g'
		switch {
		case v.ledger == 0 || v.before:
			does("worker %d goes on with attempt %d", w)
		case v.ledger == sharedOnce && s.ledger[book].has(w.attempt):
			n.state = 'U'
			does("worker %d finds its attempt in the ledger: unknown", hand{does: 'i'})
		default:
			n.ledger[book] = s.ledger[book].with(w.attempt)
			does("worker %d writes attempt %d to the ledger", w)
		}
	case 'g':
		n.wire = s.wire.with(i, w.attempt)
		w.does = 'f'
		does("worker %d POSTs attempt %d", w)
	case 'f':
		if s.state == 'S' && s.token == w.attempt {
			n.state = 'U'
		}
		does("worker %d gets no answer", hand{does: 'i'})
	}
	if n = s; w.does != 'i' && s.deaths > 0 {
		n.deaths--
		does("worker %d is killed", hand{does: 'i'})
	}
}

func (v rollbackVariant) recovers(s rollback, to func(step, rollback)) {
	opens := func(says string, host int, doubtful bool) {
		n := s
		n.epoch = s.run
		if doubtful && s.state == 'A' {
			n.state = 'U'
		}
		to(step{says, host, 0}, n)
	}
	newer := func(i int) bool { return s.ledger[i].newerThan(s.token) }
	switch v.recovery {
	case allLedgers:
		opens("the gate opens after all ledgers were read", 0, newer(0) || newer(1) || newer(2))
	case ownLedger:
		for i := range v.workers() {
			opens("the gate opens after the ledger of host %d was read", i, newer(i))
		}
	case portalList:
		pending := s.wire.n > 0
		for _, w := range s.workers {
			pending = pending || w.does == 'k' || w.does == 'g' || w.does == 'f'
		}
		if !v.sound || !pending {
			opens("the gate opens after the portal's list was read", 0, s.orders > 0)
		}
	case quarantine:
		opens("the gate opens, and what was accepted is unknown", 0, true)
	case blindly:
		opens("the gate opens", 0, false)
	}
}

func TestWhatClosesTheHoleOfARedisThatGoesBack(t *testing.T) {
	t.Parallel()
	journals := rollbackVariant{ledger: perHost, before: true, epoch: true, recovery: allLedgers}
	once, quarantined := rollbackVariant{ledger: sharedOnce}, rollbackVariant{epoch: true, recovery: quarantine}
	big := func(v rollbackVariant) rollbackVariant { v.big = true; return v }
	for _, c := range []struct {
		name string
		v    rollbackVariant
		want want
	}{
		{"nothing", rollbackVariant{}, want{727, twice}},
		{"a shared ledger that takes an attempt once, after the gate", once, want{states: 675}},
		{"bigger: a shared ledger that takes an attempt once, after the gate", big(once), want{states: 16345}},
		{"a shared ledger that takes an attempt twice", rollbackVariant{ledger: shared}, want{776, twice}},
		{"a ledger per host before the gate, the epoch, and all ledgers read", journals, want{states: 1430}},
		{"bigger: a ledger per host before the gate, the epoch, and all ledgers read", big(journals), want{states: 88455}},
		{"a ledger per host after the gate, the epoch, and all ledgers read", rollbackVariant{ledger: perHost, epoch: true, recovery: allLedgers}, want{1914, twice}},
		{"one host's ledger read", rollbackVariant{ledger: perHost, before: true, epoch: true, recovery: ownLedger}, want{2394, twice}},
		{"the epoch, and the portal's list read while something may be on its way", rollbackVariant{epoch: true, recovery: portalList}, want{1524, twice}},
		{"the epoch, and the portal's list read when nothing is on its way", rollbackVariant{epoch: true, recovery: portalList, sound: true}, want{states: 798}},
		{"the epoch, and all that was accepted becomes unknown", quarantined, want{states: 597}},
		{"bigger: the epoch, and all that was accepted becomes unknown", big(quarantined), want{states: 20452}},
		{"the epoch, lifted blindly", rollbackVariant{epoch: true, recovery: blindly}, want{1467, twice}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, c.v.model(), c.want)
		})
	}
}
