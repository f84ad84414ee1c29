package tasks

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is one thing that is wrong with an intent, for the person who wrote it.
type Problem struct {
	Field   string `json:"field,omitempty"` // the JSON name; "" for the intent as a whole
	Value   string `json:"value,omitempty"` // as given, at most 64 characters, controls escaped; "" if missing
	Message string `json:"message"`         // what is wrong and the way out
}

// String reads: quantity "12.5": must be a whole number from 1 to 1000000, e.g. 12
func (p Problem) String() string {
	where := p.Field
	if where == "" {
		where = "intent"
	}
	switch {
	case p.Value == "":
	case isInteger(p.Value):
		where += " " + p.Value
	default:
		where += ` "` + p.Value + `"`
	}
	return where + ": " + p.Message
}

// Invalid is everything that is wrong with an intent, in the order of the contract's fields as far as
// one reading found it.
type Invalid struct {
	Problems []Problem
}

func (e *Invalid) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "; ")
}

// maxProblems bounds an error's length: 64 KiB of rubbish has thousands of them, and nobody reads past
// the first few.
const maxProblems = 20

func (e *Invalid) add(field, value, format string, args ...any) {
	if len(e.Problems) > maxProblems {
		return
	}
	if len(e.Problems) == maxProblems {
		e.Problems = append(e.Problems, Problem{Message: "there are more problems; put these right first"})
		return
	}
	e.Problems = append(e.Problems, Problem{Field: field, Value: Shown(value), Message: fmt.Sprintf(format, args...)})
}

func (e *Invalid) has(field string) bool {
	for _, p := range e.Problems {
		if p.Field == field {
			return true
		}
	}
	return false
}

// orNil avoids the error that is not nil and says nothing.
func (e *Invalid) orNil() error {
	if len(e.Problems) == 0 {
		return nil
	}
	return e
}

// Shown is a caller's value made fit for a message or a log line: at most 64 characters, and whatever does
// not print (controls, bidirectional marks, invisible spaces, broken UTF-8) escaped.
func Shown(value string) string {
	var b strings.Builder
	for i, n := 0, 0; i < len(value); n++ {
		if n == 64 {
			b.WriteString("…")
			break
		}
		r, size := utf8.DecodeRuneInString(value[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, value[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += size
	}
	return b.String()
}

func isInteger(s string) bool {
	s = strings.TrimPrefix(s, "-")
	if s == "" {
		return false
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}
