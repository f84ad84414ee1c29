package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"orderq/cmd/internal/api"
	"orderq/store/storetest"
	"orderq/tasks"
)

// document is the server's own description, as a client reads it.
type document struct {
	OpenAPI    string                                  `json:"openapi"`
	Paths      map[string]map[string]operationDocument `json:"paths"`
	Components struct {
		Schemas map[string]json.RawMessage `json:"schemas"`
	} `json:"components"`
	Servers []any `json:"servers"`

	text    string
	mu      sync.Mutex
	schemas huma.Registry
}

type operationDocument struct {
	OperationID string `json:"operationId"`
	Summary     string `json:"summary"`
	Parameters  []struct {
		Name, In string
		Required bool
	} `json:"parameters"`
	RequestBody struct {
		Content map[string]content `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Description string             `json:"description"`
		Content     map[string]content `json:"content"`
		Headers     map[string]any     `json:"headers"`
	} `json:"responses"`
	Security []map[string][]string `json:"security"`
}

type content struct {
	Schema  json.RawMessage `json:"schema"`
	Example json.RawMessage `json:"example"`
	Line    json.RawMessage `json:"x-line"`
}

func readDocument(t *testing.T, r *rig) *document {
	t.Helper()
	resp, err := r.client.Get(r.url + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	d := &document{text: text.String()}
	if err := json.Unmarshal(text.Bytes(), d); err != nil {
		t.Fatalf("openapi.json: %v", err)
	}
	return d
}

// operation finds what is asked for, as a client would: by the document's paths.
func (d *document) operation(method, path string) (operationDocument, bool) {
	u, err := url.Parse(path)
	if err != nil {
		return operationDocument{}, false
	}
	parts := strings.Split(u.EscapedPath(), "/")
	var best operationDocument
	fewest, found := 100, false
	for pattern, operations := range d.Paths {
		want := strings.Split(pattern, "/")
		op, has := operations[strings.ReplaceAll(strings.ToLower(method), "head", "get")]
		if len(want) != len(parts) || !has {
			continue
		}
		wild, fits := 0, true
		for i := range want {
			switch {
			case strings.HasPrefix(want[i], "{"):
				wild++
			case want[i] != parts[i]:
				fits = false
			}
		}
		if fits && wild < fewest {
			best, fewest, found = op, wild, true
		}
	}
	return best, found
}

// check holds an answer against the document: its status, its content type, its shape.
func (d *document) check(t *testing.T, a ask, s said) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	} {
		if got := s.header.Get(name); got != want {
			t.Errorf("%s %s: %s: %q, want %q", a.method, a.path, name, got, want)
		}
	}
	op, known := d.operation(a.method, a.path)
	if !known {
		if s.status != http.StatusNotFound && s.status != http.StatusMethodNotAllowed && s.status != http.StatusMisdirectedRequest {
			t.Errorf("%s %s: %d from a path that is not documented", a.method, a.path, s.status)
		}
		return
	}
	answer, documented := op.Responses[fmt.Sprint(s.status)]
	if !documented {
		t.Errorf("%s %s: status %d is not documented: %s", a.method, a.path, s.status, s.body)
		return
	}
	for _, name := range []string{"Retry-After", "WWW-Authenticate", "Location", "ETag", "Idempotent-Replayed", "Content-Disposition"} {
		if _, documented := answer.Headers[name]; !documented && s.header.Get(name) != "" {
			t.Errorf("%s %s: the header %s of %d is not documented", a.method, a.path, name, s.status)
		}
	}
	if _, documented := answer.Headers["Retry-After"]; documented && s.header.Get("Retry-After") == "" {
		t.Errorf("%s %s: %d without the Retry-After that is documented", a.method, a.path, s.status)
	}
	kind, _, _ := strings.Cut(s.header.Get("Content-Type"), ";")
	c, has := answer.Content[kind]
	if !has && (kind != "" || len(answer.Content) > 0) && a.method != http.MethodHead {
		t.Errorf("%s %s: %d as %q is not documented", a.method, a.path, s.status, kind)
		return
	}
	switch {
	case a.method == http.MethodHead:
	case strings.HasSuffix(kind, "json") && kind != "application/x-ndjson":
		d.fits(t, a.method+" "+a.path+" "+fmt.Sprint(s.status), c.Schema, []byte(s.body))
	case kind == "application/x-ndjson" && c.Line != nil:
		for line := range strings.Lines(s.body) {
			d.fits(t, a.method+" "+a.path+" line", c.Line, []byte(line))
		}
	}
}

// registry makes huma's of the document's schemas, so that what is held against them is what was published.
func (d *document) registry(t *testing.T) huma.Registry {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.schemas == nil {
		d.schemas = huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
		for name, text := range d.Components.Schemas {
			d.schemas.Map()[name] = readSchema(t, text)
		}
	}
	return d.schemas
}

// readSchema reads the words of JSON Schema that the document uses, and refuses any other.
func readSchema(t *testing.T, text json.RawMessage) *huma.Schema {
	t.Helper()
	var words map[string]json.RawMessage
	if err := json.Unmarshal(text, &words); err != nil {
		t.Fatalf("schema %s: %v", text, err)
	}
	s := &huma.Schema{}
	into := func(v any, text json.RawMessage) {
		t.Helper()
		if err := json.Unmarshal(text, v); err != nil {
			t.Fatalf("schema word %s: %v", text, err)
		}
	}
	for word, value := range words {
		switch word {
		case "$ref":
			into(&s.Ref, value)
		case "type":
			into(&s.Type, value)
		case "format":
			into(&s.Format, value)
		case "pattern":
			into(&s.Pattern, value)
		case "enum":
			into(&s.Enum, value)
		case "required":
			into(&s.Required, value)
		case "minimum":
			into(&s.Minimum, value)
		case "maximum":
			into(&s.Maximum, value)
		case "maxLength":
			into(&s.MaxLength, value)
		case "maxProperties":
			into(&s.MaxProperties, value)
		case "items":
			s.Items = readSchema(t, value)
		case "oneOf":
			var all []json.RawMessage
			into(&all, value)
			for _, one := range all {
				s.OneOf = append(s.OneOf, readSchema(t, one))
			}
		case "properties":
			var all map[string]json.RawMessage
			into(&all, value)
			s.Properties = map[string]*huma.Schema{}
			for name, one := range all {
				s.Properties[name] = readSchema(t, one)
			}
		case "additionalProperties":
			var plain bool
			if json.Unmarshal(value, &plain) == nil {
				s.AdditionalProperties = plain
			} else {
				s.AdditionalProperties = readSchema(t, value)
			}
		case "description", "default", "contentEncoding", "title", "examples":
		default:
			t.Fatalf("schema word %s is not known: %s", word, text)
		}
	}
	s.PrecomputeMessages()
	return s
}

// fits fails unless a value has the shape.
func (d *document) fits(t *testing.T, where string, schema, value []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(value, &v); err != nil {
		t.Fatalf("%s: %s: %v", where, value, err)
	}
	registry := d.registry(t)
	var result huma.ValidateResult
	huma.Validate(registry, readSchema(t, schema), huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, &result)
	for _, err := range result.Errors {
		t.Errorf("%s does not fit its schema: %v: %s", where, err, value)
	}
}

func TestTheDocumentHasEveryRouteAndItsExamplesAreTrue(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens("anna:operator:"+canary))
	d := r.doc
	if d.OpenAPI != "3.1.0" || d.Servers != nil || strings.Contains(d.text, "://") && strings.Contains(d.text, "unpkg") {
		t.Errorf("openapi %s, servers %v", d.OpenAPI, d.Servers)
	}
	var documented []string
	for path, operations := range d.Paths {
		for method := range operations {
			documented = append(documented, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(documented)
	routes := api.Patterns(r.api)
	slices.Sort(routes)
	if !slices.Equal(documented, routes) || len(routes) < 20 {
		t.Errorf("documented:\n%s\nserved:\n%s", strings.Join(documented, "\n"), strings.Join(routes, "\n"))
	}
	ids := map[string]bool{}
	for path, operations := range d.Paths {
		for method, op := range operations {
			where := method + " " + path
			if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" {
				t.Errorf("%s has no id of its own or no summary", where)
			}
			ids[op.OperationID] = true
			open := path == "/openapi.json" || strings.HasPrefix(path, "/problems/")
			if open != (len(op.Security) == 0) {
				t.Errorf("%s: security %v", where, op.Security)
			}
			wants := []string{"500", "400", "421"}
			if !open {
				wants = append(wants, "401", "403", "429", "503")
			}
			if method != "get" {
				wants = append(wants, "415", "413")
			}
			for _, status := range wants {
				if _, has := op.Responses[status]; !has {
					t.Errorf("%s does not document %s", where, status)
				}
			}
			for part := range strings.SplitSeq(path, "/") {
				if name, is := strings.CutPrefix(part, "{"); is && !slices.ContainsFunc(op.Parameters, func(p struct {
					Name, In string
					Required bool
				}) bool {
					return p.Name == strings.TrimSuffix(name, "}") && p.In == "path" && p.Required
				}) {
					t.Errorf("%s: parameter %s is not documented", where, part)
				}
			}
			d.examples(t, where, op)
		}
	}
}

// examples holds the examples of an operation against its schemas.
func (d *document) examples(t *testing.T, where string, op operationDocument) {
	t.Helper()
	one := func(where, kind string, c content, needed bool) {
		switch {
		case c.Example == nil:
			if needed {
				t.Errorf("%s has no example", where)
			}
		case kind == "application/x-ndjson" || kind == "text/csv":
			var lines string
			if err := json.Unmarshal(c.Example, &lines); err != nil || !strings.HasSuffix(lines, "\n") {
				t.Errorf("%s: example %s: %v", where, c.Example, err)
			}
			for line := range strings.Lines(lines) {
				if c.Line != nil {
					d.fits(t, where, c.Line, []byte(line))
				}
			}
		default:
			d.fits(t, where, c.Schema, c.Example)
		}
	}
	for kind, c := range op.RequestBody.Content {
		one(where+" takes "+kind, kind, c, true)
	}
	for status, answer := range op.Responses {
		if answer.Description == "" {
			t.Errorf("%s %s has no description", where, status)
		}
		for kind, c := range answer.Content {
			one(where+" "+status+" "+kind, kind, c, strings.HasSuffix(kind, "json") && kind != "application/openapi+json")
		}
	}
}

func TestTheExamplesAreTakenByTheServer(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	place, _ := r.doc.operation("POST", "/v1/orders")
	example := place.RequestBody.Content["application/json"].Example
	in, err := tasks.Parse(example)
	if err != nil || in.ID() != "oqkj4thvgdmn4trk6peltd7uvg" {
		t.Errorf("%s: %v", example, err)
	}
	o := r.post("/v1/orders", string(example)).must(http.StatusAccepted).order()
	var line string
	if err := json.Unmarshal(place.RequestBody.Content["application/x-ndjson"].Example, &line); err != nil {
		t.Fatal(err)
	}
	r.do(ask{method: "POST", path: "/v1/orders", body: line, header: ndjson}).must(http.StatusOK).says(`"status":200`, o.ID)
	body := func(method, path string) string {
		op, known := r.doc.operation(method, path)
		if !known {
			t.Fatalf("%s %s is not documented", method, path)
		}
		return string(op.RequestBody.Content["application/json"].Example)
	}
	r.post("/v1/orders/"+o.ID+"/resolve", body("POST", "/v1/orders/x/resolve")).is(http.StatusConflict, "state")
	r.post("/v1/orders/"+r.held("h").ID+"/release", body("POST", "/v1/orders/x/release")).must(http.StatusOK)
	r.post("/v1/orders/"+o.ID+"/cancel", body("POST", "/v1/orders/x/cancel")).must(http.StatusOK)
	r.post("/v1/halt", body("POST", "/v1/halt")).must(http.StatusOK)
	r.do(ask{method: "DELETE", path: "/v1/halt", body: body("DELETE", "/v1/halt")}).must(http.StatusOK)
	apply, _ := r.doc.operation("POST", "/v1/batches")
	for kind, c := range apply.RequestBody.Content {
		var file string
		if err := json.Unmarshal(c.Example, &file); err != nil {
			t.Fatal(err)
		}
		r.do(ask{method: "POST", path: "/v1/batches?name=" + url.QueryEscape(kind), body: file, header: map[string]string{"Content-Type": kind}}).must(http.StatusAccepted).says(`"new":1`)
	}
}

func TestEveryProblemIsExplained(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	for path, operations := range r.doc.Paths {
		for method, op := range operations {
			for status, answer := range op.Responses {
				slugs, is := strings.CutPrefix(answer.Description, "Problem: ")
				if !is {
					continue
				}
				for slug := range strings.SplitSeq(slugs, ", ") {
					got := r.get("/problems/" + slug).must(http.StatusOK)
					if !strings.Contains(got.body, "("+status+")") || len(got.body) < 60 {
						t.Errorf("%s %s: %s is explained so: %s", method, path, slug, got.body)
					}
				}
			}
		}
	}
	r.get("/problems/nonsense").is(http.StatusNotFound, "not-found")
}

func TestTheDocumentHasEveryFieldOfAnIntent(t *testing.T) {
	t.Parallel()
	if got, want := api.IntentFields(), slices.Sorted(slices.Values(tasks.Fields())); !slices.Equal(got, want) {
		t.Errorf("the document has %v, an intent %v", got, want)
	}
}
