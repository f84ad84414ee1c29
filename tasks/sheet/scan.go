package sheet

import (
	"errors"
	"fmt"
	"io"
)

// record is one row of a CSV file, cut into cells.
type record struct {
	line, last int      // where it begins and ends, from 1
	cells      []string // without their quotes, else as in the file
	fault      string   // its quotes are wrong, and nothing but this row suffers from it
	column     int      // where the fault is
	over       bool     // longer than MaxRow; has no cells
}

// scanner cuts a CSV file (RFC 4180) into rows.
//
// Not encoding/csv: it reads a quote that never closes to the file's end into memory, knows no line that
// ends in CR alone, and takes CRs out of cells that are to be given back as they were. A test holds the two
// against each other where both can read.
//
// Quotes are strict, the opposite of its LazyQuotes. A lazy reader takes a quote in the wrong place for
// text, and so reads a row that was meant otherwise: `"A" and B, 5` becomes one cell or two, and an order
// may come out of either. Here the row is refused, and the next line is the next row. Where the quotes are
// wrong in a row of several lines, nobody can say which of the lines are rows, and the file ends.
type scanner struct {
	src   *source
	comma byte
	names []string // the header's, for messages
	text  []byte   // the cells, one behind the other
	ends  []int
	quote int // the line of the quote that opened last
}

// Where a byte stands in its cell.
const (
	atStart = iota
	inPlain
	inQuotes
	behindQuotes
)

// Quote faults, with their way out.
const (
	bareQuote  = `has a quote inside; where a cell has quotes, put the whole cell in quotes and write each inner quote twice: "19"" rack"`
	afterQuote = `goes on after its closing quote; put the whole cell in quotes and write each inner quote twice: "19"" rack"`
	openQuote  = "opens with a quote that is never closed; close it, or take it away"
)

// next gives io.EOF behind the last row. Any other error ends the file.
func (s *scanner) next() (record, error) {
	s.text, s.ends = s.text[:0], s.ends[:0]
	var rec record
	state := atStart
	for {
		l, err := s.src.next()
		switch {
		case errors.Is(err, io.EOF) && state == inQuotes:
			return rec, s.unclosed("before the end of the file")
		case err != nil:
			return rec, err
		}
		if rec.line == 0 {
			rec.line = l.no
		}
		rec.last = l.no
		state = s.cut(l, state, &rec)
		tooLong := l.over || len(s.text)+len(s.ends) > MaxRow
		switch {
		case tooLong && state != inQuotes && !l.quotes && rec.line == rec.last:
			rec.over = true
			return rec, nil
		case tooLong && state == inQuotes:
			return rec, s.unclosed("within 64 KiB")
		case tooLong:
			return rec, fmt.Errorf("line %d: the row that begins here is longer than 64 KiB; close its quotes, or shorten its cells", rec.line)
		case state == inQuotes && l.end == "": // the last line, so that no other row is in doubt
			s.fault(&rec, openQuote)
		case state == inQuotes:
			s.text = append(s.text, l.end...)
			continue
		}
		s.ends = append(s.ends, len(s.text))
		if rec.fault != "" && rec.line != rec.last {
			return rec, fmt.Errorf("lines %d to %d: a quote opens a cell of several lines, and then %s %s; so it is unknown where rows begin, and nothing from line %d on was read",
				rec.line, rec.last, s.cellName(rec.column), rec.fault, rec.line)
		}
		rec.cells = s.cells()
		return rec, nil
	}
}

// cut takes one line apart.
func (s *scanner) cut(l line, state int, rec *record) int {
	text := l.text
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case state == inQuotes && c == '"' && i+1 < len(text) && text[i+1] == '"':
			s.text = append(s.text, c)
			i++
			continue
		case state == inQuotes && c == '"':
			state = behindQuotes
			continue
		case state == inQuotes:
		case c == s.comma:
			s.ends = append(s.ends, len(s.text))
			state = atStart
			continue
		case state == atStart && c == '"':
			state, s.quote = inQuotes, l.no
			continue
		case state == behindQuotes:
			s.fault(rec, afterQuote)
			state = inPlain
		case c == '"':
			s.fault(rec, bareQuote)
			state = inPlain
		default:
			state = inPlain
		}
		s.text = append(s.text, c)
	}
	return state
}

// fault keeps the first one: what follows from it is noise.
func (s *scanner) fault(rec *record, what string) {
	if rec.fault == "" {
		rec.fault, rec.column = what, len(s.ends)
	}
}

func (s *scanner) unclosed(until string) error {
	return fmt.Errorf("line %d: a quote opens %s and is not closed %s, so it is unknown where the rows behind it begin; close it, or take it away",
		s.quote, s.cellName(len(s.ends)), until)
}

// cellName is the column of a row's cell, as a message names it.
func (s *scanner) cellName(i int) string {
	if i < len(s.names) {
		return "column " + quote(s.names[i])
	}
	return fmt.Sprintf("cell %d", i+1)
}

// cells makes one string of the row and hands out parts of it.
func (s *scanner) cells() []string {
	all := string(s.text)
	out := make([]string, len(s.ends))
	from := 0
	for i, to := range s.ends {
		out[i] = all[from:to]
		from = to
	}
	return out
}
