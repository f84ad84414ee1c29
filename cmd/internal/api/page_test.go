package api_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store/storetest"
)

// word answers with a word and the request's method and path.
func word(w string) http.Handler {
	return http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(to, w+" "+r.Method+" "+r.URL.Path)
	})
}

// paged gives a rig a page that is looked at, and one that can be operated too.
func paged(_ *config.Config, a *api.Config) {
	a.Pages = []api.Page{{Path: "/", Show: word("page")}, {Path: "/queues/", Show: word("look"), Operate: word("operate")}}
}

// look asks for a page: what it says is not the document's business.
func (r *rig) look(a ask) said {
	r.t.Helper()
	client := *r.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r.request(a))
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return said{r.t, resp.StatusCode, resp.Header, string(b)}
}

func basic(user, token string) map[string]string {
	return map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+canary+"-"+token))}
}

func TestAPageIsShownToThoseWhoMayRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles), paged)
	for _, path := range []string{"/", "/queues/", "/queues/api/queues"} {
		for _, header := range []map[string]string{
			bearer("v"), bearer("o"), basic("", "v"), basic("anybody", "v"), basic("anna", "p"), basic("x", "o"),
		} {
			if got := r.look(ask{method: "GET", path: path, header: header}); got.status != http.StatusOK || !strings.HasSuffix(got.body, "GET "+path) {
				t.Errorf("%s by %v: %d %s", path, header, got.status, got.body)
			}
		}
		for _, header := range []map[string]string{
			nil, basic("anna", "wrong"), bearer("wrong"), {"Authorization": "Basic !"}, {"Authorization": "Basic"},
		} {
			got := r.look(ask{method: "GET", path: path, header: header})
			if got.is(http.StatusUnauthorized, "unauthorized"); !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic ") {
				t.Errorf("%s: a browser is not asked for a token: %q", path, got.header.Get("WWW-Authenticate"))
			}
		}
	}
	if got := r.look(ask{method: "HEAD", path: "/", header: basic("", "v")}); got.status != http.StatusOK {
		t.Errorf("HEAD: %d", got.status)
	}
}

func TestWhatABrowserSendsByItselfDecidesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles), paged)
	for _, a := range []ask{
		{method: "GET", path: "/v1/status"}, {method: "POST", path: "/v1/halt", body: `{"note":"x"}`}, {method: "POST", path: "/v1/orders", body: minutes("x")},
		{method: "POST", path: "/queues/api/queues/orders:pause"}, {method: "DELETE", path: "/queues/api/queues/orders"},
	} {
		a.header = basic("anna", "o")
		got := r.look(a)
		if got.is(http.StatusUnauthorized, "unauthorized"); !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s %s: WWW-Authenticate %q", a.method, a.path, got.header.Get("WWW-Authenticate"))
		}
	}
	// Nor does an operator's browser show the buttons that would not work.
	r.look(ask{method: "GET", path: "/queues/", header: basic("anna", "o")}).says("look GET")
}

func TestAPageIsOperatedByOperatorsAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles), paged)
	for _, method := range []string{"POST", "DELETE"} {
		a := ask{method: method, path: "/queues/api/queues/orders:pause"}
		r.look(a).is(http.StatusUnauthorized, "unauthorized")
		for _, token := range []string{"v", "p"} {
			a.header = bearer(token)
			r.look(a).is(http.StatusForbidden, "forbidden")
		}
		a.header = bearer("o")
		r.look(a).must(http.StatusOK).says("operate " + method)
		a.header["Origin"] = "https://evil.example"
		r.look(a).is(http.StatusForbidden, "cross-site")
	}
	r.look(ask{method: "GET", path: "/queues/", header: bearer("o")}).says("operate GET")
	r.look(ask{method: "GET", path: "/queues/", header: bearer("p")}).says("look GET")
	got := r.look(ask{method: "POST", path: "/", header: bearer("o")})
	if got.is(http.StatusMethodNotAllowed, "method-not-allowed"); got.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("Allow %q", got.header.Get("Allow"))
	}
}

func TestOnLoopbackWithoutTokensWhoLooksOperatesAndOtherSitesDoNot(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), loopback, paged)
	r.look(ask{method: "GET", path: "/queues/"}).says("operate GET")
	r.look(ask{method: "POST", path: "/queues/x", header: map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": r.url}}).must(http.StatusOK).says("operate POST")
	for _, header := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}} {
		r.look(ask{method: "POST", path: "/queues/x", header: header}).is(http.StatusForbidden, "cross-site")
	}
	for _, a := range []ask{{method: "GET", path: "/"}, {method: "GET", path: "/queues/"}, {method: "POST", path: "/queues/x"}} {
		a.host = "evil.example"
		r.look(a).is(http.StatusMisdirectedRequest, "other-host")
	}
}

func TestAPagesPathIsNotALadderToOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), loopback, paged)
	for _, path := range []string{"/queues/../v1/halt", "/queues/%2e%2e/v1/halt", "/queues//x", "//queues/", "/queuesx", "/queues/./x", "//"} {
		got := r.raw("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
		if !strings.HasPrefix(got, "HTTP/1.1 404 ") || strings.Contains(got, "operate") {
			t.Errorf("%s: %q", path, got)
		}
	}
	if got := r.look(ask{method: "GET", path: "/queues"}); got.status != http.StatusTemporaryRedirect || got.header.Get("Location") != "/queues/" {
		t.Errorf("%d to %q", got.status, got.header.Get("Location"))
	}
}

func TestPagesAloneAnswerNothingElse(t *testing.T) {
	t.Parallel()
	room := storetest.Embedded(t)
	c := api.Config{Office: office.Of(config.Config{Account: "default"}, room.Redis), Loopback: true, Pages: []api.Page{{Path: "/metrics", Show: word("metrics")}}}
	pages := api.NewPages(c)
	for path, want := range map[string]int{"/metrics": 200, "/": 404, "/v1/orders": 404, "/openapi.json": 404} {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}
