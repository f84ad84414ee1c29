package api_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/config"
	"orderq/store/storetest"
)

// roles are three tokens, one of each role.
const roles = "vera:viewer:" + canary + "-v,crm:producer:" + canary + "-p,anna:operator:" + canary + "-o"

func bearer(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + canary + "-" + token}
}

func TestWithoutAValidTokenNothingIsToldOrDone(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles))
	before := r.room.Dump(t)
	for path, operations := range r.doc.Paths {
		for method, op := range operations {
			if len(op.Security) == 0 {
				continue
			}
			for _, authorization := range []string{
				"", "Bearer", "Bearer ", "Bearer wrong", "Bearer " + canary, "Bearer " + canary + "-o-", "Basic " + canary + "-o", canary + "-o", "Bearer " + canary + "-v," + canary + "-o",
			} {
				header := map[string]string{"Authorization": authorization}
				got := r.do(ask{method: strings.ToUpper(method), path: filled(path), body: "{}", header: header})
				if got.is(http.StatusUnauthorized, "unauthorized"); !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") {
					t.Errorf("%s %s: WWW-Authenticate %q", method, path, got.header.Get("WWW-Authenticate"))
				}
			}
		}
	}
	if r.room.Dump(t) != before {
		t.Error("something was written")
	}
	r.get("/openapi.json").must(http.StatusOK)
}

// filled puts something in the place of a path's parameters.
func filled(path string) string {
	return strings.NewReplacer("{id}", "x", "{batch}", "x", "{webhook}", "x", "{slug}", "invalid").Replace(path)
}

func TestARoleMayWhatItIsForAndNoMore(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles))
	rank := map[string]int{"v": 1, "p": 2, "o": 3}
	for path, operations := range r.doc.Paths {
		for method, op := range operations {
			needed := 3
			switch {
			case len(op.Security) == 0:
				continue
			case strings.HasPrefix(path, "/v1/webhooks"): // their addresses may hold secrets of their own
			case method == "get" && !strings.HasSuffix(path, "/evidence"):
				needed = 1
			case path == "/v1/orders", path == "/v1/orders/dry-run", path == "/v1/batches", path == "/v1/batches/plan":
				needed = 2
			}
			for token, has := range rank {
				header := bearer(token)
				header["Last-Event-ID"] = "none" // the stream of events would stay open
				got := r.do(ask{method: strings.ToUpper(method), path: filled(path), body: "{", header: header})
				if refused := got.status == http.StatusForbidden; refused != (has < needed) {
					t.Errorf("%s %s by %s: %d %s", method, path, token, got.status, got.body)
				}
			}
		}
	}
	r.do(ask{method: "POST", path: "/v1/halt", body: `{"note":"x"}`, header: bearer("v")}).is(http.StatusForbidden, "forbidden")
}

func TestTheHistorySaysWhoseTokenItWas(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles))
	o := r.do(ask{method: "POST", path: "/v1/orders", body: minutes("a"), header: bearer("p")}).must(http.StatusAccepted).order()
	if o.By != "crm" {
		t.Errorf("placed by %q", o.By)
	}
	r.do(ask{method: "POST", path: "/v1/orders/a/cancel", body: `{"by":"eve","note":"no more"}`, header: bearer("o")}).must(http.StatusOK)
	var h api.History
	r.do(ask{method: "GET", path: "/v1/orders/a/history", header: bearer("v")}).must(http.StatusOK).into(&h)
	if len(h.History) != 2 || h.History[0].By != "crm" || h.History[1].By != "anna" || h.History[1].Reason != "no more (said to be by eve)" {
		t.Errorf("%+v", h.History)
	}
	if log := r.logged(); !strings.Contains(log, `"by":"crm"`) {
		t.Errorf("the log does not say who:\n%s", log)
	}
}

func TestATokenHasARateAndOthersAreNotInItsWay(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles), func(c *config.Config, _ *api.Config) {
		c.APIRate = config.Rate{Events: 3, Per: 3600e9}
	})
	r.do(ask{method: "GET", path: "/v1/halt", header: bearer("v")}).must(http.StatusOK)
	got := r.do(ask{method: "GET", path: "/v1/halt", header: bearer("v")})
	if got.is(http.StatusTooManyRequests, "too-many-requests"); got.header.Get("Retry-After") == "" || got.header.Get("Retry-After") == "0" {
		t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
	}
	r.do(ask{method: "GET", path: "/v1/halt", header: bearer("o")}).must(http.StatusOK)
}

