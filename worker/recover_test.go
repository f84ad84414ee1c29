package worker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orderq/store"
	"orderq/store/storetest"
	"orderq/worker"
	"orderq/yeastar/yeastartest"
)

// durableRig is a rig on a real Redis that forgets nothing by itself; nil where there is none.
func durableRig(t *testing.T, tune ...func(*worker.Config)) *rig {
	t.Helper()
	if !storetest.Available(t) {
		return nil // the embedded Redis has no runs to tell apart
	}
	return rigIn(t, storetest.Real(t, "--appendfsync", "always"), yeastartest.Options{}, tune...)
}

// another is a worker of another host: with a journal folder of its own.
func another(t *testing.T) func(*worker.Config) {
	dir := t.TempDir()
	return func(c *worker.Config) { c.Journal = dir }
}

// eventually asks again, woken by moves and by heartbeats, until the answer is yes.
func (r *rig) eventually(what string, yes func(ctx context.Context) bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for !yes(ctx) {
		select {
		case <-again.C:
		case <-ctx.Done():
			r.t.Fatalf("never: %s; warnings:\n%s", what, r.said())
		}
	}
}

func (r *rig) halted(ctx context.Context) string {
	s, err := r.room.Fleet.Read(ctx)
	if err != nil || s.Halt == nil {
		return ""
	}
	return s.Halt.By + ": " + s.Halt.Note
}

func TestAfterARestartOfRedisThatForgotNothingNobodyIsNeeded(t *testing.T) {
	t.Parallel()
	r := durableRig(t)
	if r == nil {
		return
	}
	r.start()
	r.start(another(t))
	r.start(another(t))
	before := r.place(minutes("before", "3658B431119665QJ", 10))
	r.await(before.ID, store.Placed)
	var waiting []store.Order
	for i, p := range r.portal.PBXs()[2:40] {
		in := minutes(ref(i), p.ProductNo, 10)
		in.NotBefore = time.Now().Add(500 * time.Millisecond)
		waiting = append(waiting, r.place(in))
	}
	r.room.Restart()
	for _, o := range waiting {
		if got := r.await(o.ID, store.Placed); len(r.committed(got.ID)) != 1 {
			t.Errorf("%s: %d orders at the portal", got.ID, len(r.committed(got.ID)))
		}
	}
	if why := r.halted(t.Context()); why != "" {
		t.Errorf("halted by %s", why)
	}
}

// The portal is at work on an order when Redis goes back to before the order was sent, or to nothing at all.
// The answer, or the journal, says what became of it; and the account waits for a person.
func TestWhatRedisForgotInMidPOSTIsRecordedAndTheAccountHalted(t *testing.T) {
	t.Parallel()
	forget := map[string]func(r *rig, backup string){
		"an older copy": func(r *rig, backup string) { r.room.RestartFrom(backup) },
		"a flush":       func(r *rig, _ string) { r.must(r.room.Redis.FlushAll(r.t.Context()).Err()) },
		"an empty disk": func(r *rig, _ string) { r.room.RestartFrom(r.t.TempDir()) },
	}
	for name, lose := range forget {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := durableRig(t)
			if r == nil {
				return
			}
			r.start()
			warm := r.place(minutes("warm", "3658B4311196K2ID", 1))
			r.await(warm.ID, store.Placed)
			release := r.portal.Hold()
			backup := r.room.Backup()
			o := r.place(minutes("mid", "3658B431119665QJ", 10))
			r.must(r.portal.WaitHeld(t.Context(), 1))
			lose(r, backup)
			// The caller, who was told "accepted", asks again, as callers may.
			r.place(minutes("mid", "3658B431119665QJ", 10))
			r.eventually("halted", func(ctx context.Context) bool { return r.halted(ctx) != "" })
			if why := r.halted(t.Context()); !strings.Contains(why, "orderq: Redis had forgotten") {
				t.Errorf("halted by %s", why)
			}
			release()
			got := r.await(o.ID, store.Placed)
			ledger := r.committed(o.ID)
			if len(ledger) != 1 || ledger[0].OrderNo != got.OrderNo || r.requests(o.ID) != 1 || got.Attempt != 1 {
				t.Errorf("placed as %s after %d requests, attempt %d; the portal has %+v", got.OrderNo, r.requests(o.ID), got.Attempt, ledger)
			}
			if got := r.await(warm.ID, store.Placed); len(r.committed(warm.ID)) != 1 || got.Reference != "warm" {
				t.Errorf("the order from before: %+v", got)
			}
			later := r.place(minutes("later", "3658B431119665QJ", 20))
			// Whichever of the two its delivery met: nothing is delivered again before the resume.
			r.awaitWaiting(later.ID, store.WaitHalt, store.WaitRecovery)
			// It halts before the first is recalled, and with the number of them when all are: a resume in between would not last.
			r.eventually("all recalled", func(ctx context.Context) bool { return strings.Contains(r.halted(ctx), "then orderq resume") })
			r.must(r.room.Fleet.Resume(t.Context(), "eve", "looked"))
			r.await(later.ID, store.Placed)
		})
	}
}

