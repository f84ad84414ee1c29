package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"orderq/cmd/internal/api"
	"orderq/store/storetest"
	"orderq/yeastar/yeastartest"
)

// A longer search: go test ./cmd/internal/api -run Fuzzed -api.seed 7 -api.asks 2000
var (
	fuzzSeed = flag.Uint64("api.seed", 1, "of the input that the document's operations are asked with")
	fuzzAsks = flag.Int("api.asks", 40, "how often each operation is asked")
)

// Every operation of the document is asked with good and bad input that is made from its own schemas. Whatever comes, the
// answer is within the document, no fault of ours, and the server goes on.
func TestFuzzedOperationsAnswerWithinTheDocument(t *testing.T) {
	t.Parallel()
	for name, knows := range map[string]bool{"with a portal": true, "without a portal": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			more := []with{loopback, billing}
			if knows {
				sim := yeastartest.Start(yeastartest.Options{})
				t.Cleanup(sim.Close)
				more = append(more, portal(sim))
			}
			r := newRig(t, storetest.Embedded(t), more...)
			api.AskFreely(r.api)
			f := newFuzzer(t, r, *fuzzSeed)
			for _, path := range slices.Sorted(maps.Keys(f.paths)) {
				for _, method := range slices.Sorted(maps.Keys(f.paths[path])) {
					f.operation(t, method, path, knows)
				}
			}
			r.get("/v1/status").must(http.StatusOK)
			r.post("/v1/orders", minutes("after all that")).must(http.StatusAccepted)
			if strings.Contains(r.logged(), `"panic"`) {
				t.Errorf("it has panicked:\n%s", r.logged())
			}
		})
	}
}

// operation asks one operation many times.
func (f *fuzzer) operation(t *testing.T, method, path string, portal bool) {
	t.Helper()
	statuses := map[int]int{}
	for i := range *fuzzAsks {
		a := f.ask(method, path)
		s := f.try(t, a)
		statuses[s.status]++
		switch {
		case s.status < 400, a.method == http.MethodHead:
		case s.status < 500:
			s.problem()
		case s.status != http.StatusServiceUnavailable || portal || s.problem().Type != "/problems/no-portal":
			t.Errorf("status %d: %s", s.status, s.body)
		}
		if t.Failed() {
			t.Fatalf("seed %d, ask %d: %s %s\n%q\n%.3000q", *fuzzSeed, i, a.method, a.path, a.header, a.body)
		}
	}
	// Input that never gets past the first look tests nothing behind it.
	deep := 0
	for status, n := range statuses {
		if !slices.Contains([]int{400, 405, 413, 415, 429}, status) {
			deep += n
		}
	}
	if deep == 0 {
		t.Errorf("%s %s: only %v", method, path, statuses)
	}
	t.Logf("%s %s: %v", method, path, statuses)
}

// try is rig.do for input that may open a stream of events, which does not end.
func (f *fuzzer) try(t *testing.T, a ask) said {
	t.Helper()
	resp, err := f.client.Do(f.request(a))
	if err != nil {
		log := f.logged()
		t.Fatalf("%s %s %q %.3000q: %v\n%s", a.method, a.path, a.header, a.body, err, log[max(0, len(log)-2000):])
	}
	defer resp.Body.Close()
	s := said{t: t, status: resp.StatusCode, header: resp.Header}
	if resp.Header.Get("Content-Type") != "text/event-stream" {
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatalf("%s %s %q %.3000q: %v", a.method, a.path, a.header, a.body, err)
		}
		s.body = string(text)
	}
	f.doc.check(t, a, s)
	return s
}

// fuzzer makes input of the document.
type fuzzer struct {
	*rig
	*rand.Rand
	paths   map[string]map[string]map[string]any
	schemas map[string]any
	names   []string // of orders and batches that exist
}