func TestALoopbackListenerAnswersLoopbackNamesAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), loopback)
	before := r.room.Dump(t)
	for _, host := range []string{"evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example:1", "10.0.0.1", "[2001:db8::1]:80", "0.0.0.0", "127.0.0.1@evil.example"} {
		r.do(ask{method: "POST", path: "/v1/orders", body: minutes("x"), host: host}).is(http.StatusMisdirectedRequest, "other-host")
		r.do(ask{method: "GET", path: "/v1/orders", host: host}).is(http.StatusMisdirectedRequest, "other-host")
		r.do(ask{method: "GET", path: "/openapi.json", host: host}).is(http.StatusMisdirectedRequest, "other-host")
	}
	if r.room.Dump(t) != before {
		t.Error("something was written")
	}
	for _, host := range []string{"localhost", "LOCALHOST:8080", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:8080"} {
		r.do(ask{method: "GET", path: "/v1/halt", host: host}).must(http.StatusOK)
	}
	// A server that others reach by its name is not asked for one.
	newRig(t, storetest.Embedded(t), tokens(roles)).do(ask{method: "GET", path: "/v1/halt", host: "orders.example", header: bearer("v")}).must(http.StatusOK)
}

func TestAPageOfAnotherOriginDoesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), loopback)
	before := r.room.Dump(t)
	for name, header := range map[string]map[string]string{
		"origin": {"Origin": "https://evil.example"}, "null origin": {"Origin": "null"}, "fetch metadata": {"Sec-Fetch-Site": "cross-site"},
		"same site": {"Sec-Fetch-Site": "same-site"}, "another port": {"Origin": "http://127.0.0.1:1"},
	} {
		for _, a := range []ask{
			{method: "POST", path: "/v1/orders", body: minutes("x")}, {method: "POST", path: "/v1/halt", body: `{"note":"x"}`}, {method: "DELETE", path: "/v1/halt", body: `{"note":"x"}`},
		} {
			a.header = header
			if got := r.do(a); got.status != http.StatusForbidden {
				t.Errorf("%s: %s %s: %d", name, a.method, a.path, got.status)
			}
		}
	}
	// What a form can send without being asked.
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/json, text/plain", "text/json", "application/json; charset=latin1"} {
		for _, a := range []ask{{method: "POST", path: "/v1/orders", body: minutes("x")}, {method: "POST", path: "/v1/batches?name=x", body: "SN\n"}, {method: "DELETE", path: "/v1/halt", body: `{"note":"x"}`}} {
			a.header = map[string]string{"Content-Type": kind}
			r.do(a).is(http.StatusUnsupportedMediaType, "content-type")
		}
	}
	r.do(ask{method: "POST", path: "/v1/orders", body: "x", header: map[string]string{"Content-Encoding": "gzip"}}).is(http.StatusUnsupportedMediaType, "content-type")
	if r.room.Dump(t) != before {
		t.Error("something was written")
	}
	r.do(ask{method: "POST", path: "/v1/orders", body: minutes("x"), header: map[string]string{"Origin": r.url, "Sec-Fetch-Site": "same-origin", "Content-Type": "Application/JSON; charset=UTF-8"}}).must(http.StatusAccepted)
}

func TestABodyThatIsTooLargeIsRefusedAndNothingIsKeptOfIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	before := r.room.Dump(t)
	large := strings.Repeat("x", 64<<10+1)
	for _, path := range []string{"/v1/orders", "/v1/orders/x/cancel", "/v1/halt"} {
		r.post(path, large).is(http.StatusRequestEntityTooLarge, "too-large")
		// Its length is not said beforehand.
		req := r.request(ask{method: "POST", path: path})
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(large)), -1
		resp, err := r.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	// A gigabyte is refused by what it says of itself; none of it is waited for.
	got := r.raw("POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1073741824\r\nConnection: close\r\n\r\n")
	if !strings.HasPrefix(got, "HTTP/1.1 413 ") || !strings.Contains(got, "/problems/too-large") {
		t.Errorf("%q", got)
	}
	if r.room.Dump(t) != before {
		t.Error("something was written")
	}
}

