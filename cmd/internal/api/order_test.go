package api_test

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"orderq/cmd/internal/api"
	"orderq/store"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/yeastar"
)

func yeastarSecret(s string) yeastar.Secret { return yeastar.Secret(s) }

var ndjson = map[string]string{"Content-Type": "application/x-ndjson"}

func TestAnOrderIsAcceptedAndARepeatIsTheSameOrder(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		first := r.post("/v1/orders", minutes("crm-4711")).must(http.StatusAccepted)
		o := first.order()
		if o.ID != "oqkj4thvgdmn4trk6peltd7uvg" || o.State != store.Accepted || first.header.Get("Location") != "/v1/orders/"+o.ID || first.header.Get("Idempotent-Replayed") != "" {
			t.Errorf("%+v, %v", o, first.header)
		}
		// The reference by its header, in both forms; and the body's spelling does not matter.
		keyless := `{"kind":"add_recording_minutes","productNo":" 3658b431119665qj","quantity":1000,"labels":{"try":"2"}}`
		for _, key := range []string{"crm-4711", `"crm-4711"`} {
			again := r.do(ask{method: "POST", path: "/v1/orders", body: keyless, header: map[string]string{"Idempotency-Key": key}}).must(http.StatusOK)
			if got := again.order(); got.ID != o.ID || got.Version != o.Version || again.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("%s: %+v, %v", key, got, again.header)
			}
		}
		if n := r.queued(); n != 1 {
			t.Errorf("%d tasks, want 1", n)
		}
		r.do(ask{method: "POST", path: "/v1/orders", body: minutes("crm-4711"), header: map[string]string{"Idempotency-Key": "crm-4712"}}).is(http.StatusBadRequest, "two-references")
		r.do(ask{method: "POST", path: "/v1/orders", body: keyless, header: map[string]string{"Idempotency-Key": ""}}).is(http.StatusBadRequest, "invalid")
		r.do(ask{method: "POST", path: "/v1/orders", body: keyless, header: map[string]string{"Idempotency-Key": " "}}).is(http.StatusBadRequest, "invalid")
	})
}

func TestAReferenceThatIsTakenNamesItsHolderAndAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	o := r.post("/v1/orders", minutes("crm-4711")).must(http.StatusAccepted).order()
	p := r.post("/v1/orders", strings.Replace(minutes("crm-4711"), "1000", "500", 1)).is(http.StatusUnprocessableEntity, "other-intent")
	if p.Holder == nil || p.Holder.ID != o.ID || p.Suggestion != "crm-4711-2" || !strings.Contains(p.Detail, "quantity 1000 there, 500 here") {
		t.Errorf("%+v", p)
	}
}

func TestARejectedOrdersReferenceSaysSoAndSuggestsTheNext(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	o := r.rejected("crm-1")
	again := r.post("/v1/orders", minutes("crm-1")).must(http.StatusOK).says(`"state":"rejected"`, `"suggestion":"crm-1-2"`, "was rejected and is not placed again", "no such PBX")
	if got := again.order(); got.ID != o.ID {
		t.Errorf("%+v", got)
	}
	p := r.post("/v1/orders", strings.Replace(minutes("crm-1"), "1000", "500", 1)).is(http.StatusUnprocessableEntity, "other-intent")
	if !strings.Contains(p.Detail, "was rejected and nothing was bought") || p.Suggestion != "crm-1-2" {
		t.Errorf("%+v", p)
	}
	if got := r.post("/v1/orders", minutes("crm-1-2")).must(http.StatusAccepted); strings.Contains(got.body, "suggestion") {
		t.Errorf("a new order is told another: %s", got.body)
	}
}

func TestWhatIsWrongWithAnIntentIsListedFieldByField(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	before := r.room.Dump(t)
	for _, c := range []struct{ name, body, field, says string }{
		{"duplicate keys", `{"reference":"a","reference":"b","kind":"subscribe_ha"}`, "reference", "given twice"},
		{"NUL", "{\"reference\":\"a\\u0000b\",\"kind\":\"subscribe_ha\"}", "reference", "NUL"},
		{"invalid UTF-8", "{\"reference\":\"a\xff\",\"kind\":\"subscribe_ha\"}", "", "not valid UTF-8"},
		{"unknown field", `{"reference":"a","kind":"subscribe_ha","qantity":3}`, "qantity", "quantity"},
		{"another case", `{"Reference":"a","kind":"subscribe_ha"}`, "Reference", "reference"},
		{"null", `{"reference":null,"kind":"subscribe_ha"}`, "reference", "must be a string"},
		{"a number as text", `{"reference":"a","kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":"12"}`, "quantity", "without quotes"},
		{"a list", `[]`, "", "must be a JSON object"},
		{"nothing", ``, "", "empty"},
		{"half", `{"reference":`, "", "not valid JSON"},
		{"two", minutes("a") + minutes("b"), "", "behind its closing brace"},
		{"deep", `{"labels":` + strings.Repeat(`[`, 20000) + `}`, "", "not valid JSON"},
		{"another account", `{"reference":"a","account":"west","kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":1}`, "account", "account default alone"},
		{"a kind that is none", `{"reference":"a","kind":"buy"}`, "kind", "expand_extensions"},
		{"a PBX that is none", `{"reference":"a","kind":"add_recording_minutes","productNo":"x","quantity":1}`, "productNo", "4 to 32"},
	} {
		p := r.post("/v1/orders", c.body).is(http.StatusBadRequest, "invalid")
		found := false
		for _, e := range p.Errors {
			found = found || e.Field == c.field && strings.Contains(e.Message, c.says)
		}
		if !found {
			t.Errorf("%s: %+v", c.name, p.Errors)
		}
	}
	if r.room.Dump(t) != before {
		t.Error("something was written")
	}
}

