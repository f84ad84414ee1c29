package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/journal"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

func TestStatusIsTenLinesOfEightyColumnsWithTheVerdictFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	d.room.Mini.SetTime(at)
	for i, state := range store.States() {
		if state == store.Unknown || state == store.Review {
			continue
		}
		d.in(state, strings.Repeat("x", i+1)+"1")
	}
	d.room.Mini.SetTime(at.Add(150 * time.Second))
	if _, err := d.room.Fleet.Beat(t.Context(), "host-1-aa"); err != nil {
		t.Fatal(err)
	}
	text := d.must(exitDone, "status").out
	golden(t, "status", strings.ReplaceAll(text, d.room.Options.Addr, "127.0.0.1:6379"))
	if n := strings.Count(text, "\n"); n != 10 {
		t.Errorf("%d lines", n)
	}
	for line := range strings.Lines(text) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > columns {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestTheVerdictIsTheWorstThatIsTrue(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	verdict := func(code int) string {
		t.Helper()
		var r report
		if err := json.Unmarshal([]byte(d.must(code, "status", "--json").out), &r); err != nil {
			t.Fatal(err)
		}
		if text := d.must(code, "status").out; !strings.HasPrefix(text, r.Verdict+"\n") || r.Safe != (code == exitDone && strings.HasPrefix(r.Verdict, "Money is safe")) {
			t.Errorf("text and JSON differ, or safe is %t: %q, %s", r.Safe, r.Verdict, text)
		}
		return r.Verdict
	}
	says(t, verdict(exitDone), "Money is safe: nothing is in doubt, and nothing was ordered twice.")
	d.set("YEASTAR_BASE_URL", "https://portal.example")
	says(t, verdict(exitDone), "Nothing is in doubt, but this Redis can forget orders: orderq doctor")
	d.in(store.Unknown, "u1")
	says(t, verdict(exitUnknown), "1 order in doubt")
	d.in(store.Review, "rr1")
	says(t, verdict(exitUnknown), "1 order needs a person: orderq order list --state review")
	d.in(store.Review, "rrr1")
	says(t, verdict(exitUnknown), "2 orders need a person")
	if err := d.room.Fleet.NoteDuplicate(t.Context()); err != nil {
		t.Fatal(err)
	}
	says(t, verdict(exitFailed), "NOT SAFE: the portal has 1 order more than asked for.")
}

func TestStatusSaysWhyNothingIsSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	check := func(text string) {
		t.Helper()
		says(t, d.must(exitDone, "status").out, text)
	}
	fleet := d.room.Fleet
	try := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check("sending    nothing, no worker is running")
	_, err := fleet.Beat(t.Context(), "w1")
	try(err)
	check("sending    open")
	try(fleet.Open(t.Context(), time.Minute))
	check("the portal is not well")
	try(fleet.Heal(t.Context()))
	check("sending    at most 1 at once, the portal is healing")
	try(fleet.Close(t.Context(), "status 401"))
	check("sending    nothing, the portal refuses the credentials: status 401")
	d.must(exitDone, append([]string{"halt"}, sign...)...)
	check("sending    nothing, halted by anna at ")
}

func TestAHaltIsTheNamedPersonsWord(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	got := d.must(exitDone, "halt", "--by", "anna", "--note", "strange prices", "--json")
	says(t, got.out, `"halted":true`, `"by":"anna"`, `"note":"strange prices"`)
	says(t, d.must(exitDone, "halt", "--by", "bob", "--note", "me too").err, "it was halted before, by anna")
	got = d.must(exitDone, append([]string{"resume"}, sign...)...)
	says(t, got.out, "resumed: account default sends again")
	says(t, got.err, "it was halted by bob", "me too")
	says(t, d.must(exitDone, append([]string{"resume"}, sign...)...).out, "is not halted; nothing was changed")
	s, err := d.room.Fleet.Read(t.Context())
	if err != nil || s.Halt != nil {
		t.Errorf("halt is %+v, %v", s.Halt, err)
	}
}

