package journal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// damageBehindHeader flips a byte in the record after the header.
func damageBehindHeader(t *testing.T, dir, name string) {
	t.Helper()
	change(t, dir, name, func(b []byte) []byte {
		b[bytes.IndexByte(b, '\n')+20] ^= 1
		return b
	})
}

func change(t *testing.T, dir, name string, how func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(dir, name+suffix)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// In place: a new file would have no lock on it.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(how(b)); err != nil {
		t.Fatal(err)
	}
}

// read gives "reference result" per entry, with ? where there is no outcome.
func read(dir string) (lines []string, errs []error) {
	for e, err := range Read(dir) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		result := "?"
		if e.Outcome != nil {
			result = e.Outcome.Result
		}
		lines = append(lines, e.Attempt.Reference+" "+result)
	}
	return lines, errs
}

func TestReadGivesBackWhatWasWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir, at(day))
	a := attempt("r-1")
	o := Outcome{Reference: "r-1", Result: "done", OrderNo: "3048571730026938368", TransactionNo: "T1", OrderStatus: "succeed",
		InstanceID: "i", RequestID: "q", Code: "success", Reason: "ok\nand \"more\""}
	if err := j.Begin(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if err := j.End(o); err != nil {
		t.Fatal(err)
	}
	a.At, o.At, o.Nonce = day, day, "n"
	h := header()
	h.Version, h.PID, h.Started = Version, os.Getpid(), day
	h.Host, _ = os.Hostname()
	want := []Entry{{Journal: j.Name(), Header: h, Attempt: a, Outcome: &o, Alive: true}}
	var got []Entry
	for e, err := range Read(dir) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadTellsTheDeadFromTheLiving(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	living, _ := holder(t, dir)
	dead, kill := holder(t, dir)
	kill()
	alive := map[string]bool{}
	for e, err := range Read(dir) {
		if err != nil {
			t.Fatal(err)
		}
		alive[e.Journal] = e.Alive
	}
	if !alive[living] || alive[dead] || len(alive) != 2 {
		t.Errorf("got %v, want %s alive and %s not", alive, living, dead)
	}
}

func TestATornEndIsPassedOverAtEveryByte(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir, at(day))
	begin(t, j, "r-1")
	whole := j.Size()
	begin(t, j, "r-2")
	full, err := os.ReadFile(filepath.Join(dir, j.Name()+suffix))
	if err != nil {
		t.Fatal(err)
	}
	for n := int(whole); n < len(full); n++ {
		for _, tail := range []string{"", "\x00\x00\x00", "\x00\n"} {
			var refs []string
			err := scan(strings.NewReader(string(full[:n])+tail), "torn", func(r record) {
				if r.Begin != nil {
					refs = append(refs, r.Begin.Reference)
				}
			})
			if err != nil || len(refs) != 1 {
				t.Fatalf("cut at %d with tail %q: read %v, %v, want r-1 alone", n, tail, refs, err)
			}
		}
	}
}

func TestDamageInTheMiddleIsAnErrorBehindWhatCanBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	begin(t, j, "r-1")
	begin(t, j, "r-2")
	end(t, j, "r-1", "done")
	damageBehindHeader(t, dir, j.Name())
	lines, errs := read(dir)
	if diff := cmp.Diff([]string{"r-1 done", "r-2 ?"}, lines); diff != "" {
		t.Error(diff)
	}
	if len(errs) != 1 || !errors.Is(errs[0], ErrDamaged) || !strings.Contains(errs[0].Error(), j.Name()) {
		t.Errorf("got %v, want ErrDamaged with the file's name", errs)
	}
}

func TestARecordLongerThanAnyIsDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	begin(t, j, "r-1")
	change(t, dir, j.Name(), func(b []byte) []byte {
		last := b[bytes.IndexByte(b, '\n')+1:]
		head := bytes.Clone(b[:len(b)-len(last)])
		return append(append(head, bytes.Repeat([]byte("x"), 3*maxLine)...), append([]byte("\n"), last...)...)
	})
	lines, errs := read(dir)
	if diff := cmp.Diff([]string{"r-1 ?"}, lines); diff != "" {
		t.Error(diff)
	}
	if len(errs) != 1 || !errors.Is(errs[0], ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", errs)
	}
}

func TestABadFileDoesNotHideTheOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, content, want string
	}{
		{"empty", "", "no header"},
		{"not a journal", "hello\nworld\n", "no header"},
		{"another version", versioned(t, 2), "version 2, this program reads 1"},
		{"no header but records", headless(t), "no header"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "aaa-1-00"+suffix), []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		j := open(t, dir)
		if j.Name() < "aaa" {
			t.Log("the bad file comes second on this host")
		}
		begin(t, j, "r-1")
		lines, errs := read(dir)
		if len(lines) != 1 || len(errs) != 1 || !strings.Contains(errs[0].Error(), c.want) {
			t.Errorf("%s: read %v, %v, want r-1 and %q", c.name, lines, errs, c.want)
		}
	}
}

func versioned(t *testing.T, v int) string {
	t.Helper()
	h := header()
	h.Version = v
	line, err := record{Open: &h}.encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

func headless(t *testing.T) string {
	t.Helper()
	a := attempt("r-1")
	line, err := record{Begin: &a}.encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

func TestAReaderMayStopEarly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	begin(t, j, "r-1")
	end(t, j, "r-1", "done")
	begin(t, j, "r-2")
	begin(t, j, "r-3")
	for stop := 1; stop <= 3; stop++ {
		n := 0
		for range Read(dir) {
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Errorf("stopped after %d, want %d", n, stop)
		}
	}
}

func TestAFolderThatIsNotThereHasNoJournals(t *testing.T) {
	t.Parallel()
	if lines, errs := read(filepath.Join(t.TempDir(), "none")); lines != nil || errs != nil {
		t.Errorf("got %v, %v", lines, errs)
	}
}

func TestALongTextIsCutAtARunesEdge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	begin(t, j, "r-1")
	if err := j.End(Outcome{Reference: "r-1", Result: "refused", Reason: "x" + strings.Repeat("ü", maxLine)}); err != nil {
		t.Fatal(err)
	}
	_, o, err := Sender(dir, j.Name(), "r-1", "n")
	if err != nil || o == nil {
		t.Fatal(o, err)
	}
	if len(o.Reason) > maxText || len(o.Reason) < maxText-4 || strings.ContainsRune(o.Reason, '\uFFFD') {
		t.Errorf("%d bytes, ends in %q", len(o.Reason), o.Reason[len(o.Reason)-4:])
	}
}

// FuzzRead: whatever is in a file, reading it neither panics nor makes up records, and a cut of a good
// file is never damage.
func FuzzRead(f *testing.F) {
	h, a, o := header(), attempt("r-1"), Outcome{Reference: "r-1", Result: "done"}
	h.Version = Version
	var good []byte
	for _, r := range []record{{Open: &h}, {Begin: &a}, {End: &o}} {
		line, err := r.encode()
		if err != nil {
			f.Fatal(err)
		}
		good = append(good, line...)
	}
	f.Add(good, 10)
	f.Add(good[:len(good)-3], 300)
	f.Add([]byte("00000000 {}\n"), 0)
	f.Add(append(bytes.Clone(good), "\n\n\x00"...), 0)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		heads := 0
		if err := scan(bytes.NewReader(b), "fuzzed", func(r record) {
			if r.Open != nil {
				heads++
			}
			line, err := r.encode()
			if err != nil {
				return // longer once it is written in full
			}
			if _, err := decode(line[:len(line)-1]); err != nil {
				t.Fatalf("%q does not read back", line)
			}
		}); err == nil && heads != 1 {
			t.Fatalf("%d headers without an error", heads)
		}
		if head := bytes.IndexByte(good, '\n') + 1; n >= head && n <= len(good) {
			if err := scan(bytes.NewReader(good[:n]), "cut", func(record) {}); err != nil {
				t.Fatalf("cut at %d: %v", n, err)
			}
		}
	})
}
