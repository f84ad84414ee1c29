package api_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store/storetest"
)

// clock stands still but for what a test lets pass.
type clock struct{ ns atomic.Int64 }

func (k *clock) pass(d time.Duration) { k.ns.Add(int64(d)) }

func (k *clock) set(_ *config.Config, a *api.Config) {
	k.ns.Store(time.Now().UnixNano())
	a.Now = func() time.Time { return time.Unix(0, k.ns.Load()) }
}

// form is a sign-in as a browser sends it.
func (r *rig) form(token, to string) ask {
	return ask{method: "POST", path: "/login", body: url.Values{"token": {token}, "to": {to}}.Encode(),
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Origin": r.url, "Sec-Fetch-Site": "same-origin"}}
}

// signIn gives what a browser sends from then on.
func (r *rig) signIn(token string) map[string]string {
	r.t.Helper()
	got := r.look(r.form(canary+"-"+token, "")).must(http.StatusSeeOther)
	set := (&http.Response{Header: got.header}).Cookies()
	if len(set) != 1 || set[0].Name != "orderq" || !set[0].HttpOnly || set[0].SameSite != http.SameSiteStrictMode || set[0].Secure || set[0].Path != "/" || set[0].Domain != "" || set[0].MaxAge != 12*3600 {
		r.t.Fatalf("%v", got.header["Set-Cookie"])
	}
	return map[string]string{"Cookie": set[0].Name + "=" + set[0].Value, "Sec-Fetch-Site": "same-origin", "Origin": r.url}
}

// and is headers with more.
func and(header map[string]string, more ...string) map[string]string {
	out := map[string]string{}
	for name, value := range header {
		out[name] = value
	}
	for i := 0; i < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

func metered(c *config.Config, a *api.Config) {
	paged(c, a)
	a.Pages = append(a.Pages, api.Page{Path: "/metrics", Show: word("metrics")})
}

func TestASessionOpensThePagesByItsTokensRole(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles), metered)
	for token, says := range map[string]string{"v": "look GET", "p": "look GET", "o": "operate GET"} {
		in := r.signIn(token)
		r.look(ask{method: "GET", path: "/", header: in}).must(http.StatusOK).says("page GET")
		r.look(ask{method: "GET", path: "/metrics", header: in}).must(http.StatusOK).says("metrics GET")
		r.look(ask{method: "GET", path: "/queues/api/queues", header: in}).must(http.StatusOK).says(says)
		for _, method := range []string{"POST", "DELETE"} {
			got := r.look(ask{method: method, path: "/queues/api/queues/orders:pause", header: in})
			if token == "o" {
				got.must(http.StatusOK).says("operate " + method)
			} else {
				got.is(http.StatusForbidden, "forbidden")
			}
		}
		r.look(ask{method: "GET", path: "/login", header: in}).must(http.StatusOK).says("You are signed in as", `action="/logout"`)
	}
	if log := r.logged(); !strings.Contains(log, `"path":"page /login"`) || !strings.Contains(log, `"by":"anna"`) {
		t.Errorf("the log does not say who:\n%s", log)
	}
}

func TestASessionIsNothingToTheAPI(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles), metered)
	in := r.signIn("o")
	before := r.room.Dump(t)
	for path, operations := range r.doc.Paths {
		for method, op := range operations {
			if len(op.Security) > 0 {
				r.do(ask{method: strings.ToUpper(method), path: filled(path), body: "{}", header: in}).is(http.StatusUnauthorized, "unauthorized")
			}
		}
	}
	if r.room.Dump(t) != before {
		t.Error("something was written")
	}
}

// What keeps another site's page from working an operator's buttons: SameSite (signIn), and these.
func TestAnotherSitesPageDoesNothingWithASession(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles), metered)
	in := r.signIn("o")
	for name, header := range map[string]map[string]string{
		"cross-site": and(in, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"), "same site, another port": and(in, "Sec-Fetch-Site", "same-site"),
		"an origin alone": and(in, "Sec-Fetch-Site", "", "Origin", "https://evil.example"), "origin null": and(in, "Sec-Fetch-Site", "", "Origin", "null"),
		"nothing is said": and(in, "Sec-Fetch-Site", "", "Origin", ""),
	} {
		for _, method := range []string{"POST", "DELETE", "PUT", "PATCH"} {
			if got := r.look(ask{method: method, path: "/queues/api/queues/orders:pause", header: header}); got.status != http.StatusForbidden {
				t.Errorf("%s: %s: %d %s", name, method, got.status, got.body)
			}
		}
		if name != "nothing is said" {
			f := r.form(canary+"-v", "")
			f.header = and(header, "Content-Type", "application/x-www-form-urlencoded", "Cookie", "")
			r.look(f).is(http.StatusForbidden, "cross-site")
			r.look(ask{method: "POST", path: "/logout", header: header}).is(http.StatusForbidden, "cross-site")
		}
	}
	r.look(ask{method: "POST", path: "/queues/x", header: and(in, "Sec-Fetch-Site", "")}).must(http.StatusOK) // an older browser says its origin alone
	r.look(ask{method: "GET", path: "/", header: in}).must(http.StatusOK)                                     // and it is still signed in
}

