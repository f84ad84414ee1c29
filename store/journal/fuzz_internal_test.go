package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// written gives a real file's lines: a header, then one record per letter of plan. Capitals begin an attempt,
// small letters end it; a digit is the passage through the gate that those behind it are of, as after a Redis
// that forgot; all else is left out.
func written(t testing.TB, plan string) [][]byte {
	t.Helper()
	h := header()
	h.Version, h.Started = Version, day
	records := []record{{Open: &h}}
	nonce := "n"
	for _, c := range plan {
		ref := "r-" + strings.ToUpper(string(c))
		switch {
		case c >= '0' && c <= '9':
			nonce = "n" + string(c)
		case c >= 'A' && c <= 'Z':
			a := attempt(ref)
			a.Nonce, a.At = nonce, day
			records = append(records, record{Begin: &a})
		case c >= 'a' && c <= 'z':
			records = append(records, record{End: &Outcome{Reference: ref, Nonce: nonce, Result: "done", OrderNo: fmt.Sprint("EK", len(records)), At: day}})
		}
	}
	var lines [][]byte
	for _, r := range records {
		line, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

// harmed is a real file that was cut, had bits turned over (two bytes of place and one of bit each) and had
// something written behind it, and the lines that it was made of.
func harmed(t *testing.T, plan string, cut int, flips, tail []byte) (lines [][]byte, file []byte) {
	t.Helper()
	lines = written(t, plan[:min(len(plan), 60)])
	file = bytes.Join(lines, nil)
	file = file[:min(max(cut, 0), len(file))]
	for ; len(flips) >= 3 && len(file) > 0; flips = flips[3:] {
		at := (int(flips[0])<<8 | int(flips[1])) % len(file)
		file[at] ^= 1 << (flips[2] & 7)
	}
	return lines, append(file, tail...)
}

func harms(f *testing.F) {
	f.Add("AaBbCc", 1<<20, []byte(nil), []byte(nil))
	f.Add("ABCabc", 300, []byte{0, 10}, []byte(nil))
	f.Add("ABab", 1<<20, []byte{1, 2, 3, 40, 1, 0}, []byte("\x00\x00"))
	f.Add("AaAa", 700, []byte{0, 1, 255}, []byte("\n\nx\n"))
	f.Add("A1Aa0a1aA", 1<<20, []byte(nil), []byte(nil))
	f.Add("", 0, []byte(nil), []byte("\n"))
	last := len(bytes.Join(written(f, "A"), nil)) - 1 // its line's end
	f.Add("A", 1<<20, []byte{byte(last >> 8), byte(last), 0}, []byte(nil))
	f.Add("Aa", 1<<20, []byte(nil), written(f, "")[0]) // a header is one at the start alone
	f.Add("AAaaBz", 1<<20, []byte(nil), bytes.Repeat([]byte("x"), 100))
}

// told is what the package comment promises of a file, said by whole lines: which of those that were written
// are given, and whether it is an error.
func told(file []byte, lines [][]byte) (given [][]byte, damaged bool) {
	parts := bytes.SplitAfter(file, []byte("\n"))
	if !bytes.Equal(parts[0], lines[0]) {
		return nil, true
	}
	bad := false
	for i, part := range parts {
		good := slices.ContainsFunc(lines, func(l []byte) bool { return bytes.Equal(l, part) }) && (i == 0 || !bytes.Equal(part, lines[0]))
		switch {
		case good:
			given = append(given, part)
			damaged = damaged || bad
		case len(part) > 0:
			bad = true
		}
	}
	return given, damaged
}

// FuzzJournalHarm: a real file is cut and harmed. What is given was written, in its order; all that can be
// read is given; a torn end is no error, and a bad place with readable records behind it is ErrDamaged.
func FuzzJournalHarm(f *testing.F) {
	harms(f)
	f.Fuzz(func(t *testing.T, plan string, cut int, flips, tail []byte) {
		lines, file := harmed(t, plan, cut, flips, tail)
		want, damaged := told(file, lines)
		var got [][]byte
		err := scan(bytes.NewReader(file), "harmed", func(r record) {
			line, err := r.encode()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, line)
		})
		if !slices.EqualFunc(want, got, bytes.Equal) {
			t.Fatalf("given %q\nwant %q", got, want)
		}
		if errors.Is(err, ErrDamaged) != damaged || err != nil && !damaged {
			t.Fatalf("damaged is %v, and the error %v", damaged, err)
		}
		if len(file) >= len(lines[0]) && bytes.HasPrefix(bytes.Join(lines, nil), file) && err != nil {
			t.Fatalf("a file cut at %d is an error: %v", cut, err)
		}
	})
}

// FuzzJournalFolder: of such a file in its folder, Read gives every attempt with its outcome, Sender knows the
// last one of each, and Prune leaves whatever has something to prove.
func FuzzJournalFolder(f *testing.F) {
	harms(f)
	f.Fuzz(func(t *testing.T, plan string, cut int, flips, tail []byte) {
		lines, file := harmed(t, plan, cut, flips, tail)
		given, damaged := told(file, lines)
		inFolder(t, file, given, damaged)
	})
}

func inFolder(t *testing.T, file []byte, given [][]byte, damaged bool) {
	t.Helper()
	dir := t.TempDir()
	const name = "host-1-00"
	path := filepath.Join(dir, name+suffix)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	var open, ended []string
	last := map[[2]string]*Outcome{}
	for _, line := range given {
		r, err := decode(line[:len(line)-1])
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case r.Begin != nil:
			open = append(open, r.Begin.Reference)
			last[[2]string{r.Begin.Reference, r.Begin.Nonce}] = nil
		case r.End != nil:
			if i := slices.Index(open, r.End.Reference); i >= 0 {
				open = slices.Delete(open, i, i+1)
			}
			ended = append(ended, r.End.Reference+" "+r.End.OrderNo)
			last[[2]string{r.End.Reference, r.End.Nonce}] = r.End
		}
	}
	var unended, outcomes []string
	failed := false
	for e, err := range Read(dir) {
		switch {
		case err != nil:
			failed = true
		case e.Alive:
			t.Fatal("nobody holds it")
		case e.Outcome != nil:
			outcomes = append(outcomes, e.Attempt.Reference+" "+e.Outcome.OrderNo)
		default:
			unended = append(unended, e.Attempt.Reference)
		}
	}
	if failed != damaged {
		t.Fatalf("Read: an error is %v, damaged is %v", failed, damaged)
	}
	if !slices.Equal(open, unended) || !slices.Equal(ended, outcomes) {
		t.Fatalf("Read gives %q in flight and %q ended, want %q and %q", unended, outcomes, open, ended)
	}
	for of, want := range last {
		standing, o, err := Sender(dir, name, of[0], of[1])
		if standing != SenderFinished || (err != nil) != damaged {
			t.Fatalf("%s: its process is gone, and it is %s, %v", of, standing, err)
		}
		if diff := cmp.Diff(want, o); diff != "" {
			t.Fatalf("%s: %s", of, diff)
		}
	}
	removed, err := Prune(dir, 0, day.Add(24*time.Hour))
	if len(removed) > 0 && (damaged || err != nil || len(open) > 0) {
		t.Fatalf("removed, and it had something to prove: damaged is %v, %v, in flight %v", damaged, err, open)
	}
	if _, err := os.Stat(path); (err == nil) != (len(removed) == 0) {
		t.Fatalf("removed are %v, and the file: %v", removed, err)
	}
}