// The connection breaks when the order is accepted and before its answer: the client sends it again, as clients do.
func TestAnAnswerThatIsLostAndARetryMakeOneOrder(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		cutting := &cutter{Handler: r.api}
		server := &http.Server{Handler: cutting}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		t.Cleanup(func() { _ = server.Close(); <-served })
		url := "http://" + l.Addr().String() + "/v1/orders"
		send := func() (*http.Response, error) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(minutes("crm-9")))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			return r.client.Do(req)
		}
		cutting.cut(true)
		if resp, err := send(); err == nil {
			resp.Body.Close()
			t.Fatalf("an answer came: %s", resp.Status)
		}
		if o, err := r.room.Store.Get(t.Context(), tasks.OrderID("default", "crm-9")); err != nil || o.State != store.Accepted {
			t.Fatalf("%+v, %v: it was cut before it was accepted", o, err)
		}
		cutting.cut(false)
		resp, err := send()
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s, %v", resp.Status, resp.Header)
		}
		var list api.Orders
		if r.get("/v1/orders").must(http.StatusOK).into(&list); len(list.Orders) != 1 || r.queued() != 1 {
			t.Errorf("%d orders, %d tasks", len(list.Orders), r.queued())
		}
	})
}

// cutter lets a request be carried out, and then breaks its connection in place of the answer.
type cutter struct {
	http.Handler
	mu   sync.Mutex
	cuts bool
}

func (c *cutter) cut(yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cuts = yes
}

func (c *cutter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	cuts := c.cuts
	c.mu.Unlock()
	if cuts {
		c.Handler.ServeHTTP(&nowhere{w}, r)
		panic(http.ErrAbortHandler)
	}
	c.Handler.ServeHTTP(w, r)
}

type nowhere struct{ http.ResponseWriter }

func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }

func TestAnOrderIsFoundByIDReferenceAndNumber(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	o := r.post("/v1/orders", minutes("a/b ä")).must(http.StatusAccepted).order()
	if _, err := r.room.Store.Record(t.Context(), o, store.Found{To: store.Placed, OrderNo: "EK3206246063826526208", Via: store.ViaReference}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{o.ID, "a/b ä", "EK3206246063826526208", o.ID + "-1"} {
		got := r.get("/v1/orders/" + url.PathEscape(name)).must(http.StatusOK)
		if got.order().OrderNo != "EK3206246063826526208" || got.header.Get("ETag") != `"2"` {
			t.Errorf("%s: %s %s", name, got.header.Get("ETag"), got.body)
		}
	}
	for tag, status := range map[string]int{`"2"`: 304, `W/"2"`: 304, `"1", "2"`: 304, "*": 304, `"1"`: 200, "2": 200} {
		got := r.do(ask{method: "GET", path: "/v1/orders/" + o.ID, header: map[string]string{"If-None-Match": tag}}).must(status)
		if status == 304 && got.body != "" {
			t.Errorf("%s: %s", tag, got.body)
		}
	}
	// Another order whose reference is that number.
	r.post("/v1/orders", minutes("EK3206246063826526208")).must(http.StatusAccepted)
	r.get("/v1/orders/EK3206246063826526208").is(http.StatusConflict, "ambiguous")
	r.get("/v1/orders/nobody").is(http.StatusNotFound, "not-found")
	r.get("/v1/orders/nobody/history").is(http.StatusNotFound, "not-found")
	var h api.History
	r.get("/v1/orders/" + o.ID + "/history").must(http.StatusOK).into(&h)
	if len(h.History) != 2 || h.History[0].To != store.Accepted || h.History[1].To != store.Placed {
		t.Errorf("%+v", h)
	}
}

func TestTheListComesInPagesAndAFilterWithASlipIsNoEmptyList(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	for i := range 25 {
		r.post("/v1/orders", minutes(fmt.Sprintf("r-%02d", i))).must(http.StatusAccepted)
	}
	r.held("held-1")
	var all []string
	pages := 0
	for next := ""; ; pages++ {
		var page api.Orders
		r.get("/v1/orders?limit=10&after=" + next).must(http.StatusOK).into(&page)
		for _, o := range page.Orders {
			all = append(all, o.Reference)
		}
		if next = page.Next; next == "" {
			break
		}
	}
	seen := map[string]bool{}
	for _, reference := range all {
		seen[reference] = true
	}
	if len(all) != 26 || len(seen) != 26 || pages != 2 {
		t.Errorf("%d orders, %d different, %d pages: %v", len(all), len(seen), pages+1, all)
	}
	for query, want := range map[string]int{
		"state=held": 1, "state=held,accepted&limit=500": 26, "state=held&state=accepted&limit=500": 26, "reference=r-03": 1, "reference=none": 0,
		"reference=held-1&state=accepted": 0, "productNo=3658b431119665qj&limit=500": 26, "kind=subscribe_ha": 0, "label=customer%3Dacme": 0,
		"since=2999-01-01": 0, "until=2001-01-01": 0, "orderNo=EK1": 0, "batch=november": 0, "since=24h&limit=500": 26,
		"until=0001-01-01": 0, "since=0001-01-01T00:00:00Z&limit=500": 26, // Go's zero time, and another language's least
	} {
		var page api.Orders
		got := r.get("/v1/orders?" + query).must(http.StatusOK)
		if got.into(&page); len(page.Orders) != want || !strings.Contains(got.body, `"orders":[`) {
			t.Errorf("%s: %d orders, want %d", query, len(page.Orders), want)
		}
	}
	for query, says := range map[string]string{
		"state=plcaed": "did you mean placed", "kind=buy": "want one of", "label=acme": "key=value", "limit=0": "from 1 to 500", "limit=x": "from 1 to 500",
		"limit=501": "from 1 to 500", "since=yesterday": "want a day", "since=1h&until=2h": "nothing can be between", "after=x": "no place in the list",
		"stat=held": "did you mean state?", "limit=1&limit=2": "given twice", "x=%ff": "not UTF-8", "x=%00": "control character", "a;b": "cannot be read",
	} {
		p := r.get("/v1/orders?"+query).is(http.StatusBadRequest, "invalid")
		if len(p.Errors) == 0 || !strings.Contains(p.Detail, says) || strings.Contains(p.Detail, "intent") {
			t.Errorf("%s: %s", query, p.Detail)
		}
	}
}

func TestAStreamIsAnsweredLineByLineInItsOrder(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		var body strings.Builder
		for i := range 300 {
			body.WriteString(minutes(fmt.Sprintf("s-%03d", i)) + "\n")
		}
		body.WriteString("\nnonsense\n" + minutes("s-007") + "\n" + strings.Replace(minutes("s-008"), "1000", "5", 1) + "\n" +
			`{"reference":"x","reference":"y"}` + "\n" + strings.Repeat("x", tasks.MaxIntent+10) + "\n" + minutes("last"))
		got := r.do(ask{method: "POST", path: "/v1/orders", body: body.String(), header: ndjson}).must(http.StatusOK)
		lines := got.lines()
		if len(lines) != 306 {
			t.Fatalf("%d answers, want 306", len(lines))
		}
		for i, l := range lines[:300] {
			if l.Line != i+1 || l.Status != 202 || l.Order == nil || l.Order.Reference != fmt.Sprintf("s-%03d", i) || l.Problem != nil {
				t.Fatalf("answer %d: %+v", i+1, l)
			}
		}
		for i, want := range []struct {
			line, status int
			slug         string
		}{{302, 400, "invalid"}, {303, 200, ""}, {304, 422, "other-intent"}, {305, 400, "invalid"}, {306, 413, "too-large"}, {307, 202, ""}} {
			l := lines[300+i]
			if l.Line != want.line || l.Status != want.status || (l.Problem == nil) != (want.slug == "") || l.Problem != nil && l.Problem.Type != "/problems/"+want.slug {
				t.Errorf("answer %d: %+v, %+v; want %+v", 300+i, l, l.Problem, want)
			}
		}
		// The whole again: nothing new.
		before := r.queued()
		again := r.do(ask{method: "POST", path: "/v1/orders", body: body.String(), header: ndjson}).must(http.StatusOK).lines()
		if len(again) != 306 || again[0].Status != 200 || again[305].Status != 200 || r.queued() != before {
			t.Errorf("%d answers, %+v, %d tasks and now %d", len(again), again[0], before, r.queued())
		}
		r.do(ask{method: "POST", path: "/v1/orders", body: minutes("k"), header: map[string]string{"Content-Type": "application/x-ndjson", "Idempotency-Key": "k"}}).is(http.StatusBadRequest, "invalid")
		if got := r.do(ask{method: "POST", path: "/v1/orders", body: "\n\n", header: ndjson}).must(http.StatusOK); got.body != "" {
			t.Errorf("no lines are answered %q", got.body)
		}
	})
}

