package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"orderq/store"
	"orderq/store/storetest"
	"orderq/worker/review"
	"orderq/yeastar/yeastartest"
)

// afterClaim puts an order back that has to wait for the claim of another one.
func (d *desk) afterClaim(reference string, holder store.Order) store.Order {
	d.t.Helper()
	o := d.accepted(reference, holder.ProductNo, false)
	o, _, err := d.room.Store.Take(d.t.Context(), o.ID, store.Delivery{Worker: "w", Nonce: reference, Silence: time.Minute, Within: time.Minute})
	if err == nil {
		o, err = d.room.Store.Wait(d.t.Context(), o, store.Pause{For: store.WaitClaim, On: holder.ID, Reason: "after " + holder.ID})
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return o
}

func fitsColumns(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > columns {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestResolveWithoutAnAnswerShowsTheEvidenceAndChangesNothing(t *testing.T) {
	t.Parallel()
	d := deskIn(t, storetest.Embedded(t), yeastartest.Options{OldOrders: -1})
	o := d.sentAndLost("r1", "elsewhere-1-00", yeastartest.TutorialExpandPBX)
	waiting := d.afterClaim("r2", o)
	mine := d.portal.Place(o.ProductNo, yeastartest.RecordingID, 7, o.ID+"-1")
	other := d.portal.Place(o.ProductNo, yeastartest.RecordingID, 7, "PO-1\x1b[2J")

	got := d.must(exitUnknown, "order", "resolve", "r1", "--settle", "1ns")
	fitsColumns(t, got.out)
	says(t, got.out, "review", "cannot tell", "add_recording_minutes 7 on "+o.ProductNo, o.ID+"-1", "elsewhere-1-00", "its journal is not on this host",
		"list then     0 orders", "list now      2 orders, 2 new", "20 now on this PBX", mine.OrderNo, "reference", other.OrderNo, "1 order waits for it: "+waiting.ID,
		"--placed    "+mine.OrderNo+": may be given", "--resend    refused: nobody can tell", "--drop      refused: portal order "+mine.OrderNo)
	if strings.ContainsRune(got.out, 0x1b) {
		t.Errorf("the portal's text steers the terminal: %q", got.out)
	}
	var c review.Card
	if err := json.Unmarshal([]byte(d.must(exitUnknown, "order", "resolve", "r1", "--json").out), &c); err != nil {
		t.Fatal(err)
	}
	if c.Order.ID != o.ID || len(c.Candidates) != 2 || c.Candidates[0].OrderNo != mine.OrderNo || len(c.Waiting) != 1 {
		t.Errorf("card: %+v", c)
	}
	if after, err := d.room.Store.Get(t.Context(), o.ID); err != nil || after.Version != o.Version {
		t.Errorf("it is at version %d, was at %d: %v", after.Version, o.Version, err)
	}
}

func TestTheEvidenceIsShownWithoutThePortalAndWithoutCredentials(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.in(store.Review, "r1")
	d.portal.Down(true)
	got := d.must(exitUnknown, "order", "resolve", "r1")
	fitsColumns(t, got.out)
	says(t, got.out, "NOT READ", "candidates    not known", "--resend    refused", "--drop      may be given")
	d.set("YEASTAR_CLIENT_ID", "")
	d.set("YEASTAR_CLIENT_SECRET", "")
	says(t, d.must(exitUnknown, "order", "resolve", "r1").out, "not asked: ", "YEASTAR_CLIENT_SECRET")
	says(t, d.must(exitUsage, resolveArgs("r1", "--placed", "N1")...).err, "YEASTAR_CLIENT_SECRET")
	d.must(exitDone, resolveArgs("r1", "--drop")...)
}

func TestResolveWithoutAnAnswerEndsWithTheStatesCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i, state := range store.States() {
		reference := strings.Repeat("x", i+1) + "1"
		d.in(state, reference)
		if !state.InDoubt() {
			says(t, d.must(exitFailed, "order", "resolve", reference).err, "only an order in review is decided about")
			continue
		}
		got := d.must(codeOfState(state), "order", "resolve", reference)
		if state != store.Review {
			says(t, got.out, "orderq is still finding out")
		}
		fitsColumns(t, got.out)
	}
	d.must(exitFailed, "order", "resolve", "nothing")
}

func TestAnAnswerThatIsNotWholeIsWrongUse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.in(store.Review, "r1")
	for args, want := range map[string]string{
		"--by a":                                 "say one of",
		"--note b":                               "say one of",
		"--placed= --by a --note b":              "say one of",
		"--placed N --resend --by a --note b":    "say one of",
		"--drop --sender-gone --by a --note b":   "--sender-gone goes with --resend",
		"--sender-gone":                          "--sender-gone goes with --resend",
		"--drop --note b":                        "say who decides",
		"--drop --by a":                          "say why",
		"--placed no+number --by anna --note so": "orderNo",
	} {
		says(t, d.must(exitUsage, append([]string{"order", "resolve", "r1"}, strings.Fields(args)...)...).err, want)
	}
}

func TestGetSaysWhoWaitsForAnOrderInDoubtAndForWhomItWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o := d.in(store.Review, "r1")
	says(t, d.must(exitDone, "order", "get", "r1").out, "review")
	if got := d.must(exitDone, "order", "get", "r1"); strings.Contains(got.out, "wait") {
		t.Errorf("nobody waits, and it says:\n%s", got.out)
	}
	first, second := d.afterClaim("rr2", o), d.afterClaim("rr3", o)
	got := d.must(exitDone, "order", "get", "r1")
	fitsColumns(t, got.out)
	says(t, got.out, "2 orders wait for it: ", first.ID, second.ID)
	says(t, d.must(exitDone, "order", "get", "rr2").out, "waits for order "+o.ID)
	if back := order(t, d.must(exitDone, "order", "get", "rr2", "--json").out); back.WaitingOn != o.ID {
		t.Errorf("waitingOn %q, want %s", back.WaitingOn, o.ID)
	}
	// One that never had the claim holds up nobody.
	crashed := d.accepted("rr4", o.ProductNo, false)
	crashed, _, err := d.room.Store.Take(t.Context(), crashed.ID, store.Delivery{Worker: "w", Nonce: "n", Silence: time.Minute, Within: time.Minute})
	if err == nil {
		_, err = d.room.Store.Review(t.Context(), crashed, "crashed ten workers")
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := d.must(exitDone, "order", "get", "rr4"); strings.Contains(got.out, "wait for it") {
		t.Errorf("it does not have the claim, and still:\n%s", got.out)
	}
	d.must(exitDone, resolveArgs("r1", "--drop")...)
	if got := d.must(exitDone, "order", "get", "r1"); strings.Contains(got.out, "wait for it") {
		t.Errorf("it has let go, and still:\n%s", got.out)
	}
}

func TestAPortalWhoseClockIsBehindCanBeToldFromAnOlderOrder(t *testing.T) {
	t.Parallel()
	behind := func() time.Time { return time.Now().Add(-time.Hour) }
	d := deskIn(t, storetest.Embedded(t), yeastartest.Options{Now: behind, Echo: yeastartest.EchoNone})
	o := d.sentAndLost("r1", "elsewhere-1-00", yeastartest.TutorialExpandPBX)
	mine := d.portal.Place(o.ProductNo, yeastartest.RecordingID, 7, "")
	if got := order(t, d.must(exitDone, resolveArgs("r1", "--placed", mine.OrderNo)...).out); got.State != store.Placed {
		t.Errorf("recorded as %s", got.State)
	}
}

func TestOfThoseThatWaitAFewAreNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ids   []string
		total int
		want  string
	}{
		{nil, 0, ""},
		{[]string{"a"}, 1, "1 order waits for it: a"},
		{[]string{"a", "b"}, 2, "2 orders wait for it: a, b"},
		{[]string{"a", "b", "c", "d", "e", "f", "g"}, 9, "9 orders wait for it: a, b, c, d, e, f and 3 more"},
	} {
		if got := behind(c.ids, c.total); got != c.want {
			t.Errorf("%v of %d: %q, want %q", c.ids, c.total, got, c.want)
		}
	}
}