func TestASessionEndsBySigningOutAfterItsTimeAndAtARestart(t *testing.T) {
	t.Parallel()
	room := storetest.Embedded(t)
	var later clock
	r := newRig(t, room, tokens(roles), metered, later.set)
	in, other := r.signIn("o"), r.signIn("o")
	r.look(ask{method: "GET", path: "/logout", header: in}).is(http.StatusMethodNotAllowed, "method-not-allowed")
	got := r.look(ask{method: "POST", path: "/logout", header: in}).must(http.StatusSeeOther)
	if set := (&http.Response{Header: got.header}).Cookies(); len(set) != 1 || set[0].MaxAge >= 0 || set[0].Value != "" || got.header.Get("Location") != "/login" {
		t.Errorf("%v", got.header)
	}
	r.look(ask{method: "GET", path: "/", header: in}).is(http.StatusUnauthorized, "unauthorized")
	r.look(ask{method: "POST", path: "/queues/x", header: in}).is(http.StatusUnauthorized, "unauthorized")
	r.look(ask{method: "GET", path: "/", header: other}).must(http.StatusOK)
	// Another process knows it not, whatever tokens it has.
	again := newRig(t, room, tokens("anna:operator:"+canary+"-new"), metered)
	again.look(ask{method: "GET", path: "/", header: and(other, "Origin", "", "Sec-Fetch-Site", "")}).is(http.StatusUnauthorized, "unauthorized")
	later.pass(12 * time.Hour)
	r.look(ask{method: "GET", path: "/", header: other}).is(http.StatusUnauthorized, "unauthorized")
	// Signing in anew ends what the browser had.
	third := r.signIn("v")
	f := r.form(canary+"-v", "")
	f.header["Cookie"] = third["Cookie"]
	r.look(f).must(http.StatusSeeOther)
	r.look(ask{method: "GET", path: "/", header: third}).is(http.StatusUnauthorized, "unauthorized")
}

func TestABrowserIsLedToTheSignInAndBack(t *testing.T) {
	t.Parallel()
	var later clock
	r := newRig(t, storetest.Embedded(t), tokens(roles), metered, later.set)
	html := map[string]string{"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
	for path, to := range map[string]string{"/": "%2F", "/queues/": "%2Fqueues%2F", "/queues/queues/orders?status=active": "%2Fqueues%2Fqueues%2Forders"} {
		for _, header := range []map[string]string{html, and(html, "Cookie", "orderq=stale")} {
			if got := r.look(ask{method: "GET", path: path, header: header}); got.status != http.StatusSeeOther || got.header.Get("Location") != "/login?to="+to {
				t.Errorf("%s: %d to %q", path, got.status, got.header.Get("Location"))
			}
		}
		// Who is no browser, or has said who they are, is told; so is what a page loads.
		for _, header := range []map[string]string{nil, {"Accept": "*/*"}, {"Accept": "application/json, text/plain, */*"}, and(html, "Authorization", "Bearer wrong"), and(basic("", "wrong"), "Accept", "text/html")} {
			r.look(ask{method: "GET", path: path, header: header}).is(http.StatusUnauthorized, "unauthorized")
		}
		r.look(ask{method: "GET", path: path, header: and(basic("", "v"), "Accept", "text/html")}).must(http.StatusOK)
	}
	r.look(ask{method: "POST", path: "/queues/x", header: html}).is(http.StatusUnauthorized, "unauthorized")
	r.look(ask{method: "GET", path: "/v1/status", header: html}).is(http.StatusUnauthorized, "unauthorized")
	page := r.look(ask{method: "GET", path: "/login?to=%2Fqueues%2F", header: html}).must(http.StatusOK).says(`value="/queues/"`, `type="password"`)
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || page.header.Get("Cache-Control") != "no-store" || page.header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("%v", page.header)
	}
	for to, want := range map[string]string{
		"/queues/": "/queues/", "/": "/", "": "/", "/queues/queues/a%20b": "/queues/queues/a%20b", "/metrics": "/metrics",
		"//evil.example/": "/", "https://evil.example/": "/", `/\evil.example`: "/", `/queues/\..\evil`: "/", "/%2fevil.example": "/", "javascript:alert(1)": "/", "/v1/status": "/",
		"/queues/../v1/halt": "/", "queues/": "/", "/login": "/", "\x00": "/", "/queues/?x=1#y": "/queues/",
	} {
		later.pass(time.Minute) // these are no guesses
		if got := r.look(r.form(canary+"-v", to)); got.status != http.StatusSeeOther || got.header.Get("Location") != want {
			t.Errorf("to %q: %d to %q, want %q", to, got.status, got.header.Get("Location"), want)
		}
	}
}

