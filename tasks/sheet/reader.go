package sheet

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Reader reads a file row by row, in memory that grows by a few bytes per row. It is not for concurrent use.
type Reader struct {
	format   Format
	src      *source
	csv      *scanner
	header   *header
	defaults defaults
	refs     *references
	hash     hash.Hash
	sum      string
	n        int
	ahead    *Row // the first row, read to see whether there is one
	aheadErr error
	err      error // what ended the file
}

// NewReader reads a file's header. The error is about the whole file, or about the options.
func NewReader(r io.Reader, o Options) (*Reader, error) {
	refs, err := newReferences(o.Batch)
	if err != nil {
		return nil, err
	}
	d, err := readDefaults(o)
	if err != nil {
		return nil, err
	}
	out := &Reader{format: o.Format, defaults: d, refs: refs, hash: sha256.New()}
	out.src = newSource(io.TeeReader(r, out.hash))
	if err := out.open(); err != nil {
		return nil, err
	}
	row, err := out.read()
	switch {
	case errors.Is(err, io.EOF) && out.format == CSV:
		return nil, fmt.Errorf("line %d: the file has a header and no rows; write a row for each order below it", out.src.no)
	case errors.Is(err, io.EOF):
		return nil, errEmpty
	case err == nil && out.format == NDJSON:
		if problem := notLines(row.Cells[0]); problem != "" {
			return nil, fmt.Errorf("line %d: %s", row.Line, problem)
		}
	}
	out.ahead, out.aheadErr = &row, err
	return out, nil
}

// Format is the file's, never Auto.
func (r *Reader) Format() Format { return r.format }

// Columns are the header's own words, in order; nil for NDJSON.
func (r *Reader) Columns() []string {
	if r.header == nil {
		return nil
	}
	return r.header.names
}

// Ignored are the columns that are carried and not understood. A results file's own are not among them.
func (r *Reader) Ignored() []string {
	if r.header == nil {
		return nil
	}
	return r.header.ignored
}

// BrokenError says where a file cannot be read on, and why: by what is written there, or because its source failed.
type BrokenError struct{ err error }

func (e *BrokenError) Error() string { return e.err.Error() }
func (e *BrokenError) Unwrap() error { return e.err }

// Next gives io.EOF behind the last row. Any other error is a *BrokenError and ends the file, because behind it nobody knows where
// rows begin: it says at which line, and that the rows before it are not the whole file. Who must not order
// half a file reads it to its end before he orders.
func (r *Reader) Next() (Row, error) {
	if r.err != nil {
		return Row{}, r.err
	}
	var row Row
	var err error
	if r.ahead != nil {
		row, err = *r.ahead, r.aheadErr
		r.ahead = nil
	} else {
		row, err = r.read()
	}
	if err != nil {
		if r.err = err; errors.Is(err, io.EOF) {
			r.sum = hex.EncodeToString(r.hash.Sum(nil))
		} else {
			r.err = &BrokenError{err}
		}
		return Row{}, r.err
	}
	return row, nil
}

// Sum is the SHA-256 of the file in hex once Next has said io.EOF, before that "".
func (r *Reader) Sum() string { return r.sum }
