package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/batch"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// file writes a file and gives its path.
func (d *desk) file(name, text string) string {
	d.t.Helper()
	path := filepath.Join(d.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// november is a sheet of so many PBXs of the portal, and a bad row.
func (d *desk) november(n int) string {
	var b strings.Builder
	b.WriteString("Customer;Serial Number;Type;Minutes\n")
	for i, p := range d.portal.PBXs()[:n] {
		fmt.Fprintf(&b, "=Acme %d;%s;recording minutes;100\n", i, p.ProductNo)
	}
	b.WriteString("Bad;3658B431119665QJ;recording minutes;some\n")
	return d.file("november.csv", b.String())
}

func (d *desk) view(text string) batchView {
	d.t.Helper()
	var v batchView
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &v); err != nil {
		d.t.Fatalf("%v in %q", err, text)
	}
	return v
}

// eventually asks again until the answer is yes.
func (d *desk) eventually(what string, yes func() bool) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 3*time.Minute)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !yes() {
		select {
		case <-again.C:
		case <-ctx.Done():
			d.t.Fatalf("never: %s", what)
		}
	}
}

func TestASpreadsheetComesBackWithItsNumbers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.november(5)
	d.worker()
	got := d.must(exitFailed, "batch", "apply", "--yes", path, "--wait", "--json") // a row is no order
	v := d.view(got.out)
	if v.Name != "november" || v.State != "done" || v.Rows != 6 || v.Invalid != 1 || v.Counts[store.Placed] != 5 || v.Hash == "" {
		t.Errorf("%+v", v)
	}
	says(t, got.err, "columns that are carried and not understood: Customer", `row 6 (line 7): quantity "some"`, "5 new orders, 1 no orders")
	says(t, d.must(exitFailed, "batch", "status", "Novembre").err, "did you mean november?")
	results := d.must(exitDone, "batch", "results", "november").out
	lines := strings.Split(strings.TrimSpace(results), "\n")
	if len(lines) != 7 || strings.TrimSpace(lines[0]) != "Customer,Serial Number,Type,Minutes,reference,id,state,orderNo,transactionNo,reason" {
		t.Fatalf("%q", results)
	}
	ledger := d.portal.Ledger().Orders
	for i, o := range ledger {
		if !strings.Contains(results, o.OrderNo) || !strings.Contains(results, o.TransactionNo) {
			t.Errorf("order %d of the portal, %s, is not in\n%s", i, o.OrderNo, results)
		}
	}
	says(t, results, "'=Acme 0,", ",invalid,,,") // a formula for no spreadsheet
	if len(ledger) != 5 {
		t.Errorf("the portal has %d orders", len(ledger))
	}

	// Again, also what came back: nothing more.
	again := d.must(exitFailed, "batch", "apply", "--yes", path)
	says(t, again.err, "0 new orders, 5 already ordered as november (--name orders again)")
	back := d.must(exitFailed, "batch", "apply", "--yes", "--name", "november", d.file("done.csv", results))
	says(t, back.err, "0 new orders, 5 already ordered")
	if n := len(d.portal.Ledger().Orders); n != 5 {
		t.Errorf("the portal has %d orders", n)
	}
	says(t, d.must(exitDone, "batch", "list").out, "november", "5 placed, 1 invalid")
	d.must(exitFailed, "batch", "status", "november")
}