func TestGuessesAreFewAndTellNothing(t *testing.T) {
	t.Parallel()
	var later clock
	r := newRig(t, storetest.Embedded(t), tokens(roles), metered, later.set)
	for _, token := range []string{"", "wrong", canary, canary + "-", canary + "-vv", "anna", "Bearer x", strings.Repeat("x", 4000), "\x00", canary + "-v,x"} {
		got := r.look(r.form(token, "/queues/")).must(http.StatusForbidden).says("not one of this server", `value="/queues/"`)
		if got.header.Get("Set-Cookie") != "" || got.header.Get("WWW-Authenticate") != "" || token != "" && len(token) > 4 && strings.Contains(got.body, token) {
			t.Errorf("%.20q: %v %s", token, got.header, got.body)
		}
	}
	got := r.look(r.form(canary+"-o", "")).must(http.StatusTooManyRequests).says("Too many tries")
	if wait := got.header.Get("Retry-After"); wait == "" || wait == "0" || got.header.Get("Set-Cookie") != "" {
		t.Errorf("%v", got.header)
	}
	later.pass(time.Minute)
	r.signIn("o")
	f := r.form(canary+"-o", "")
	f.header["Content-Type"] = "text/plain"
	r.look(f).is(http.StatusUnsupportedMediaType, "content-type")
	r.look(r.form(strings.Repeat("x", 9000), "")).is(http.StatusRequestEntityTooLarge, "too-large")
	for _, method := range []string{"PUT", "DELETE"} {
		got := r.look(ask{method: method, path: "/login", header: map[string]string{"Origin": r.url}})
		if got.is(http.StatusMethodNotAllowed, "method-not-allowed"); got.header.Get("Allow") != "GET, HEAD, POST" {
			t.Errorf("Allow %q", got.header.Get("Allow"))
		}
	}
}

func TestOverTLSTheCookieIsThisHostsAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles), metered)
	secured := func(a ask) *httptest.ResponseRecorder {
		req := r.request(a)
		req.TLS, req.RemoteAddr = &tls.ConnectionState{}, "192.0.2.1:1"
		w := httptest.NewRecorder()
		r.api.ServeHTTP(w, req)
		return w
	}
	set := secured(r.form(canary+"-o", "")).Result().Cookies()
	if len(set) != 1 || set[0].Name != "__Host-orderq" || !set[0].Secure || !set[0].HttpOnly || set[0].Path != "/" || set[0].Domain != "" || set[0].SameSite != http.SameSiteStrictMode {
		t.Fatalf("%+v", set)
	}
	for cookie, want := range map[string]int{
		"__Host-orderq=" + set[0].Value: 200, "orderq=" + set[0].Value: 401, "__Host-orderq=" + set[0].Value + "; __Host-orderq=x": 401,
	} {
		if got := secured(ask{method: "GET", path: "/queues/", header: map[string]string{"Cookie": cookie}}); got.Code != want {
			t.Errorf("%.20s: %d, want %d", cookie, got.Code, want)
		}
	}
	r.look(ask{method: "GET", path: "/", header: map[string]string{"Cookie": "__Host-orderq=" + set[0].Value}}).is(http.StatusUnauthorized, "unauthorized")
}

func TestWithoutTokensOrPagesNobodySignsIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), loopback, metered)
	r.look(ask{method: "GET", path: "/login"}).is(http.StatusNotFound, "not-found")
	r.look(ask{method: "GET", path: "/", header: map[string]string{"Accept": "text/html"}}).must(http.StatusOK)
	newRig(t, storetest.Embedded(t), tokens(roles)).look(ask{method: "GET", path: "/login"}).is(http.StatusNotFound, "not-found")
	// A worker's metrics alone take tokens, and no sessions.
	w := httptest.NewRecorder()
	c := api.Config{Office: office.Of(config.Config{Account: "default", Tokens: []config.Token{{Name: "v", Role: config.Viewer, Token: yeastarSecret("x")}}}, r.room.Redis), Pages: []api.Page{{Path: "/metrics", Show: word("metrics")}}}
	req := httptest.NewRequest(http.MethodGet, "http://localhost/metrics", nil)
	req.Header.Set("Accept", "text/html")
	if api.NewPages(c).ServeHTTP(w, req); w.Code != http.StatusUnauthorized {
		t.Errorf("%d", w.Code)
	}
}
