package worker

import (
	"runtime"
	"slices"
	"testing"

	"orderq/store"
	"orderq/store/journal"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/yeastar"
)

// Whatever a record says of itself, and whatever number it has come to: it knows a passage by its nonce or not at all.
func TestARecordKnowsAPassageByItsNonceWhateverItsStateAndNumber(t *testing.T) {
	t.Parallel()
	for _, state := range store.States() {
		for _, n := range []int{1, 2, 3} {
			o := store.Order{ID: "oq1", State: state, Attempt: 2, Evidence: store.Evidence{Nonce: "b", Passed: "a b"}}
			if state == store.Placed || state == store.Pending {
				o.OrderNo = "EK1"
			}
			e := journal.Entry{Attempt: journal.Attempt{Order: o.ID, N: n, Nonce: "forgotten"}}
			if known(e, o) {
				t.Errorf("%s at attempt 2 passes for knowing a forgotten passage with number %d", state, n)
			}
			e.Outcome = &journal.Outcome{Result: "not sent"}
			if known(e, o) {
				t.Errorf("%s at attempt 2: a forgotten passage with number %d that was not sent is a sign of forgetting", state, n)
			}
			e.Outcome.NoGate = true
			if !known(e, o) {
				t.Errorf("%s at attempt 2: a passage with number %d that perhaps never was is no sign of anything", state, n)
			}
			for _, nonce := range []string{"a", "b"} {
				if e := (journal.Entry{Attempt: journal.Attempt{Order: o.ID, N: n, Nonce: nonce}}); !known(e, o) {
					t.Errorf("%s passed with %s and does not know it by number %d", state, nonce, n)
				}
			}
		}
	}
}

// realLone is a lone worker on a Redis that has runs to tell apart; nil where there is none.
func realLone(t *testing.T) *lone {
	t.Helper()
	if !storetest.Available(t) {
		return nil
	}
	return newLone(t, storetest.Real(t))
}

// A list of hosts in Redis goes back with Redis. What a folder has noted does not.
func TestAHostThatOnlyADiskKnowsIsWaitedFor(t *testing.T) {
	t.Parallel()
	l := realLone(t)
	if l == nil {
		return
	}
	l.must(l.openHost())
	l.must(journal.NoteHosts(l.cfg.Journal, l.trust.book, []journal.Host{l.trust.host, {ID: "feedfacefeedface", Name: "other"}}))
	l.room.Restart()
	rec, err := l.Recover(t.Context())
	l.must(err)
	if rec.Open || !slices.Equal(rec.Hosts, []string{"feedfacefeedface"}) || l.trust.refuses() == "" {
		t.Errorf("open %v, waits for %v: the host that this one's disk knows has not attested", rec.Open, rec.Hosts)
	}
}

// A Redis that goes back to before a host joined leaves nobody to ask for its journals, unless others have noted it.
func TestAHostThatNobodyHasNotedSendsNothing(t *testing.T) {
	t.Parallel()
	l := realLone(t)
	if l == nil {
		return
	}
	if rec, err := l.Recover(t.Context()); err != nil || !rec.Open {
		t.Fatalf("%+v, %v", rec, err)
	}
	joins := l.beside(t.TempDir())
	rec, err := joins.Recover(t.Context())
	l.must(err)
	if !rec.Open || !slices.Equal(rec.Unaware, []string{l.trust.host.ID}) || joins.trust.refuses() == "" {
		t.Errorf("%+v, refuses %q", rec, joins.trust.refuses())
	}
	l.must(l.noteRoster(t.Context()))
	if rec, err := joins.Recover(t.Context()); err != nil || len(rec.Unaware) != 0 || joins.trust.refuses() != "" {
		t.Errorf("noted, and still: %+v, %v, refuses %q", rec, err, joins.trust.refuses())
	}
}