func TestAPlanIsShownAndAppliedAsItWasShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path, out := d.november(3), filepath.Join(t.TempDir(), "nov.plan")
	got := d.must(exitRejected, "batch", "plan", path, "-o", out)
	says(t, got.out, "     1  3658B431119665QJ     100  ", "  Enterprise Plan, annually", "     4  invalid: quantity \"some\"",
		"3 new, 0 ordered already, 0 refused, 1 invalid", "add_recording_minutes: 3 orders, 300 in all", "orderq batch apply", out, "Nothing was ordered.")
	for line := range strings.Lines(got.out) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > columns && !strings.Contains(line, out) {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if n, err := d.room.Store.Counts(t.Context()); err != nil || n[store.Held] != 0 {
		t.Errorf("a plan has written: %v, %v", n, err)
	}
	says(t, d.must(exitUsage, "batch", "apply", out, "--name", "other").err, "leave --name, --format, --set and --allow-duplicate away")
	says(t, d.must(exitUsage, "batch", "apply", out, "--account", "other").err, "the plan is for account default")
	v := d.view(d.must(exitFailed, "batch", "apply", out, "--json").out)
	if v.Name != "november" || v.Counts[store.Held] != 3 || v.Invalid != 1 || v.Hash == "" {
		t.Errorf("%+v", v)
	}
	says(t, d.must(exitRejected, "batch", "plan", path).out, "0 new, 3 ordered already")
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	touched := d.file("touched.plan", strings.Replace(string(text), `"quantity":100`, `"quantity":900`, 1))
	says(t, d.must(exitUsage, "batch", "apply", touched).err, "the plan was changed since it was made")
}

func TestABatchIsCancelledBeforeItIsSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.november(3)
	d.must(exitFailed, "batch", "apply", "--yes", path) // no worker: nothing is sent
	v := d.view(d.must(exitDone, "batch", "cancel", "november", "--by", "eve", "--note", "prices", "--json").out)
	if v.State != "cancelled" || v.Counts[store.Cancelled] != 3 || v.By != "eve" || v.Note != "prices" {
		t.Errorf("%+v", v)
	}
	d.must(exitDone, "batch", "cancel", "november")
	says(t, d.must(exitFailed, "batch", "apply", "--yes", path).err, "batch november takes no rows any more: it was cancelled; another --name begins another batch, which orders its rows again, also those that were placed")
	o, err := d.room.Store.History(t.Context(), d.idOf("november", 1))
	if err != nil || o[len(o)-1].By != "eve" || o[0].Reason != "row 1 of batch november" || o[0].By != "tester" {
		t.Errorf("%+v, %v", o, err)
	}
}

// idOf is the order of a row, as results have it.
func (d *desk) idOf(batch string, row int) string {
	d.t.Helper()
	lines := strings.Split(d.must(exitDone, "batch", "results", batch).out, "\n")
	return strings.Split(lines[row], ",")[5]
}

func TestAHeldBatchIsApprovedBySomebodyElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.worker()
	path := d.november(3)
	v := d.view(d.must(exitFailed, "batch", "apply", "--yes", "--hold", "--by", "anna", path, "--json").out)
	if v.State != "held" || v.Counts[store.Held] != 3 || v.AppliedBy != "anna" {
		t.Errorf("%+v", v)
	}
	says(t, d.must(exitFailed, "batch", "approve", "november", "--by", "anna", "--note", "mine").err, "somebody else has to approve it")
	says(t, d.must(exitUsage, "batch", "approve", "november", "--by", "eve").err, "say why: --note TEXT")
	d.must(exitDone, "batch", "approve", "november", "--by", "eve", "--note", "looked")
	d.must(exitFailed, "batch", "watch", "november")
	if n := len(d.portal.Ledger().Orders); n != 3 {
		t.Errorf("the portal has %d orders", n)
	}
	d.must(exitFailed, "batch", "approve", "november", "--by", "eve", "--note", "again")
}

