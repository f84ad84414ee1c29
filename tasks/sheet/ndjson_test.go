package sheet

import (
	"slices"
	"strings"
	"testing"
)

const wish = `{"kind":"expand_extensions","productNo":"` + sn + `","quantity":10}`

func TestLinesAreReadAsTasksReadsThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, line, want string }{
		{"an intent", wish, ""},
		{"with a reference", `{"reference":" r ",` + wish[1:], ""},
		{"a key twice", `{"kind":"subscribe_ha",` + wish[1:], `row 2 (line 3): kind "expand_extensions": is given twice; say it once`},
		{"a key unknown", `{"Kind":"subscribe_ha"}`, `Kind: unknown field, did you mean kind?`},
		{"a human kind", strings.Replace(wish, "expand_extensions", "HA", 1), `kind "HA": no such kind; say`},
		{"no kind, and nothing about the reference", `{"productNo":"` + sn + `","quantity":"5"}`, `row 2 (line 3): quantity "'5'": must be a number without quotes, e.g. 12; kind: missing; say expand_extensions, add_recording_minutes, subscribe_ha`},
		{"an array", `[` + wish + `]`, "write one object per line, not an array"},
		{"two objects", wish + wish, "has something behind its closing brace"},
		{"half of it", wish[:20], "is not valid JSON"},
		{"a sheet", "SN,Type", "is not valid JSON"},
		{"too long", `{"plan":"` + strings.Repeat("x", MaxRow) + `"}`, "row 2 (line 3): intent: the line is longer than 64 KiB"},
		{"a result with more beside it", `{"input":` + wish + `,"refernce":"r"}`, `a result has reference, id, state, orderNo, transactionNo, reason beside its input, and not "refernce"`},
		{"a result of a number", `{"input":` + wish + `,"orderNo":5}`, `"orderNo" beside the input must be a string`},
		{"a result of another reference", `{"input":{"reference":"a",` + wish[1:] + `,"reference":"b"}`, `reference "a": the result beside it has the reference "b"; say one of them`},
		{"two inputs", `{"input":` + wish + `,"input":` + wish + `}`, `input: unknown field`},
		{"an input in an input", `{"input":{"input":` + wish + `}}`, `input: unknown field`},
		{"an order of another account", `{"input":` + wish + `,"reference":"crm-4711","id":"oqaaaaaaaaaaaaaaaaaaaaaaaa"}`, "the row's id says that it is the order oqaaaaaaaaaaaaaaaaaaaaaaaa"},
		{"the order itself", `{"input":` + wish + `,"reference":"crm-4711","id":"oqkj4thvgdmn4trk6peltd7uvg"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, rows := read(t, wish+"\n\n"+c.line+"\r\n"+wish+"\n", Options{})
			if r.Format() != NDJSON || r.Columns() != nil || r.Ignored() != nil || len(rows) != 3 || rows[0].Invalid != nil || rows[2].Invalid != nil {
				t.Fatalf("%s: rows say %q", r.Format(), verdicts(rows))
			}
			if got := verdicts(rows)[1]; (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("it says %q, want %q", got, c.want)
			}
			if c.name != "too long" && !slices.Equal(rows[1].Cells, []string{c.line}) {
				t.Errorf("cells %q", rows[1].Cells)
			}
		})
	}
}

func TestLinesTakeWhatIsSaidForAllRows(t *testing.T) {
	t.Parallel()
	o := Options{Account: "acme", Defaults: map[string]string{"kind": "HA", "plan": "Enterprise Plan"}}
	got := orders(t, "\ufeff"+`{"productNo":"`+sn+`"}`+"\n"+`{"productNo":"`+sn+`","connectionPlanId":7,"account":"b"}`, o)
	if a, b := got[0], got[1]; a.Account != "acme" || a.Kind != "subscribe_ha" || a.Plan != "Enterprise Plan" || b.Account != "b" || b.Plan != "" {
		t.Errorf("%s %s", a.Canonical(), b.Canonical())
	}
	_, rows := read(t, `{"productNo":"x","quantity":"5"}`, o)
	wantProblem(t, rows, `quantity "'5'": must be a number without quotes`)
	if said := rows[0].Invalid.Error(); strings.Contains(said, "kind") {
		t.Errorf("it says %s", said)
	}
}
