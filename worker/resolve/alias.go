package resolve

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"orderq/tasks"
	"orderq/yeastar"
)

// Aliases are names for the portal's ids, given by the operator for what the portal does not name readably.
// The portal's own names come first; an id found here must still be on offer where the offer can be read.
// Names are compared without regard to case, space and punctuation, plans also without the word "plan".
type Aliases struct {
	Plans    map[string]yeastar.ID
	Services map[string]yeastar.ID
	Contacts map[string]yeastar.ID
}

// maxAliases bounds the file, in bytes.
const maxAliases = 1 << 20

// ParseAliases reads the aliases file:
//
//	{"plans":{"Enterprise Plan":"3048571730026938368"},"services":{"recording minutes":"…"},"contacts":{…}}
//
// Ids are strings or numbers. The error is a *tasks.Invalid with every problem: unknown or repeated
// sections, names that are empty or equal but for their spelling, ids that are none.
func ParseAliases(data []byte) (Aliases, error) {
	p := aliasParser{sections: map[string]map[string]yeastar.ID{}}
	switch {
	case len(data) > maxAliases:
		p.problem("", "", "has %d bytes, at most %d are allowed", len(data), maxAliases)
	case !utf8.Valid(data):
		p.problem("", "", "is not valid UTF-8")
	default:
		p.file(data)
	}
	if len(p.problems) > 0 {
		return Aliases{}, &tasks.Invalid{Problems: p.problems}
	}
	return Aliases{Plans: p.sections["plans"], Services: p.sections["services"], Contacts: p.sections["contacts"]}, nil
}

type aliasParser struct {
	sections map[string]map[string]yeastar.ID
	problems []tasks.Problem
}

func (p *aliasParser) problem(field, value, format string, args ...any) {
	if field == "" {
		field = "aliases"
	}
	if len(p.problems) < 20 { // nobody reads further
		p.problems = append(p.problems, tasks.Problem{Field: field, Value: tasks.Shown(value), Message: fmt.Sprintf(format, args...)})
	}
}

func (p *aliasParser) file(data []byte) {
	dec := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true))
	ok := p.object(dec, "", func(section string, value jsontext.Value) {
		switch {
		case section != "plans" && section != "services" && section != "contacts":
			p.problem(tasks.Shown(section), "", "unknown section; the sections are plans, services, contacts")
		case p.sections[section] != nil:
			p.problem(section, "", "is given twice; say it once")
		default:
			p.section(section, value)
		}
	})
	if !ok {
		return
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		p.problem("", "", "has something behind its closing brace")
	}
}

func (p *aliasParser) section(section string, value jsontext.Value) {
	names := map[string]yeastar.ID{}
	p.sections[section] = names
	dec := jsontext.NewDecoder(bytes.NewReader(value), jsontext.AllowDuplicateNames(true))
	p.object(dec, section, func(name string, value jsontext.Value) {
		field := section + "." + tasks.Shown(name)
		key := nameKey(name)
		text := strings.Trim(string(value), `"`)
		id, err := yeastar.ParseID(text)
		switch {
		case key == "":
			p.problem(field, "", "the name has no letters or digits; give the name that callers use")
		case names[key] != 0:
			p.problem(field, "", "is given twice, perhaps in another spelling; say it once")
		case err != nil || (value.Kind() != '"' && value.Kind() != '0'):
			p.problem(field, text, "must be one of the portal's ids: 1 to 19 digits, as a string or a number")
		default:
			names[key] = id
		}
	})
}

// object calls each for every member of the object that comes next; false where it could not be read.
func (p *aliasParser) object(dec *jsontext.Decoder, field string, each func(string, jsontext.Value)) bool {
	open, err := dec.ReadToken()
	if err == nil && open.Kind() != '{' {
		p.problem(field, "", `must be a JSON object, e.g. {"plans":{"Enterprise Plan":"3048571730026938368"}}`)
		return false
	}
	for err == nil && dec.PeekKind() != '}' {
		var name jsontext.Token
		if name, err = dec.ReadToken(); err != nil {
			break
		}
		key := name.String()
		var value jsontext.Value
		if value, err = dec.ReadValue(); err == nil {
			each(key, value)
		}
	}
	if err == nil {
		_, err = dec.ReadToken()
	}
	if err != nil {
		p.problem(field, "", "is not valid JSON at byte %d: %s", dec.InputOffset(), tasks.Shown(err.Error()))
		return false
	}
	return true
}
