package office

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"orderq/tasks"
)

// ErrLongLine: a line that cannot be an intent. The rest of it is passed over.
var ErrLongLine = fmt.Errorf("has more than %d bytes, no intent is that long", tasks.MaxIntent)

// Lines reads a file line by line, with its memory bounded whatever the file.
type Lines struct {
	from *bufio.Reader
	n    int
}

// NewLines reads r to its end.
func NewLines(r io.Reader) *Lines { return &Lines{from: bufio.NewReaderSize(r, tasks.MaxIntent+2)} }

// Next gives the next line that is not blank, and its number from 1; io.EOF at the end. The text is the
// caller's to keep. After ErrLongLine reading goes on with the line behind.
func (l *Lines) Next() (text []byte, n int, err error) {
	for {
		l.n++
		text, err = l.from.ReadSlice('\n')
		long := false
		for errors.Is(err, bufio.ErrBufferFull) {
			long = true
			_, err = l.from.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, l.n, fmt.Errorf("read line %d: %w", l.n, err)
		}
		if long {
			return nil, l.n, ErrLongLine
		}
		if l.n == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // some editors begin a file so
		}
		if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 {
			return bytes.Clone(trimmed), l.n, nil
		}
		if err != nil {
			return nil, l.n, io.EOF
		}
	}
}

// Line is one of them, or why it could not be read.
type Line struct {
	Text []byte
	N    int
	Err  error
}

// All gives every line until the end, a failure to read (given as the last line), or the end of ctx. The
// goroutine that reads is left behind where ctx ends while it waits for its input: nothing ends a read of a
// terminal, and a command that was interrupted must not wait for it.
func (l *Lines) All(ctx context.Context) <-chan Line {
	out := make(chan Line)
	go func() {
		defer close(out)
		for {
			text, n, err := l.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			select {
			case out <- Line{text, n, err}:
			case <-ctx.Done():
				return
			}
			if err != nil && !errors.Is(err, ErrLongLine) {
				return
			}
		}
	}()
	return out
}
