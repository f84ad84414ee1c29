package protocol

import "slices"

// forgets is what happens to Redis.
func (p protocol) forgets(s present, to func(step, present)) {
	if s.backs == 0 {
		return
	}
	older := s.redis
	older.open = s.redis.open && p.backUnderSameRun
	if n := s; !s.saved || s.older != older {
		n.older, n.saved = older, true
		to(step{says: "what Redis has now is what it will go back to"}, n)
	}
	run := s // another one answers
	run.backs--
	run.redis, run.older.open = memory{}, false
	run.vouched, run.attested, run.compared = 0, 0, 0
	if run.backs == 0 {
		run.older, run.saved = memory{}, false
	}
	to(step{says: "Redis is FLUSHED"}, run)
	same := run // the same one answers, and what is on its way to it counts
	if p.wordOutlivesFlush {
		same.compared = s.compared
	}
	if p.vouchRemembered {
		same.vouched = s.vouched
	}
	if same != run {
		to(step{says: "Redis is FLUSHED under the same run"}, same)
	}
	if !s.saved {
		return
	}
	run.redis = s.older
	if p.backUnderSameRun {
		to(step{says: "Redis GOES BACK under the same run"}, run)
	}
	run.redis.open = false
	to(step{says: "Redis GOES BACK"}, run)
}

// recovers is how the gate opens for a run.
func (p protocol) recovers(s present, to func(step, present)) {
	if s.redis.open {
		return
	}
	if p.openedBlindly {
		to(step{says: "the gate is opened"}, p.opened(s))
		return
	}
	if p.brisk {
		p.recoversAtOnce(s, to)
		return
	}
	for i := range p.host {
		w := s.procs[i]
		unjournalled := w.does == passed || w.does == calling && s.journal[i].with(w) != s.journal[i]
		if w.does != finished && !s.vouched.has(i) && (!unjournalled || p.vouchesUnjournalled) {
			n := s
			n.vouched = s.vouched.with(i)
			to(step{"process %d vouches", i, 0}, n)
		}
	}
	for h := range maxHosts {
		knows := s.disk[h].has(h) || p.registryInRedisOnly && s.redis.roster.has(h)
		if knows && !s.compared.has(h) && !s.attested.has(h) && (p.comparedBeforeVouched || p.vouchedFor(s, h)) {
			n := s
			p.compare(&n, h)
			to(step{"host %d compares its journals with the record", h, 0}, n)
		}
		if s.compared.has(h) && (!p.comparedBeforeVouched || p.vouchedFor(s, h)) {
			n := s
			n.compared, n.attested = s.compared.without(h), s.attested.with(h)
			p.enlist(&n.redis, s.disk[h])
			to(step{"host %d attests", h, 0}, n)
		}
		if p.hostGivenUp && s.redis.roster.has(h) && !s.attested.has(h) {
			n := s
			n.attested = s.attested.with(h)
			to(step{"a person says that host %d is gone", h, 0}, n)
		}
	}
	p.opens(s, to)
}

// recoversAtOnce is a host's part of a recovery in one step.
func (p protocol) recoversAtOnce(s present, to func(step, present)) {
	for h := range p.hosts() {
		if !s.disk[h].has(h) || s.attested.has(h) || slices.Contains(p.host, h) && s.procs[slices.Index(p.host, h)].does == passed {
			continue
		}
		n := s
		p.compare(&n, h)
		n.compared, n.attested = 0, s.attested.with(h)
		p.enlist(&n.redis, s.disk[h])
		to(step{"host %d compares and attests", h, 0}, n)
	}
	p.opens(s, to)
}

func (p protocol) opens(s present, to func(step, present)) {
	if s.redis.roster != 0 && s.attested.covers(s.redis.roster) {
		to(step{says: "all have attested: the gate opens"}, p.opened(s))
	}
}

func (p protocol) opened(s present) present {
	s.redis.open, s.attested = true, 0
	if !p.wordOutlivesFlush {
		s.compared = 0
	}
	if !p.vouchRemembered {
		s.vouched = 0
	}
	return s
}