func TestPathsThatPlayTricksAreNotFollowed(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	for _, path := range []string{"//v1/orders", "/v1//orders", "/v1/./orders", "/v1/orders/../halt", "/v1/orders/", "/v2/orders", "/", "/v1/orders/x/y", "/V1/orders", "/docs", "/openapi.yaml", "/schemas/Order.json"} {
		got := r.raw("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
		if !strings.HasPrefix(got, "HTTP/1.1 404 ") || !strings.Contains(got, "/problems/not-found") {
			t.Errorf("%s: %q", path, got)
		}
	}
	for _, path := range []string{"/v1/orders/%2e%2e", "/v1/orders/..%2fhalt", "/v1/orders/%00", "/v1/orders/%ff", "/v1/orders/" + strings.Repeat("x", 5000)} {
		r.get(path).is(http.StatusNotFound, "not-found")
	}
	for _, c := range []struct{ method, path, allow string }{
		{"PUT", "/v1/orders", "GET, HEAD, POST"}, {"DELETE", "/v1/orders/x", "GET, HEAD"}, {"GET", "/v1/orders/x/cancel", "POST"}, {"PATCH", "/v1/halt", "GET, HEAD, POST, DELETE"}, {"PUT", "/v1/webhooks/x", "GET, HEAD, PATCH, DELETE"},
		{"TRACE", "/v1/status", "GET, HEAD"}, {"OPTIONS", "/v1/orders", "GET, HEAD, POST"},
	} {
		got := r.do(ask{method: c.method, path: c.path, body: "{}"})
		if got.is(http.StatusMethodNotAllowed, "method-not-allowed"); got.header.Get("Allow") != c.allow {
			t.Errorf("%s %s: Allow %q", c.method, c.path, got.header.Get("Allow"))
		}
	}
	if got := r.do(ask{method: "HEAD", path: "/v1/halt"}); got.status != 200 || got.body != "" {
		t.Errorf("HEAD: %d %q", got.status, got.body)
	}
}

func TestARequestKeepsTheNameThatItsCallerGaveIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	for given, kept := range map[string]bool{"abc-1.2:3/4": true, strings.Repeat("x", 128): true, strings.Repeat("x", 129): false, "a b": false, `"><script>`: false, "": false} {
		got := r.do(ask{method: "GET", path: "/v1/orders/none", header: map[string]string{"X-Request-Id": given}})
		p := got.is(http.StatusNotFound, "not-found")
		if (p.RequestID == given) != kept || !kept && !strings.HasPrefix(p.RequestID, "req-") {
			t.Errorf("%q became %q", given, p.RequestID)
		}
	}
	if log := r.logged(); !strings.Contains(log, `"requestId":"abc-1.2:3/4"`) {
		t.Errorf("the log does not name it:\n%s", log)
	}
}

func TestAPanicIsAProblemWithoutATraceAndALogLineWithOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	api.Break(r.api, "GET /v1/limits", func() { panic(errors.New("the " + "details")) })
	got := r.get("/v1/limits")
	p := got.is(http.StatusInternalServerError, "internal")
	if strings.Contains(got.body, "details") || strings.Contains(got.body, ".go") {
		t.Errorf("it tells too much: %s", got.body)
	}
	if log := r.logged(); !strings.Contains(log, "the details") || !strings.Contains(log, p.RequestID) || !strings.Contains(log, "access_test.go") {
		t.Errorf("the log does not have it:\n%s", log)
	}
	r.get("/v1/halt").must(http.StatusOK)
	// An error that nobody knows is a fault of ours while Redis answers, and told as little.
	api.Fail(r.api, "GET /v1/limits", fmt.Errorf("record oq1: %w", errors.New("unreadable")))
	if got := r.get("/v1/limits"); strings.Contains(got.is(http.StatusInternalServerError, "internal").Detail, "unreadable") || !strings.Contains(r.logged(), "unreadable") {
		t.Errorf("%s", got.body)
	}
}
