package sheet

import (
	"strings"
)

// unreadableRow is how the first cell begins of a row whose cells could not be told apart.
const unreadableRow = "unreadable row: "

// unread gives a row whole in its first cell, and marked. Written back cell by cell it would look sound, and
// whoever reads the results would make an order of it, of one minute where 1,000 had no quotes.
func unread(rec record, cells []string, comma byte) []string {
	clear(cells)
	text := "longer than 64 KiB"
	if !rec.over {
		text = strings.TrimPrefix(strings.Join(rec.cells, string(comma)), unreadableRow) // once is enough
	}
	room := MaxRow - len(unreadableRow)
	cells[0] = unreadableRow + strings.ToValidUTF8(text[:min(len(text), room)], "")
	return cells
}

// misshapen says why the cells of a row cannot be told apart with certainty.
func (r *Reader) misshapen(rec record, bad *problems) {
	names := r.header.names
	if rec.over {
		bad.add("", "", "the row is longer than 64 KiB; shorten its cells")
		return
	}
	if rec.fault != "" {
		bad.add(r.header.fieldAt(rec.column), rec.cells[rec.column], "%s %s", r.csv.cellName(rec.column), rec.fault)
		return
	}
	for i := len(names); i < len(rec.cells); i++ {
		if notBlank(rec.cells[i]) {
			bad.add("", rec.cells[i], "the row has a cell %d and the header %d columns; put a cell that has a %s inside in quotes, or take the cell away",
				i+1, len(names), commaNames[r.csv.comma])
			return
		}
	}
	for i, cell := range rec.cells {
		if rec.line != rec.last && r.swallows(i, cell) {
			bad.add("", "", "%s holds several lines that look like rows (lines %d to %d), as happens where a quote is never closed; close it, or write the cell in one line",
				r.csv.cellName(i), rec.line, rec.last)
			return
		}
	}
}

var commaNames = map[byte]string{',': "comma", ';': "semicolon", '\t': "tab"}

// swallows says whether a cell of several lines has rows in it: a line with as many delimiters as the
// header, or a last line with as many as stand before this cell. Two quotes that were forgotten make one
// such cell of all between them, and in a column that is only carried nobody would miss the rows. Prose with
// one comma a line is let through.
func (r *Reader) swallows(column int, cell string) bool {
	lines := strings.FieldsFunc(cell, func(c rune) bool { return c == '\n' || c == '\r' })
	for i, l := range lines {
		n := strings.Count(l, string(r.csv.comma))
		if i > 0 && n >= 2 && (n == len(r.header.names)-1 || i == len(lines)-1 && n == column) {
			return true
		}
	}
	return false
}