func newFuzzer(t *testing.T, r *rig, seed uint64) *fuzzer {
	t.Helper()
	f := &fuzzer{rig: r, Rand: rand.New(rand.NewPCG(seed, 0))}
	var doc struct {
		Paths      map[string]map[string]map[string]any `json:"paths"`
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	said{t: t, body: r.doc.text}.into(&doc)
	f.paths, f.schemas = doc.Paths, doc.Components.Schemas
	f.names = []string{
		r.post("/v1/orders", minutes("a/b ä")).order().ID, "a/b ä", r.held("h").ID, r.inReview("r", yeastartest.TutorialExpandPBX).ID, r.rejected("x").ID,
	}
	r.do(ask{method: "POST", path: "/v1/batches?name=nov", body: "SN,Kind,Qty\n3658B431119665QJ,add_recording_minutes,7\n", header: map[string]string{"Content-Type": "text/csv"}}).must(http.StatusAccepted)
	f.names = append(f.names, "nov")
	return f
}

func pick[T any](f *fuzzer, some []T) T { return some[f.IntN(len(some))] }

func (f *fuzzer) chance(percent int) bool { return f.IntN(100) < percent }

// ask makes one request: mostly by the document, with some of it spoilt.
func (f *fuzzer) ask(method, path string) ask {
	op := f.paths[path][method]
	a := ask{method: strings.ToUpper(method), header: map[string]string{}}
	for i, part := range strings.Split(path, "/") {
		if i > 0 {
			a.path += "/"
		}
		switch {
		case part == "{slug}" && f.chance(50):
			part = "invalid"
		case strings.HasPrefix(part, "{") && f.chance(75):
			part = url.PathEscape(pick(f, f.names))
		case strings.HasPrefix(part, "{"):
			part = pick(f, oddSegments)
		}
		a.path += part
	}
	a.path += f.query(op)
	for _, p := range objects(op["parameters"]) {
		if p["in"] == "header" && f.chance(30) {
			a.header[p["name"].(string)] = f.headerValue(p)
		}
	}
	if f.chance(15) {
		a.header[pick(f, oddHeaders)] = pick(f, oddWords)
	}
	f.body(&a, op)
	switch {
	case f.chance(3):
		a.method = pick(f, []string{"PUT", "PATCH", "OPTIONS", "DELETE", "POST", "QUERY"})
	case a.method == http.MethodGet && f.chance(5):
		a.method = http.MethodHead
	}
	return a
}

func (f *fuzzer) headerValue(p map[string]any) string {
	if f.chance(40) {
		return pick(f, oddWords)
	}
	return fmt.Sprint(pick(f, []any{f.value(p["schema"], 0), `"1"`, "0-0", "crm-1"}))
}

// query makes the parameters, some with values that they must not have.
func (f *fuzzer) query(op map[string]any) string {
	var parts []string
	for _, p := range objects(op["parameters"]) {
		if p["in"] != "query" || p["required"] != true && f.chance(70) {
			continue
		}
		value := f.value(p["schema"], 0)
		if list, is := value.([]any); is {
			value = strings.Trim(fmt.Sprint(list...), "[]")
		}
		text := url.QueryEscape(fmt.Sprint(value))
		if f.chance(25) {
			text = pick(f, oddQueries)
		}
		parts = append(parts, fmt.Sprint(p["name"], "=", text))
	}
	if f.chance(5) {
		parts = append(parts, pick(f, append([]string{"x=1", "=", "&&", "a;b", "limit", "%00=1", "%zz=%zz"}, parts...)))
	}
	if len(parts) == 0 {
		return ""
	}
	return "?" + strings.Join(parts, "&")
}

// body makes the body, where the operation has one, and sometimes where it has none.
func (f *fuzzer) body(a *ask, op map[string]any) {
	request, has := op["requestBody"].(map[string]any)
	if !has {
		if f.chance(5) {
			a.body = "{}"
		}
		return
	}
	takes := request["content"].(map[string]any)
	kind := pick(f, slices.Sorted(maps.Keys(takes)))
	media := takes[kind].(map[string]any)
	schema := media["schema"]
	a.header["Content-Type"] = kind
	if kind == "application/json" {
		a.body = f.object(schema, media["example"])
	} else {
		var lines []string
		if line := media["x-line"]; line != nil {
			schema = line
		}
		for range f.IntN(6) {
			example := strings.TrimSuffix(media["example"].(string), "\n")
			if kind == "application/x-ndjson" {
				var v any
				_ = json.Unmarshal([]byte(example), &v) // nil is an example too
				example = f.object(schema, v)
			}
			lines = append(lines, example)
		}
		a.body = strings.Join(lines, "\n")
	}
	if f.chance(25) {
		a.body = f.spoil(a.body)
	}
	if f.chance(5) {
		a.header["Content-Type"] = pick(f, []string{"text/plain", "application/json; charset=utf-16", "multipart/form-data", "*/*", "application/JSON", "text/csv; header=present"})
	}
}

// object makes an object as text: the example with fields of the schema's, good or bad.
func (f *fuzzer) object(schema, example any) string {
	made, _ := f.value(schema, 0).(map[string]any)
	if shown, is := example.(map[string]any); is && (made == nil || f.chance(70)) {
		fields := slices.Sorted(maps.Keys(made))
		all := maps.Clone(shown)
		for range f.IntN(3) {
			if len(fields) > 0 {
				name := pick(f, fields)
				all[name] = made[name]
			}
		}
		made = all
	}
	if names := slices.Sorted(maps.Keys(made)); len(names) > 0 {
		switch f.IntN(8) {
		case 0:
			made[pick(f, names)] = pick(f, oddValues)
		case 1:
			delete(made, pick(f, names))
		case 2:
			made["unheardOf"] = true
		}
	}
	if made["reference"] != nil && f.chance(80) {
		made["reference"] = fmt.Sprint("fuzz-", f.IntN(50)) // some are repeats, some conflicts
	}
	text, err := json.Marshal(made)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(text)
}

// value makes what fits a schema, near its bounds where it has some.
func (f *fuzzer) value(schema any, depth int) any {
	s, _ := schema.(map[string]any)
	if ref, is := s["$ref"].(string); is {
		return f.value(f.schemas[ref[strings.LastIndex(ref, "/")+1:]], depth)
	}
	if some, is := s["oneOf"].([]any); is {
		return f.value(pick(f, some), depth)
	}
	if words, is := s["enum"].([]any); is {
		return pick(f, words)
	}
	low, _ := s["minimum"].(float64)
	high, bounded := s["maximum"].(float64)
	if !bounded {
		high = low + 1e6
	}
	switch s["type"] {
	case "integer":
		return int64(pick(f, []float64{low, high, low + 1, high - 1, (low + high) / 2}))
	case "number":
		return pick(f, []float64{low, high, (low + high) / 2})
	case "boolean":
		return f.chance(50)
	case "array":
		var list []any
		for range f.IntN(4) {
			list = append(list, f.value(s["items"], depth+1))
		}
		return list
	case "object":
		made := map[string]any{}
		for name, of := range object(s["properties"]) {
			if f.chance(60) && depth < 5 {
				made[name] = f.value(of, depth+1)
			}
		}
		if s["additionalProperties"] != nil && s["properties"] == nil {
			made["customer"] = f.value(s["additionalProperties"], depth+1)
		}
		return made
	}
	switch most, is := s["maxLength"].(float64); {
	case s["format"] == "date-time":
		return pick(f, []string{"2026-12-01T00:00:00Z", "2026-12-01T00:00:00.123456789+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"})
	case s["pattern"] != nil:
		return pick(f, []string{"1", "3048571730026938368", "9223372036854775807", "9999999999999999999"})
	case is && f.chance(20):
		return strings.Repeat("x", int(most)-f.IntN(2))
	}
	return pick(f, []string{"a", "3658B431119665QJ", "default", "november", "annually", "1", "24h", "2026-12-01", "EK3206246063826526208", "day:add_recording_minutes=20000", "customer=acme", "ä 漢 🙂"})
}

// spoil makes text that is no good any more, or hardly.
func (f *fuzzer) spoil(text string) string {
	at := f.IntN(len(text) + 1)
	insert := func(what string) string { return text[:at] + what + text[at:] }
	switch f.IntN(8) {
	case 0:
		return text[:at]
	case 1:
		return insert("\x00")
	case 2:
		return insert("\xff\xfe")
	case 3:
		return insert(pick(f, []string{`\u0000`, `\ud800`, "\n", "\r", `"`, "{", "}", ",", "\u202e", "\xef\xbb\xbf", "1e400", "-0"}))
	case 4:
		return strings.Repeat(`{"labels":`, 5000) + text
	case 5:
		return strings.Repeat("[", 20_000)
	case 6:
		return strings.Replace(text, "{", text[:len(text)-min(len(text), 1)]+",", 1) // its fields twice
	}
	return insert(strings.Repeat("x", 70_000))
}

func object(v any) map[string]any { o, _ := v.(map[string]any); return o }

func objects(v any) (out []map[string]any) {
	list, _ := v.([]any)
	for _, o := range list {
		out = append(out, object(o))
	}
	return out
}

var (
	oddSegments = []string{"%00", "%ff", "%2e%2e", "..", ".", "%2F", "..%2f..%2fhalt", "%25", "%20", "'", "*", ";", "a;b=c", "%0d%0a", "%E2%80%AE", "-1", "0", "null", "{id}", strings.Repeat("x", 5000), "oqkj4thvgdmn4trk6peltd7uvg", "%F0%9F%92%A9"}
	oddQueries  = []string{"", "-1", "0", "1", "99999999999999999999", "1e9", "NaN", "Inf", "-0.0", "0x10", "%00", "%ff", "true", "null", "%F0%9F%92%A9", "a,b,,c", "+", "..%2F", strings.Repeat("9", 3000), "2026-02-30", "-24h", "290y", "%7B%7D"}
	oddHeaders  = []string{"X-Request-Id", "Accept", "Accept-Encoding", "If-None-Match", "If-Match", "Range", "Content-Encoding", "Idempotency-Key", "Last-Event-ID", "Authorization", "Origin", "Cookie", "X-Http-Method-Override", "Te", "Upgrade"}
	oddWords    = []string{" ", "*", `"`, `""`, `W/"`, "\xff\xfe", "ä", "a,b", "bytes=0-", "Bearer", "Bearer x", "null", "0-0", "99999999999999999999-0", "0-99999999999999999999", strings.Repeat("x", 3000), "text/html", "gzip", "-", "h2c"}
	oddValues   = []any{nil, true, "", "\x00", -1, 0, 1e6 + 1, 0.5, 1e300, []any{}, map[string]any{}, []any{nil}, "💥", strings.Repeat("y", 300), map[string]any{"a": map[string]any{}}, json.Number("9223372036854775808")}
)
