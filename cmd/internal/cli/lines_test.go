package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"orderq/cmd/internal/office"
	"orderq/tasks"
)

func TestLinesAreNumberedAndBlankOnesPassedOver(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", tasks.MaxIntent+10)
	from := office.NewLines(iotest.HalfReader(strings.NewReader("\xef\xbb\xbfone\r\n\n  \ntwo\n" + long + "\nthree")))
	for _, want := range []struct {
		text string
		n    int
		err  error
	}{{"one", 1, nil}, {"two", 4, nil}, {"", 5, office.ErrLongLine}, {"three", 6, nil}, {"", 7, io.EOF}} {
		text, n, err := from.Next()
		if string(text) != want.text || !errors.Is(err, want.err) || err == nil && n != want.n {
			t.Fatalf("got %.20q, line %d, %v; want %q, %d, %v", text, n, err, want.text, want.n, want.err)
		}
	}
}

func TestTheLongestIntentIsNoLongLine(t *testing.T) {
	t.Parallel()
	text, _, err := office.NewLines(strings.NewReader(strings.Repeat("x", tasks.MaxIntent) + "\r\n")).Next()
	if err != nil || len(text) != tasks.MaxIntent {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestAFileThatCannotBeReadIsNotItsEnd(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	var last office.Line
	for l := range office.NewLines(io.MultiReader(strings.NewReader("one\n"), iotest.ErrReader(broken))).All(t.Context()) {
		last = l
	}
	if !errors.Is(last.Err, broken) {
		t.Errorf("last line: %+v", last)
	}
}

func TestAnInterruptDoesNotWaitForTheTerminal(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe() // a terminal at which nobody types
	defer w.Close()
	cancel()
	d := newDesk(t)
	out, err := newTap(), newTap()
	if code := Run(ctx, []string{"order", "place", "--file", "-"}, d.lookup, r, out, err); code != exitFailed {
		t.Errorf("exit %d, want 1", code)
	}
}
