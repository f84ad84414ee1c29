package cli

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"orderq/store"
)

// between puts something before a server, which may answer in its place.
func between(t *testing.T, server string, answer func(w http.ResponseWriter, r *http.Request, server http.Handler)) string {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.Transport, proxy.FlushInterval = transport, -1
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = to.Host
		answer(w, r, proxy)
	}))
	t.Cleanup(func() { s.Close(); transport.CloseIdleConnections() })
	return s.URL
}

// drop ends a connection without an answer.
func drop() { panic(http.ErrAbortHandler) }

func TestAnOrderWhoseAnswerGetsLostIsOrderedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	server := d.serve()
	var asked atomic.Int32
	lossy := between(t, server, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.Method == http.MethodPost && asked.Add(1) < 3 {
			server.ServeHTTP(httptest.NewRecorder(), r) // it is accepted
			drop()
		}
		server.ServeHTTP(w, r)
	})
	got := d.must(exitDone, minutes("--json", "--server", lossy)...) // its reference is made before it is sent
	o := order(t, got.out)
	says(t, got.err, "reference "+o.Reference, "accepted before")
	if n := asked.Load(); n != 3 {
		t.Errorf("asked %d times", n)
	}
	if counts, err := d.room.Store.Counts(t.Context()); err != nil || counts[store.Accepted] != 1 || counts[store.Held] != 0 {
		t.Errorf("%v, %v", counts, err)
	}
}

func TestAFileWhoseAnswersBreakOffIsSentOnFromThere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var asked atomic.Int32
	lossy := between(t, d.serve(), func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.Method == http.MethodPost && asked.Add(1) == 1 {
			rec := httptest.NewRecorder()
			server.ServeHTTP(rec, r)
			w.Header().Set("Content-Type", "application/x-ndjson")
			lines := strings.SplitAfter(rec.Body.String(), "\n")
			_, _ = io.WriteString(w, lines[0]+lines[1][:20])
			_ = http.NewResponseController(w).Flush()
			drop()
		}
		server.ServeHTTP(w, r)
	})
	file := minutesLine("f1") + "\n" + minutesLine("f2") + "\n" + minutesLine("f3") + "\n"
	got := d.runWith(file, "order", "place", "--file", "-", "--server", lossy)
	if got.code != exitDone || strings.Count(got.out, "\n") != 3 {
		t.Errorf("exit %d: %s%s", got.code, got.out, got.err)
	}
	for i, line := range strings.Split(strings.TrimSpace(got.out), "\n") {
		says(t, line, "f"+string(rune('1'+i)))
	}
	if counts, err := d.room.Store.Counts(t.Context()); err != nil || counts[store.Accepted] != 3 {
		t.Errorf("%v, %v", counts, err)
	}
}

func TestADecisionWhoseAnswerGetsLostIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.in(store.Held, "h1")
	var asked atomic.Int32
	lossy := between(t, d.serve(), func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.Method == http.MethodPost {
			asked.Add(1)
			server.ServeHTTP(httptest.NewRecorder(), r)
			drop()
		}
		server.ServeHTTP(w, r)
	})
	got := d.must(exitFailed, append([]string{"order", "release", "h1", "--server", lossy}, sign...)...)
	says(t, got.err, "the answer got lost", "it may have been done: orderq order history h1 shows whether it was")
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestAServerThatIsBusyIsWaitedForAsItSays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var asked atomic.Int32
	busy := between(t, d.serve(), func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		status := map[int32]int{1: http.StatusTooManyRequests, 2: http.StatusServiceUnavailable}[asked.Add(1)]
		if r.Method != http.MethodPost || status == 0 {
			server.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(status)
		slug := map[int]string{429: "too-many-requests", 503: "stopping"}[status]
		_, _ = io.WriteString(w, `{"type":"/problems/`+slug+`","status":`+map[int]string{429: "429", 503: "503"}[status]+`,"detail":"wait"}`)
	})
	d.must(exitDone, minutes("--server", busy)...)
	d.in(store.Held, "h1")
	asked.Store(1) // the next is 503, and nothing is known of it
	got := d.must(exitFailed, append([]string{"order", "release", "h1", "--server", busy}, sign...)...)
	says(t, got.err, busy+": wait")
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

func TestAServerThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	_ = l.Close()
	for _, words := range []string{"status", "order get x", "batch list", "catalog products", "webhook list", "limits", "order wait x"} {
		got := d.must(exitFailed, append(strings.Fields(words), "--server", url)...)
		says(t, got.err, "server "+url+" cannot be reached: ", "connection refused", "ORDERQ_SERVER")
	}
	got := d.must(exitFailed, minutes("--server", url)...)
	says(t, got.err, "reference cli-", "cannot be reached")
	if strings.Contains(got.err, "may have been accepted") {
		t.Errorf("nothing was sent, and it says: %s", got.err)
	}
	got = d.runWith(minutesLine("a")+"\n"+minutesLine("b")+"\n", "order", "place", "--file", "-", "--server", url)
	if got.code != exitFailed {
		t.Errorf("exit %d", got.code)
	}
	says(t, got.err, "line 1: server "+url+" cannot be reached", "nothing is known from this line on")

	strange := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/status" {
			http.Redirect(w, r, "https://elsewhere.test/", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "<html>")
	}))
	t.Cleanup(strange.Close)
	says(t, d.must(exitFailed, "status", "--server", strange.URL).err, "elsewhere, and a token does not follow")
	says(t, d.must(exitFailed, "limits", "--server", strange.URL).err, "not as orderq does", "ORDERQ_SERVER")
}

const canaryToken = "canary-token-"

