package page

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/storetest"
	"orderq/tasks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const canary = "canary-secret"

// rig is a page over a Redis.
type rig struct {
	t      *testing.T
	room   *storetest.Room
	office *office.Office
	page   *Page
}

func newRig(t *testing.T, room *storetest.Room) *rig {
	t.Helper()
	cfg, err := config.Load(func(name string) (string, bool) {
		v, set := map[string]string{
			"HOME": t.TempDir(), "YEASTAR_CLIENT_ID": canary + "-id", "YEASTAR_CLIENT_SECRET": canary, "ORDERQ_API_TOKENS": "anna:operator:" + canary,
			"ORDERQ_REDIS_URL": "redis://anna:" + canary + "@redis.example:6379/0",
		}[name]
		return v, set
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, room: room, office: office.Of(cfg, room.Redis)}
	r.page = New(r.office)
	t.Cleanup(r.page.Close)
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// get is the page, and what its policy says.
func (r *rig) get(status int) (page, policy string) {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.page.ServeHTTP(w, httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, "/", nil))
	if w.Code != status {
		r.t.Fatalf("%d, want %d: %s", w.Code, status, w.Body)
	}
	if strings.Contains(w.Body.String(), canary) {
		r.t.Errorf("a secret is on the page:\n%s", w.Body)
	}
	return w.Body.String(), w.Header().Get("Content-Security-Policy")
}

func says(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("%q is not on the page:\n%s", text, page)
		}
	}
}

// accept accepts an order for a PBX of its own.
func (r *rig) accept(reference string) store.Order {
	r.t.Helper()
	in := tasks.Intent{Reference: reference, Kind: "add_recording_minutes", ProductNo: "3658B4311" + strings.ToUpper(base32(reference)), Quantity: 7, AllowDuplicate: true}.Normalise()
	o, _, err := r.room.Store.Accept(r.t.Context(), tasks.NewOrder(in, tasks.QueueOrders))
	r.must(err)
	return o
}

// base32 makes a serial number's end of a reference.
func base32(reference string) string { return tasks.OrderID("default", reference)[2:9] }

// unknown is an order that was sent, and nobody knows what came of it.
func (r *rig) unknown(reference string) store.Order {
	r.t.Helper()
	ctx, st := r.t.Context(), r.room.Store
	o, _, err := st.Take(ctx, r.accept(reference).ID, store.Delivery{Worker: "w", Nonce: reference, Silence: time.Minute, Within: time.Minute})
	r.must(err)
	mark, err := st.SetMark(ctx, store.Mark{At: time.Now()}, 0)
	r.must(err)
	ref := tasks.AttemptReference(o.ID, 1)
	p, err := st.Gate(ctx, o, store.Submission{
		Nonce: "n-" + o.ID, Sender: "elsewhere-1-00", Reference: ref, PONumber: ref, Body: []byte("{}"), Resolved: o, Within: time.Millisecond, Watermark: mark.Number,
	})
	r.must(err)
	o, err = st.Doubt(ctx, p.Order, "no answer within 1s", "POST, no answer", time.Hour)
	r.must(err)
	return o
}

func TestThePageSaysWhatStatusSaysAndWhatToDo(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		ctx := t.Context()
		doubt := r.unknown("in-doubt")
		review, err := room.Store.Review(ctx, r.unknown("to-decide"), "cannot tell")
		r.must(err)
		r.accept("fresh")
		n := tasks.NewOrder(tasks.Intent{Reference: "twin", Kind: "add_recording_minutes", ProductNo: "3658B431119665QJ", Quantity: 7, AllowDuplicate: true}.Normalise(), tasks.QueueOrders)
		n.HoldFor, n.HoldOn = store.WaitDuplicate, doubt.ID
		_, _, err = room.Store.Accept(ctx, n)
		r.must(err)
		r.must(room.Store.SetLimits(ctx, store.LimitChange{Budgets: []store.Budget{{Scope: store.ScopeDay, Of: "add_recording_minutes", Limit: 20000}}}))
		r.must(room.Fleet.HaltBy(ctx, "anna", "strange prices"))
		r.must(room.Fleet.Open(ctx, time.Hour))
		report, err := r.office.Report(ctx)
		r.must(err)
		page, _ := r.get(http.StatusOK)
		says(t, page, `class="verdict care">! `+report.Verdict, "<b>1</b> unknown", "<b>1</b> review", "<b>1</b> held", "<b>0</b> placed",
			"orderq order resolve "+review.ID, "The oldest unknown", "orderq order get "+doubt.ID, "no answer within 1s",
			"for a worker to take them", "for a person: they look like other orders", "strange prices, by anna", "orderq resume", "open until ",
			"day:add_recording_minutes", "14 of 20000, 19986 left", "<bdi>in-doubt</bdi>", "<bdi>"+doubt.ProductNo+"</bdi>", "0 ever",
			`href="/queues/"`, `href="/metrics"`, `href="/openapi.json"`)
	})
}

func TestASafeAccountAndABrokenPromiseAreToldApart(t *testing.T) {
	t.Parallel()
	good := newRig(t, storetest.Best(t))
	good.office.Config.BaseURL = "http://127.0.0.1:1" // a simulator: what its Redis may forget is not at stake
	page, _ := good.get(http.StatusOK)
	says(t, page, `class="verdict good">✓ Money is safe`, "<title>✓ safe · orderq", "No order yet", "simulated portal")
	bad := newRig(t, storetest.Best(t))
	bad.must(bad.room.Fleet.NoteDuplicate(t.Context()))
	page, _ = bad.get(http.StatusOK)
	says(t, page, `class="verdict bad">✕ NOT SAFE`, "<title>✕ NOT SAFE · orderq", "1 ever")
}

