package store_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"orderq/store"
)

func TestTheTableIsClosed(t *testing.T) {
	t.Parallel()
	known := map[store.State]bool{"": true}
	for _, s := range store.States() {
		known[s] = true
	}
	seen := map[[2]store.State]bool{}
	for _, m := range store.Moves() {
		if !known[m.From] || !known[m.To] || m.To == "" {
			t.Errorf("%q → %q: not between states", m.From, m.To)
		}
		if m.Why == "" {
			t.Errorf("%s → %s: says not why", m.From, m.To)
		}
		edge := [2]store.State{m.From, m.To}
		if seen[edge] {
			t.Errorf("%s → %s stands in the table twice", m.From, m.To)
		}
		seen[edge] = true
		if !store.Allowed(m.From, m.To) {
			t.Errorf("%s → %s is in the table and not allowed", m.From, m.To)
		}
	}
	if store.Allowed(store.Accepted, store.Submitting) {
		t.Error("accepted → submitting is allowed without being in the table")
	}
}

func TestEveryStateCanBeReachedAndEveryOneThatIsNotFinalCanEnd(t *testing.T) {
	t.Parallel()
	reached := reach("", func(m store.Move) (store.State, store.State) { return m.From, m.To })
	for _, s := range store.States() {
		if !reached[s] {
			t.Errorf("%s cannot be reached", s)
		}
		ends := reach(s, func(m store.Move) (store.State, store.State) { return m.From, m.To })
		if !s.Final() && !ends[store.Placed] {
			t.Errorf("from %s no way leads to placed", s)
		}
	}
}

// reach gives the states that a walk along the table comes to, the first one apart.
func reach(from store.State, edge func(store.Move) (a, b store.State)) map[store.State]bool {
	seen, next := map[store.State]bool{}, []store.State{from}
	for len(next) > 0 {
		at := next[0]
		next = next[1:]
		for _, m := range store.Moves() {
			if a, b := edge(m); a == at && !seen[b] {
				seen[b] = true
				next = append(next, b)
			}
		}
	}
	return seen
}

func TestFinalMeansFinal(t *testing.T) {
	t.Parallel()
	for _, m := range store.Moves() {
		// What was ended by a Redis that had forgotten an attempt was ended in error.
		recovery := m.From != store.Placed && m.To == store.Unknown && strings.HasPrefix(m.Why, "recovery")
		if m.From.Final() && !recovery {
			t.Errorf("%s is final, and %s → %s leads out of it", m.From, m.From, m.To)
		}
	}
	for _, s := range []store.State{store.Placed, store.Rejected, store.Cancelled} {
		if !s.Final() {
			t.Errorf("%s is not final", s)
		}
	}
}

func TestSubmittingIsEnteredFromPreparingAlone(t *testing.T) {
	t.Parallel()
	var from []store.State
	for _, m := range store.Moves() {
		if m.To == store.Submitting {
			from = append(from, m.From)
		}
	}
	if diff := cmp.Diff([]store.State{store.Preparing}, from); diff != "" {
		t.Errorf("submitting is entered from (-want +got):\n%s", diff)
	}
}

func TestWhatMayHaveBeenSentIsNeverTakenBackByItsCaller(t *testing.T) {
	t.Parallel()
	for _, m := range store.Moves() {
		if m.To == store.Cancelled && m.From.InDoubt() && m.From != store.Review {
			t.Errorf("%s → cancelled: its POST may have left", m.From)
		}
	}
}

const statesDoc = "../docs/states.md"

func TestStatesDocumentIsGeneratedFromTheTable(t *testing.T) {
	t.Parallel()
	want := document()
	if *update {
		if err := os.WriteFile(statesDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(statesDoc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is not what the code says; go test ./store -run States -update rewrites it (-code +document):\n%s", statesDoc, diff)
	}
}

func document() string {
	var b strings.Builder
	b.WriteString("# An order's states\n\n" +
		"Generated from `store/state.go` and `store/question.go`; a test holds it to them\n" +
		"(`go test ./store -run States -update` rewrites it).\n\n```mermaid\nstateDiagram-v2\n")
	for _, m := range store.Moves() {
		from := string(m.From)
		if from == "" {
			from = "[*]"
		}
		why := strings.NewReplacer(":", ",", ";", ",").Replace(m.Why) // both end a label in mermaid
		fmt.Fprintf(&b, "    %s --> %s: %s\n", from, m.To, why)
	}
	for _, s := range store.States() {
		if s.Final() {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	b.WriteString("```\n\nMoves of one order are ordered by its version: whoever names an older one changes nothing.\n\n" +
		"## What the gate asks, in this order\n\n" +
		"`preparing → submitting` is made by one script (`store/lua/gate.lua`). The first question that is not answered well\n" +
		"is the answer, and then nothing is written, the rate included.\n\n" +
		"| # | question | refusal | what becomes of the order |\n|---|---|---|---|\n")
	for i, q := range store.Questions() {
		refusal := "–"
		if q.Refusal != "" {
			refusal = "`" + string(q.Refusal) + "`"
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", i+1, q.Asks, refusal, q.Then)
	}
	return b.String()
}
