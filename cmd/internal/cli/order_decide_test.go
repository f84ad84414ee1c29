package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/journal"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

var sign = []string{"--by", "anna", "--note", "so it is"}

func TestWaitTellsTheStateByItsExitCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i, state := range store.States() {
		reference := strings.Repeat("x", i+1) + "1"
		o := d.in(state, reference)
		got := d.must(codeOfState(state), "order", "wait", reference, "--timeout", "0s", "--json")
		if back := order(t, got.out); back.ID != o.ID || back.State != state {
			t.Errorf("waited for %s %s, got %s %s", o.ID, state, back.ID, back.State)
		}
		d.must(exitDone, "order", "get", reference) // shown is done, whatever it shows
	}
}

func TestWaitForSeveralEndsWithTheWorst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.in(store.Placed, "a1")
	d.in(store.Cancelled, "bb2")
	d.in(store.Review, "ccc3")
	d.must(exitRejected, "order", "wait", "a1", "bb2", "--timeout", "0s")
	d.must(exitUnknown, "order", "wait", "a1", "ccc3", "bb2", "--timeout", "0s")
	got := d.must(exitFailed, "order", "wait", "a1", "nothing", "ccc3", "--timeout", "0s")
	says(t, got.out, "NO-a1", "cannot tell")
	says(t, got.err, `order "nothing": no such order`)
	d.must(exitFailed, "order", "wait", "nothing")
}

func TestWaitDoesNotWaitForAPerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.in(store.Review, "r1")
	d.must(exitUnknown, "order", "wait", "r1") // without a limit
}

func TestWaitSeesTheMoveThatItWaitsFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.in(store.Accepted, "r1")
	s := d.start("order", "wait", "r1")
	s.err.await(t, "r1  accepted")
	if _, err := d.room.Store.Cancel(t.Context(), o, "anna", "no"); err != nil {
		t.Fatal(err)
	}
	if code := s.code(); code != exitRejected {
		t.Errorf("exit %d, want 3", code)
	}
	says(t, s.err.text(), "r1  cancelled")
}

func TestAnInterruptedWaitShowsWhatItSawLast(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.in(store.Accepted, "r1")
	s := d.start("order", "wait", "r1")
	s.err.await(t, "r1  accepted")
	if code := s.end(); code != exitNotFinal {
		t.Errorf("exit %d, want 5", code)
	}
	says(t, s.err.text(), "the orders go on without us")
}

func TestAWaitOutlastsAShortOutageOfRedis(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.in(store.Accepted, "r1")
	d.set("ORDERQ_REDIS_URL", "redis://"+d.room.Options.Addr+"/0?max_retries=-1")
	s := d.start("order", "wait", "r1")
	s.err.await(t, "r1  accepted")
	d.room.Mini.SetError("LOADING it is coming back")
	s.err.await(t, "Redis does not answer; still waiting")
	d.room.Mini.SetError("")
	if _, err := d.room.Store.Cancel(t.Context(), o, "anna", "no"); err != nil {
		t.Fatal(err)
	}
	if code := s.code(); code != exitRejected {
		t.Errorf("exit %d, want 3", code)
	}
}

func TestAnOrderIsFoundByEveryNameItHas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.in(store.Placed, "crm-1")
	for _, word := range []string{o.ID, o.ID + "-1", "crm-1", "NO-crm-1"} {
		if got := order(t, d.must(exitDone, "order", "get", word, "--json").out); got.ID != o.ID {
			t.Errorf("%s finds %s", word, got.ID)
		}
	}
	says(t, d.must(exitFailed, "order", "get", "crm-2").err, `order "crm-2": no such order in account default`)
	d.must(exitFailed, "order", "get", "crm-1", "--account", "other")
}

func TestAWordThatNamesTwoOrdersIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	one := d.in(store.Placed, "x1")
	two := d.in(store.Accepted, "NO-x1") // a reference that is the other's number
	says(t, d.must(exitFailed, "order", "cancel", "NO-x1").err, one.ID, two.ID, "say the id")
	d.must(exitDone, "order", "cancel", two.ID)
}

