package sheet

import (
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"
)

// results reads a file and writes what would become of it.
func results(t *testing.T, text string, o Options) string {
	t.Helper()
	r, rows := read(t, text, o)
	var out strings.Builder
	w := NewWriter(&out, r.Format(), r.Columns())
	for _, row := range rows {
		res := Result{State: "rejected"}
		if row.Invalid == nil {
			res = Result{Reference: row.Intent.Reference, ID: row.Intent.ID(), State: "placed", OrderNo: "3201", TransactionNo: "17"}
		} else {
			res.Reason = row.Invalid.Error()
		}
		if err := w.Write(row.Cells, res); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestResultsAreTheInputAndWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	got := results(t, "Order Ref;PBX SN;Type;State;note\r\n'-7;"+sn+";HA;Ohio;=HYPERLINK(1)\r\n;ABC;HA;;\"a\r\nb\"\r\n", Options{Batch: "b"})
	rows, err := csv.NewReader(strings.NewReader(got)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	id := rows[1][6]
	want := "input.Order Ref,PBX SN,Type,input.State,note,reference,id,state,orderNo,transactionNo,reason\n" +
		"'-7," + sn + ",HA,Ohio,'=HYPERLINK(1),'-7," + id + ",placed,3201,17,\n" +
		",ABC,HA,,\"a\r\nb\",,,rejected,,,\"productNo \"\"ABC\"\": in column \"\"PBX SN\"\": must be 4 to 32 of A-Z, 0-9 and -, e.g. 3658B431119665QJ\"\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got = results(t, wish+"\n{\"kind\":\n", Options{Batch: "b"})
	want = `{"input":` + wish + `,"reference":"b/7`
	if !strings.HasPrefix(got, want[:len(want)-1]) || !strings.Contains(got, "\n"+`{"input":"{\"kind\":","state":"rejected","reason":"intent: is not valid JSON`) {
		t.Errorf("got %s", got)
	}
}

func TestResultsThatAreReadAgainOrderNothingTwice(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"made":           head + good + good + sn + ",minuts,10,\n",
		"own":            "Ref," + head + "crm-1," + good + "'-crm-2," + good + "''x," + good + "@y," + good,
		"our own names":  "reference,id,state,reason,orderNo," + head + "r1,4711,Ohio,none,," + good + ",4712,,,," + good,
		"Order No":       "Order No,Transaction-No,ID," + head + "77,78,79," + good,
		"one name twice": "Ref," + head + "crm-1," + good + "crm-1," + good,
		"our name twice": head + good + good + "\n\n",
		"odd names":      "\"{a\",\"a;b;c;d;e;f;g;h;i;j;k;l;m;n\",\"\ufefflabel.x\",\"=b\"," + head + ",,,," + good,
		"misshapen":      head + sn + ",recording minutes,1,000,,x\n" + sn + ",extensions,10,\"2026-12-01\"x\n",
		"accounts":       "Account," + head + "acme," + good + "," + good,
		"labels":         "label.a," + head + "'=x," + good + "'s-G," + good + "'-x," + good + "-x," + good + "''-x," + good,
		"semicolons":     strings.ReplaceAll("Note,"+head+"\"a,\nb\","+good, ",", ";"),
		"lines":          wish + "\n" + wish + "\n" + `{"reference":"'=r",` + wish[1:] + "\nrubbish\n" + `{"account":"acme",` + wish[1:] + "\n",
		"a wrapped line": `{"input":` + wish + `}` + "\n" + `{"input":"rubbish","state":"rejected"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, first := read(t, text, Options{Batch: "b", Account: "main"})
			once := results(t, text, Options{Batch: "b", Account: "main"})
			twice := results(t, once, Options{Batch: "another", Account: "main"})
			for _, again := range []string{once, twice} {
				r, rows := read(t, again, Options{Batch: "another", Account: "main"})
				if len(rows) != len(first) {
					t.Fatalf("%d rows of %d", len(rows), len(first))
				}
				for i, row := range rows {
					a, b := first[i], row
					if (a.Invalid == nil) != (b.Invalid == nil) || a.Invalid == nil && (string(a.Intent.Canonical()) != string(b.Intent.Canonical()) || !b.Own) {
						t.Errorf("%s\n%s, %v\n%s, %v, own %v\n%s", row.Where(), a.Intent.Canonical(), a.Invalid, b.Intent.Canonical(), b.Invalid, b.Own, again)
					}
				}
				if slices.Contains(r.Ignored(), "state") {
					t.Errorf("ignored %q", r.Ignored())
				}
			}
		})
	}
}

func TestResultsReadForAnotherAccountAreNoOrders(t *testing.T) {
	t.Parallel()
	for _, text := range []string{head + good, wish} {
		once := results(t, text, Options{Batch: "b", Account: "acme"})
		again := results(t, once, Options{Batch: "b", Account: "other"}) // nor the time after
		_, rows := read(t, again, Options{Batch: "c", Account: "other"})
		wantProblem(t, rows, "says that it is the order oq")
		wantProblem(t, rows, "put back what was changed (the account may have been said for all rows), or empty the id where a new order is wanted")
	}
	once := results(t, head+good, Options{Batch: "b"})
	changed := strings.Replace(once, "\n"+sn+",extensions,10,,b/", "\n"+sn+",extensions,10,,c/", 1)
	_, rows := read(t, changed, Options{Batch: "b"})
	wantProblem(t, rows, "says that it is the order oq")
}

func TestCellsDoNotRunInSpreadsheets(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{"=1": "'=1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\ta": "'\ta", "\ra": "'\ra", "  =1": "'  =1", "\n=1": "'\n=1", "\u00a0@": "'\u00a0@",
		"＝1": "'＝1", "a=1": "a=1", "": "", "'a": "'a", "'=1": "'=1", " a": " a"} {
		if got := guard(cell); got != want || guard(got) != got || runs(got) {
			t.Errorf("%q is written %q, want %q", cell, got, want)
		}
		if got := said("reference", guardReference(cell)); got != cell {
			t.Errorf("the reference %q comes back as %q", cell, got)
		}
	}
}

func TestResultColumnsOfResultsMakeWay(t *testing.T) {
	t.Parallel()
	got := renamed([]string{"reference", "input.reference", "Ref", "=ID", "'=ID", "STATE", "x"})
	if want := []string{"input.input.reference", "input.reference", "input.Ref", "=ID", "'=ID", "input.STATE", "x"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAnEmptyResultsFileHasItsHeader(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	w := NewWriter(&out, CSV, []string{"SN"})
	for range 2 {
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if got := out.String(); got != "SN,reference,id,state,orderNo,transactionNo,reason\n" {
		t.Errorf("%q", got)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAWriterSaysWhatItCannotWrite(t *testing.T) {
	t.Parallel()
	w := NewWriter(full{}, CSV, []string{"SN"})
	if err := w.Write([]string{"a", "b"}, Result{}); err == nil || !strings.Contains(err.Error(), "a row of 2 cells, the header has 1") {
		t.Error(err)
	}
	if err := errors.Join(w.Write([]string{"a"}, Result{}), w.Flush()); err == nil {
		t.Error("a full disk is not said")
	}
	w = NewWriter(full{}, NDJSON, nil)
	if err := w.Write([]string{wish}, Result{}); err == nil || w.Flush() != nil {
		t.Error("a full disk is not said")
	}
	if err := w.Write(nil, Result{}); err == nil {
		t.Error("no line is taken")
	}
}

func TestTheTemplateIsAFileToStartFrom(t *testing.T) {
	t.Parallel()
	for _, f := range []Format{CSV, NDJSON} {
		text := Template(f)
		r, rows := read(t, text, Options{})
		if r.Format() != f || len(rows) != len(kinds) || len(r.Ignored()) > 0 {
			t.Fatalf("%s has %d rows", r.Format(), len(rows))
		}
		for _, row := range rows {
			if row.Invalid == nil {
				t.Errorf("%s is an order as it is", row.Where())
			}
		}
		filled := strings.NewReplacer(PlaceholderSerial, sn, PlaceholderContact, "billing@example.com").Replace(text)
		for i, in := range orders(t, filled, Options{}) {
			if in.Kind != kinds[i].Name || in.Labels["customer"] != "acme" || in.BillingContact != "billing@example.com" {
				t.Errorf("%s", in.Canonical())
			}
		}
	}
}
