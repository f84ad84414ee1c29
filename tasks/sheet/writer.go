package sheet

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"orderq/tasks"
)

// Writer gives an input back with what became of its rows. What it writes can be read as a batch again, and
// orders nothing twice: each row's reference is then its own.
//
// CSV is written with commas, UTF-8 without BOM, and lines that end in LF: every spreadsheet reads that, and
// with CRLF the last column, which is the reason, would end in a CR for cut, awk and grep.
type Writer struct {
	format    Format
	columns   int
	reference int // the input's own columns of these, -1: none
	id        int
	head      []byte // until it is written
	csv       *csv.Writer
	w         io.Writer
	buf       []byte
	cells     []string
}

// NewWriter prepares results for an input with these columns (Reader.Columns). Nothing is written before the
// first row or Flush. A format other than NDJSON is CSV.
func NewWriter(w io.Writer, f Format, columns []string) *Writer {
	out := &Writer{format: f, columns: len(columns), reference: -1, id: -1, w: w}
	if f == NDJSON {
		return out
	}
	out.csv = csv.NewWriter(w)
	for i, name := range columns {
		if result, _ := resultOf(unguard(name)); result == "id" {
			out.id = i
		}
		if fieldOf(unguard(name)) == "reference" {
			out.reference = i
		}
	}
	for _, name := range append(renamed(columns), resultColumns...) {
		out.head = append(appendHead(out.head, guard(name)), ',')
	}
	out.head[len(out.head)-1] = '\n'
	return out
}

// Write adds a row: its cells as they were read, and its result. What Write keeps back, Flush writes.
//
// Where the result has no reference or id, those of the input stay. A row may be refused because another has
// its reference, or because it is another account's order: without them it would be a new order next time.
func (w *Writer) Write(cells []string, r Result) error {
	if w.format == NDJSON {
		return w.line(cells, r)
	}
	if len(cells) > w.columns {
		return fmt.Errorf("write results: a row of %d cells, the header has %d columns", len(cells), w.columns)
	}
	if err := w.header(); err != nil {
		return err
	}
	w.cells = w.cells[:0]
	for _, cell := range cells {
		w.cells = append(w.cells, guard(cell))
	}
	for len(w.cells) < w.columns {
		w.cells = append(w.cells, "")
	}
	reference := guardReference(r.Reference)
	if reference == "" && w.reference >= 0 && w.reference < len(cells) {
		reference = guard(cells[w.reference])
	}
	if id := w.id; r.ID == "" && id >= 0 && id < len(cells) && tasks.IsOrderID(strings.TrimSpace(cells[id])) {
		r.ID = strings.TrimSpace(cells[id])
	}
	w.cells = append(w.cells, reference)
	for _, name := range resultColumns[1:] {
		w.cells = append(w.cells, guard(*r.at(name)))
	}
	return w.csv.Write(w.cells)
}

// header writes the head once.
func (w *Writer) header() error {
	head := w.head
	w.head = nil
	if head == nil {
		return nil
	}
	_, err := w.w.Write(head)
	return err
}

// line writes one object: the input's line under "input", and what there is of the result beside it. A line
// that is itself a result gives its input, so that results of results do not nest. A line that is no JSON
// becomes a string.
func (w *Writer) line(cells []string, r Result) error {
	if len(cells) != 1 {
		return fmt.Errorf("write results: a row of %d cells, NDJSON has one", len(cells))
	}
	text, was, _, _ := unwrap(cells[0])
	r.Reference, r.ID = cmp.Or(r.Reference, was.Reference), cmp.Or(r.ID, was.ID)
	w.buf = append(w.buf[:0], `{"input":`...)
	if v := jsontext.Value(text); v.Kind() == '{' && v.IsValid() {
		_ = v.Compact() // it is valid; a CR between its members would break the line for some
		w.buf = append(w.buf, v...)
	} else {
		w.buf = append(w.buf, quoted(text)...)
	}
	for _, name := range resultColumns {
		if v := *r.at(name); v != "" {
			w.buf = append(append(append(w.buf, `,"`...), name...), `":`...)
			w.buf = append(w.buf, quoted(v)...)
		}
	}
	w.buf = append(w.buf, '}', '\n')
	_, err := w.w.Write(w.buf)
	return err
}

// Flush writes what is held back, and the header where there was no row.
func (w *Writer) Flush() error {
	if w.csv == nil {
		return nil
	}
	if err := w.header(); err != nil {
		return err
	}
	w.csv.Flush()
	return w.csv.Error()
}
