package worker

import (
	"encoding/json"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/journal"
	"orderq/store/storetest"
	"orderq/yeastar"
)

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Redis has restarted between the gate's word and the POST, and may have forgotten the word.
func TestAPermissionOfAnEarlierRunSendsNothing(t *testing.T) {
	t.Parallel()
	l := newLone(t, storetest.Best(t))
	book := l.book()
	o, sub := l.passed("earlier", book.Name())
	l.trust.open("the run that answers now")
	let := 0
	o, err := l.send(t.Context(), o, permission{Submission: sub, book: book, epoch: "the run before", journalled: func() { let++ }})
	l.must(err)
	if n := len(l.portal.Bodies()); n != 0 || o.State != store.Accepted || o.WaitingFor != store.WaitRecovery {
		t.Errorf("%d POSTs; the order is %s and waits for %q", n, o.State, o.WaitingFor)
	}
	if let == 0 {
		t.Error("a recovery would wait for this passage for ever")
	}
	for e, err := range journal.Read(l.cfg.Journal) {
		if l.must(err); e.Outcome == nil || !e.Outcome.NoGate {
			t.Errorf("the journal does not say that it was given up: %+v", e)
		}
	}
}

// What is in no journal when the portal has it is in none if this process is killed now.
func TestAnAttemptIsInItsJournalBeforeThePortalHasIt(t *testing.T) {
	t.Parallel()
	l := newLone(t, storetest.Best(t))
	book := l.book()
	o, sub := l.passed("journal", book.Name())
	l.trust.open("this run")
	release := l.portal.Hold()
	type end struct {
		o   store.Order
		err error
	}
	sent := make(chan end, 1)
	go func() {
		o, err := l.send(t.Context(), o, permission{Submission: sub, book: book, epoch: "this run", journalled: func() {}})
		sent <- end{o, err}
	}()
	l.must(l.portal.WaitHeld(t.Context(), 1))
	n := 0
	for e, err := range journal.Read(l.cfg.Journal) {
		if l.must(err); e.Attempt.Order == o.ID && e.Attempt.Nonce == o.Evidence.Nonce && e.Outcome == nil {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the portal has the order, and the journal has it %d times", n)
	}
	release()
	if got := <-sent; got.err != nil || got.o.State != store.Placed {
		t.Errorf("%s, %v", got.o.State, got.err)
	}
}

// A Redis that went back gives an attempt's number a second time: what came of one passage says nothing of the other.
func TestAVerdictOnAnotherPassageOfTheSameNumberMovesNothing(t *testing.T) {
	t.Parallel()
	verdicts := map[string]verdict{
		"not sent": {unsent: &store.Pause{For: store.WaitTime, After: time.Second, Reason: "not sent"}},
		"refused":  {refused: &store.Refusal{Code: "c", Reason: "no"}},
		"in doubt": {doubt: "no answer"},
	}
	l := newLone(t, storetest.Best(t))
	o, _ := l.passed("twice", "journal-1")
	for name, v := range verdicts {
		if _, err := l.apply(t.Context(), o, passageOf{o.Attempt, "another passage"}, v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := l.get(o.ID); got.State != store.Submitting || got.Version != o.Version {
			t.Errorf("%s: of another passage, and the order is %s now", name, got.State)
		}
	}
	if got, err := l.apply(t.Context(), o, passed(o), verdicts["not sent"]); err != nil || got.State != store.Accepted {
		t.Errorf("its own verdict: %s, %v", got.State, err)
	}
}

// The journal does not say whether "not sent" was our word or the portal's, which is believed less.
func TestARefusalThatIsReplayedIsLookedAfterFirst(t *testing.T) {
	t.Parallel()
	l := newLone(t, storetest.Best(t))
	o, _ := l.passed("replayed", "journal-1")
	v, ok := verdictOfJournal(&journal.Outcome{Result: yeastar.NotSent.String(), Reason: "too many requests"})
	if !ok {
		t.Fatal("it settles nothing")
	}
	o, err := l.apply(t.Context(), o, passed(o), v)
	l.must(err)
	if got := l.get(o.ID); got.State != store.Accepted || !got.Evidence.LookFirst {
		t.Errorf("%s, look first: %v", got.State, got.Evidence.LookFirst)
	}
}
