package api_test

import (
	"bufio"
	"io"
)

// newPipe is a body that is sent piece by piece; an empty piece ends it.
func newPipe() (body io.ReadCloser, feed func(string)) {
	r, w := io.Pipe()
	return r, func(text string) {
		if text == "" {
			_ = w.Close()
			return
		}
		_, _ = io.WriteString(w, text) // who reads no more has a reason that the test sees
	}
}

func newScanner(r io.Reader) *bufio.Scanner { return bufio.NewScanner(r) }
