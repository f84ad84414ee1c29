package sheet

import (
	"encoding/csv"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// scan reads all rows as cells.
func scan(text string, comma byte, cr bool) ([]record, error) {
	src := newSource(strings.NewReader(text))
	src.cr = cr
	s := &scanner{src: src, comma: comma}
	var out []record
	for {
		rec, err := s.next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, rec)
	}
}

func TestRowsAreCutIntoCells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		comma      byte
		cr         bool
		want       [][]string
		lines      []int
	}{
		{"plain", "a,b\nc,d\n", ',', false, [][]string{{"a", "b"}, {"c", "d"}}, []int{1, 2}},
		{"no line end at the end", "a,b\nc,d", ',', false, [][]string{{"a", "b"}, {"c", "d"}}, []int{1, 2}},
		{"CRLF", "a,b\r\nc,d\r\n", ',', false, [][]string{{"a", "b"}, {"c", "d"}}, []int{1, 2}},
		{"CR", "a,b\rc,d\r", ',', true, [][]string{{"a", "b"}, {"c", "d"}}, []int{1, 2}},
		{"CR and then the others", "a\rb\r\nc\nd", ',', true, [][]string{{"a"}, {"b"}, {"c"}, {"d"}}, []int{1, 2, 3, 4}},
		{"a CR inside a line is the cell's", "a\rb,c\n", ',', false, [][]string{{"a\rb", "c"}}, []int{1}},
		{"semicolons", "a;b,c\n", ';', false, [][]string{{"a", "b,c"}}, []int{1}},
		{"empty cells", ",,\n", ',', false, [][]string{{"", "", ""}}, []int{1}},
		{"an empty line", "a\n\nb\n", ',', false, [][]string{{"a"}, {""}, {"b"}}, []int{1, 2, 3}},
		{"quotes", `"a,b","c""d",""` + "\n", ',', false, [][]string{{"a,b", `c"d`, ""}}, []int{1}},
		{"only quotes in quotes", `""""` + "\n", ',', false, [][]string{{`"`}}, []int{1}},
		{"lines in quotes", "\"a\nb\",c\nd\n", ',', false, [][]string{{"a\nb", "c"}, {"d"}}, []int{1, 3}},
		{"line ends in quotes stay as they are", "\"a\r\nb\rc\nd\"\r\ne", ',', false, [][]string{{"a\r\nb\rc\nd"}, {"e"}}, []int{1, 4}},
		{"CRs in quotes", "\"a\rb\"\rc", ',', true, [][]string{{"a\rb"}, {"c"}}, []int{1, 3}},
		{"space is the cell's", " a , b\n", ',', false, [][]string{{" a ", " b"}}, []int{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := scan(c.text, c.comma, c.cr)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(c.want) {
				t.Fatalf("%d rows %+v, want %d", len(got), got, len(c.want))
			}
			for i, rec := range got {
				if !slices.Equal(rec.cells, c.want[i]) || rec.line != c.lines[i] || rec.fault != "" {
					t.Errorf("row %d is %q in line %d (%s), want %q in line %d", i, rec.cells, rec.line, rec.fault, c.want[i], c.lines[i])
				}
			}
		})
	}
}

func TestAQuoteInTheWrongPlaceSpoilsItsRowAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, row, fault string }{
		{"inside", `a,19" rack,b`, bareQuote},
		{"behind a space", `a, "b",c`, bareQuote},
		{"text behind", `a,"b"c,d`, afterQuote},
		{"a space behind", `a,"b" ,d`, afterQuote},
		{"several", `a,"A" and "B",d`, afterQuote},
		{"never closed, at the end of the file", `a,"b,c`, openQuote},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := "x,y,z\n" + c.row
			if c.fault != openQuote {
				text += "\n1,2,3\n"
			}
			got, err := scan(text, ',', false)
			if err != nil {
				t.Fatal(err)
			}
			if got[1].fault != c.fault || got[1].column != 1 {
				t.Errorf("fault %q in cell %d", got[1].fault, got[1].column+1)
			}
			if c.fault != openQuote && (len(got) != 3 || !slices.Equal(got[2].cells, []string{"1", "2", "3"})) {
				t.Errorf("the next row is %+v", got[2:])
			}
		})
	}
}

