package fleet_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orderq/store/fleet"
	"orderq/store/storetest"
)

var (
	one = fleet.Peer{ID: "h1", Name: "one:/var/journal"}
	two = fleet.Peer{ID: "h2", Name: "two:/var/journal"}
)

// unused is an account of a real Redis that nobody has used, and the run that answers. nil where there is no real
// Redis: the embedded one has no runs to tell apart.
func unused(t *testing.T) (r *storetest.Room, f *fleet.Fleet, run string) {
	t.Helper()
	if !storetest.Available(t) {
		return nil, nil, ""
	}
	r = storetest.Real(t)
	f = fleet.Of(otherAccount(r))
	l, err := f.Ledger(t.Context())
	if !errors.Is(err, fleet.ErrRecovery) || l.Run == "" {
		t.Fatalf("%+v, %v", l, err)
	}
	return r, f, l.Run
}

func attest(t *testing.T, f *fleet.Fleet, run string, self fleet.Peer, known ...fleet.Peer) fleet.Opening {
	t.Helper()
	do(t, f.Comparing(t.Context(), run, self.ID, "token"))
	o, err := f.Attest(t.Context(), fleet.Attestation{Run: run, Token: "token", Self: self, Known: known, Ledger: "ledger", Begin: true})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// vouch gives a process' word for journals.
func vouch(t *testing.T, f *fleet.Fleet, run string, journals ...string) {
	t.Helper()
	do(t, f.Vouching(t.Context(), run, "token", journals))
	do(t, f.Vouch(t.Context(), run, "token", journals))
}

func TestTheFirstHostOfALedgerOpensIt(t *testing.T) {
	t.Parallel()
	_, f, run := unused(t)
	if f == nil {
		return
	}
	if o := attest(t, f, run, one); !o.Open || !o.Fresh || o.Epoch != run || o.Waiting != nil {
		t.Errorf("%+v", o)
	}
	if l, err := f.Ledger(t.Context()); err != nil || l.ID != "ledger" || l.Epoch != run {
		t.Errorf("%+v, %v", l, err)
	}
	if o := attest(t, f, run, one); !o.Open || o.Fresh {
		t.Errorf("again: %+v", o)
	}
}

func TestTheGateOpensWhenEveryHostThatAnybodyKnowsHasAttested(t *testing.T) {
	t.Parallel()
	_, f, run := unused(t)
	if f == nil {
		return
	}
	// Redis knows of no host; the first one's folder knows of the second.
	if o := attest(t, f, run, one, two); o.Open || !slices.Equal(o.Waiting, []string{"h2"}) {
		t.Errorf("%+v", o)
	}
	if _, err := f.Ledger(t.Context()); !errors.Is(err, fleet.ErrRecovery) {
		t.Errorf("open before the second attested: %v", err)
	}
	if o := attest(t, f, run, two); !o.Open {
		t.Errorf("%+v", o)
	}
	h, err := f.Hosts(t.Context())
	do(t, err)
	want := []fleet.Host{{Peer: one, Noted: []string{}, Attested: run}, {Peer: two, Noted: []string{}, Attested: run}}
	if diff := cmp.Diff(want, h.Known); diff != "" {
		t.Errorf("hosts (-want +got):\n%s", diff)
	}
}

func TestAnAttestationCountsUnderItsRunAlone(t *testing.T) {
	t.Parallel()
	r, f, run := unused(t)
	if f == nil {
		return
	}
	attest(t, f, run, one, two)
	vouch(t, f, run, "j1")
	r.Restart()
	if _, err := f.Attest(t.Context(), fleet.Attestation{Run: run, Token: "token", Self: two}); !errors.Is(err, fleet.ErrRecovery) {
		t.Errorf("attested under the run before: %v", err)
	}
	if err := f.Vouch(t.Context(), run, "token", []string{"j1"}); !errors.Is(err, fleet.ErrRecovery) {
		t.Errorf("vouched under the run before: %v", err)
	}
	l, _ := f.Ledger(t.Context())
	if o := attest(t, f, l.Run, two, one); o.Open || !slices.Equal(o.Waiting, []string{"h1"}) {
		t.Errorf("one of two: %+v", o)
	}
	if o := attest(t, f, l.Run, one); !o.Open {
		t.Errorf("both: %+v", o)
	}
	h, err := f.Hosts(t.Context())
	do(t, err)
	if len(h.Processes) != 0 {
		t.Errorf("words of the run before are kept: %v", h.Processes)
	}
}

func TestARedisThatHasForgottenIsHaltedAndSaysHowMuch(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		f := fleet.Of(r.Store)
		for _, note := range []string{"some, being recalled", "2 attempts"} {
			do(t, f.Forgot(t.Context(), note))
			s, err := f.Read(t.Context())
			if err != nil || s.Halt == nil || s.Halt.By != "orderq" || s.Halt.Note != note || s.Forgot == nil || s.Forgot.Note != note {
				t.Fatalf("halt %+v, forgot %+v, %v", s.Halt, s.Forgot, err)
			}
		}
		since := func() time.Time {
			s, err := f.Read(t.Context())
			do(t, err)
			return s.Halt.At
		}
		before := since()
		do(t, f.Forgot(t.Context(), "3 attempts"))
		if !since().Equal(before) {
			t.Error("halted anew while halted")
		}
		// A person's halt keeps their words.
		do(t, f.HaltBy(t.Context(), "eve", "prices"))
		do(t, f.Forgot(t.Context(), "4 attempts"))
		if s, err := f.Read(t.Context()); err != nil || s.Halt.By != "eve" || s.Halt.Note != "prices" || s.Forgot.Note != "4 attempts" {
			t.Errorf("halt %+v, forgot %+v, %v", s.Halt, s.Forgot, err)
		}
		do(t, f.Resume(t.Context(), "eve", "looked"))
		do(t, f.Forgot(t.Context(), "5 attempts"))
		if s, err := f.Read(t.Context()); err != nil || s.Halt == nil || s.Halt.Note != "5 attempts" {
			t.Errorf("forgotten again after it was resumed: %+v, %v", s.Halt, err)
		}
	})
}

