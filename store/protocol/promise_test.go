package protocol

import (
	"flag"
	"testing"
)

// deep explores the bigger scopes too: minutes, and gigabytes.
var deep = flag.Bool("deep", false, "explore the present protocol in bigger scopes too")

var (
	lone     = scope{host: []int{0}, founders: 1, state: accepted, attempts: 2, backs: 2}
	again    = scope{host: []int{0}, founders: 1, state: accepted, attempts: 2, backs: 3}
	pair     = scope{host: []int{0, 0}, founders: 1, state: accepted, attempts: 2, backs: 1}
	spent    = scope{host: []int{0, 0}, founders: 1, state: accepted, attempts: 1, backs: 2}
	two      = scope{host: []int{0, 1}, founders: 2, state: accepted, attempts: 2, backs: 1}
	twoMore  = scope{host: []int{0, 1}, founders: 2, state: accepted, attempts: 1, backs: 2}
	onHold   = scope{host: []int{0, 1}, founders: 2, state: held, attempts: 2, backs: 1}
	three    = scope{host: []int{0, 0, 1}, founders: 2, state: accepted, attempts: 1, backs: 1}
	joins    = scope{host: []int{0, 1}, founders: 1, state: accepted, attempts: 1, backs: 1}
	bothJoin = scope{host: []int{0, 2}, founders: 1, state: accepted, attempts: 1, backs: 1, brisk: true}
)

var (
	reopened = landmark[present]{"a passage after Redis came back and the gate opened again", func(s present) bool {
		return s.backs == 0 && s.redis.open && (s.procs[0].does == passed || s.procs[1].does == passed)
	}}
	recalled = landmark[present]{"a request on its way whose order Redis had forgotten and knows again", func(s present) bool {
		return s.backs == 0 && !s.redis.open && s.redis.state == unknown && s.redis.roster != 0 && s.compared != 0 && s.wire > 0
	}}
	resent = landmark[present]{"an order sent after it was judged absent", func(s present) bool {
		return s.orders == 1 && s.redis.attempt > 1 && s.redis.open
	}}
	placedAfter = landmark[present]{"an order placed after Redis came back", func(s present) bool {
		return s.backs == 0 && s.redis.state == placed && s.redis.open
	}}
	newcomer = landmark[present]{"a host that joined sends", func(s present) bool {
		return s.procs[1].does == calling
	}}
	dropped = landmark[present]{"an order that was cancelled by a caller before anything was sent", func(s present) bool {
		return s.redis.state == cancelled && s.redis.open
	}}
)

func TestThePresentProtocolKeepsItsPromises(t *testing.T) {
	t.Parallel()
	type row struct {
		name    string
		s       scope
		reached []landmark[present]
	}
	all := []landmark[present]{reopened, recalled, resent, placedAfter}
	rows := []row{
		{"one process, and Redis goes back twice", lone, all},
		{"one process, and Redis goes back three times", again, all},
		{"two processes of one host", pair, all},
		{"two processes of one host, and Redis goes back twice", spent, []landmark[present]{reopened, recalled, placedAfter}},
		{"two hosts", two, all},
		{"two hosts, and Redis goes back twice", twoMore, []landmark[present]{reopened, recalled, placedAfter}},
		{"two hosts, and the order is held first", onHold, append(all, dropped)},
		{"two processes of one host and one of another", three, []landmark[present]{reopened, recalled, placedAfter}},
		{"a second host joins", joins, []landmark[present]{reopened, recalled, placedAfter, newcomer}},
	}
	if *deep {
		bigger := func(s scope, attempts, backs uint8) scope { s.attempts, s.backs = attempts, backs; return s }
		rows = append(rows,
			row{"one process, three attempts, and Redis goes back three times", bigger(lone, 3, 3), all},
			row{"two processes of one host, two attempts, and Redis goes back twice", bigger(pair, 2, 2), all},
			row{"two hosts, two attempts, and Redis goes back twice", bigger(two, 2, 2), all},
			row{"a second host joins, and two attempts", bigger(joins, 2, 1), all},
			row{"a second host joins, and Redis goes back twice", bigger(joins, 1, 2), []landmark[present]{newcomer}},
			row{"two hosts join", bothJoin, []landmark[present]{newcomer}},
		)
	}
	for _, c := range rows {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, protocol{scope: c.s}.model(c.reached...), want{})
		})
	}
}

