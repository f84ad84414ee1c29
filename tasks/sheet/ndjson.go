package sheet

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"orderq/tasks"
)

// notLines says by its first line that a file is JSON and not a line for each object.
func notLines(first string) string {
	switch first = strings.TrimSpace(first); {
	case strings.HasPrefix(first, "["):
		return "this is a JSON array; write one object per line, not an array: jq -c '.[]' FILE"
	case first == "{":
		return "this is a JSON object over several lines; write one object per line: jq -c . FILE"
	}
	return ""
}

// readLine is the next row of an NDJSON file.
func (r *Reader) readLine() (Row, error) {
	var l line
	for {
		var err error
		if l, err = r.src.next(); err != nil {
			return Row{}, err
		}
		if len(bytes.TrimSpace(l.text)) > 0 || l.over {
			break
		}
	}
	r.n++
	row := Row{N: r.n, Line: l.no, Cells: []string{""}}
	var bad problems
	if l.over {
		bad.add("", "", "the line is longer than 64 KiB, and no intent is")
		row.Invalid = bad.err()
		return row, nil
	}
	row.Cells[0] = string(l.text)
	if strings.HasPrefix(strings.TrimSpace(row.Cells[0]), "[") {
		bad.add("", row.Cells[0], "write one object per line, not an array")
		row.Invalid = bad.err()
		return row, nil
	}
	text, was := row.Cells[0], Result{}
	if inner, result, wrapped, problem := unwrap(text); wrapped {
		text, was = inner, result
		if problem != "" {
			bad.add("", "", "%s", problem)
		}
	}
	in, whole := r.decode(text, was.Reference != "", &bad)
	if was.Reference != "" {
		if in.Reference != "" && in.Reference != was.Reference {
			bad.add("reference", in.Reference, "the result beside it has the reference %s; say one of them", quote(was.Reference))
		}
		in.Reference = was.Reference
	}
	row.Own = in.Reference != ""
	if whole {
		row.Intent = r.finish(in, was.ID, &bad, func(string, string) string { return "" })
	}
	row.Invalid = bad.err()
	return row, nil
}

// decode is tasks.Decode; where that fails, it gives the problems that tasks.Parse finds, but for what the
// row may leave out here.
func (r *Reader) decode(text string, named bool, bad *problems) (in tasks.Intent, whole bool) {
	in, err := tasks.Decode([]byte(text))
	if err == nil {
		return in, true
	}
	_, more := tasks.Parse([]byte(text))
	for _, p := range problemsOf(more) {
		left := p.Value == "" && (r.defaults.has(p.Field) || p.Field == "reference" && (named || r.refs.batch != ""))
		if !left && len(bad.list) < maxProblems {
			bad.list = append(bad.list, p)
		}
	}
	if len(bad.list) == 0 { // cannot be: what Decode finds is never about what is left out
		bad.list = problemsOf(err)
	}
	return in, false
}

// unwrap takes a line apart that a Writer wrote: {"input":…,"reference":…}. Any other line is not wrapped,
// well-formed or not. An input that is a string was a line that was no JSON, and is that line.
func unwrap(text string) (inner string, r Result, wrapped bool, problem string) {
	if !strings.Contains(text, `"input"`) {
		return text, r, false, ""
	}
	dec := jsontext.NewDecoder(strings.NewReader(text))
	if open, err := dec.ReadToken(); err != nil || open.Kind() != '{' {
		return text, r, false, ""
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return text, r, false, ""
		}
		member := name.String()
		value, err := dec.ReadValue()
		if err != nil {
			return text, r, false, ""
		}
		switch {
		case member == "input":
			inner, wrapped = textOf(value), true
		case !slices.Contains(resultColumns, member):
			problem = "a result has " + strings.Join(resultColumns, ", ") + " beside its input, and not " + quote(member)
		case value.Kind() != '"':
			problem = quote(member) + " beside the input must be a string, in quotes"
		default:
			*r.at(member) = textOf(value)
		}
	}
	if _, err := dec.ReadToken(); err != nil || !wrapped || strings.TrimSpace(text[dec.InputOffset():]) != "" {
		return text, Result{}, false, ""
	}
	return inner, r, true, problem
}

// textOf is a string's content, and any other value as it stands.
func textOf(v jsontext.Value) string {
	if v.Kind() == '"' {
		if s, err := jsontext.AppendUnquote(nil, v); err == nil {
			return string(s)
		}
	}
	return string(v)
}