func TestAHostIsUnawareOfOthersUntilItHasNotedThem(t *testing.T) {
	t.Parallel()
	_, f, run := unused(t)
	if f == nil {
		return
	}
	attest(t, f, run, one)
	do(t, f.Noted(t.Context(), one.ID, []string{one.ID}))
	attest(t, f, run, two)
	do(t, f.Noted(t.Context(), two.ID, []string{one.ID, two.ID}))
	unaware := func() []fleet.Peer {
		h, err := f.Hosts(t.Context())
		do(t, err)
		return h.Unaware(two.ID)
	}
	if got := unaware(); !slices.Equal(got, []fleet.Peer{one}) {
		t.Errorf("unaware: %v", got)
	}
	do(t, f.Noted(t.Context(), one.ID, []string{one.ID, two.ID}))
	if got := unaware(); got != nil {
		t.Errorf("unaware: %v", got)
	}
}

// A Redis that was flushed looks like one that was never used: a host that knows nothing must not begin there.
func TestAnEmptyListIsBegunOnlyByWhoMay(t *testing.T) {
	t.Parallel()
	_, f, run := unused(t)
	if f == nil {
		return
	}
	do(t, f.Comparing(t.Context(), run, two.ID, "token"))
	_, err := f.Attest(t.Context(), fleet.Attestation{Run: run, Token: "token", Self: two, Ledger: "l"})
	is(t, "a stranger began it", err, fleet.ErrUnused)
	attest(t, f, run, one)
	do(t, f.Comparing(t.Context(), run, two.ID, "token"))
	if o, err := f.Attest(t.Context(), fleet.Attestation{Run: run, Token: "token", Self: two}); err != nil || !o.Fresh {
		t.Errorf("a list that is there is joined by anybody: %+v, %v", o, err)
	}
}