func TestWhatTheProtocolCannotDoWithout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		s    scope
		d    departure
		want string
	}{
		{"the gate does not ask for the epoch", two, departure{epochNotAsked: true}, twice},
		{"the gate is opened blindly", two, departure{openedBlindly: true}, twice},
		{"the journal is written after the POST", two, departure{sentUnjournalled: true}, twice},
		{"a process vouches while a passage is in no journal", two, departure{vouchesUnjournalled: true}, twice},
		{"a host attests without its live processes", two, departure{livingNotAsked: true}, twice},
		{"a host reads its folder before its processes have vouched", two, departure{comparedBeforeVouched: true}, twice},
		{"a process need not vouch again after a flush under the same run", spent, departure{vouchRemembered: true}, twice},
		{"a host compares, Redis is flushed, and the host's word counts", lone, departure{wordOutlivesFlush: true}, twice},
		{"Redis goes back, and its run does not tell", lone, departure{backUnderSameRun: true}, twice},
		{"a person gives a host up whose request is on its way", two, departure{hostGivenUp: true}, twice},
		{"recovery leaves held orders alone", onHold, departure{skips: 1 << held}, twice},
		{"recovery leaves cancelled orders alone", onHold, departure{skips: 1 << cancelled}, untrue},
		{"recovery leaves orders alone that Redis does not have", two, departure{skips: 1 << none}, twice},
		{"recovery leaves accepted orders alone", two, departure{skips: 1 << accepted}, twice},
		{"recovery leaves orders alone that are in doubt", two, departure{skips: 1<<submitting | 1<<unknown}, twice},
		{"a record knows an attempt by its number", lone, departure{comparedByNumber: true}, twice},
		{"an order recalled is sent again when its last sender is finished", twoMore, departure{lastSenderOnly: true}, untrue},
		{"recovery keeps the number, and outcomes go by number", pair, departure{numberKept: true, verdictByNumber: true}, twice},
		{"a passage given up is no sign of anything, and outcomes go by number", two, departure{givenUpUnjournalled: true, verdictByNumber: true}, twice},
		{"sent again after absence, the sender not proved finished", pair, departure{resentUnproved: true}, twice},
		{"the list of hosts is in Redis only", joins, departure{registryInRedisOnly: true}, twice},
		{"a new host does not wait until the others have it on their disks", joins, departure{joinsUnnoted: true}, twice},
		{"a host says that it has the list before its disk has it", joins, departure{notedBeforeDisk: true}, untrue},
		{"a stranger begins the list of a Redis that is empty", joins, departure{strangerBeginsTheList: true}, twice},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, protocol{scope: c.s, departure: c.d, twiceAlone: c.want == twice}.model(), want{broken: c.want})
		})
	}
}

func TestWhatMakesNoDifference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		s    scope
		d    departure
	}{
		{"an account halted by recovery and resumed by persons", pair, departure{halts: true}},
		{"outcomes that go by number, where every passage given up is in a journal", two, departure{verdictByNumber: true}},
		{"passages given up without a trace, where outcomes go by name", two, departure{givenUpUnjournalled: true}},
		{"passages given up of which the record is not told, where outcomes go by number", two, departure{givenUpWithoutAWord: true, verdictByNumber: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, protocol{scope: c.s, departure: c.d}.model(), want{})
		})
	}
}

// Two hosts have written list number 2 when Redis goes back to number 1. The next host that joins makes another
// number 2, and what they say of theirs is taken for it.
func TestAListOfHostsThatGoesByNumbersIsTakenForAnother(t *testing.T) {
	t.Parallel()
	s := bothJoin
	s.backs = 2
	m := protocol{scope: s, departure: departure{notedByNumber: true}}.model()
	broken := follow(t, m, []string{
		"what Redis has now is what it will go back to",
		"host 1 joins the list",
		"host 0 writes list number 2 to its disk",
		"host 1 writes list number 2 to its disk",
		"Redis GOES BACK",
		"host 2 joins the list",
		"host 0 says that it has list number 2",
		"host 1 says that it has list number 2",
		"host 0 compares and attests",
		"host 2 writes list number 3 to its disk",
		"host 2 says that it has list number 3",
		"host 1 compares and attests",
		"host 2 compares and attests",
		"all have attested: the gate opens",
		"process 0 learns that every disk has its host",
		"process 1 learns that every disk has its host",
		"process 1 takes the order",
		"process 1 passes the gate with attempt 1",
		"process 1 journals attempt 1",
		"process 1 POSTs attempt 1",
		"the portal makes an order of a request",
		"Redis is FLUSHED",
		"host 0 compares and attests",
		"host 1 compares and attests",
		"all have attested: the gate opens",
		"the caller submits the intent again",
	})
	if broken != untrue {
		t.Errorf("it breaks %q, want %q", broken, untrue)
	}
}
