package sheet

import (
	"bytes"
	"errors"
	"strings"
)

// sniffed is how many bytes are looked at before anything is read. A shorter file is looked at whole.
const sniffed = 512

// others are files that people hand in for a sheet, by how they begin.
var others = []struct{ magic, message string }{
	{"PK\x03\x04", "this is a zip file, most likely an Excel (.xlsx) or LibreOffice (.ods) workbook; open it and " + saveAs},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this is an old Excel workbook (.xls); open it and " + saveAs},
	{"%PDF", "this is a PDF, which has no rows; export CSV UTF-8 from where the PDF was made"},
	{"\x1f\x8b", "this is compressed with gzip; unpack it first: gunzip FILE"},
	{"\xff\xfe", "this is UTF-16 (Excel: \"Unicode Text\"); " + saveAs},
	{"\xfe\xff", "this is UTF-16 (Excel: \"Unicode Text\"); " + saveAs},
	{`{"orderq":"plan"`, "this is a plan and not what it was made of; apply it by the name of its file: orderq batch apply PLAN"},
}

const isHTML = "this is a web page (HTML), not a sheet: some portals name it .xls or .csv, or it is the page that asks you to sign in; open it in Excel and " + saveAs

// unreadable says by its first bytes why a file is no sheet, or nothing.
func unreadable(head []byte) error {
	for _, o := range others {
		if bytes.HasPrefix(head, []byte(o.magic)) {
			return errors.New(o.message)
		}
	}
	low := strings.ToLower(string(bytes.TrimSpace(head)))
	for _, tag := range []string{"<!doctype", "<html", "<?xml", "<table", "<head"} {
		if strings.HasPrefix(low, tag) {
			return errors.New(isHTML)
		}
	}
	if everyOther(head) {
		return errors.New("this is UTF-16 without its mark (every other byte is NUL); " + saveAs)
	}
	return nil
}

// everyOther says whether NULs stand in every other byte, as ASCII has them in UTF-16.
func everyOther(head []byte) bool {
	var nuls [2]int
	for i, c := range head {
		if c == 0 {
			nuls[i%2]++
		}
	}
	half := len(head) / 2
	return half > 1 && (nuls[0] >= half-half/8 && nuls[1] == 0 || nuls[1] >= half-half/8 && nuls[0] == 0)
}

// formatOf is Auto's answer. An array is refused later, by name.
func formatOf(head []byte) Format {
	if t := bytes.TrimSpace(head); len(t) > 0 && (t[0] == '{' || t[0] == '[') {
		return NDJSON
	}
	return CSV
}

// layout is how a CSV file's first line is written.
type layout struct {
	comma byte
	cr    bool // it ends in CR alone
	sep   bool // it is Excel's "sep=;", and the header is the next line
	whole bool // its end was seen
}

// layoutOf looks at the first line that is not empty. The delimiter is what it has most of outside quotes;
// one column has none, and then it is a comma.
func layoutOf(head []byte) layout {
	l := layout{comma: ','}
	counts := map[byte]int{}
	quoted, some := false, false
	from := 0
	for i, c := range head {
		switch {
		case c == '"':
			quoted, some = !quoted, true
		case quoted:
		case c == '\r' || c == '\n':
			if c == '\r' && i+1 == len(head) {
				return l // what follows decides
			}
			l.cr = l.cr || c == '\r' && head[i+1] != '\n'
			if some {
				l.whole = true
				l.decide(string(head[from:i]), counts)
				return l
			}
			from, counts = i+1, map[byte]int{}
		case c == ',' || c == ';' || c == '\t':
			counts[c]++
		case c != ' ':
			some = true
		}
	}
	l.decide(string(head[from:]), counts)
	return l
}

func (l *layout) decide(first string, counts map[byte]int) {
	if rest, ok := strings.CutPrefix(strings.ToLower(first), "sep="); ok && len(rest) == 1 && strings.Contains(",;\t", rest) {
		l.comma, l.sep = rest[0], true
		return
	}
	most := 0
	for _, c := range []byte("\t;,") { // of equals the one that names have less often
		if counts[c] > most {
			l.comma, most = c, counts[c]
		}
	}
}