// What is lost between a look and the word about it makes the word void, though the run is the same.
func TestAWordThatIsOlderThanALossIsNotTaken(t *testing.T) {
	t.Parallel()
	r, f, run := unused(t)
	if f == nil {
		return
	}
	do(t, f.Comparing(t.Context(), run, one.ID, "token"))
	do(t, f.Vouching(t.Context(), run, "token", []string{"j1"}))
	do(t, r.Redis.FlushAll(t.Context()).Err())
	_, err := f.Attest(t.Context(), fleet.Attestation{Run: run, Token: "token", Self: one, Ledger: "l", Begin: true})
	is(t, "attested across a flush", err, fleet.ErrRecovery)
	is(t, "vouched across a flush", f.Vouch(t.Context(), run, "token", []string{"j1"}), fleet.ErrRecovery)
	if h, err := f.Hosts(t.Context()); err != nil || len(h.Known)+len(h.Processes) != 0 {
		t.Errorf("%+v, %v", h, err)
	}
	// Nor is a word taken twice: the second, repeated by go-redis, may come after a loss.
	vouch(t, f, run, "j1")
	is(t, "vouched twice", f.Vouch(t.Context(), run, "token", []string{"j1"}), fleet.ErrRecovery)
}

// The same process with another's data: as run_id does not tell, the replication id must.
func TestDataFromAnotherRedisShutTheGate(t *testing.T) {
	t.Parallel()
	r, f, run := unused(t)
	if f == nil {
		return
	}
	attest(t, f, run, one)
	do(t, r.Redis.Do(t.Context(), "REPLICAOF", "127.0.0.1", "1").Err())
	do(t, r.Redis.Do(t.Context(), "REPLICAOF", "NO", "ONE").Err())
	if l, err := f.Ledger(t.Context()); !errors.Is(err, fleet.ErrRecovery) || l.Run == run {
		t.Errorf("promoted again, and the gate is open: %+v, %v", l, err)
	}
}

func TestAHostThatAPersonDeclaredGoneIsNotWaitedForUntilItIsBack(t *testing.T) {
	t.Parallel()
	r, f, run := unused(t)
	if f == nil {
		return
	}
	attest(t, f, run, one, two)
	is(t, "removed a stranger", f.RemoveHost(t.Context(), "h9", "eve", "scrapped"), fleet.ErrNoHost)
	r.LoseReply("scrapped") // and go-redis says it again
	do(t, f.RemoveHost(t.Context(), two.ID, "eve", "scrapped"))
	is(t, "removed by another, too", f.RemoveHost(t.Context(), two.ID, "ben", "scrapped"), fleet.ErrNoHost)
	if r.Lost() != 1 {
		t.Errorf("%d replies lost", r.Lost())
	}
	if o := attest(t, f, run, one, two); !o.Open { // its folder still knows the second
		t.Errorf("%+v", o)
	}
	h, err := f.Hosts(t.Context())
	if err != nil || len(h.Known) != 1 || len(h.Gone) != 1 || h.Gone[0].By != "eve" || h.Gone[0].Note != "scrapped" || h.Gone[0].ID != two.ID {
		t.Errorf("%+v, %v", h, err)
	}
	if o := attest(t, f, run, two, one); !o.Open || !o.Fresh {
		t.Errorf("back: %+v", o)
	}
	if h, err = f.Hosts(t.Context()); err != nil || len(h.Known) != 2 || h.Gone != nil {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestADistrustedRedisIsShutUntilItsHostsAttestAgain(t *testing.T) {
	t.Parallel()
	_, f, run := unused(t)
	if f == nil {
		return
	}
	attest(t, f, run, one)
	do(t, f.Distrust(t.Context()))
	if l, err := f.Ledger(t.Context()); !errors.Is(err, fleet.ErrRecovery) || l.Epoch != "" || l.ID != "ledger" {
		t.Errorf("%+v, %v", l, err)
	}
	if o := attest(t, f, run, one); !o.Open {
		t.Errorf("%+v", o)
	}
}

func TestAHeartbeatBringsWhatAWorkerHasToKnow(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		first, err := r.Fleet.Beat(t.Context(), "w1")
		do(t, err)
		second, err := r.Fleet.Beat(t.Context(), "w1")
		do(t, err)
		if !first.Open() || second.Beats != first.Beats+1 || second.Roster != 0 || (first.Run != "") != r.Real {
			t.Errorf("%+v, then %+v", first, second)
		}
		do(t, r.Redis.FlushAll(t.Context()).Err())
		if p, err := r.Fleet.Beat(t.Context(), "w1"); err != nil || p.Open() || p.Beats >= second.Beats {
			t.Errorf("after a flush: %+v, %v", p, err)
		}
	})
}

func is(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
	if got != nil && strings.TrimSpace(got.Error()) == "" {
		t.Errorf("%s: says nothing", what)
	}
}
