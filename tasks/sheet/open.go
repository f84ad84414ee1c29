package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

var errEmpty = errors.New("the file is empty; begin with a header and a row for each order (orderq batch template prints an example)")

// open recognises the file and reads what stands before its rows.
func (r *Reader) open() error {
	head, err := r.src.br.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if bom := "\ufeff"; strings.HasPrefix(string(head), bom) {
		r.src.drop(len(bom))
		head = head[len(bom):]
	}
	if err := unreadable(head); err != nil {
		return err
	}
	switch r.format {
	case "", Auto:
		r.format = formatOf(head)
	case CSV, NDJSON:
	default:
		return fmt.Errorf("the format %s is not known; say csv, ndjson or auto", quote(string(r.format)))
	}
	if r.format == NDJSON {
		return nil
	}
	return r.openCSV()
}

func (r *Reader) openCSV() error {
	var l layout
	for n := sniffed; !l.whole && n <= MaxRow; n *= 2 {
		head, err := r.src.br.Peek(n)
		if l = layoutOf(head); err != nil {
			break // there is no more of it
		}
	}
	r.src.cr = l.cr
	r.csv = &scanner{src: r.src, comma: l.comma}
	if l.sep {
		for done := false; !done; {
			first, err := r.src.next()
			if err != nil {
				return err
			}
			done = strings.TrimSpace(string(first.text)) != ""
		}
	}
	rec, err := r.record()
	switch {
	case errors.Is(err, io.EOF):
		return errEmpty
	case err != nil:
		return err
	case rec.over:
		return fmt.Errorf("line %d: the header is longer than 64 KiB, so this is no sheet; %s", rec.line, saveAs)
	case rec.fault != "":
		return fmt.Errorf("line %d: column %d of the header %s", rec.line, rec.column+1, rec.fault)
	}
	r.csv.names = rec.cells
	r.header, err = readHeader(rec.cells, rec.line, r.defaults)
	return err
}
