package sheet

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

func TestOtherFilesAreRefusedByName(t *testing.T) {
	t.Parallel()
	utf16 := func(text string, little bool) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			if little {
				b.WriteString(string([]byte{c, 0}))
			} else {
				b.WriteString(string([]byte{0, c}))
			}
		}
		return b.String()
	}
	for _, c := range []struct{ name, content, want string }{
		{"nothing", "", "the file is empty; begin with a header"},
		{"only space", " \r\n\n\t\n", "the file is empty; begin"},
		{"only a BOM", "\ufeff", "the file is empty"},
		{"only sep=", "sep=;\r\n", "the file is empty"},
		{"PDF", "%PDF-1.7\n", "this is a PDF"},
		{"gzip", "\x1f\x8b\x08\x00", "compressed with gzip; unpack it first: gunzip"},
		{"a plan", `{"orderq":"plan","version":1,"name":"nov"}` + "\n", "this is a plan"},
		{"UTF-16, big end first", "\xfe\xff" + utf16(head, false), "this is UTF-16"},
		{"UTF-16 without a mark", utf16(head+good, true), "this is UTF-16 without its mark"},
		{"the other way", utf16(head+good, false), "this is UTF-16 without its mark"},
		{"a NUL", head + good + "\x00", "line 3: byte 1 is a NUL"},
		{"a table of HTML", "<table><tr><td>SN", "this is a web page (HTML)"},
		{"an array", `[{"kind":"subscribe_ha"}]`, "line 1: this is a JSON array; write one object per line, not an array: jq -c '.[]'"},
		{"an array over lines", "\n[\n{}\n]", "line 2: this is a JSON array"},
		{"an object over lines", "{\n \"kind\": \"subscribe_ha\"\n}", "line 1: this is a JSON object over several lines; write one object per line: jq -c"},
		{"pipes", "SN|Type\nA|B\n", `the columns found are "SN|Type" (columns are separated by comma, semicolon or tab)`},
		{"a header in quotes that never close", "SN,\"Type\n" + good, `a quote opens cell 2 and is not closed`},
		{"a header with a quote inside", "SN,Ty\"pe\n" + good, "line 1: column 2 of the header has a quote inside"},
		{"a header without end", strings.Repeat("x", 2*MaxRow), "line 1: the header is longer than 64 KiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := all(t, c.content, Options{Batch: "b"})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("it says %v, want %q", err, c.want)
			}
		})
	}
}

func TestEverySpellingOfTheSameFileIsTheSame(t *testing.T) {
	t.Parallel()
	plain := "SN,Type,Qty,\"Plan,\nName\",Note\n" + sn + `,extensions,10,Enterprise Plan,"a` + "\n" + `b"` + "\n\n,,,,\n" + sn + ",HA,,,\n"
	plain = strings.Replace(plain, "Plan,\nName", "Plan\nName", 1)
	want := refsOf(t, plain)
	for name, text := range map[string]string{
		"BOM":          "\ufeff" + plain,
		"CRLF":         strings.ReplaceAll(plain, "\n", "\r\n"),
		"CR":           strings.ReplaceAll(plain, "\n", "\r"),
		"semicolons":   strings.ReplaceAll(plain, ",", ";"),
		"tabs":         strings.ReplaceAll(plain, ",", "\t"),
		"empty lines":  "\n\n" + strings.ReplaceAll(plain, "\n"+sn, "\n\n  \n"+sn),
		"sep=":         "sep=;\r\n" + strings.ReplaceAll(plain, ",", ";"),
		"a comma more": strings.ReplaceAll(plain, "\n"+sn+",HA,,,", "\n"+sn+",HA,,, ,,"),
		"cells less":   strings.ReplaceAll(plain, "HA,,,", "HA"),
	} {
		if got := refsOf(t, text); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func refsOf(t *testing.T, text string) []string {
	t.Helper()
	r, rows := read(t, text, Options{})
	for _, row := range rows {
		if row.Invalid != nil || len(row.Cells) != len(r.Columns()) {
			t.Fatalf("%s: %v, %q", row.Where(), row.Invalid, row.Cells)
		}
	}
	if len(rows) != 2 || rows[1].N != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	sum := sha256.Sum256([]byte(text))
	if r.Sum() != hex.EncodeToString(sum[:]) {
		t.Errorf("sum %s", r.Sum())
	}
	return refs(rows)
}

func TestTheSumIsOfAFileThatWasReadToItsEnd(t *testing.T) {
	t.Parallel()
	r, err := NewReader(strings.NewReader(head+good), Options{Batch: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != nil || r.Sum() != "" {
		t.Errorf("after one row: %q, %v", r.Sum(), err)
	}
	for range 2 { // the end stays the end
		if _, err := r.Next(); err == nil || len(r.Sum()) != 64 {
			t.Errorf("at the end: %q, %v", r.Sum(), err)
		}
	}
}

func TestTheDelimiterIsWhatTheHeaderHasMostOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		head  string
		comma byte
	}{
		{"a,b,c\n", ','}, {"a;b;c\n", ';'}, {"a\tb\n", '\t'}, {"a\n", ','}, {"", ','}, {`"a,b,c";d` + "\n", ';'},
		{"a;b, or c;d\n", ';'}, {"a,b;c\n", ';'}, {"\"a\n,,,\";b\n", ';'}, {"\n\na;b\n,,,,\n", ';'}, {"sep=\t\na,b,c\n", '\t'},
		{"sep=|\na,b", ','},
	} {
		if got := layoutOf([]byte(c.head)); got.comma != c.comma {
			t.Errorf("%q: %q, want %q", c.head, got.comma, c.comma)
		}
	}
}