// An answer that came while the record was there, and that Redis then forgot: the journal has it.
func TestAnswersThatOnlyTheJournalHasAreReplayed(t *testing.T) {
	t.Parallel()
	r := durableRig(t)
	if r == nil {
		return
	}
	w := r.start()
	backup := r.room.Backup()
	o := r.place(minutes("gone", "3658B431119665QJ", 10))
	placed := r.await(o.ID, store.Placed)
	refused := r.place(minutes("refused", "3658B4311196K2ID", 10))
	r.await(refused.ID, store.Placed)
	posts := len(r.portal.Bodies())
	r.room.RestartFrom(backup)
	r.eventually("recorded again", func(ctx context.Context) bool {
		got, err := r.room.Store.Get(ctx, o.ID)
		return err == nil && got.State == store.Placed && got.Via == store.ViaJournal && got.OrderNo == placed.OrderNo && got.Attempt == 1
	})
	if n := len(r.portal.Bodies()); n != posts {
		t.Errorf("%d POSTs after the recovery, %d before", n, posts)
	}
	if _, err := w.Recover(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAHostThatDoesNotAttestIsWaitedForUntilAPersonSaysThatItIsGone(t *testing.T) {
	t.Parallel()
	r := durableRig(t)
	if r == nil {
		return
	}
	here := r.start()
	gone, err := worker.New(func() worker.Config { c := r.cfg; another(t)(&c); return c }())
	r.must(err)
	r.must(gone.Start(t.Context()))
	gone.Shutdown()
	r.room.Restart()
	o := r.place(minutes("waits", "3658B431119665QJ", 10))
	r.awaitWaiting(o.ID, store.WaitRecovery)
	var rec worker.Recovery
	r.eventually("this host has attested", func(ctx context.Context) bool {
		rec, err = here.Recover(ctx)
		return err == nil && len(rec.Hosts) == 1
	})
	if rec.Open || len(r.portal.Bodies()) != 0 {
		t.Fatalf("%+v, %d POSTs", rec, len(r.portal.Bodies()))
	}
	r.must(r.room.Fleet.RemoveHost(t.Context(), rec.Hosts[0], "eve", "scrapped"))
	r.await(o.ID, store.Placed)
}

// A host that joins sends nothing before every other host has it on its disk: else a Redis that goes back to
// before its joining would leave nobody to ask for its journals.
func TestAHostThatJoinsWaitsUntilTheOthersHaveNotedIt(t *testing.T) {
	t.Parallel()
	r := durableRig(t)
	if r == nil {
		return
	}
	first, err := worker.New(r.cfg)
	r.must(err)
	r.must(first.Start(t.Context()))
	first.Shutdown()
	joins := r.start(another(t))
	o := r.place(minutes("waits", "3658B431119665QJ", 10))
	got := r.awaitWaiting(o.ID, store.WaitRecovery)
	if !strings.Contains(got.Reason, "have not noted this one") || len(r.portal.Bodies()) != 0 {
		t.Errorf("reason %q, %d POSTs", got.Reason, len(r.portal.Bodies()))
	}
	if err := joins.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "noted") {
		t.Errorf("ready: %v", err)
	}
	r.start() // the first host is back
	r.await(o.ID, store.Placed)
}

// A person is wrong about a host: it sends on, and after a rollback nobody would wait for its journals.
func TestAHostThatIsSaidToBeGoneAndIsNotJoinsAgain(t *testing.T) {
	t.Parallel()
	r := durableRig(t)
	if r == nil {
		return
	}
	r.start()
	first, err := r.room.Fleet.Hosts(t.Context())
	r.must(err)
	joined := r.start(another(t))
	var other string
	r.eventually("the other is listed, and sends", func(ctx context.Context) bool {
		if joined.Ready(ctx) != nil {
			return false
		}
		hosts, err := r.room.Fleet.Hosts(ctx)
		for _, h := range hosts.Known {
			if _, was := first.Of(h.ID); !was {
				other = h.ID
			}
		}
		return err == nil && other != ""
	})
	r.must(r.room.Fleet.RemoveHost(t.Context(), other, "eve", "scrapped"))
	r.eventually("it is listed again, has attested, and nobody calls it gone", func(ctx context.Context) bool {
		hosts, err := r.room.Fleet.Hosts(ctx)
		is, listed := hosts.Of(other)
		return err == nil && listed && is.Attested != "" && len(hosts.Gone) == 0
	})
	r.await(r.place(minutes("goes on", "3658B431119665QJ", 10)).ID, store.Placed)
}

// Redis goes back to before a host joined, and that host is off: the others know of it from their own disks.
func TestAHostThatRedisHasForgottenIsWaitedForAllTheSame(t *testing.T) {
	t.Parallel()
	r := durableRig(t)
	if r == nil {
		return
	}
	here := r.start()
	backup := r.room.Backup()
	joined, err := worker.New(func() worker.Config { c := r.cfg; another(t)(&c); return c }())
	r.must(err)
	r.must(joined.Start(t.Context()))
	r.eventually("noted", func(ctx context.Context) bool {
		rec, err := joined.Recover(ctx)
		return err == nil && rec.Open && len(rec.Unaware) == 0
	})
	joined.Shutdown()
	r.room.RestartFrom(backup)
	r.eventually("the forgotten host is waited for", func(ctx context.Context) bool {
		rec, err := here.Recover(ctx)
		return err == nil && !rec.Open && len(rec.Hosts) == 1
	})
}

// A journal whose process lives and has not vouched may be one whose attempt is on its way to the file.
func TestALiveProcessThatDoesNotVouchKeepsItsHostFromAttesting(t *testing.T) {
	t.Parallel()
	r := durableRig(t)
	if r == nil {
		return
	}
	w := r.start()
	sleeper := r.sleeper()
	r.room.Restart()
	r.eventually("the sleeper is waited for", func(ctx context.Context) bool {
		rec, err := w.Recover(ctx)
		return err == nil && !rec.Open && len(rec.Processes) == 1 && rec.Processes[0] == sleeper.Name()
	})
	r.must(sleeper.Close()) // killed
	o := r.place(minutes("after", "3658B431119665QJ", 10))
	r.await(o.ID, store.Placed)
}

// A Redis that was flushed looks like one that was never used. With a real portal a host that knows of nothing begins
// only on a person's word; its folder knows from then on.
func TestAStrangerBeginsALedgerOnlyOnAPersonsWord(t *testing.T) {
	t.Parallel()
	r := durableRig(t)
	if r == nil {
		return
	}
	r.must(r.room.Redis.FlushAll(t.Context()).Err())
	r.cfg.Portal.BaseURL = "https://openapi.partner.yeastar.example" // never called
	core, logs := observer.New(zapcore.WarnLevel)
	r.cfg.Log = zap.New(core)
	stranger := func() *worker.Worker {
		w, err := worker.New(r.cfg)
		r.must(err)
		return w
	}
	recovered := func(w *worker.Worker) worker.Recovery {
		t.Helper()
		rec, err := w.Recover(t.Context())
		r.must(err)
		return rec
	}
	w := stranger()
	if rec := recovered(w); rec.Open || !rec.Unused {
		t.Fatalf("a stranger began: %+v", rec)
	}
	recovered(w)
	said := logs.FilterMessage("nothing is sent").All()
	if len(said) != 1 || !strings.Contains(fmt.Sprint(said[0].ContextMap()["why"]), "orderq recover --first-use") {
		t.Errorf("the log does not say once what a person has to do: %+v", said)
	}
	w.FirstUse()
	if rec := recovered(w); !rec.Open || rec.Unused {
		t.Fatalf("on a person's word: %+v", rec)
	}
	r.must(r.room.Redis.FlushAll(t.Context()).Err())
	if rec := recovered(stranger()); !rec.Open {
		t.Errorf("its folder knows the ledger: %+v", rec)
	}
}
