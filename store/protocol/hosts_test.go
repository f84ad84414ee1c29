package protocol

import "testing"

// The model of journals on many hosts: before or after the gate, with or without the word of live processes,
// and where the list of hosts is kept. Letters as in rollback_test.go, and H held.

type journals struct {
	state, token, epoch, run uint8
	listed                   set // hosts on Redis' list
	workers                  [3]hand
	journal                  [3]attempts
	wire                     requests
	orders                   uint8
	backs, deaths, delivered uint8 // left
}

type journalsVariant struct {
	big                                       bool
	after, attests, workerEpochIgnored        bool
	listInRedis, held, recoversOnlyWhatWaited bool
}

func (v journalsVariant) workers() int {
	if v.big {
		return 3
	}
	return 2
}

func (v journalsVariant) first() uint8 {
	if v.held {
		return 'H'
	}
	return 'A'
}

func (v journalsVariant) model() model[journals] {
	s := journals{state: v.first(), backs: 1, deaths: 1, delivered: 3}
	if v.big {
		s.backs, s.deaths, s.delivered = 2, 2, 5
	}
	for i := range v.workers() {
		s.workers[i].does = 'i'
		if !v.listInRedis {
			s.listed = s.listed.with(i)
		}
	}
	return model[journals]{start: s, next: v.next, broken: func(s journals) string {
		if s.orders > 1 {
			return twice
		}
		return ""
	}}
}

func (v journalsVariant) next(s journals, to func(step, journals)) {
	if n := s; s.state == 'H' {
		n.state = 'A'
		to(step{says: "a person approves"}, n)
	}
	for i := range v.workers() {
		v.works(s, i, to)
	}
	for j := range int(s.wire.n) {
		n := s
		n.wire = s.wire.without(j)
		n.orders++
		to(step{says: "the portal makes an order"}, n)
	}
	v.goesBack(s, to)
	if s.epoch == s.run {
		return
	}
	n, newer := s, false
	for h := range v.workers() {
		newer = newer || s.listed.has(h) && s.journal[h].newerThan(s.token)
		if w := s.workers[h]; v.attests && (w.does == 'k' || w.does == 'g' || w.does == 'f') {
			newer = newer || w.attempt > s.token
		}
	}
	n.epoch = s.run
	if newer && (s.state == 'A' || s.state == 'H' && !v.recoversOnlyWhatWaited) {
		n.state = 'U'
	}
	to(step{says: "the journals are read and the gate opens"}, n)
}

func (v journalsVariant) goesBack(s journals, to func(step, journals)) {
	if s.backs == 0 {
		return
	}
	n := s
	n.state, n.token = v.first(), less(s.token)
	n.run++
	n.backs--
	for h := range v.workers() {
		if v.listInRedis && s.listed.has(h) {
			n.listed = s.listed.without(h)
			to(step{"Redis goes back to before host %d was listed", h, 0}, n)
		}
	}
	if n.listed = s.listed; s.state == 'S' || s.state == 'U' || s.state == 'A' {
		to(step{says: "Redis goes back"}, n)
	}
}

func (v journalsVariant) works(s journals, i int, to func(step, journals)) {
	w, n := s.workers[i], s
	does := func(says string, h hand) {
		n.workers[i] = h
		to(step{says, i, int(h.attempt)}, n)
		n = s
	}
	switch w.does {
	case 'i':
		if !s.listed.has(i) {
			n.listed = s.listed.with(i)
			to(step{"host %d is listed", i, 0}, n)
			return
		}
		if s.delivered == 0 {
			return
		}
		n.delivered--
		switch s.state {
		case 'A':
			does("worker %d reads the order", hand{'r', s.token, s.epoch, 0})
		case 'S':
			n.state = 'U'
			to(step{"worker %d gets the task again: unknown", i, 0}, n)
		}
		return
	case 'r':
		w.does, w.attempt = 'l', w.token+1
		if !v.after {
			n.journal[i] = s.journal[i].with(w.attempt)
			does("worker %d journals attempt %d", w)
			break
		}
		does("worker %d turns to the gate with attempt %d", w)
	case 'l':
		if s.state != 'A' || s.token != w.token || s.epoch != s.run || !v.workerEpochIgnored && w.epoch != s.epoch {
			does("worker %d is refused", hand{does: 'i'})
			break
		}
		n.state, n.token, w.does = 'S', w.attempt, 'k'
		does("worker %d passes the gate with attempt %d", w)
	case 'k':
		w.does = 'g'
		if v.after {
			n.journal[i] = s.journal[i].with(w.attempt)
			does("worker %d journals attempt %d", w)
			break
		}
		does("worker %d goes on with attempt %d", w)
	case 'g':
		n.wire, w.does = s.wire.with(i, w.attempt), 'f'
		does("worker %d POSTs attempt %d", w)
	case 'f':
		if s.state == 'S' && s.token == w.attempt {
			n.state = 'U'
		}
		does("worker %d gets no answer", hand{does: 'i'})
	}
	if n = s; s.deaths > 0 {
		n.deaths--
		does("worker %d is killed", hand{does: 'i'})
	}
}

func TestWhichJournalsAreProof(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		v    journalsVariant
		want want
	}{
		{"before the gate, which compares the worker's epoch, all hosts known", journalsVariant{}, want{states: 1430}},
		{"before the gate, which compares the stored epoch alone", journalsVariant{workerEpochIgnored: true}, want{states: 1384}},
		{"bigger: before the gate, which compares the stored epoch alone", journalsVariant{workerEpochIgnored: true, big: true}, want{states: 86237}},
		{"before the gate, and the list of hosts goes back with Redis", journalsVariant{listInRedis: true}, want{3849, twice}},
		{"an order that was held, and recovery leaves held orders alone", journalsVariant{held: true, recoversOnlyWhatWaited: true}, want{2593, twice}},
		{"an order that was held", journalsVariant{held: true}, want{states: 1681}},
		{"after the gate, and nobody asks live processes", journalsVariant{after: true}, want{1914, twice}},
		{"after the gate, and live processes attest", journalsVariant{after: true, attests: true}, want{states: 1142}},
		{"bigger: after the gate, and live processes attest", journalsVariant{after: true, attests: true, big: true}, want{states: 53975}},
		{"bigger: after the gate, which compares the stored epoch alone, and live processes attest", journalsVariant{after: true, attests: true, big: true, workerEpochIgnored: true}, want{states: 66827}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, c.v.model(), c.want)
		})
	}
}
