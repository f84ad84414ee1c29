package cli

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"orderq/cmd/internal/office"
	"orderq/tasks"
)

// FuzzLines: of whatever file, every line that is not blank comes once, in order, with its own number, or as
// one that is too long; none is joined with another, and none is lost behind one that is.
func FuzzLines(f *testing.F) {
	f.Add([]byte("\xef\xbb\xbfone\r\n\n  \ntwo"), 0, 0)
	f.Add([]byte("one\n\xef\xbb\xbf\n\xef\xbb\xbfthree\n"), 0, 0)
	f.Add([]byte("\n\xef\xbb\xbf\nthree\n"), tasks.MaxIntent+1, 1)
	f.Add([]byte("a\nb\n"), tasks.MaxIntent+2, 0)
	f.Add([]byte("a\r\nb"), tasks.MaxIntent, 1)
	f.Add([]byte("a\nb"), 3*tasks.MaxIntent, 3)
	f.Add([]byte("\x00\xff\n\v\f\n\u0085\u00a0\n"), 0, 9)
	f.Fuzz(func(t *testing.T, file []byte, pad, at int) {
		at = min(max(at, 0), len(file))
		file = bytes.Join([][]byte{file[:at], bytes.Repeat([]byte("x"), min(max(pad, 0), 4*tasks.MaxIntent)), file[at:]}, nil)
		var kept, wanted [][]byte
		from := office.NewLines(iotest.HalfReader(bytes.NewReader(file)))
		for i, want := range bytes.SplitAfter(file, []byte("\n")) {
			bare, ended := bytes.CutSuffix(want, []byte("\n"))
			long := len(bare) > tasks.MaxIntent+2 || len(bare) == tasks.MaxIntent+2 && !ended || ended && len(want) > tasks.MaxIntent+2
			if i == 0 {
				bare = bytes.TrimPrefix(bare, []byte("\xef\xbb\xbf"))
			}
			if bare = bytes.TrimSpace(bare); len(bare) == 0 && !long {
				continue
			}
			text, n, err := from.Next()
			if n != i+1 || long != errors.Is(err, office.ErrLongLine) || !long && (err != nil || !bytes.Equal(text, bare)) {
				t.Fatalf("line %d, %.40q, %v; want line %d, %.40q, too long is %v", n, text, err, i+1, bare, long)
			}
			if !long {
				kept, wanted = append(kept, text), append(wanted, bare)
			}
		}
		if !slices.EqualFunc(kept, wanted, bytes.Equal) {
			t.Fatal("a line changed while the next was read")
		}
		if text, n, err := from.Next(); !errors.Is(err, io.EOF) {
			t.Fatalf("one line more: %d, %.40q, %v", n, text, err)
		}
	})
}
