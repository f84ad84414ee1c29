package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// MaxRow is the longest row in bytes, the same as the longest intent (tasks.MaxIntent): a row that is longer
// is a quote that never closes or no row at all.
const MaxRow = 64 << 10

// line is one line of the file as it stands there.
type line struct {
	no     int    // from 1
	text   []byte // without its end, at most MaxRow bytes; good until the next call
	end    string // "\n", "\r\n", "\r", or "" where the file ends
	over   bool   // the line is longer than text
	quotes bool   // there is a quote in what text leaves out
}

// source cuts a file into lines in bounded memory, and refuses bytes that no format has.
type source struct {
	br  *bufio.Reader
	cr  bool // the file's lines end in CR alone, as on old Macs
	no  int
	buf []byte
}

func newSource(r io.Reader) *source { return &source{br: bufio.NewReaderSize(r, MaxRow)} }

// next gives io.EOF after the last line. A line of 64 KiB and more is read to its end and not kept.
func (s *source) next() (line, error) {
	l := line{no: s.no + 1}
	s.buf = s.buf[:0]
	for some := false; ; some = true {
		if _, err := s.br.Peek(1); err != nil {
			if !errors.Is(err, io.EOF) {
				return l, fmt.Errorf("line %d: %w", l.no, err)
			}
			if !some {
				return l, io.EOF
			}
			break
		}
		chunk, _ := s.br.Peek(s.br.Buffered()) // what is buffered is there
		at := bytes.IndexByte(chunk, '\n')
		if s.cr {
			at = bytes.IndexAny(chunk, "\r\n")
		}
		if at < 0 {
			s.keep(&l, chunk)
			s.drop(len(chunk))
			continue
		}
		s.keep(&l, chunk[:at])
		first := chunk[at]
		s.drop(at)
		l.end = s.ending(first)
		break
	}
	s.no++
	if l.end == "\n" && len(s.buf) > 0 && s.buf[len(s.buf)-1] == '\r' && !l.over {
		s.buf, l.end = s.buf[:len(s.buf)-1], "\r\n"
	}
	l.text = s.buf
	return l, s.refuse(l)
}

// ending takes the line's end off the input.
func (s *source) ending(first byte) string {
	if first == '\r' {
		if two, _ := s.br.Peek(2); string(two) == "\r\n" {
			s.drop(2)
			return "\r\n"
		}
	}
	s.drop(1)
	return string(first)
}

// drop passes over bytes that are buffered, which cannot fail.
func (s *source) drop(n int) { _, _ = s.br.Discard(n) }

func (s *source) keep(l *line, chunk []byte) {
	if room := MaxRow - len(s.buf); len(chunk) > room {
		l.over = true
		l.quotes = l.quotes || bytes.IndexByte(chunk[room:], '"') >= 0
		chunk = chunk[:room]
	}
	s.buf = append(s.buf, chunk...)
}

// refuse ends the file at a line that shows it to be another kind of file. What came before may have been
// plain ASCII, which looks the same in every encoding.
func (s *source) refuse(l line) error {
	if at := bytes.IndexByte(l.text, 0); at >= 0 {
		return fmt.Errorf("line %d: byte %d is a NUL, which no text has: the file is damaged or no text; export it again as CSV UTF-8", l.no, at+1)
	}
	if l.over || utf8.Valid(l.text) { // a cut may go through a character
		return nil
	}
	for i := 0; ; {
		r, size := utf8.DecodeRune(l.text[i:])
		if r == utf8.RuneError && size <= 1 {
			return fmt.Errorf("line %d: byte %d (0x%02X) is not UTF-8, so the file was saved in an older encoding: %s", l.no, i+1, l.text[i], saveAs)
		}
		i += size
	}
}

// saveAs is the way out of most wrong files.
const saveAs = `save it as CSV UTF-8 (Excel: Save As, "CSV UTF-8 (Comma delimited)"; LibreOffice: Save As, Text CSV, character set UTF-8)`
