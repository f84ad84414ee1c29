package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestTheDemoIsCleanAndReadsWellInAFile(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := Defaults()
	o.Orders, o.PBXs, o.Out = 60, 60, &out
	began := time.Now()
	report, err := Run(t.Context(), o)
	t.Logf("took %v\n%s", time.Since(began), out.String())
	if err != nil {
		t.Fatal(err)
	}
	if !report.Clean || !report.Verdict.Clean() {
		t.Fatalf("not clean: %q %+v", report.Amiss, report.Verdict.Findings)
	}
	readable(t, out.String())
	v := report.Verdict
	wrong := 0 // those that were accepted before they were found wrong
	for _, m := range report.Refusals {
		if m.By != "before it was accepted" {
			wrong++
		}
	}
	if v.Accepted != o.Orders+wrong || v.Placed != o.Orders || v.Rejected != wrong || v.ByHand != byHand {
		t.Errorf("%d wrong ones; verdict %+v", wrong, v)
	}
	if len(report.Refusals) != 7 {
		t.Errorf("refusals %+v", report.Refusals)
	}
	for n, row := range report.Numbers[:tutorialOrders] {
		if want := sampleNumbers()[n]; row.OrderNo != want[0] || row.TransactionNo != want[1] {
			t.Errorf("tutorial %d: %+v, want %v", n, row, want)
		}
	}
	if report.Numbers[0].ProductNo != "3658B431119665QJ" || report.Numbers[0].Bought != "1000 minutes" ||
		report.Numbers[1].ProductNo != "3658B4311196K2ID" || report.Numbers[1].Bought != "HA, 10 ext." {
		t.Errorf("tutorials %+v", report.Numbers[:2])
	}
	told := strings.Join(report.Events, "\n")
	for _, want := range []string{"delivered 20 times, by asynq alone: 1 request to the portal, placed", "The portal goes down for 2s",
		"The breaker opens", "A probe was answered", "A worker is told to stop", "by hand"} {
		if !strings.Contains(told, want) {
			t.Errorf("nothing told of %q", want)
		}
	}
	hit := map[string]FaultRow{}
	for _, f := range report.Faults {
		hit[f.Fault] = f
		if f.Open > 0 || f.Struck != f.Found+f.Again+f.Answered+f.Rejected || f.Ended() == "" {
			t.Errorf("fault %+v", f)
		}
	}
	if hit[outageRow].Struck < 1 || hit["drop_before"].Struck != 1 || len(hit) < 8 {
		t.Errorf("faults %+v", report.Faults)
	}
	if _, err := json.Marshal(report); err != nil {
		t.Error(err)
	}
}

// readable: 80 columns, no control characters but line breaks, no blanks at the ends.
func readable(t *testing.T, text string) {
	t.Helper()
	for n, line := range strings.Split(text, "\n") {
		if len([]rune(line)) > width {
			t.Errorf("line %d has %d columns: %s", n+1, len([]rune(line)), line)
		}
		if strings.ContainsFunc(line, unicode.IsControl) {
			t.Errorf("line %d has control characters: %q", n+1, line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("line %d ends in blanks: %q", n+1, line)
		}
	}
	if !regexp.MustCompile(`\d+ of \d+ orders settled`).MatchString(text) {
		t.Error("no progress told")
	}
}

// interrupter ends the context when the demo has come to a certain line.
type interrupter struct {
	at     string
	cancel context.CancelFunc
}

func (i interrupter) Write(b []byte) (int, error) {
	if strings.Contains(string(b), i.at) {
		i.cancel()
	}
	return len(b), nil
}

func TestAnInterruptedDemoEndsAtOnceAndLeavesNothingBehind(t *testing.T) {
	for _, at := range []string{"First what people", "The orders of the portal", "goes down"} {
		t.Run(at, func(t *testing.T) {
			folder := t.TempDir()
			t.Setenv("TMPDIR", folder)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			o := Defaults()
			o.Orders, o.PBXs, o.Out = leastOrders, 40, interrupter{at, cancel}
			if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
				t.Fatalf("ended with %v", err)
			}
			left, err := filepath.Glob(filepath.Join(folder, "*"))
			if err != nil || len(left) > 0 {
				t.Fatalf("left behind %v, %v", left, err)
			}
		})
	}
}

func TestAFolderThatCannotBeMadeIsSaid(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	o := Defaults()
	o.Out = &bytes.Buffer{}
	if _, err := Run(t.Context(), o); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "temporary folder") {
		t.Fatalf("got %v", err)
	}
}

func TestNumbersThatMakeNoDemoAreRefused(t *testing.T) {
	t.Parallel()
	if err := Defaults().Validate(); err != nil {
		t.Fatal(err)
	}
	for flag, change := range map[string]func(*Options){
		"--orders 39":    func(o *Options) { o.Orders = 39 },
		"--orders 20001": func(o *Options) { o.Orders = 20_001 },
		"--pbxs 19":      func(o *Options) { o.PBXs = 19 },
		"--pbxs -1":      func(o *Options) { o.PBXs = -1 },
		"--workers 0":    func(o *Options) { o.Workers = 0 },
		"--workers 9":    func(o *Options) { o.Workers = 9 },
	} {
		o := Defaults()
		change(&o)
		if err := o.Validate(); err == nil || !strings.HasPrefix(err.Error(), flag+": give a number from") {
			t.Errorf("%s: %v", flag, err)
		}
		if _, err := Run(t.Context(), o); err == nil {
			t.Errorf("%s was played", flag)
		}
	}
}