func fields(r record) (n int) {
	for _, set := range []bool{r.Open != nil, r.Begin != nil, r.End != nil} {
		if set {
			n++
		}
	}
	return n
}

// FuzzJournalBody: a line with the right checksum around any text is a record with one field, or none; what is
// one is written and read again as the same; and no such text brings a reader of the folder down.
func FuzzJournalBody(f *testing.F) {
	for _, line := range written(f, "Aa") {
		f.Add(line[9 : len(line)-1])
	}
	for _, body := range []string{`{}`, `null`, `{"open":null}`, `{"begin":{},"end":{}}`, `{"BEGIN":{"n":1e3}}`, `{"begin":{"body":"!"}}`, `{"end":{"at":"x"}}`,
		`{"begin":{"reference":"r","intent":{"a":[1,2]}}}`, `{"end":{"reason":"\u0000\ud800<&>"}}`, `{"open":{"version":1}}`, `{"open":{"version":2}}`, "{\"end\":{\"code\":\"\xff\"}}"} {
		f.Add([]byte(body))
	}
	head := written(f, "")[0]
	f.Fuzz(func(t *testing.T, body []byte) {
		framed := fmt.Appendf(nil, "%08x %s", crc32.Checksum(body, castagnoli), body)
		r, err := decode(framed)
		if err != nil {
			if !errors.Is(err, errBad) || r.Open != nil || r.Begin != nil || r.End != nil {
				t.Fatalf("%+v, %v", r, err)
			}
		} else if !json.Valid(body) || fields(r) != 1 {
			t.Fatalf("%q is a record: %+v", body, r)
		} else if line, err := r.encode(); err == nil { // or longer than a line once it is written in full
			again, err := decode(line[:len(line)-1])
			if err != nil {
				t.Fatalf("%q is not read back: %v", line, err)
			}
			if twice, err := again.encode(); err != nil || !bytes.Equal(line, twice) {
				t.Fatalf("written %q, then %q, %v", line, twice, err)
			}
		}
		if len(framed)+1 > maxLine || bytes.ContainsRune(body, '\n') {
			return
		}
		line := append(framed, '\n')
		for _, file := range [][]byte{slices.Concat(head, line), line} {
			given := 0
			scanned := scan(bytes.NewReader(file), "framed", func(record) { given++ })
			if most := bytes.Count(file, []byte("\n")); given > most {
				t.Fatalf("%d records in %d lines", given, most)
			}
			if file[0] == head[0] && bytes.HasPrefix(file, head) && scanned != nil {
				t.Fatalf("the last line is a torn end or a record: %v", scanned)
			}
		}
	})
}
