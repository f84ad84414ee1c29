package sheet

import (
	"strings"
	"testing"
)

func TestARowWhoseCellsCannotBeToldApartStandsWholeInItsFirstCell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, row, cell, want string }{
		{"a thousand without quotes", sn + ",recording minutes,1,000,,x", sn + ",recording minutes,1,000,,x", "the row has a cell 6 and the header 4 columns"},
		{"a quote", `3658"x`, `3658"x`, `productNo "3658"x": column "SN" has a quote inside`},
		{"a quote behind the last column", sn + `,HA,,,"a"b`, sn + ",HA,,,ab", "cell 5 goes on after its closing quote"},
		{"too long", strings.Repeat("x", MaxRow+1), "longer than 64 KiB", "the row is longer than 64 KiB; shorten its cells"},
		{"as it stood in the results", `"unreadable row: 3658,HA"`, "3658,HA", "could not be told apart the last time; write them anew, each in its column"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := head + c.row + "\n" + good
			for range 3 { // the file, its results, and theirs
				_, rows := read(t, text, Options{})
				if len(rows) != 2 || rows[0].Invalid == nil || rows[1].Invalid != nil {
					t.Fatalf("rows say %q", verdicts(rows))
				}
				if text == head+c.row+"\n"+good && !strings.Contains(rows[0].Invalid.Error(), c.want) {
					t.Errorf("it says %q, want %q", rows[0].Invalid, c.want)
				}
				if got := rows[0].Cells[0]; !strings.HasPrefix(got, "unreadable row: "+c.cell) || strings.Count(got, "unreadable") != 1 {
					t.Errorf("cells %q", rows[0].Cells)
				}
				text = results(t, text, Options{})
			}
		})
	}
}

func TestANameThatSeveralKindsHaveNamesNone(t *testing.T) {
	t.Parallel()
	table := []names{{names: []string{"extensions", "a"}}, {names: []string{"b", "extensions"}}}
	table[0].Name, table[1].Name = "expand_a", "expand_b"
	if kind, problem := kindIn(table, "Extensions"); kind != "" || problem != "can be expand_a or expand_b; say which" {
		t.Errorf("%q %q", kind, problem)
	}
	if kind, _ := kindIn(table, "expand_b"); kind != "expand_b" {
		t.Errorf("the name itself is %q", kind)
	}
}

func TestWhatWasSaidForAllRowsIsNotBlamedOnAColumn(t *testing.T) {
	t.Parallel()
	_, rows := read(t, "SN,Type,Qty\n"+sn+",extensions,\n"+sn+",recording minutes,\n"+sn+",extensions,600\n", Options{Defaults: map[string]string{"quantity": "501"}})
	if rows[1].Invalid != nil {
		t.Error(rows[1].Invalid)
	}
	wantProblem(t, rows, "row 1 (line 2): quantity 501: said for all rows: a PBX holds at most 500 extensions")
	wantProblem(t, rows, `row 3 (line 4): quantity 600: in column "Qty": a PBX holds at most 500 extensions`)
}

func TestLabelsComeFromBothKindsOfColumns(t *testing.T) {
	t.Parallel()
	_, rows := read(t, "SN,Type,labels,label.a\n"+sn+",HA,\"{\"\"b\"\":\"\"1\"\"}\",2\n"+sn+",HA,\"{\"\"a\"\":\"\"1\"\"}\",2\n", Options{})
	if got := rows[0].Intent.Labels; len(got) != 2 || got["a"] != "2" || got["b"] != "1" {
		t.Errorf("%v: %v", got, rows[0].Invalid)
	}
	wantProblem(t, rows, `row 2 (line 3): labels.a 2: in column "label.a": the label a is given twice; say it once`)
}

func TestProblemsOfARowAreSaidTogether(t *testing.T) {
	t.Parallel()
	_, rows := read(t, "SN,Type,Qty,Cycle,Start\nABC,coffee,1.5,yearly,12/01/2026\n", Options{})
	for _, want := range []string{"productNo", "kind", "quantity", "billingCycle", "notBefore"} {
		if n := strings.Count("; "+rows[0].Invalid.Error(), "; "+want+" "); n != 1 {
			t.Errorf("%s is said %d times in %q", want, n, rows[0].Invalid)
		}
	}
}