func TestATokenDecidesWhatMayBeDoneAndIsShownNowhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	server := d.serve("--api-tokens-file", d.file("tokens", "eve:viewer:"+canaryToken+"v,shop:producer:"+canaryToken+"p,otto:operator:"+canaryToken+"o"))
	d.set("ORDERQ_SERVER", server)
	as := func(role string) {
		d.set("ORDERQ_TOKEN", "")
		d.set("ORDERQ_TOKEN_FILE", d.file("token", canaryToken+role+"\n"))
	}
	try := func(code int, args ...string) string {
		t.Helper()
		got := d.must(code, args...)
		if strings.Contains(got.out+got.err, canaryToken) {
			t.Errorf("the token is shown:\n%s%s", got.out, got.err)
		}
		return got.err
	}
	says(t, try(exitFailed, "status"), "server "+server+" wants a token: put it into ORDERQ_TOKEN, or name its file by ORDERQ_TOKEN_FILE")
	d.set("ORDERQ_TOKEN", canaryToken+"x")
	says(t, try(exitFailed, "status"), "server "+server+" does not know the token in ORDERQ_TOKEN")
	says(t, try(exitFailed, minutes()...), "does not know the token")

	as("v")
	try(exitDone, "status")
	got := try(exitFailed, minutes("--reference", "r1")...)
	says(t, got, "token eve has the role viewer, and this needs producer")
	if strings.Contains(got, "may have been accepted") {
		t.Errorf("it was refused, and it says: %s", got)
	}
	file := d.file("rows.csv", "SN,Kind,Qty\n"+strings.Repeat("3658B431119665QJ,add_recording_minutes,100\n", 50_000)) // more than is read of what is refused
	says(t, try(exitFailed, "batch", "apply", "--yes", file), "token eve has the role viewer")
	as("p")
	try(exitDone, minutes("--reference", "r1")...)
	says(t, try(exitFailed, "order", "cancel", "r1"), "token shop has the role producer, and this needs operator")
	d.set("ORDERQ_TOKEN_FILE", "")
	try(exitDone, "order", "cancel", "r1", "--token-file", d.file("t", canaryToken+"o"), "--by", "otto")
	o, err := d.room.Store.History(t.Context(), order(t, d.must(exitRejected, "order", "wait", "r1", "--json", "--redis", d.env["ORDERQ_REDIS_URL"]).out).ID)
	if err != nil || o[0].By != "shop" || o[1].By != "otto" {
		t.Errorf("%+v, %v", o, err)
	}

	as("o")
	d.set("ORDERQ_SERVER", "http://orders.test:8080")
	says(t, try(exitUsage, "status"), "http://orders.test:8080 is plain http", "ORDERQ_TOKEN", "https://")
	d.set("ORDERQ_SERVER", "https://"+strings.TrimPrefix(server, "http://"))
	says(t, try(exitFailed, "status"), "cannot be reached")
}

func TestACertificateIsVerified(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it is refused, as it should be
	s.StartTLS()
	t.Cleanup(s.Close)
	d.set("ORDERQ_TOKEN", canaryToken)
	got := d.must(exitFailed, "status", "--server", s.URL)
	says(t, got.err, "certificate", "nothing was sent")
}

func TestWhereACommandAsksIsSaidOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.in(store.Placed, "x1")
	redis := d.env["ORDERQ_REDIS_URL"]
	other := newDesk(t)
	server := other.serve()
	d.set("ORDERQ_SERVER", server)
	d.must(exitFailed, "order", "get", "x1") // the server does not know it
	d.must(exitDone, "order", "get", "x1", "--redis", redis)
	says(t, d.must(exitUsage, "order", "get", "x1", "--redis", redis, "--server", server).err, "say one of them")
	for flag, args := range map[string][]string{
		"--settle":            {"limits", "--settle", "1h"},
		"--yeastar-base-url":  {"catalog", "products", "--yeastar-base-url", "https://portal.test"},
		"--aliases-file":      {"order", "place", "--dry-run", "--kind", "subscribe_ha", "--product-no", "3658B4311196K2ID", "--aliases-file", "/x"},
		"--yeastar-client-id": {"order", "resolve", "x1", "--yeastar-client-id-file", d.file("id", "x")},
		"--webhook-allow":     {"webhook", "list", "--webhook-allow", "10.0.0.0/8"},
		"--billing-contact":   {"batch", "plan", "x.csv", "--billing-contact", "x"},
		"--journal":           {"order", "resolve", "x1", "--journal", "/x"},
	} {
		says(t, d.must(exitUsage, args...).err, flag+" would be the server's own setting")
	}
	says(t, d.must(exitUsage, "status", "--account", "west").err, "works for account default, and account west is asked for")
	d.set("ORDERQ_ACCOUNT", "default")
	d.must(exitDone, "status")
	d.must(exitDone, minutes("--reference", "mine")...)
	for _, words := range []string{
		"worker", "serve", "up", "sim", "demo", "doctor", "recover", "bench", "prove",
	} {
		says(t, d.must(exitUsage, words, "--server", server).err, "orderq "+words+" works on this machine and its own Redis: it takes no --server")
	}
	d.set("ORDERQ_SERVER", "http://127.0.0.1:1")
	d.must(exitDone, "recover") // it does not look there
}

func TestWhatStdinGivesToAServerIsNotLeftBehind(t *testing.T) {
	// It looks at the whole folder for temporary files, and sets where that is: not parallel.
	t.Setenv("TMPDIR", t.TempDir())
	d := newDesk(t)
	got := d.runWith("SN,Kind,Qty\n3658B431119665QJ,add_recording_minutes,100\n", "batch", "apply", "--yes", "--name", "n", "-", "--server", d.serve())
	if got.code != exitDone {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "orderq-stdin-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