func TestWhatWasRefusedIsOrderedAgainAndNothingElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.worker()
	pbxs := d.portal.PBXs()
	d.portal.FailOn(pbxs[1].ProductNo, yeastartest.Refused400, 1)
	path := d.file("nov.csv", fmt.Sprintf("SN,Kind,Qty\n%s,add_recording_minutes,100\n%s,add_recording_minutes,100\n", pbxs[0].ProductNo, pbxs[1].ProductNo))
	d.must(exitRejected, "batch", "apply", "--yes", path, "--wait")
	says(t, d.must(exitUsage, "batch", "retry", "nov", "--by", "anna").err, "say why")
	got := d.run("batch", "retry", "nov", "--by", "anna", "--note", "mended there") // the worker may be quicker than its view
	if got.code != exitNotFinal && got.code != exitDone {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	says(t, got.err, "1 order made in the place of others; 1 left as they are")
	d.must(exitDone, "batch", "watch", "nov")
	says(t, d.must(exitDone, "batch", "results", "nov").out, "/1/retry-1,", ",placed,")
	if n := len(d.portal.Ledger().Orders); n != 2 {
		t.Errorf("the portal has %d orders", n)
	}
}

func TestABatchCommandThatCannotBeMeantSaysWhatCan(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.november(1)
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{exitUsage, "this would order what", []string{"batch", "apply", path}},
		{exitUsage, "say which: a CSV or NDJSON file", []string{"batch", "apply", "--yes"}},
		{exitUsage, "one file at a time", []string{"batch", "apply", "--yes", path, path}},
		{exitUsage, "no such file", []string{"batch", "apply", "--yes", "gone.csv"}},
		{exitUsage, "--name NAME", []string{"batch", "apply", "--yes", "-"}},
		{exitUsage, "--name", []string{"batch", "apply", "--yes", "--name", strings.Repeat("n", 101), path}},
		{exitUsage, "--timeout", []string{"batch", "apply", "--yes", "--timeout", "5s", path}},
		{exitUsage, "xlsx", []string{"batch", "apply", "--yes", d.file("a.csv", "PK\x03\x04whatever")}},
		{exitUsage, "quantitty", []string{"batch", "apply", "--yes", "--set", "quantitty=5", path}},
		{exitUsage, "csv or ndjson", []string{"batch", "template", "--format", "xls"}},
		{exitFailed, "no such batch", []string{"batch", "status", "gone"}},
		{exitFailed, "no such batch", []string{"batch", "results", "gone"}},
		{exitUsage, "--limit -1", []string{"batch", "list", "--limit", "-1"}},
	} {
		got := d.must(c.code, c.args...)
		says(t, got.err, c.want)
	}
	says(t, d.must(exitDone, "batch", "list").err, "no batches")
}

func TestATemplateIsAFileThatCanBeApplied(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, format := range []string{"csv", "ndjson"} {
		text := strings.ReplaceAll(d.must(exitDone, "batch", "template", "--format", format).out, "<serial number>", yeastartest.TutorialExpandPBX)
		text = strings.ReplaceAll(text, "<billing e-mail>", "billing@example.com")
		v := d.view(d.must(exitDone, "batch", "apply", "--yes", "--json", "--name", format, d.file("t."+format, text)).out)
		if v.Counts[store.Held] != 3 || v.Invalid != 0 {
			t.Errorf("%s: %+v", format, v)
		}
	}
}

// Two rows ask for the same: one is sent. A person looks at the other, and lets it go or takes it back.
func TestRowsThatLookAlikeAreLookedAtByAPerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	sn := d.portal.PBXs()[0].ProductNo
	path := d.file("twice.csv", "SN,Kind,Qty\n"+strings.Repeat(sn+",add_recording_minutes,100\n", 2))
	d.worker()
	got := d.must(exitNotFinal, "batch", "apply", "--yes", path, "--wait")
	says(t, got.out, "1 placed, 1 held", "look alike")
	v := d.view(d.run("batch", "status", "twice", "--json").out)
	if v.Waiting[store.WaitDuplicate] != 1 {
		t.Fatalf("%+v", v)
	}
	var held store.Order
	if err := json.Unmarshal([]byte(d.must(exitDone, "order", "list", "--state", "held", "--batch", v.ID, "--json").out), &held); err != nil {
		t.Fatal(err)
	}
	id := held.ID
	says(t, d.must(exitDone, "order", "get", id).out, "waits for a person to release it", v.ID)
	d.must(exitDone, "order", "release", id, "--by", "anna", "--note", "they do")
	d.must(exitDone, "order", "wait", id, "--timeout", "1m")
	if n := len(d.portal.Ledger().Orders); n != 2 {
		t.Errorf("the portal has %d orders", n)
	}
	path = d.file("thrice.csv", "SN,Kind,Qty\n"+strings.Repeat(sn+",add_recording_minutes,100\n", 3))
	d.must(exitDone, "batch", "apply", "--yes", path, "--wait", "--allow-duplicate")
	if n := len(d.portal.Ledger().Orders); n != 5 {
		t.Errorf("the portal has %d orders", n)
	}
}

