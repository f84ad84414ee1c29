package worker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orderq/store"
	"orderq/worker"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

// The client secret goes into the token request and nowhere else: not into Redis (records, history, asynq's
// tasks, results and errors), not into the log, not into the journal.
func TestTheSecretIsInNeitherRedisNorTheLogNorTheJournal(t *testing.T) {
	t.Parallel()
	const canary = "canary-5f3a9c71d2"
	core, logs := observer.New(zapcore.DebugLevel)
	r := newRig(t, yeastartest.Options{ClientSecret: canary}, brisk, func(c *worker.Config) { c.Log = zap.New(core) })
	w := r.start()
	r.proven()
	for i, f := range []yeastartest.Fault{yeastartest.Denied401, yeastartest.Denied403, yeastartest.DropAfter, yeastartest.GarbageAfter, yeastartest.Refused400} {
		r.portal.Fail(f, 1)
		o := r.place(minutes(ref(i), r.portal.PBXs()[i].ProductNo, 10))
		r.await(o.ID, store.Placed, store.Rejected)
	}
	// And a worker whose secret is wrong.
	wrong := canary + "-wrong"
	r.portal.ForgetTokens()
	other := r.start(func(c *worker.Config) { c.Portal.ClientSecret = yeastar.Secret(wrong) })
	if err := r.room.Fleet.HaltBy(t.Context(), "eve", "so that only the token is asked for"); err != nil {
		t.Fatal(err)
	}
	o := r.place(minutes("wrong", "3658B431119665QJ", 10))
	r.awaitWaiting(o.ID, store.WaitHalt, store.WaitAccount)
	_, _ = w, other

	check := func(where, text string) {
		if i := strings.Index(text, canary); i >= 0 {
			t.Errorf("the secret is in %s: …%s…", where, text[max(0, i-80):min(len(text), i+80)])
		}
	}
	check("Redis", r.room.Dump(t))
	for _, e := range logs.All() {
		check("the log", e.Message)
		for k, v := range e.ContextMap() {
			if s, ok := v.(string); ok {
				check("the log's "+k, s)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(r.cfg.Journal, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no journal files: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		check(f, string(b))
	}
	if len(logs.All()) == 0 {
		t.Error("nothing was logged: the test looked at nothing")
	}
}