func TestLimitsAreThoseOfTheSettings(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	says(t, d.must(exitDone, "limits", "--rate", "300/m", "--concurrency", "5", "--servers", "2", "--settle", "7m").out,
		"300/m, calls to the portal", "5 orders at once per worker, by 2 servers", "7m before an order")
	says(t, d.must(exitDone, "limits", "--json").out, `"rate":"20/s"`, `"settle":"500ms"`, `"workers":0`)
}

func TestRecoverSaysWhereThereIsNothingToRecover(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	says(t, d.must(exitDone, "recover").out, "volatile")
	d.room.Mini.FlushAll()
	says(t, d.must(exitFailed, "recover").err, "let this user run INFO")
	if !storetest.Available(t) {
		return
	}
	real := deskIn(t, storetest.Real(t), yeastartest.Options{})
	says(t, real.must(exitDone, "recover").out, "The gate is open", "attested")
	if err := real.room.Redis.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	says(t, real.must(exitDone, "recover").out, "The gate is open")
	says(t, real.must(exitUsage, "recover", "--without-host", "h9").err, "--by")
	says(t, real.must(exitFailed, append([]string{"recover", "--without-host", "h9"}, sign...)...).err, "no such host")
}

// Redis comes back without what was sent: the command recalls it for a host where no worker runs, and halts.
func TestRecoverRecallsWhatRedisHasForgottenAndHalts(t *testing.T) {
	t.Parallel()
	if !storetest.Available(t) {
		return // the embedded Redis has no runs to tell apart
	}
	d := deskIn(t, storetest.Real(t, "--appendfsync", "always"), yeastartest.Options{})
	dir := t.TempDir()
	d.set("ORDERQ_JOURNAL", dir)
	known := d.in(store.Unknown, "known")
	j, err := journal.Open(dir, journal.Header{Ledger: "l", BaseURL: d.portal.URL(), Client: journal.HashClient(canaryID), Account: "default"})
	if err != nil {
		t.Fatal(err)
	}
	vanished := tasks.Intent{Reference: "vanished", Kind: "add_recording_minutes", ProductNo: "3658B431119665QJ", Quantity: 10}.Normalise()
	send := func(id string, n int, nonce string, intent []byte, result string) {
		t.Helper()
		a := journal.Attempt{Order: id, Account: "default", Reference: tasks.AttemptReference(id, n), Nonce: nonce, N: n, Body: []byte("{}"), Intent: intent}
		if err := j.Begin(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		if result == "" {
			return
		}
		if err := j.End(journal.Outcome{Reference: a.Reference, Result: result}); err != nil {
			t.Fatal(err)
		}
	}
	send(known.ID, 1, known.Evidence.Nonce, known.Intent, "unknown")
	d.room.Restart()
	says(t, d.must(exitUnknown, "status").out, "Redis has restarted: orderq recover")
	got := d.must(exitNotFinal, "recover")
	says(t, got.out, "a live process of this host has not vouched", j.Name())
	send(vanished.ID(), 1, "forgotten", vanished.Canonical(), "unknown")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	got = d.must(exitDone, "recover")
	says(t, got.out, "the account is halted", "1 attempt that Redis had forgotten", "halted     by orderq")
	o, err := d.room.Store.Get(t.Context(), vanished.ID())
	if err != nil || o.State != store.Unknown || o.Attempt != 1 || o.Reference != "vanished" || o.Evidence.Sender != j.Name() {
		t.Errorf("the vanished order is %+v, %v", o, err)
	}
	says(t, d.must(exitUnknown, "status").out, "halted by orderq")
}

func TestAJournalThatCannotBeReadStopsARecovery(t *testing.T) {
	t.Parallel()
	if !storetest.Available(t) {
		return // the embedded Redis has no runs to tell apart
	}
	d := deskIn(t, storetest.Real(t), yeastartest.Options{})
	dir := t.TempDir()
	d.set("ORDERQ_JOURNAL", dir)
	if err := os.WriteFile(filepath.Join(dir, "host-1-00.journal"), []byte("00000000 {}\n00000000 {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.room.Restart()
	says(t, d.must(exitFailed, "recover").err, "has no header: keep the file")
}
