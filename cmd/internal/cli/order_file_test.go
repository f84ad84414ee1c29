package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"orderq/store"
	"orderq/tasks"
)

// intents makes lines of a file.
func intents(n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf(`{"reference":"f-%03d","kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":%d}`, i, i+1))
	}
	return lines
}

func TestAFileGivesOneLinePerAcceptedLineInItsOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	lines := intents(400)
	got := d.runWith(strings.Join(lines, "\n"), "order", "place", "--file", "-", "--json")
	if got.code != exitDone {
		t.Fatalf("exit %d: %s", got.code, got.err)
	}
	out := strings.Split(strings.TrimSpace(got.out), "\n")
	if len(out) != len(lines) {
		t.Fatalf("%d lines out, %d in", len(out), len(lines))
	}
	for i, text := range out {
		if o := order(t, text); o.Reference != fmt.Sprintf("f-%03d", i) || o.State != store.Accepted {
			t.Fatalf("line %d is %s, %s", i+1, o.Reference, o.State)
		}
	}
	again := d.runWith(strings.Join(lines, "\n"), "order", "place", "--file", "-")
	if again.code != exitDone || strings.Count(again.out, "\n") != len(lines) {
		t.Errorf("again: exit %d, %d lines", again.code, strings.Count(again.out, "\n"))
	}
}

func TestRefusedLinesAreNamedAndTheOthersPlaced(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	good := intents(3)
	file := strings.Join([]string{
		"\xef\xbb\xbf" + good[0] + "\r",
		"",
		`{"reference":"q","kind":"expand_extensions","productNo":"3658B431119665QJ","quantity":12.5}`,
		"   ",
		"not json",
		good[1],
		`{"reference":"u","kind":"expand_extensions","productno":"3658B431119665QJ","quantity":5}`,
		`{"reference":"f-000","kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":77}`,
		`{"reference":"a","account":"other","kind":"subscribe_ha","productNo":"3658B431119665QJ"}`,
		`{"reference":"long","labels":{"x":"` + strings.Repeat("x", tasks.MaxIntent) + `"}}`,
		`{"kind":"subscribe_ha","productNo":"3658B431119665QJ"}`,
		good[2],
	}, "\n")
	got := d.runWith(file, "order", "place", "--file", "-", "--json")
	if got.code != exitFailed {
		t.Errorf("exit %d, want 1", got.code)
	}
	var references []string
	for line := range strings.Lines(got.out) {
		references = append(references, order(t, line).Reference)
	}
	if !slices.Equal(references, []string{"f-000", "f-001", "f-002"}) {
		t.Errorf("accepted %v", references)
	}
	says(t, got.err,
		`line 3: quantity "12.5": must be a whole number`, "line 5: intent: must be a JSON object", "did you mean productNo?",
		`line 8: reference "f-000": belongs to order`, `line 9: account "other": orders of account default alone are placed here`,
		"line 10: has more than 65536 bytes", "line 11: reference: missing")
	if n := strings.Count(got.err, "\nline ") + strings.Count(got.err[:5], "line "); n != 7 {
		t.Errorf("%d refused lines are named, want 7:\n%s", n, got.err)
	}
}

func TestOfTwoLinesWithOneReferenceTheFirstWins(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var lines []string
	for i := range 100 {
		for q := range 2 {
			lines = append(lines, fmt.Sprintf(`{"reference":"twice-%d","kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":%d}`, i, q+1))
		}
	}
	got := d.runWith(strings.Join(lines, "\n"), "order", "place", "--file", "-", "--json")
	if got.code != exitFailed || strings.Count(got.err, "belongs to order") != 100 {
		t.Fatalf("exit %d, %d conflicts", got.code, strings.Count(got.err, "belongs to order"))
	}
	for line := range strings.Lines(got.out) {
		if o := order(t, line); o.Quantity != 1 {
			t.Fatalf("%s was accepted with its second line", o.Reference)
		}
	}
}

func TestAFileWithoutAnAccountIsForTheCommandsOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	got := d.runWith(intents(1)[0], "order", "place", "--file", "-", "--json", "--account", "acme")
	if got.code != exitDone || order(t, got.out).Account != "acme" {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
}

func TestAFileIsWaitedForToItsWorstEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.worker()
	file := intents(2)[0] + "\n" + `{"reference":"bad","kind":"subscribe_ha","productNo":"NOSUCHPBX"}` + "\n"
	got := d.runWith(file, "order", "place", "--file", "-", "--json", "--wait", "30s")
	if got.code != exitRejected {
		t.Errorf("exit %d, want 3: %s", got.code, got.err)
	}
	out := strings.Split(strings.TrimSpace(got.out), "\n")
	if len(out) != 2 || order(t, out[0]).State != store.Placed || order(t, out[1]).State != store.Rejected {
		t.Errorf("got %s", got.out)
	}
}

func TestAFileIsRehearsedLineByLine(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := strings.Join(append(intents(2), `{"reference":"bad","kind":"subscribe_ha","productNo":"NOSUCHPBX"}`), "\n")
	got := d.runWith(file, "order", "place", "--file", "-", "--dry-run")
	if got.code != exitRejected || strings.Count(got.out, "\n") != 2 {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	says(t, got.err, `line 3: productNo "NOSUCHPBX": no such PBX`)
	if got := d.runWith(file+"\nnonsense", "order", "place", "--file", "-", "--dry-run"); got.code != exitFailed {
		t.Errorf("with a line that is no intent: exit %d, want 1", got.code)
	}
}

// failing is a file during whose reading something happens.
type failing struct {
	lines []string
	at    int
	then  func()
	left  atomic.Int64 // lines nobody has read; whoever reads may still do so when the command has ended
}

func (f *failing) Read(p []byte) (int, error) {
	if f.at == 0 {
		f.then()
	}
	f.at--
	if len(f.lines) == 0 {
		return 0, io.EOF
	}
	n := copy(p, f.lines[0]+"\n")
	f.lines = f.lines[1:]
	f.left.Store(int64(len(f.lines)))
	return n, nil
}

func TestAFileEndsWhereRedisGoesAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.set("ORDERQ_REDIS_URL", "redis://"+d.room.Options.Addr+"/0?max_retries=-1")
	f := &failing{lines: intents(5000), at: 50, then: func() { d.room.Mini.Close() }}
	out, err := newTap(), newTap()
	code := Run(t.Context(), []string{"order", "place", "--file", "-"}, d.lookup, f, out, err)
	if code != exitFailed {
		t.Errorf("exit %d, want 1", code)
	}
	says(t, err.text(), "place the file again, what was accepted is only shown")
	if f.left.Load() == 0 {
		t.Error("it read on to the end although nothing could be accepted")
	}
}