func (s said) lines() []api.Line {
	s.t.Helper()
	var out []api.Line
	for text := range strings.Lines(s.body) {
		var l api.Line
		said{t: s.t, body: text}.into(&l)
		out = append(out, l)
	}
	return out
}

func TestALineIsAnsweredBeforeTheNextIsSent(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	body, feed := newPipe()
	req := r.request(ask{method: "POST", path: "/v1/orders", header: ndjson})
	req.Body, req.ContentLength = body, -1
	answers := make(chan *http.Response, 1)
	go func() {
		resp, err := r.client.Do(req) //nolint:bodyclose // closed below
		if err != nil {
			t.Error(err)
			close(answers)
			return
		}
		answers <- resp
	}()
	feed(minutes("one") + "\n")
	resp, ok := <-answers
	if !ok {
		return
	}
	defer resp.Body.Close()
	from := newScanner(resp.Body)
	for i, reference := range []string{"one", "two", "three"} {
		if i > 0 {
			feed(minutes(reference) + "\n")
		}
		if !from.Scan() || !strings.Contains(from.Text(), `"reference":"`+reference+`"`) {
			t.Fatalf("%s: %q, %v", reference, from.Text(), from.Err())
		}
	}
	feed("")
	if from.Scan() {
		t.Errorf("and then %q", from.Text())
	}
}

func TestWithoutRedisALineSaysSoAndThoseBehindItAreNotTried(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	r.post("/v1/orders", minutes("before")).must(http.StatusAccepted)
	r.room.Cut(true)
	var body strings.Builder
	const n = 3000
	for i := range n {
		body.WriteString(minutes(fmt.Sprintf("s-%d", i)) + "\n")
	}
	lines := r.do(ask{method: "POST", path: "/v1/orders", body: body.String(), header: ndjson}).must(http.StatusOK).lines()
	if len(lines) != n {
		t.Fatalf("%d answers", len(lines))
	}
	for i, l := range lines {
		if l.Line != i+1 || l.Status != 503 || l.Problem.Type != "/problems/redis-away" {
			t.Errorf("%+v", l)
		}
	}
	if !strings.Contains(lines[n-1].Problem.Detail, "not tried") {
		t.Errorf("the last was tried: %s", lines[n-1].Problem.Detail)
	}
	for _, a := range []ask{{method: "GET", path: "/v1/orders"}, {method: "GET", path: "/v1/orders/x"}, {method: "POST", path: "/v1/orders", body: minutes("x")}, {method: "GET", path: "/v1/status"}} {
		got := r.do(a)
		if got.is(http.StatusServiceUnavailable, "redis-away"); got.header.Get("Retry-After") == "" {
			t.Errorf("%s %s: no Retry-After", a.method, a.path)
		}
	}
	r.room.Cut(false)
	r.post("/v1/orders", minutes("before")).must(http.StatusOK)
}

// Lines are placed many at a time; those of one reference still in their order, and each reference once.
func TestAStreamFullOfRepeatsAndConflictsOrdersEachReferenceOnce(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		const references, times = 40, 50
		var body strings.Builder
		for i := range references * times {
			line := minutes(fmt.Sprint("d-", i%references))
			if i/references%3 == 1 { // each reference's second line and each third from there asks for something else
				line = strings.Replace(line, "1000", "5", 1)
			}
			body.WriteString(line + "\n")
		}
		lines := r.do(ask{method: "POST", path: "/v1/orders", body: body.String(), header: ndjson}).must(http.StatusOK).lines()
		if len(lines) != references*times {
			t.Fatalf("%d answers", len(lines))
		}
		for i, l := range lines {
			want := http.StatusOK
			switch {
			case i < references:
				want = http.StatusAccepted
			case i/references%3 == 1:
				want = http.StatusUnprocessableEntity
			}
			if l.Line != i+1 || l.Status != want || (l.Order != nil) != (want != 422) || l.Order != nil && (l.Order.Quantity != 1000 || l.Order.Reference != fmt.Sprint("d-", i%references)) {
				t.Fatalf("line %d: %+v, want %d", i+1, l, want)
			}
		}
		var page api.Orders
		if r.get("/v1/orders?limit=500").into(&page); len(page.Orders) != references || r.queued() != references {
			t.Errorf("%d orders, %d tasks", len(page.Orders), r.queued())
		}
	})
}