// Whoever has passed the gate and has not begun in the journal is waited for: its attempt is in neither.
func TestAProcessVouchesOnlyWhenItsPassagesAreInTheJournal(t *testing.T) {
	t.Parallel()
	l := realLone(t)
	if l == nil {
		return
	}
	sends, err := openSends(l.cfg.Journal, l.header("l"))
	l.must(err)
	t.Cleanup(func() { _ = sends.close() })
	l.sends = sends
	ledger, err := l.fleet.Ledger(t.Context())
	l.must(err)
	run := ledger.Epoch
	l.trust.passing.RLock()
	vouched := make(chan error, 1)
	go func() { vouched <- l.vouch(t.Context(), run) }()
	// A reader that is let in no more says that somebody waits to have it alone.
	for l.trust.passing.TryRLock() {
		l.trust.passing.RUnlock()
		select {
		case err := <-vouched:
			t.Fatalf("vouched (%v) while a passage is on its way to the journal", err)
		default:
			runtime.Gosched()
		}
	}
	hosts, err := l.fleet.Hosts(t.Context())
	l.must(err)
	if hosts.Processes[sends.current().Name()] == run {
		t.Error("vouched while a passage is on its way to the journal")
	}
	l.trust.passing.RUnlock()
	l.must(<-vouched)
	hosts, err = l.fleet.Hosts(t.Context())
	l.must(err)
	if hosts.Processes[sends.current().Name()] != run {
		t.Errorf("did not vouch: %v", hosts.Processes)
	}
}

// Of two processes of a host that compare at once each takes the other's token away, and neither ever attests.
func TestOneProcessOfAHostComparesAtATime(t *testing.T) {
	t.Parallel()
	l := realLone(t)
	if l == nil {
		return
	}
	l.room.Restart()
	done, alone, err := journal.Comparing(l.cfg.Journal, l.trust.book)
	if err != nil || !alone {
		t.Fatalf("alone %v, %v", alone, err)
	}
	rec, err := l.Recover(t.Context())
	l.must(err)
	if rec.Open || !rec.Busy || l.trust.refuses() == "" {
		t.Errorf("%+v, refuses %q", rec, l.trust.refuses())
	}
	done()
	if rec, err = l.Recover(t.Context()); err != nil || !rec.Open || rec.Busy {
		t.Errorf("%+v, %v", rec, err)
	}
}

// Of two forgotten attempts the first was refused with a 429, and nobody knows what came of the second: whatever the
// order in which journals tell of them, the order must not be sent again.
func TestAnAttemptThatCameToNothingReleasesNoOrderOfWhichAnotherIsInDoubt(t *testing.T) {
	t.Parallel()
	refused := &journal.Outcome{Result: yeastar.NotSent.String(), Reason: "too many requests"}
	for _, first := range []int{0, 1} {
		l := newLone(t, storetest.Best(t))
		in := loneIntent("twice")
		_, _, err := l.store.Accept(t.Context(), tasks.NewOrder(in, tasks.QueueOrders))
		l.must(err)
		entry := func(n int, o *journal.Outcome) journal.Entry {
			reference := tasks.AttemptReference(in.ID(), n)
			return journal.Entry{Journal: "j", Outcome: o, Attempt: journal.Attempt{
				Order: in.ID(), Reference: reference, Nonce: reference, N: n, Body: []byte(`{"poNumber":"` + reference + `"}`), Intent: in.Canonical()}}
		}
		entries := []journal.Entry{entry(1, refused), entry(2, nil)}
		var r Recovery
		tell := func(e journal.Entry) store.Order {
			t.Helper()
			o := l.get(in.ID())
			if !known(e, o) {
				_, err := l.recall(t.Context(), &r, e, o)
				l.must(err)
			}
			return l.get(in.ID())
		}
		tell(entries[first])
		if o := tell(entries[1-first]); o.State != store.Unknown {
			t.Errorf("told of attempt %d first: it is %s (%s), and attempt 2 is in doubt", first+1, o.State, o.Reason)
		}
		// Both came to nothing, as the journals tell now: it may go on.
		tell(entry(2, refused))
		if o := tell(entries[0]); o.State != store.Accepted || o.Evidence.Doubtful != "" {
			t.Errorf("told of attempt %d first: it is %s (%s), doubtful %q; both came to nothing", first+1, o.State, o.Reason, o.Evidence.Doubtful)
		}
	}
}
