package api

import (
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"orderq/tasks"
)

// The content types of bodies.
const (
	typeJSON   = "application/json"
	typeNDJSON = "application/x-ndjson"
	typeCSV    = "text/csv"
)

const (
	// maxDecision is the longest decision in bytes: a name and a note, with all their characters escaped.
	maxDecision = 16 << 10
	// maxStream is the longest stream: some hundred thousand orders.
	maxStream = 256 << 20
	// still is how long a stream may stand still, in either direction, before it is cut.
	still = 30 * time.Second
)

// prepare looks at what is said of the body, and bounds its length and its time.
func (c *call) prepare(r *route) error {
	if r.streams {
		_ = http.NewResponseController(c.w).SetWriteDeadline(time.Time{}) // a file may take long before its answer begins
	}
	if r.takes == nil {
		return nil
	}
	if err := c.contentType(r); err != nil {
		return err
	}
	most, streams := r.most, r.streams
	if c.kind == typeJSON { // one object
		most, streams = min(most, tasks.MaxIntent), false
	}
	if c.r.ContentLength > most {
		return &http.MaxBytesError{Limit: most}
	}
	body := http.MaxBytesReader(c.w.ResponseWriter, c.r.Body, most)
	if streams {
		body = &moving{ReadCloser: body, rc: http.NewResponseController(c.w)}
	}
	c.r.Body = body
	return nil
}

// contentType refuses what a web page may send without being asked (text/plain, forms), and what is not understood.
func (c *call) contentType(r *route) error {
	types := slices.Sorted(maps.Keys(r.takes))
	given := c.r.Header.Values("Content-Type")
	kind, params, err := mime.ParseMediaType(strings.Join(given, ","))
	switch charset := params["charset"]; {
	case len(given) == 0:
		return problem("content-type", "say what the body is: Content-Type: %s", strings.Join(types, " or "))
	case len(given) > 1 || err != nil || r.takes[kind] == nil:
		return problem("content-type", "%q is not taken here: send %s", tasks.Shown(strings.Join(given, ",")), strings.Join(types, " or "))
	case charset != "" && !strings.EqualFold(charset, "utf-8"):
		return problem("content-type", "charset %q is not taken: send UTF-8", tasks.Shown(charset))
	}
	if coding := c.r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return problem("content-type", "Content-Encoding %q is not taken: send the body as it is", tasks.Shown(coding))
	}
	c.kind = kind
	return nil
}

// moving is a body that is cut off where it stands still.
type moving struct {
	io.ReadCloser
	rc  *http.ResponseController
	end error // of the reading: io.EOF behind the last byte
}

// Read does not ask net/http again behind the end: it watches the connection then, and a deadline would be taken for a
// client that is gone, while lines of its are still at work.
func (m *moving) Read(p []byte) (int, error) {
	if m.end != nil {
		return 0, m.end
	}
	_ = m.rc.SetReadDeadline(time.Now().Add(still)) // not every connection has one
	n, err := m.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &bodyError{err}
	}
	m.end = err
	return n, err
}

// duplex lets an answer begin while the body is still being read. Over HTTP/1 the connection ends with it: net/http does not
// look, then, whether the body was read to its end, and what is left of it, or comes late, would be taken for the next
// request.
func (c *call) duplex() *http.ResponseController {
	rc := http.NewResponseController(c.w)
	if c.r.ProtoMajor == 1 {
		c.w.Header().Set("Connection", "close")
		_ = rc.EnableFullDuplex() // where the connection cannot, the body is read before the answer begins
	}
	return rc
}

// body reads it whole.
func (c *call) body() ([]byte, error) {
	data, err := io.ReadAll(c.r.Body)
	if err != nil {
		return nil, &bodyError{err}
	}
	return data, nil
}

// read reads the body into v: one JSON object, strictly.
func (c *call) read(v any) error {
	data, err := c.body()
	if err != nil {
		return err
	}
	return decode(data, v)
}

// decode reads one JSON object, strictly.
func decode(data []byte, v any) error {
	err := json.Unmarshal(data, v, json.RejectUnknownMembers(true))
	var syntax *jsontext.SyntacticError
	var meaning *json.SemanticError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return invalid(field(part(syntax.JSONPointer), "", "is not valid JSON at byte %d of the body: %s", syntax.ByteOffset, tasks.Shown(syntax.Err.Error())))
	case errors.As(err, &meaning) && errors.Is(err, json.ErrUnknownName):
		return invalid(field(part(meaning.JSONPointer), "", "there is no such field"))
	case errors.As(err, &meaning):
		return invalid(field(part(meaning.JSONPointer), "", "is of another type than it should be"))
	}
	return invalid(field("body", "", "is not a JSON object: %s", tasks.Shown(err.Error())))
}

// part names what a pointer points to in a body that is no intent; the whole is the body.
func part(at jsontext.Pointer) string {
	if at == "" {
		return "body"
	}
	return tasks.Shown(strings.TrimPrefix(string(at), "/"))
}

// readChange reads the body into v, of which what is left out stays as it is: so null, which elsewhere means to take
// away, is refused.
func (c *call) readChange(v any) error {
	data, err := c.body()
	if err != nil {
		return err
	}
	if err := decode(data, v); err != nil {
		return err
	}
	var fields map[string]jsontext.Value
	if err := decode(data, &fields); err != nil {
		return err
	}
	var bad []tasks.Problem
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if fields[name].Kind() == 'n' {
			bad = append(bad, field(name, "null", "is null: leave it out to keep what there is, or give it empty"))
		}
	}
	if bad != nil {
		return invalid(bad...)
	}
	return nil
}

// signature is who decides and why, as the body of a decision.
type signature struct {
	By   string `json:"by,omitempty" doc:"Who decides; goes into the history. With tokens it is the token's name."`
	Note string `json:"note,omitempty" doc:"Why; goes into the history."`
}

// check bounds what goes into a history; a note is needed where whoever looks at it later has only that.
func (s *signature) check(needed bool) []tasks.Problem {
	var bad []tasks.Problem
	s.By, s.Note = strings.TrimSpace(s.By), strings.TrimSpace(s.Note)
	for _, f := range []struct {
		name, text string
		most       int
	}{{"by", s.By, 100}, {"note", s.Note, 1000}} {
		switch {
		case len(f.text) > f.most:
			bad = append(bad, field(f.name, f.text, "has %d bytes, at most %d: shorten it", len(f.text), f.most))
		case strings.ContainsFunc(f.text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
			bad = append(bad, field(f.name, f.text, "contains a control character; remove it"))
		case f.name == "note" && f.text == "" && needed:
			bad = append(bad, field(f.name, "", "missing; say why"))
		}
	}
	return bad
}

// signed reads a decision's body: by whom, and why.
func (a *API) signed(c *call, needed bool) (by, note string, err error) {
	var s signature
	if err := c.read(&s); err != nil {
		return "", "", err
	}
	if bad := s.check(needed); bad != nil {
		return "", "", invalid(bad...)
	}
	return a.by(c, s.By), c.onBehalf(s.By, s.Note), nil
}