func TestABatchStaysWithinItsBudget(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	path := d.november(5) // 100 minutes each, and a bad row
	d.worker()
	d.must(exitFailed, "batch", "apply", "--yes", path, "--budget", "350")
	d.eventually("3 are placed, 2 wait", func() bool {
		v := d.view(d.run("batch", "status", "november", "--json").out)
		return v.Counts[store.Placed] == 3 && v.Waiting[store.WaitBudget] == 2
	})
	says(t, d.must(exitFailed, "batch", "status", "november").out, "300 of 350 units spent or in doubt, 50 left", "2 for budget")
	// Who takes the batch up again does not take its budget away.
	d.must(exitFailed, "batch", "apply", "--yes", path)
	got := d.must(exitDone, "limits", "set", "--budget", "batch:november=500", "--by", "anna", "--note", "agreed")
	says(t, got.err, "2 orders that waited for a budget ask again now")
	says(t, got.out, "anna: agreed")
	d.must(exitFailed, "batch", "watch", "november") // a row is no order
	if n := len(d.portal.Ledger().Orders); n != 5 {
		t.Errorf("the portal has %d orders", n)
	}
}

func TestLimitsThatCannotBeMeantSayWhatCan(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct{ args, want string }{
		{"--budget day:minutes=5", "there is no kind minutes (there are expand_extensions, add_recording_minutes, subscribe_ha)"},
		{"--budget day=5", "it does not say of what"},
		{"--budget week:subscribe_ha=5", "there is no such scope"},
		{"--budget day:subscribe_ha", "it has no ="},
		{"--budget day:subscribe_ha=-1", "units must be a whole number"},
		{"--duplicates soon", "want off, or a time from 1s"},
		{"--events 5m", "want a time from 1h"},
		{"", "nothing to change"},
	} {
		says(t, d.must(exitUsage, append([]string{"limits", "set", "--by", "anna"}, strings.Fields(c.args)...)...).err, c.want)
	}
	says(t, d.must(exitUsage, "limits", "set", "--duplicates", "off").err, "--by")
	says(t, d.must(exitFailed, "limits", "set", "--by", "anna", "--budget", "batch:nix=5").err, `batch "nix"`)
	d.must(exitDone, "limits", "set", "--by", "anna", "--duplicates", "off", "--budget", "account:subscribe_ha=7")
	says(t, d.must(exitDone, "limits").out, "account:subscribe_ha: 0 of 7 units spent or in doubt, 7 left", "none is held for what it looks like")
	says(t, d.must(exitDone, "limits", "set", "--by", "anna", "--duplicates", "72h", "--events", "48h", "--budget", "account:subscribe_ha=none").out, "of the last 3d", "kept for 2d")
}

func TestABatchWhoseFileWasCutOffIsNotDone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, _, err := batch.Of(d.room.Store).Begin(t.Context(), batch.Begin{ID: tasks.BatchID("default", "cut"), Name: "cut", By: "anna", Format: "csv"})
	if err != nil {
		t.Fatal(err)
	}
	says(t, d.must(exitNotFinal, "batch", "status", "cut").out, "applying")
}
