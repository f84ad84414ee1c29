package protocol

import (
	"fmt"
	"strings"
	"testing"
)

// step is one thing that happens, in words; the numbers fill the verbs of says, in order. It is put into
// words only where it is part of a trace: most steps are tried a million times.
type step struct {
	says string
	a, b int
}

func (s step) String() string {
	return fmt.Sprintf(s.says, []any{s.a, s.b}[:strings.Count(s.says, "%")]...)
}

// model is a protocol with everything that may happen to it. S holds all that matters and nothing else: two
// states that are equal are explored once.
type model[S comparable] struct {
	start  S
	next   func(s S, to func(step, S)) // every step from s
	broken func(S) string              // the promise that s breaks, "": none
	// reached are states that the exploration has to come to: a model in which nothing happens is safe too.
	reached []landmark[S]
}

type landmark[S comparable] struct {
	name string
	is   func(S) bool
}

// verdict is what an exploration found.
type verdict struct {
	states int      // looked at: all that can be reached, or those up to the first that breaks a promise
	broken string   // the promise; "": kept in every state
	trace  []string // a shortest way to where it is broken
	missed []string // landmarks that no state has
}

// explore looks at every state that can be reached, breadth first, and stops at the first that breaks a
// promise. No other way to a broken promise is shorter.
func explore[S comparable](m model[S]) verdict {
	seen, parents := newBag(m.start), []int32{0}
	met := make([]bool, len(m.reached))
	var at int32
	to := func(_ step, s S) {
		if seen.add(s) {
			parents = append(parents, at)
		}
	}
	for ; int(at) < len(seen.all); at++ {
		s := seen.all[at]
		if broken := m.broken(s); broken != "" {
			return verdict{states: int(at) + 1, broken: broken, trace: trace(m, seen.all, parents, at)}
		}
		for i, l := range m.reached {
			met[i] = met[i] || l.is(s)
		}
		m.next(s, to)
	}
	v := verdict{states: len(seen.all)}
	for i, l := range m.reached {
		if !met[i] {
			v.missed = append(v.missed, l.name)
		}
	}
	return v
}

// trace tells the way on which the state at was found.
func trace[S comparable](m model[S], states []S, parents []int32, at int32) []string {
	if at == 0 {
		return nil
	}
	var said []string
	m.next(states[parents[at]], func(st step, s S) {
		if s == states[at] && said == nil {
			said = []string{st.String()}
		}
	})
	return append(trace(m, states, parents, parents[at]), said...)
}

// want is a variant's verdict as it has to be.
type want struct {
	states int    // exactly; 0: not compared
	broken string // the promise; "": kept
}

// check explores and compares; the trace of a broken promise is in the log (go test -v).
func check[S comparable](t *testing.T, m model[S], w want) {
	t.Helper()
	v := explore(m)
	t.Logf("%d states", v.states)
	if v.broken != "" {
		t.Logf("broken: %s\n\t%s", v.broken, strings.Join(v.trace, "\n\t"))
	}
	if v.broken != w.broken {
		t.Errorf("broken is %q, want %q", v.broken, w.broken)
	}
	if w.states > 0 && v.states != w.states {
		t.Errorf("%d states, want %d", v.states, w.states)
	}
	for _, name := range v.missed {
		t.Errorf("it never came to: %s", name)
	}
}

// follow takes the steps that are told, which have to be possible one after the other, and returns the promise
// that the last state breaks. For what is too deep to be found by looking at every state.
func follow[S comparable](t *testing.T, m model[S], way []string) string {
	t.Helper()
	at := m.start
	for i, says := range way {
		var can []string
		next, found := at, false
		m.next(at, func(st step, s S) {
			can = append(can, st.String())
			if st.String() == says && !found {
				next, found = s, true
			}
		})
		if !found {
			t.Fatalf("step %d: %q is not possible, but\n\t%s", i+1, says, strings.Join(can, "\n\t"))
		}
		at = next
	}
	return m.broken(at)
}

const twice = "the portal has two orders for one intent"

// jugs is a model whose answer is known: 3 and 5 litres, and 4 are wanted.
func jugs(want int) model[[2]int] {
	return model[[2]int]{
		next: func(s [2]int, to func(step, [2]int)) {
			size := [2]int{3, 5}
			for i := range s {
				full, empty, over := s, s, s
				full[i], empty[i] = size[i], 0
				over[1-i] = min(size[1-i], s[0]+s[1])
				over[i] = s[0] + s[1] - over[1-i]
				to(step{"fill the %d", size[i], 0}, full)
				to(step{"empty the %d", size[i], 0}, empty)
				to(step{"pour the %d into the %d", size[i], size[1-i]}, over)
			}
		},
		broken: func(s [2]int) string {
			if s[1] == want {
				return "measured"
			}
			return ""
		},
		reached: []landmark[[2]int]{
			{"both are full", func(s [2]int) bool { return s == [2]int{3, 5} }},
			{"both are half full", func(s [2]int) bool { return s == [2]int{1, 2} }},
		},
	}
}

func TestTheShortestWayIsToldInWords(t *testing.T) {
	t.Parallel()
	v := explore(jugs(4))
	const way = "fill the 5, pour the 5 into the 3, empty the 3, pour the 5 into the 3, fill the 5, pour the 5 into the 3"
	if got := strings.Join(v.trace, ", "); v.broken != "measured" || got != way {
		t.Errorf("%q: %s\nwant %s", v.broken, got, way)
	}
}

func TestEveryStateIsLookedAtOnceAndMissedLandmarksAreTold(t *testing.T) {
	t.Parallel()
	v := explore(jugs(6))
	// A jug is full or empty in every state: 2·6 + 2·4 − 4.
	if v.states != 16 || v.broken != "" || strings.Join(v.missed, ", ") != "both are half full" {
		t.Errorf("%d states, broken %q, missed %q", v.states, v.broken, v.missed)
	}
}
