package queues

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// exact writes a payload or a result so that asynqmon's script shows it as it is. The script parses what is JSON and
// writes it anew, as JavaScript does: a number that would come back otherwise becomes a string, and what is JSON to a
// browser but not to us (keys that come twice) is marked, so that it is left alone.
func exact(text []byte) string {
	if !utf8.Valid(text) {
		return "not text: " + strconv.Quote(string(text))
	}
	var out bytes.Buffer
	from := jsontext.NewDecoder(bytes.NewReader(text))
	to := jsontext.NewEncoder(&out)
	for {
		t, err := from.ReadToken()
		if err == io.EOF {
			break
		}
		if err == nil && t.Kind() == '0' && !survives(t.String()) {
			t = jsontext.String(t.String())
		}
		if err == nil {
			err = to.WriteToken(t)
		}
		if err != nil {
			return "not strict JSON: " + string(text)
		}
	}
	return strings.TrimSpace(out.String())
}

// survives says that a number comes back from JavaScript digit for digit.
func survives(number string) bool {
	const most = 15 // digits that every float64 keeps
	digits := strings.TrimPrefix(number, "-")
	whole, part, broken := strings.Cut(digits, ".")
	if strings.ContainsAny(digits, "eE") || len(whole)+len(part) > most || number == "-0" {
		return false
	}
	// JavaScript writes small numbers with an exponent, and no zeros at the end.
	return !broken || !strings.HasSuffix(part, "0") && !strings.HasPrefix(part, "00000")
}