// vouchedFor says that each journal in the folder is free, or its process has given its word.
func (p protocol) vouchedFor(s present, h int) bool {
	for i, on := range p.host {
		if on == h && s.procs[i].does != finished && !s.vouched.has(i) && !p.livingNotAsked {
			return false
		}
	}
	return true
}

// compare holds a host's journals against the record. What is placed stays so.
func (p protocol) compare(s *present, h int) {
	s.compared = s.compared.with(h)
	for i, on := range p.host {
		r, j := &s.redis, s.journal[i]
		known := j.names&^r.knows == 0
		if p.comparedByNumber {
			known = j.newest <= r.attempt
		}
		if on != h || known || r.state == placed || p.skips.has(int(r.state)) {
			continue
		}
		r.state, r.halted = unknown, p.halts
		if j.newest > r.attempt {
			r.sender, r.name = uint8(i), j.last
			if !p.numberKept {
				r.attempt = j.newest
			}
		}
		r.knows |= j.names
	}
}

// enlist puts hosts on the list.
func (p protocol) enlist(r *memory, who set) {
	for h := range maxHosts {
		if who.has(h) && !r.roster.has(h) {
			r.roster = r.roster.with(h)
			if p.notedByNumber {
				r.number++
				r.joined[h] = r.number
			}
		}
	}
}

// joins is how a host comes to send.
func (p protocol) joins(s present, to func(step, present)) {
	if !p.joining() {
		return
	}
	for h := range p.hosts() {
		if n := s; !s.redis.roster.has(h) && (s.redis.roster != 0 || p.strangerBeginsTheList && s.disk[h] == 0 || p.registryInRedisOnly) {
			p.enlist(&n.redis, set(0).with(h))
			to(step{"host %d joins the list", h, 0}, n)
		}
		if p.notedByNumber {
			p.numbersIts(s, h, to)
		} else {
			p.notes(s, h, to)
		}
	}
	for i, h := range p.host {
		if n := s; !s.let.has(i) && s.procs[i].does != finished && p.known(s.redis, h) {
			n.let = s.let.with(i)
			to(step{"process %d learns that every disk has its host", i, 0}, n)
		}
	}
}

// notes is how a host gets the list to its disk, and says so.
func (p protocol) notes(s present, h int, to func(step, present)) {
	if !s.redis.roster.has(h) {
		return
	}
	said := s
	said.redis.noted[h] |= s.redis.roster
	if said != s {
		switch n := said; {
		case p.registryInRedisOnly:
			to(step{"host %d keeps no list", h, 0}, n)
		case p.notedBeforeDisk:
			to(step{"host %d says that it has the list", h, 0}, n)
		default:
			n.disk[h] |= s.redis.roster
			to(step{"host %d writes the list to its disk and says so", h, 0}, n)
		}
	}
	if n := s; p.notedBeforeDisk && !s.disk[h].covers(s.redis.roster) {
		n.disk[h] |= s.redis.roster
		to(step{"host %d writes the list to its disk", h, 0}, n)
	}
}

// known says that every host on the list has said that it has h on its disk.
func (p protocol) known(r memory, h int) bool {
	if !r.roster.has(h) {
		return false
	}
	for k := range maxHosts {
		switch {
		case !r.roster.has(k):
		case p.notedByNumber && r.upTo[k] < r.joined[h], !p.notedByNumber && !r.noted[k].has(h):
			return false
		}
	}
	return true
}

// numbersIts is how a host says which list it has where lists go by numbers: in two steps, between which Redis
// may go back. What is on its way to Redis arrives, whether the host is listed or not.
func (p protocol) numbersIts(s present, h int, to func(step, present)) {
	if n := s; s.redis.roster.has(h) && s.pending[h] != s.redis.number && s.redis.upTo[h] < s.redis.number {
		n.disk[h] |= s.redis.roster
		n.pending[h] = s.redis.number
		to(step{"host %d writes list number %d to its disk", h, int(s.redis.number)}, n)
	}
	if n := s; s.pending[h] > s.redis.upTo[h] {
		n.redis.upTo[h], n.pending[h] = s.pending[h], 0
		to(step{"host %d says that it has list number %d", h, int(s.pending[h])}, n)
	}
}