func TestCancelTakesBackWhatWasNotSentAndNothingElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	want := map[store.State]string{
		store.Submitting: "it is being sent", store.Unknown: "looking for it", store.Pending: "the portal has it as NO-",
		store.Review: "order resolve", store.Placed: "the portal has it as NO-", store.Rejected: "nothing was bought",
	}
	for i, state := range store.States() {
		reference := strings.Repeat("x", i+1) + "1"
		before := d.in(state, reference)
		text, late := want[state]
		if !late {
			got := order(t, d.must(exitDone, "order", "cancel", reference, "--json", "--note", "no more").out)
			if got.State != store.Cancelled {
				t.Errorf("%s is %s", state, got.State)
			}
			if state != store.Cancelled && (got.By != "tester" || got.Reason != "no more") {
				t.Errorf("cancelled by %q: %q", got.By, got.Reason)
			}
			continue
		}
		says(t, d.must(exitFailed, "order", "cancel", reference).err, before.ID+" cannot be cancelled", text)
		after, err := d.room.Store.Get(t.Context(), before.ID)
		if err != nil || after.Version != before.Version {
			t.Errorf("%s: changed to version %d, %v", state, after.Version, err)
		}
	}
}

func TestADecisionIsMadeAnewOnAnOrderThatHasMovedOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stale := d.in(store.Accepted, "r1")
	st := d.room.Store
	if _, _, err := st.Take(t.Context(), stale.ID, store.Delivery{Worker: "w", Nonce: "n", Silence: time.Minute, Within: time.Minute}); err != nil {
		t.Fatal(err)
	}
	o := &office.Office{Store: st}
	got, err := o.Cancel(t.Context(), stale, "anna", "")
	if err != nil || got.State != store.Cancelled {
		t.Errorf("%s, %v", got.State, err)
	}
	// And where it has become too late meanwhile, the stale reading does not help.
	placed := d.in(store.Accepted, "rr2")
	if _, err := st.Record(t.Context(), placed, store.Found{To: store.Placed, OrderNo: "NO", Via: store.ViaReference}); err != nil {
		t.Fatal(err)
	}
	var late *office.StateError
	if _, err := o.Cancel(t.Context(), placed, "anna", ""); !errors.As(err, &late) || late.Order.OrderNo != "NO" {
		t.Errorf("cancelled although placed: %v", err)
	}
}

func TestReleaseLetsAHeldOrderGoOnAndNoOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.in(store.Held, "h1")
	d.in(store.Placed, "pp2")
	got := order(t, d.must(exitDone, append([]string{"order", "release", "h1", "--json"}, sign...)...).out)
	if got.State != store.Accepted || got.By != "anna" || got.Reason != "so it is" {
		t.Errorf("released: %+v", got)
	}
	says(t, d.must(exitFailed, append([]string{"order", "release", "pp2"}, sign...)...).err, "not held")
	says(t, d.must(exitDone, "order", "history", "h1").out, "held → accepted, by anna", "so it is")
}

func resolveArgs(reference string, more ...string) []string {
	return append(append([]string{"order", "resolve", reference, "--json"}, more...), sign...)
}

func TestAPersonMayDropAnOrderInReviewAndNoOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.in(store.Review, "r1")
	got := order(t, d.must(exitDone, resolveArgs("r1", "--drop")...).out)
	if got.State != store.Cancelled || got.By != "anna" {
		t.Errorf("dropped: %+v", got)
	}
	for i, state := range store.States() {
		if state == store.Review {
			continue
		}
		reference := strings.Repeat("y", i+1) + "1"
		d.in(state, reference)
		for _, answer := range [][]string{{"--drop"}, {"--resend"}, {"--placed", "X1"}} {
			says(t, d.must(exitFailed, resolveArgs(reference, answer...)...).err, "only an order in review")
		}
	}
}

func TestResendWaitsForTheHorizon(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.set("ORDERQ_SETTLE", "1h")
	d.in(store.Review, "r1")
	says(t, d.must(exitFailed, resolveArgs("r1", "--resend")...).err, "may still turn up at the portal until", "ORDERQ_SETTLE, 1h0m0s")
	says(t, d.must(exitFailed, resolveArgs("r1", "--resend", "--settle", "1ns")...).err, "elsewhere-1-00", "is not on this host", "--sender-gone")
	got := d.must(exitDone, resolveArgs("r1", "--resend", "--sender-gone", "--settle", "1ns")...)
	if o := order(t, got.out); o.State != store.Accepted || o.By != "anna" {
		t.Errorf("resent: %+v", o)
	}
	says(t, strings.Join(strings.Fields(d.must(exitDone, "order", "history", "r1").out), " "), "by anna so it is (evidence: ", "gone by anna's word")
}

