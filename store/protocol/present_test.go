package protocol

// Where an order stands in its record. Preparing is accepted here: only reads were sent. Review is unknown;
// a person's verdict is not modelled.
const (
	none = iota
	held
	accepted
	submitting
	unknown
	placed
	cancelled
)

// What a process has in hand.
const (
	idle     = iota
	asking   // it has read the record and is about to ask the gate
	passed   // through the gate, though it may not know it yet; its journal has nothing
	written  // its journal has the passage; nothing was sent
	calling  // the request is on its way; no answer was read
	unsent   // nothing was or will be sent, and the record is about to be told
	finished // dead: the lock of its journal can be taken
)

const (
	maxHosts = 3
	maxProcs = 3
)

// set is a set of hosts, or of processes.
type set uint8

func (s set) has(i int) bool    { return s&(1<<i) != 0 }
func (s set) with(i int) set    { return s | 1<<i }
func (s set) without(i int) set { return s &^ (1 << i) }
func (s set) covers(o set) bool { return o&^s == 0 }

// names is a set of passages through the gate. Each has a name of its own, a nonce.
type names uint16

// memory is what Redis has, and may lose.
type memory struct {
	state   uint8
	attempt uint8 // the number of the last passage that the record knows of
	sender  uint8 // the process whose journal the record names
	name    names // of that passage
	knows   names // of all that the record knows of
	open    bool  // the epoch is this run's
	halted  bool
	roster  set           // the hosts that send
	noted   [maxHosts]set // those that a host has said are on its disk
	// Where lists go by numbers (departure.notedByNumber):
	number uint8
	joined [maxHosts]uint8
	upTo   [maxHosts]uint8
}

type process struct {
	does, attempt uint8
	name          names
}

// book is what a process's journals have.
type book struct {
	newest uint8 // the highest number of a passage
	last   names // the name of that one
	names  names
}

// present is all there is, at one moment.
type present struct {
	redis memory
	older memory // what it may go back to
	saved bool   // older is set
	backs uint8  // how often it still may

	vouched  set // processes whose word this Redis has
	compared set // hosts that have compared, and whose word is on its way
	attested set // hosts whose word this Redis has

	procs   [maxProcs]process
	let     set // processes that know that their host is on every disk
	journal [maxProcs]book
	disk    [maxHosts]set   // the hosts that a host's folder lists
	pending [maxHosts]uint8 // where lists go by numbers: the number on its way to Redis

	wire, orders uint8 // requests on their way to the portal; orders that it made of them
}

// scope bounds an exploration. Deaths, deliveries and looks are not bounded.
type scope struct {
	host     []int // of each process
	founders int   // hosts that are on every list from the start; the others join
	state    uint8 // of the order at the start: accepted or held
	attempts uint8 // the highest number of one
	backs    uint8 // how often Redis goes back or is flushed
	// brisk leaves out what hosts that join do not add to: deaths, lost requests, passages that are not used, and
	// what may come between the steps of a host that recovers.
	brisk bool
}

// departure is a way not to be the protocol; the zero value is the protocol.
type departure struct {
	epochNotAsked    bool // the gate lets through under any run
	openedBlindly    bool // the gate is opened for a new run without anybody's word
	sentUnjournalled bool // the journal is written after the POST

	vouchesUnjournalled   bool // a process gives its word while a passage is in no journal
	livingNotAsked        bool // a host gives its word without that of its live processes
	comparedBeforeVouched bool // a host reads its folder first and asks its processes then
	vouchRemembered       bool // a process's word is not asked for again after a flush under the same run
	wordOutlivesFlush     bool // a host's word on Redis as it was before a flush counts after it, under the same run
	backUnderSameRun      bool // Redis goes back, and neither run nor epoch show it
	hostGivenUp           bool // a person says that a host is gone, and nobody asks it

	skips                 set  // the states of records that recovery leaves alone
	numberKept            bool // recovery leaves the number of the last passage as Redis has it
	comparedByNumber      bool // a record knows a passage if its own number is not lower
	verdictByNumber       bool // an outcome counts for the passage of its number, whosever that is
	lastSenderOnly        bool // before an order is sent again, only the sender of the last passage is asked for
	resentUnproved        bool // absence is enough to send again
	givenUpUnjournalled   bool // a passage that will not be used is in no journal, or does not count there
	givenUpWithoutAWord   bool // likewise, and the record is not told
	halts                 bool // recovery halts the account; persons halt and resume it as they like
	registryInRedisOnly   bool // no disk lists hosts
	joinsUnnoted          bool // a new host does not wait for the others
	notedBeforeDisk       bool // a host says that it has the list and writes it afterwards
	notedByNumber         bool // a host says which number of list it has, and numbers go back with Redis
	strangerBeginsTheList bool // a host that knows nobody puts itself on an empty list
}

// protocol is the present protocol, or a departure from it, within a scope.
type protocol struct {
	scope
	departure
	twiceAlone bool // no other promise is looked at: where a second order is what has to be shown
}

// joining says that hosts come to the list in this scope.
func (p protocol) joining() bool { return p.founders < p.hosts() }

func (p protocol) hosts() int {
	n := 0
	for _, h := range p.host {
		n = max(n, h+1)
	}
	return n
}

func (p protocol) model(reached ...landmark[present]) model[present] {
	var s present
	s.redis.state, s.redis.open, s.backs = p.state, true, p.backs
	for h := range p.founders {
		s.redis.roster = s.redis.roster.with(h)
		if p.notedByNumber {
			s.redis.number, s.redis.joined[h], s.redis.upTo[h] = uint8(p.founders), uint8(h+1), uint8(p.founders)
		}
	}
	for h := range p.founders {
		if !p.registryInRedisOnly {
			s.disk[h] = s.redis.roster
		}
		if p.joining() && !p.notedByNumber {
			s.redis.noted[h] = s.redis.roster
		}
	}
	return model[present]{start: s, next: p.next, broken: p.broken, reached: reached}
}

const untrue = "with the gate open, an order for which something was sent is said to have sent nothing"

func (p protocol) broken(s present) string {
	switch st := s.redis.state; {
	case s.orders > 1:
		return twice
	case !p.twiceAlone && s.redis.open && s.wire+s.orders > 0 && (st == none || st == held || st == accepted || st == cancelled):
		return untrue
	}
	return ""
}

func (p protocol) next(s present, to func(step, present)) {
	p.callers(s, to)
	for i := range p.host {
		p.sends(s, i, to)
		p.concludes(s, i, to)
		p.lives(s, i, to)
	}
	p.portal(s, to)
	p.reconciles(s, to)
	p.forgets(s, to)
	p.recovers(s, to)
	p.joins(s, to)
}
