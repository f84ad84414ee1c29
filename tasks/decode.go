package tasks

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxIntent is the longest intent in bytes. The longest valid one, with twenty full labels of
// four-byte characters, has less than half of it.
const MaxIntent = 64 << 10

// maxQuantity bounds what any kind may ask for; each kind has its own, tighter rule.
const maxQuantity = 1_000_000

// rfc3339 is asked beside time.Parse, which lets hours of one digit and decimal commas through (go.dev/issue/54580).
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

// Parse is the whole way from bytes to an intent that may be accepted: Decode, Normalise, Validate.
// The error is an *Invalid with the problems of all three.
func Parse(data []byte) (Intent, error) {
	in, bad, whole := decode(data)
	if !whole {
		return Intent{}, bad
	}
	in = in.Normalise()
	in.check(bad)
	if err := bad.orNil(); err != nil {
		return Intent{}, err
	}
	return in, nil
}

// Decode reads an intent as it stands, without normalising or checking what the fields mean. It refuses,
// with an *Invalid: more than MaxIntent bytes, anything that is not one JSON object, invalid UTF-8, NUL,
// keys that are unknown, repeated or in another case, values of another type (null among them), ids that
// are not 1 to 19 digits, and quantities that are not whole numbers from 1 to 1,000,000.
func Decode(data []byte) (Intent, error) {
	in, bad, _ := decode(data)
	if err := bad.orNil(); err != nil {
		return Intent{}, err
	}
	return in, nil
}

// decode also says whether it could read to the end, so that Parse may look for further problems.
func decode(data []byte) (in Intent, bad *Invalid, whole bool) {
	bad = &Invalid{}
	if len(data) > MaxIntent {
		bad.add("", "", "has %d bytes, at most %d are allowed", len(data), MaxIntent)
		return in, bad, false
	}
	if !utf8.Valid(data) {
		bad.add("", "", "is not valid UTF-8 at byte %d", invalidAt(data))
		return in, bad, false
	}
	object, err := members(data)
	if err != nil {
		bad.add("", "", "%s", err)
		return in, bad, false
	}
	seen := map[string]bool{}
	for _, m := range object {
		read, known := readers[m.name]
		switch {
		case !known:
			bad.add(Shown(m.name), "", "%s", unknownField(m.name))
		case seen[m.name]:
			bad.add(m.name, plain(m.value), "is given twice; say it once")
		default:
			seen[m.name] = true
			read(&in, m.name, m.value, bad)
		}
	}
	return in, bad, true
}

// member is one name and raw value of a JSON object.
type member struct {
	name  string
	value jsontext.Value
}

// members reads one object and nothing behind it, repeated names included: they are for the caller to
// refuse by name.
func members(data []byte) ([]member, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true))
	switch kind := dec.PeekKind(); {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, errors.New("is empty; expected a JSON object")
	case kind == '[' || kind == '"' || kind == '0' || kind == 't' || kind == 'f' || kind == 'n':
		return nil, errors.New("must be a JSON object, e.g. {\"reference\":\"crm-4711\", …}")
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, syntax(err)
	}
	var out []member
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, syntax(err)
		}
		m := member{name: name.String()}
		value, err := dec.ReadValue()
		if err != nil {
			return nil, syntax(err)
		}
		m.value = value.Clone()
		out = append(out, m)
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, syntax(err)
	}
	end := dec.InputOffset()
	if _, err := dec.ReadToken(); err != io.EOF {
		return nil, errors.New("has something behind its closing brace, at byte " + strconv.FormatInt(end, 10))
	}
	return out, nil
}

// syntax says where JSON broke off, in one short sentence.
func syntax(err error) error {
	var at *jsontext.SyntacticError
	if errors.As(err, &at) {
		return errors.New("is not valid JSON at byte " + strconv.FormatInt(at.ByteOffset, 10) + ": " + Shown(at.Err.Error()))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("is not valid JSON: it ends too early")
	}
	return errors.New("is not valid JSON: " + Shown(err.Error()))
}

func invalidAt(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

// plain is a raw value as a message shows it: a string without its quotes, all else as it was written.
func plain(v jsontext.Value) string {
	if v.Kind() == '"' {
		if s, err := jsontext.AppendUnquote(nil, v); err == nil {
			return string(s)
		}
	}
	return string(v)
}

// readText is a string without NUL.
func readText(field string, v jsontext.Value, bad *Invalid) string {
	if v.Kind() != '"' {
		message := "must be a string, in quotes"
		if v.Kind() == 'n' {
			message = "must be a string; leave the field out where there is nothing to say"
		}
		bad.add(field, plain(v), "%s", message)
		return ""
	}
	s := plain(v)
	if strings.ContainsRune(s, 0) {
		bad.add(field, s, "contains a NUL character; remove it")
		return ""
	}
	return s
}

// readDigits is one of the portal's ids, as a string or a bare number; its digits are kept as they are.
func readDigits(field string, v jsontext.Value, bad *Invalid) string {
	s := plain(v)
	if v.Kind() == '"' {
		s = strings.TrimSpace(s)
	}
	if v.Kind() == '"' && s == "" {
		return ""
	}
	if (v.Kind() != '"' && v.Kind() != '0') || !isID(s) {
		bad.add(field, s, "must be one of the portal's ids: 1 to 19 digits, as a string or a number")
		return ""
	}
	return s
}

// isID says whether s is a positive 64-bit number without leading zeros.
func isID(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && s[0] != '+' && s[0] != '0'
}

// readCount is a whole number of extensions or minutes.
func readCount(field string, v jsontext.Value, bad *Invalid) int {
	s := plain(v)
	if v.Kind() == '"' && isInteger(s) {
		bad.add(field, `'`+s+`'`, "must be a number without quotes, e.g. 12")
		return 0
	}
	n, err := strconv.Atoi(s)
	if v.Kind() != '0' || err != nil || n < 1 || n > maxQuantity {
		bad.add(field, s, "must be a whole number from 1 to %d, e.g. 12", maxQuantity)
		return 0
	}
	return n
}

func readAllowDuplicate(in *Intent, field string, v jsontext.Value, bad *Invalid) {
	if v.Kind() != 't' && v.Kind() != 'f' {
		bad.add(field, plain(v), "must be true or false, without quotes")
		return
	}
	in.AllowDuplicate = v.Kind() == 't'
}

func readTime(in *Intent, field string, v jsontext.Value, bad *Invalid) {
	s := strings.TrimSpace(readText(field, v, bad))
	if s == "" {
		return
	}
	at, err := time.Parse(time.RFC3339, s)
	year := at.UTC().Year() // what a zone makes of the year may have more or fewer digits than four
	if err != nil || at.IsZero() || year < 1 || year > 9999 || !rfc3339.MatchString(s) {
		bad.add(field, s, "must be a time with its zone, e.g. 2026-12-01T00:00:00Z")
		return
	}
	in.NotBefore = at
}

func readLabels(in *Intent, field string, v jsontext.Value, bad *Invalid) {
	if v.Kind() != '{' {
		bad.add(field, plain(v), `must be an object of strings, e.g. {"customer":"acme"}`)
		return
	}
	object, err := members(v)
	if err != nil { // cannot be: the value was read once already
		bad.add(field, "", "%s", err)
		return
	}
	labels := make(map[string]string, len(object))
	for _, m := range object {
		name := field + "." + Shown(m.name)
		if _, twice := labels[m.name]; twice {
			bad.add(name, plain(m.value), "is given twice; say it once")
			continue
		}
		labels[m.name] = readText(name, m.value, bad)
	}
	if len(labels) > 0 {
		in.Labels = labels
	}
}