func TestWithoutRedisThePageDoesNotSayThatMoneyIsSafe(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	r.room.Cut(true)
	page, _ := r.get(http.StatusServiceUnavailable)
	says(t, page, "Nobody knows: Redis does not answer", `id="main"`)
	if strings.Contains(page, "safe") {
		t.Errorf("it says that something is safe:\n%s", page)
	}
}

// hostile are names that try to be more than names.
var hostile = []string{
	"<script>alert(1)</script>", `"><img src=x onerror=alert(2)>`, "</main><h1>Money is safe", "{{.Account}}", "javascript:alert(3)",
	"\u202egnihtemos", "a\u2066b\u2069", "'; alert(4); '", "&lt;b&gt;",
}

func TestWhatCallersWriteDoesNotBecomeMarkupOrRunsOrTurnsTheLine(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	before, policyBefore := r.get(http.StatusOK)
	var reviews int
	for _, name := range hostile {
		_, err := r.room.Store.Review(t.Context(), r.unknown(name), name)
		r.must(err)
		reviews++
	}
	r.must(r.room.Fleet.HaltBy(t.Context(), hostile[0], hostile[1]))
	fresh := &rig{t: t, room: r.room, office: r.office, page: New(r.office)}
	t.Cleanup(fresh.page.Close)
	page, policy := fresh.get(http.StatusOK)
	if n := strings.Count(page, "orderq order resolve "); n != reviews {
		t.Errorf("%d of %d are shown", n, reviews)
	}
	for _, tag := range []string{"<script", "<img", "<h1", "<main", "</script"} {
		if got, want := strings.Count(page, tag), strings.Count(before, tag); got != want {
			t.Errorf("%d times %s, %d without orders", got, tag, want)
		}
	}
	if strings.ContainsAny(page, "\u202e\u2066\u2069") {
		t.Error("a mark that turns the line gets through")
	}
	if policy != policyBefore {
		t.Errorf("what the orders are called lets other scripts run: %s, before %s", policy, policyBefore)
	}
	says(t, page, "&lt;script&gt;alert(1)&lt;/script&gt;", "{{.Account}}", "&amp;lt;b&amp;gt;")
}

func TestThePolicyLetsThePageRunAndNothingElse(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	r.accept("some")
	page, policy := r.get(http.StatusOK)
	for _, kind := range []string{"style", "script"} {
		found := regexp.MustCompile(`(?s)<`+kind+`>(.*?)</`+kind+`>`).FindAllStringSubmatch(page, -1)
		if len(found) != 1 {
			t.Fatalf("%d of %s", len(found), kind)
		}
		sum := sha256.Sum256([]byte(found[0][1]))
		says(t, policy, kind+"-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';")
	}
	says(t, policy, "default-src 'none'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")
	for _, no := range []string{"unsafe", "*", "http:", "https:"} {
		if strings.Contains(policy, no) {
			t.Errorf("the policy allows %s: %s", no, policy)
		}
	}
	if outside := regexp.MustCompile(`https?://|src="//|href="//|@import|url\(| style=| on[a-z]+=`).FindString(page); outside != "" {
		t.Errorf("%q is on the page", outside)
	}
}

func TestWhoCannotSeeFindsTheirWay(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	_, err := r.room.Store.Review(t.Context(), r.unknown("a"), "cannot tell")
	r.must(err)
	r.unknown("b")
	r.must(r.room.Store.SetLimits(t.Context(), store.LimitChange{Budgets: []store.Budget{{Scope: store.ScopeDay, Of: "subscribe_ha", Limit: 2}}}))
	page, _ := r.get(http.StatusOK)
	says(t, page, `<html lang="en">`, `name="viewport"`, "<header>", `<main id="main">`, "<footer>", `<nav aria-label="More">`, `href="#main"`, `role="status"`)
	if n := strings.Count(page, "<h1"); n != 1 {
		t.Errorf("%d first headings", n)
	}
	for _, th := range regexp.MustCompile(`<th[ >][^>]*`).FindAllString(page, -1) {
		if !strings.Contains(th, `scope="`) {
			t.Errorf("%s says not of what it is the header", th)
		}
	}
	sections := regexp.MustCompile(`<section aria-labelledby="([^"]+)">`).FindAllStringSubmatch(page, -1)
	if len(sections) != strings.Count(page, "<section") || len(sections) < 7 {
		t.Errorf("%d sections with a name", len(sections))
	}
	for _, s := range sections {
		says(t, page, `<h2 id="`+s[1]+`">`)
	}
	for _, p := range regexp.MustCompile(`<progress[^>]*>`).FindAllString(page, -1) {
		if !strings.Contains(p, "aria-label=") {
			t.Errorf("%s has no name", p)
		}
	}
}

func TestTimeSpansAreWrittenInTheirTwoLargestUnits(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 59 * time.Second: "59s", 61 * time.Second: "1m 1s", 3 * time.Hour: "3h 0m", 24 * time.Hour: "24h", 49 * time.Hour: "2d 1h",
	} {
		if got := ago(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
