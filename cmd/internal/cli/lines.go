package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"orderq/tasks"
)

// errLongLine: a line that cannot be an intent. The rest of it is passed over.
var errLongLine = fmt.Errorf("has more than %d bytes, no intent is that long", tasks.MaxIntent)

// lines reads a file line by line, with its memory bounded whatever the file.
type lines struct {
	from *bufio.Reader
	n    int
}

func newLines(r io.Reader) *lines { return &lines{from: bufio.NewReaderSize(r, tasks.MaxIntent+2)} }

// next gives the next line that is not blank, and its number from 1; io.EOF at the end. The text is the
// caller's to keep. After errLongLine reading goes on with the line behind.
func (l *lines) next() (text []byte, n int, err error) {
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
			return nil, l.n, errLongLine
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

// line is one of them, or why it could not be read.
type line struct {
	text []byte
	n    int
	err  error
}

// all gives every line until the end, a failure to read (given as the last line), or the end of ctx. The
// goroutine that reads is left behind where ctx ends while it waits for its input: nothing ends a read of a
// terminal, and a command that was interrupted must not wait for it.
func (l *lines) all(ctx context.Context) <-chan line {
	out := make(chan line)
	go func() {
		defer close(out)
		for {
			text, n, err := l.next()
			if errors.Is(err, io.EOF) {
				return
			}
			select {
			case out <- line{text, n, err}:
			case <-ctx.Done():
				return
			}
			if err != nil && !errors.Is(err, errLongLine) {
				return
			}
		}
	}()
	return out
}
