package store_test

import (
	"errors"
	"testing"

	"orderq/store"
	"orderq/store/fleet"
	"orderq/store/storetest"
)

func TestAfterARestartNothingPassesUntilItsHostsHaveAttestedUnderThatVeryRun(t *testing.T) {
	t.Parallel()
	if !storetest.Available(t) {
		t.Log("the embedded Redis has no runs to tell apart")
		return
	}
	r := storetest.Real(t, "--appendfsync", "always")
	o := prepared(t, r.Store, "oq1", pbx)
	sub := submission(o, marked(t, r.Store), "g1")
	before, err := r.Fleet.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.Restart()
	if p, err := r.Store.Gate(t.Context(), o, sub); err != nil || p.Through || p.Refused != store.WaitRecovery {
		t.Fatalf("after a restart: %+v, %v; want a refusal for recovery", p, err)
	}
	host := fleet.Peer{ID: "h1", Name: "one"}
	attest := func(run string) error {
		_ = r.Fleet.Comparing(t.Context(), run, host.ID, "token") // what it says, Attest says too
		return second(r.Fleet.Attest(t.Context(), fleet.Attestation{Run: run, Token: "token", Self: host, Ledger: before.ID, Begin: true}))
	}
	is(t, "attested under the run before", attest(before.Epoch), fleet.ErrRecovery)
	now, err := r.Fleet.Ledger(t.Context())
	if !errors.Is(err, fleet.ErrRecovery) || now.Run == "" || now.Run == before.Epoch || now.Epoch != before.Epoch || now.ID != before.ID {
		t.Fatalf("ledger %+v after %+v, %v", now, before, err)
	}
	if p, err := r.Store.Gate(t.Context(), o, sub); err != nil || p.Through {
		t.Fatalf("still shut, want: %+v, %v", p, err)
	}
	if err := attest(now.Run); err != nil {
		t.Fatal(err)
	}
	if p, err := r.Store.Gate(t.Context(), o, sub); err != nil || !p.Through || p.Epoch != now.Run {
		t.Errorf("recovered: %+v, %v; want a permission of run %s", p, err, now.Run)
	}
}

func second[A, B any](_ A, b B) B { return b }

func TestWithoutAnEpochNothingPasses(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := prepared(t, r.Store, "oq1", pbx)
		sub := submission(o, marked(t, r.Store), "g1")
		if err := r.Redis.HDel(t.Context(), r.Store.Keys().Fleet(), "epoch").Err(); err != nil {
			t.Fatal(err)
		}
		refused(t, r, o, sub, store.WaitRecovery)
	})
}

// The embedded Redis has no INFO in scripts: exactly the case in which the gate must not assume the best.
func TestWhereINFOCannotBeAskedTheGateRefuses(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	o := prepared(t, r.Store, "oq1", pbx)
	sub := submission(o, marked(t, r.Store), "g1")
	if err := r.Redis.HSet(t.Context(), r.Store.Keys().Fleet(), "epoch", "0123456789abcdef").Err(); err != nil {
		t.Fatal(err)
	}
	refused(t, r, o, sub, store.WaitRecovery)
	if p, err := r.Store.Gate(t.Context(), o, sub); err != nil || p.Note != "INFO cannot be asked" {
		t.Errorf("note %q, %v", p.Note, err)
	}
}

func TestAVolatileEpochIsNotAskedFor(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		if _, err := r.Fleet.Volatile(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r.Real {
			r.Restart()
			if _, err := r.Fleet.Volatile(t.Context()); err != nil { // everysec: the word itself may be gone
				t.Fatal(err)
			}
		}
		submitted(t, r.Store, "oq1", pbx)
	})
}
