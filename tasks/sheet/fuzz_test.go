package sheet

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// options are what the fuzzers read with: as little said for all rows as a file can do with.
var options = Options{Batch: "b", Defaults: map[string]string{"kind": "HA", "label.a": "b"}}

// checked reads a file as a careful user would, and fails for what a reader must never do.
func checked(t *testing.T, text string, f Format, batch string) (*Reader, []Row) {
	t.Helper()
	o := options
	o.Format, o.Batch = f, batch
	r, err := NewReader(strings.NewReader(text), o)
	if err != nil {
		harmless(t, err)
		return nil, nil
	}
	ids := map[string]int{}
	var rows []Row
	for line := 0; ; {
		row, err := r.Next()
		if err != nil {
			if _, again := r.Next(); again != err {
				t.Fatalf("the end is %v, then %v", err, again)
			}
			if !errors.Is(err, io.EOF) {
				harmless(t, err)
				return nil, nil
			}
			return r, rows
		}
		rows = append(rows, row)
		if row.N != len(rows) || row.Line <= line {
			t.Fatalf("%s is row %d, behind line %d", row.Where(), len(rows), line)
		}
		line = row.Line
		if size := len(strings.Join(row.Cells, "")); size > MaxRow || f == CSV && len(row.Cells) != len(r.Columns()) || f == NDJSON && len(row.Cells) != 1 {
			t.Fatalf("%s has %d cells of %d bytes", row.Where(), len(row.Cells), size)
		}
		if row.Invalid != nil {
			harmless(t, row.Invalid)
			continue
		}
		if err := row.Intent.Validate(); err != nil {
			t.Fatalf("%s is handed out: %v", row.Where(), err)
		}
		if diff := cmp.Diff(row.Intent, row.Intent.Normalise()); diff != "" {
			t.Fatalf("%s is not normalised: %s", row.Where(), diff)
		}
		if other := ids[row.Intent.ID()]; other > 0 {
			t.Fatalf("rows %d and %d are one order", other, row.N)
		}
		ids[row.Intent.ID()] = row.N
	}
}

// harmless fails for a message that a terminal must not be shown, or nobody would read.
func harmless(t *testing.T, err error) {
	t.Helper()
	for _, p := range problemsOf(err) {
		if p.Message == "" {
			t.Fatalf("a problem without a message: %+v", p)
		}
	}
	if said := err.Error(); said == "" || len(said) > maxProblems*1000 || strings.ContainsAny(said, "\x00\n\r\x1b") {
		t.Fatalf("it says %q", said)
	}
}

func FuzzCSV(f *testing.F) {
	for _, w := range worst {
		f.Add([]byte(w.content[:min(len(w.content), 400)]))
	}
	f.Add([]byte("sep=;\rSN;label.a;labels\r'x\"\r\"a\r\"\"b\";2;{}\r"))
	f.Add([]byte("\ufeffreference,id,SN,notBefore,serviceId\nr,oqkj4thvgdmn4trk6peltd7uvg," + sn + ",2026-12-01,3048573759449317376\n"))
	f.Fuzz(func(t *testing.T, data []byte) { checked(t, string(data), CSV, "b") })
}

func FuzzNDJSON(f *testing.F) {
	for _, line := range []string{wish, "[" + wish + "]", "{\n}", `{"input":` + wish + `,"reference":"r","id":"oqkj4thvgdmn4trk6peltd7uvg"}`, `{"input":"x"}`,
		`{"productNo":"` + sn + `","labels":{"a":"b"}}` + "\n\n" + wish, `{"reference":"r","input":1}`, "\ufeff" + wish + "\r\n{", `{"input":null}`} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checked(t, string(data), NDJSON, "b") })
}

// FuzzResults: what a Writer made of a file has its rows again. An order is the same order under its own
// reference whatever the batch is called now, and what was none does not become one.
func FuzzResults(f *testing.F) {
	for _, w := range worst {
		f.Add([]byte(w.content[:min(len(w.content), 400)]), true, "'=r")
	}
	f.Add([]byte("reference,input.reference,Ref2,\"{\",\"a;b;c;d;e;f;g;h;i;j\",SN\n-1,2,3,4,5,"+sn+"\n"), true, "-x")
	f.Add([]byte(wish+"\n"+wish+"\nrubbish\n"+`{"input":`+wish+`,"reference":"r"}`), false, "x")
	f.Fuzz(func(t *testing.T, data []byte, sheet bool, reason string) {
		format := NDJSON
		if sheet {
			format = CSV
		}
		r, first := checked(t, string(data), format, "b")
		if r == nil || len(data) > MaxRow/16 || strings.ContainsRune(reason, 0) || len(reason) > 1000 {
			return // results are longer than the input, and a file of the longest rows may be none again
		}
		for _, batch := range []string{"c", "d"} {
			var out strings.Builder
			w := NewWriter(&out, format, r.Columns())
			for _, row := range first {
				result := Result{State: "rejected", Reason: strings.ToValidUTF8(reason, "?")}
				if row.Invalid == nil {
					result.Reference, result.ID = row.Intent.Reference, row.Intent.ID()
				}
				if err := w.Write(row.Cells, result); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			again, second := checked(t, out.String(), format, batch)
			if again == nil || len(second) != len(first) {
				t.Fatalf("%d rows of %d: %q", len(second), len(first), out.String())
			}
			for i, row := range second {
				was := first[i]
				if (row.Invalid == nil) != (was.Invalid == nil) {
					t.Fatalf("%s was %v, is %v: %q", row.Where(), was.Invalid, row.Invalid, out.String())
				}
				if diff := cmp.Diff(was.Intent, row.Intent); row.Invalid == nil && (diff != "" || !row.Own) {
					t.Fatalf("%s: %s %q", row.Where(), diff, out.String())
				}
			}
			r, first = again, second
		}
	})
}
