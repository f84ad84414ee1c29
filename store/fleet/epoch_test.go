package fleet_test

import (
	"errors"
	"testing"

	"orderq/store/fleet"
	"orderq/store/storetest"
)

func TestALedgerThatWasNeverUsedHasNoEpochAndReadingGivesItNone(t *testing.T) {
	t.Parallel()
	if !storetest.Available(t) {
		t.Log("the embedded Redis has no runs to tell apart")
		return
	}
	r := storetest.Real(t) // its own account's gate is open
	open, err := r.Fleet.Ledger(t.Context())
	if err != nil || len(open.Epoch) != 40 || open.ID == "" || open.Run != "" {
		t.Fatalf("%+v, %v", open, err)
	}
	other := fleet.Of(otherAccount(r))
	got, err := other.Ledger(t.Context())
	if !errors.Is(err, fleet.ErrRecovery) || got.Epoch != "" || got.ID != "" || got.Run != open.Epoch {
		t.Errorf("a ledger never used: %+v, %v", got, err)
	}
	if s, err := other.Read(t.Context()); err != nil || s.Epoch != "" || s.Ledger != "" {
		t.Errorf("reading it wrote: epoch %q, ledger %q, %v", s.Epoch, s.Ledger, err)
	}
}

func TestWhoDecidedInARecoveryIsKept(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		if s := state(t, r); s.Recovered != nil {
			t.Errorf("before: %+v", s.Recovered)
		}
		do(t, r.Fleet.NoteRecovery(t.Context(), "eve", "the copy is whole"))
		if s := state(t, r); s.Recovered == nil || s.Recovered.By != "eve" || s.Recovered.Note != "the copy is whole" || !near(s.Recovered.At, s.Now) {
			t.Errorf("after: %+v", s.Recovered)
		}
	})
}

func TestWhereNobodyCanSayWhichRunThisIsOnlyVolatileOpens(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	other := fleet.Of(otherAccount(r))
	if got, err := other.Ledger(t.Context()); !errors.Is(err, fleet.ErrRecovery) || got.Run != "" {
		t.Errorf("read: %+v, %v", got, err)
	}
	for _, run := range []string{"", "0123456789abcdef"} {
		if _, err := other.Attest(t.Context(), fleet.Attestation{Run: run, Self: one, Begin: true}); !errors.Is(err, fleet.ErrRecovery) {
			t.Errorf("attested under %q: %v", run, err)
		}
		if err := other.Vouch(t.Context(), run, "", []string{"j"}); !errors.Is(err, fleet.ErrRecovery) {
			t.Errorf("vouched under %q: %v", run, err)
		}
	}
	first, err := other.Volatile(t.Context())
	if err != nil || first.Epoch != "volatile" || first.ID == "" {
		t.Errorf("volatile: %+v, %v", first, err)
	}
	if got, err := other.Ledger(t.Context()); err != nil || got != first {
		t.Errorf("read again: %+v, %v; its gate is open", got, err)
	}
	if again, err := other.Volatile(t.Context()); err != nil || again != first {
		t.Errorf("once more: %+v, %v; a ledger keeps its id", again, err)
	}
}