func TestWhereRowsCannotBeToldApartTheFileEnds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxRow)
	for _, c := range []struct{ name, text, want string }{
		{"a quote that never closes", "a\n\"b\nc\nd\n", "line 2: a quote opens cell 1 and is not closed before the end of the file"},
		{"the second quote of a row", "a\n\"b\nc\",\"d\ne\n", "line 3: a quote opens cell 2 and is not closed before the end"},
		{"closed by another row's quote", "a\n\"b\nc,\"Miller, Ltd\"\nd\n", "lines 2 to 3: a quote opens a cell of several lines, and then cell 1 goes on after its closing quote"},
		{"within 64 KiB", "a\n\"b\n" + strings.Repeat(strings.Repeat("x", 99)+"\n", 1000), "line 2: a quote opens cell 1 and is not closed within 64 KiB"},
		{"a long line in quotes", "a\n\"" + long + "\"\nb", "line 2: a quote opens cell 1 and is not closed within 64 KiB"},
		{"a long line with a quote where nobody looks", "a\n" + long + ",\"b\nc\"\n", "line 2: the row that begins here is longer than 64 KiB"},
		{"a long row of several lines", "a\n\"b\n\"" + long + "\nc\n", "line 2: the row that begins here is longer than 64 KiB"},
		{"NUL", "a\nb\x00\n", "line 2: byte 2 is a NUL"},
		{"not UTF-8", "a\nb\n\"c\nd\xfc\"\n", "line 4: byte 2 (0xFC) is not UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := scan(c.text, ',', false)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d rows and %v, want %q", len(got), err, c.want)
			}
		})
	}
}

func TestALineThatIsTooLongIsOneRow(t *testing.T) {
	t.Parallel()
	for _, n := range []int{MaxRow - 1, MaxRow, MaxRow + 1, 5*MaxRow + 7} {
		got, err := scan("a\n"+strings.Repeat("x", n)+"\nb\n", ',', false)
		if err != nil || len(got) != 3 || got[1].over != (n > MaxRow) || got[2].cells[0] != "b" || got[2].line != 3 {
			t.Errorf("%d bytes: %d rows, %v", n, len(got), err)
		}
	}
}

func TestAReadErrorNamesItsLine(t *testing.T) {
	t.Parallel()
	r, err := NewReader(io.MultiReader(strings.NewReader(head+good), iotest.ErrReader(errors.New("the cable is out"))), Options{Batch: "b"})
	if err == nil {
		_, err = rest(r)
	}
	if err == nil || !strings.Contains(err.Error(), "the cable is out") {
		t.Errorf("it says %v", err)
	}
}

// TestTheStandardReaderAgrees writes random cells with encoding/csv and reads them with both readers.
func TestTheStandardReaderAgrees(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", "ä", " ", `"`, ",", "\n", "'", "=", "", "x y", `""`, ";", "\t"}
	for range 300 {
		var text strings.Builder
		w := csv.NewWriter(&text)
		for range 1 + rnd.IntN(5) {
			row := make([]string, 3)
			for i := range row {
				for range rnd.IntN(4) {
					row[i] += pieces[rnd.IntN(len(pieces))]
				}
			}
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		want, err := csv.NewReader(strings.NewReader(text.String())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		got, err := scan(text.String(), ',', false)
		if err != nil {
			t.Fatalf("%q: %v", text.String(), err)
		}
		if !slices.EqualFunc(got, want, func(a record, b []string) bool { return slices.Equal(a.cells, b) }) {
			t.Fatalf("%q: %+v, want %q", text.String(), got, want)
		}
	}
}

func TestChunksDoNotMatter(t *testing.T) {
	t.Parallel()
	text := "\ufeff" + strings.ReplaceAll(head+good+"\"x\ny\",HA,,2026-12-01\n\n"+good, "\n", "\r\n")
	_, want := read(t, text, Options{})
	r, err := NewReader(iotest.OneByteReader(strings.NewReader(text)), Options{Batch: "december"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := rest(r)
	if err != nil || !slices.Equal(verdicts(got), verdicts(want)) || !slices.Equal(refs(got), refs(want)) {
		t.Errorf("byte by byte %q (%v), at once %q", verdicts(got), err, verdicts(want))
	}
}
