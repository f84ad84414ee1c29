package protocol

import "testing"

// The model of sending again after absence: what has to be known of the sender. Letters as in once_test.go.

type resend struct {
	state, token                     uint8
	workers                          [3]delivery
	sent                             uint8
	net                              [6]request
	orders                           uint8
	deaths, delivered, resendingLeft uint8
}

type resendVariant struct {
	workers, deaths, deliveries, resends int
	senderIgnored                        bool
}

func (v resendVariant) model() model[resend] {
	s := resend{state: 'A', deaths: uint8(v.deaths), delivered: uint8(v.deliveries), resendingLeft: uint8(v.resends)}
	for i := range v.workers {
		s.workers[i].does = 'i'
	}
	return model[resend]{start: s, next: v.next, broken: func(s resend) string {
		if s.orders > 1 {
			return twice
		}
		return ""
	}}
}

func (v resendVariant) next(s resend, to func(step, resend)) {
	for i := range v.workers {
		v.works(s, i, to)
	}
	made, coming, holder := false, false, false
	for j, r := range s.net[:s.sent] {
		made, coming = made || r.made == 1, coming || r.made == 0
		if n := s; r.made == 0 {
			n.net[j].made = 1
			n.orders++
			to(step{"the portal makes an order of attempt %d", int(r.token), 0}, n)
		}
	}
	for _, w := range s.workers[:v.workers] {
		holder = holder || w.does == 'g' || w.does == 'f'
	}
	if s.state != 'U' {
		return
	}
	if made {
		s.state = 'P'
		to(step{says: "the order is found: placed"}, s)
	} else if s.resendingLeft > 0 && !coming && (v.senderIgnored || !holder) {
		s.state, s.resendingLeft = 'A', s.resendingLeft-1
		to(step{says: "judged absent: accepted"}, s)
	}
}

func (v resendVariant) works(s resend, i int, to func(step, resend)) {
	w, n := s.workers[i], s
	own := s.token == w.token
	switch w.does {
	case 'i':
		if s.delivered == 0 {
			break
		}
		n.delivered--
		switch s.state {
		case 'A':
			n.workers[i] = delivery{does: 'c'}
			to(step{"worker %d gets the task", i, 0}, n)
		case 'S':
			n.state = 'U'
			to(step{"worker %d finds it submitting for too long: unknown", i, 0}, n)
		}
	case 'c':
		if s.state == 'A' {
			n.state, n.token = 'S', s.token+1
			n.workers[i] = delivery{'g', n.token}
			to(step{"worker %d passes the gate with attempt %d", i, int(n.token)}, n)
			break
		}
		n.workers[i] = delivery{does: 'i'}
		to(step{"worker %d is refused", i, 0}, n)
	case 'g':
		n.workers[i].does = 'f'
		n.net[n.sent] = request{token: w.token}
		n.sent++
		to(step{"worker %d wakes up and POSTs attempt %d", i, int(w.token)}, n)
	case 'f':
		n.workers[i] = delivery{does: 'i'}
		for _, r := range s.net[:s.sent] {
			if r.token != w.token || r.made == 0 {
				continue
			}
			if own && (s.state == 'S' || s.state == 'U') {
				n.state = 'P'
			}
			to(step{"worker %d reads its answer", i, 0}, n)
			n.state = s.state
		}
		if s.state == 'S' && own {
			n.state = 'U'
			to(step{"worker %d gets no answer: unknown", i, 0}, n)
		}
	}
	if n = s; w.does != 'i' && s.deaths > 0 {
		n.workers[i] = delivery{does: 'i'}
		n.deaths--
		to(step{"worker %d is killed", i, 0}, n)
	}
}

func TestAnAbsentOrderMayBeSentAgainOnlyWhenItsSenderIsFinished(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		v    resendVariant
		want want
	}{
		{"the horizon bounds the network alone", resendVariant{workers: 2, deaths: 1, deliveries: 4, resends: 1, senderIgnored: true}, want{308, twice}},
		{"the sender is proved finished", resendVariant{workers: 2, deaths: 1, deliveries: 4, resends: 1}, want{states: 163}},
		{"bigger: the sender is proved finished, and it is sent again twice", resendVariant{workers: 3, deaths: 2, deliveries: 6, resends: 2}, want{states: 1299}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, c.v.model(), c.want)
		})
	}
}