func TestResendIsRefusedWhileItsSenderRuns(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	dir := t.TempDir()
	d.set("ORDERQ_JOURNAL", dir)
	j, err := journal.Open(dir, journal.Header{Ledger: "l", BaseURL: d.portal.URL(), Client: journal.HashClient("c"), Account: "default"})
	if err != nil {
		t.Fatal(err)
	}
	o := d.sentAndLost("r1", j.Name(), "TEST00000000SEND")
	if err := j.Begin(t.Context(), journal.Attempt{Order: o.ID, Account: "default", Reference: o.ID + "-1", Nonce: o.Evidence.Nonce, N: 1, Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	says(t, d.must(exitFailed, resolveArgs("r1", "--resend", "--settle", "1ns")...).err, "still runs and may send it yet")
	if err := j.End(journal.Outcome{Reference: o.ID + "-1", Result: "unknown"}); err != nil {
		t.Fatal(err)
	}
	d.must(exitDone, resolveArgs("r1", "--resend", "--settle", "1ns")...)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnOrderFoundByAPersonIsConfirmedByThePortal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.in(store.Review, "r1")
	found := d.portal.Place(yeastartest.TutorialExpandPBX, yeastartest.RecordingID, 7, "by hand")
	says(t, d.must(exitFailed, resolveArgs("r1", "--placed", found.OrderNo)...).err, "is for PBX 3658B431119665QJ", "it is another one")
	says(t, d.must(exitFailed, resolveArgs("r1", "--placed", "XX99")...).err, "order XX99 at the portal")

	on := d.sentAndLost("rr2", "elsewhere-1-00", yeastartest.TutorialExpandPBX)
	foreign := d.portal.Place(yeastartest.TutorialExpandPBX, yeastartest.RecordingID, 7, o.ID+"-1")
	says(t, d.must(exitFailed, resolveArgs("rr2", "--placed", foreign.OrderNo)...).err, "bears the reference of order "+o.ID)
	d.portal.SetStatus(found.OrderNo, yeastar.StatusSucceed)
	got := order(t, d.must(exitDone, resolveArgs("rr2", "--placed", found.ID)...).out) // by the list's own id
	if got.ID != on.ID || got.State != store.Placed || got.OrderNo != found.OrderNo || got.TransactionNo != found.TransactionNo || got.Via != store.ViaPerson || got.By != "anna" {
		t.Errorf("recorded %+v, want %+v", got, found)
	}
	d.sentAndLost("rrr3", "elsewhere-1-00", yeastartest.TutorialExpandPBX)
	says(t, d.must(exitFailed, resolveArgs("rrr3", "--placed", found.OrderNo)...).err, "belongs to order "+on.ID+" already")
}

func TestListShowsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i, state := range store.States() {
		d.in(state, strings.Repeat("x", i+1)+"1")
	}
	count := func(args ...string) int {
		return strings.Count(d.must(exitDone, append([]string{"order", "list", "--json"}, args...)...).out, "\n")
	}
	for _, c := range []struct {
		args string
		want int
	}{
		{"", 10}, {"--limit 0", 10}, {"--limit 3", 3}, {"--state review", 1}, {"--state placed,pending", 2}, {"--state placed --state held", 2},
		{"--kind subscribe_ha", 0}, {"--kind add_recording_minutes", 10}, {"--reference x1", 1}, {"--order-no NO-xxxxxxxx1", 1},
		{"--product-no test000000001049", 0}, {"--since 1h", 10}, {"--until 1h", 0}, {"--since 2020-01-01 --until 2020-01-02", 0},
		{"--label customer=acme", 0}, {"--batch b1", 0},
	} {
		if got := count(strings.Fields(c.args)...); got != c.want {
			t.Errorf("list %s: %d orders, want %d", c.args, got, c.want)
		}
	}
	text := d.must(exitDone, "order", "list")
	for line := range strings.Lines(text.out) {
		if n := len([]rune(strings.TrimSpace(line))); n > columns {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	says(t, text.out, "STATE", "waits: duplicate", "unknown_pbx", "NO-xxxxxxxx1")
	says(t, d.must(exitDone, "order", "list", "--wide", "--state", "held").out, "add_recording_minutes", "ACCEPTED")
	says(t, d.must(exitDone, "order", "list", "--kind", "subscribe_ha").err, "no orders like that")
}

func TestTextOfOthersCannotSteerTheTerminal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.in(store.Accepted, "r1")
	if got := plain("a\x1b[31mb\u202ec\x7f"); got != "a·[31mb·c·" {
		t.Errorf("plain gives %q", got)
	}
	if _, err := d.room.Store.Cancel(t.Context(), o, "eve\x1b]0;x\x07", "\x1b[2Jgone"); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"order", "get", "r1"}, {"order", "history", "r1"}, {"order", "list", "--wide"}} {
		if got := d.must(exitDone, args...); strings.ContainsRune(got.out, 0x1b) {
			t.Errorf("%v lets escapes through: %q", args, got.out)
		}
	}
}
