package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"orderq/cmd/internal/config"
	"orderq/store"
	"orderq/store/storetest"
	"orderq/yeastar/yeastartest"
)

func TestUpBringsEverythingAlongAndSaysHowToReachIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	up := d.start("up", "--redis", "embedded://", "--sim", "--seed", "7", "--listen", "127.0.0.1:0")
	up.err.await(t, "worker started")
	for _, name := range []string{"ORDERQ_REDIS_URL", "YEASTAR_BASE_URL", "YEASTAR_CLIENT_ID", "YEASTAR_CLIENT_SECRET"} {
		d.set(name, up.out.await(t, "export "+name+"=(.+)\n"))
	}
	if got, _ := d.lookup("YEASTAR_BASE_URL"); got == d.portal.URL() {
		t.Error("it uses the configured portal and not the simulated one")
	}
	health := up.err.await(t, `"healthz":"([^"]+)"`)
	ready := up.err.await(t, `"readyz":"([^"]+)"`)
	if code, body := get(t, health); code != http.StatusOK || body != "ok\n" {
		t.Errorf("/healthz: %d %q", code, body)
	}
	if code, body := get(t, ready); code != http.StatusOK {
		t.Errorf("/readyz: %d %q", code, body)
	}
	for _, page := range []string{health, ready} {
		if code := rebound(t, page); code != http.StatusMisdirectedRequest {
			t.Errorf("%s by another host's name: %d", page, code)
		}
	}
	got := order(t, d.must(exitDone, minutes("--wait", "30s", "--json")...).out)
	if got.State != store.Placed || got.OrderNo == "" {
		t.Errorf("placed: %+v", got)
	}
	if n := len(d.portal.Ledger().Orders); n != 0 {
		t.Errorf("the configured portal has %d orders", n)
	}
	says(t, d.must(exitDone, "status").out, "1 placed", "1 worker alive")
	at := up.err.await(t, `"api":"([^"]+)"`)
	if code, body := get(t, at+"/orders/"+got.ID); code != http.StatusOK || order(t, body).OrderNo != got.OrderNo {
		t.Errorf("over HTTP: %d %s", code, body)
	}
	page := up.err.await(t, `"page":"([^"]+)"`)
	if code, body := get(t, page); code != http.StatusOK || !strings.Contains(body, got.OrderNo) || !strings.Contains(body, "Money is safe") {
		t.Errorf("/: %d %s", code, body)
	}
	if code, body := get(t, page+"queues/api/queues/orders/tasks/"+got.ID); code != http.StatusOK || !strings.Contains(body, got.OrderNo) {
		t.Errorf("/queues/: %d %s", code, body)
	}
	if code, body := get(t, page+"metrics"); code != http.StatusOK || !strings.Contains(body, `orderq_orders{account="default",kind="add_recording_minutes",state="placed"} 1`) {
		t.Errorf("/metrics: %d %s", code, body)
	}
	if code := up.end(); code != exitDone {
		t.Errorf("interrupted: exit %d: %s", code, up.err.text())
	}
	says(t, up.err.text(), "worker stopped")
}

func TestUpKeepsThePortalsCredentialsToItself(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	up := d.start("up", "--listen", "127.0.0.1:0")
	up.err.await(t, "worker started")
	up.end()
	if text := up.out.text() + up.err.text(); strings.Contains(text, canarySecret) || strings.Contains(text, canaryID) {
		t.Errorf("it printed a credential:\n%s", text)
	}
}

func TestAStoppedWorkerKeepsTheAnswerThatIsOnItsWay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.set("ORDERQ_CALL_TIMEOUT", "20s")
	d.set("ORDERQ_TASK_TIMEOUT", "25s")
	d.set("ORDERQ_SHUTDOWN_TIMEOUT", "30s")
	w := d.worker()
	release := d.portal.Hold()
	d.must(exitDone, minutes("--reference", "held")...)
	if err := d.portal.WaitHeld(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.stop()
	w.err.await(t, "stopping: answers on their way are waited for")
	release()
	if code := w.code(); code != exitDone {
		t.Errorf("exit %d", code)
	}
	if got := order(t, d.must(exitDone, "order", "get", "held", "--json").out); got.State != store.Placed {
		t.Errorf("the answer was lost: %s", got.State)
	}
}

func TestAWorkerRefusesALedgerThatForgetsAndSaysWhatToSet(t *testing.T) {
	t.Parallel()
	rooms := map[string]*storetest.Room{"appendonly yes": storetest.Embedded(t)}
	if storetest.Available(t) {
		rooms["CONFIG SET appendfsync always"] = storetest.Real(t, "--appendfsync", "everysec")
		rooms["CONFIG SET maxmemory-policy noeviction"] = storetest.Real(t, "--appendfsync", "always", "--maxmemory-policy", "allkeys-lru")
		rooms["CONFIG SET appendonly yes"] = storetest.Real(t, "--appendonly", "no")
	}
	for remedy, room := range rooms {
		d := deskIn(t, room, yeastartest.Options{})
		d.set("YEASTAR_BASE_URL", "https://portal.example.invalid")
		got := d.must(exitFailed, "worker")
		says(t, got.err, "can forget orders", remedy, "--allow-volatile-ledger")
	}
}

func TestAWorkerAnswersHealthQuestions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	w := d.start("worker", "--metrics-listen", "127.0.0.1:0")
	w.err.await(t, "worker started")
	if code, body := get(t, w.err.await(t, `"readyz":"([^"]+)"`)); code != http.StatusOK {
		t.Errorf("/readyz: %d %q", code, body)
	}
	d.must(exitDone, minutes("--reference", "counted", "--wait", "30s")...)
	code, body := get(t, w.err.await(t, `"metrics":"([^"]+)"`))
	if code != http.StatusOK {
		t.Errorf("/metrics: %d", code)
	}
	says(t, body, `orderq_up{account="default"} 1`, `orderq_moves_total{account="default",kind="add_recording_minutes",state="placed"} 1`,
		`orderq_portal_call_duration_seconds_count{account="default",endpoint="create order",outcome="done"} 1`)
	if strings.Contains(body, canarySecret) || strings.Contains(body, canaryID) {
		t.Errorf("a credential is in it:\n%s", body)
	}
	taken := strings.TrimPrefix(strings.TrimSuffix(w.err.await(t, `"healthz":"([^"]+)"`), "/healthz"), "http://")
	says(t, d.must(exitFailed, "worker", "--metrics-listen", taken).err, "listen on "+taken, "choose another address")
}

func TestAWorkerTellsItsMetricsToTheNetworkOnlyForATokenAndElseRefusesToStart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	says(t, d.must(exitUsage, "worker", "--metrics-listen", "0.0.0.0:0").err, "ORDERQ_METRICS_LISTEN", "set tokens")
	d.set("ORDERQ_API_TOKENS", "prometheus:viewer:"+canarySecret)
	w := d.start("worker", "--metrics-listen", "127.0.0.1:0")
	at := w.err.await(t, `"metrics":"([^"]+)"`)
	if code, body := get(t, at); code != http.StatusUnauthorized || strings.Contains(body, "orderq_up") {
		t.Errorf("without a token: %d %s", code, body)
	}
	if code, body := get(t, strings.Replace(at, "http://", "http://any:"+canarySecret+"@", 1)); code != http.StatusOK || !strings.Contains(body, "orderq_up") {
		t.Errorf("with one: %d %s", code, body)
	}
	health := w.err.await(t, `"healthz":"([^"]+)"`)
	if code, body := get(t, health); code != http.StatusOK {
		t.Errorf("/healthz: %d %q", code, body)
	}
	if code := rebound(t, health); code != http.StatusMisdirectedRequest {
		t.Errorf("/healthz by another host's name: %d", code)
	}
	w.err.await(t, "worker started")
}

// rebound asks as a web page does whose name was made to mean this machine.
func rebound(t *testing.T, url string) (status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestANonLoopbackListenersHealthPagesAnswerToEveryName(t *testing.T) {
	t.Parallel()
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	no := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for host, want := range map[string][2]int{"orderq.internal": {200, 418}, "10.1.2.3:8080": {200, 418}, "localhost:8080": {200, 200}, "[::1]": {200, 200}} {
		for i, loopback := range []bool{false, true} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody)
			r.Host = host
			front(ok, no, loopback).ServeHTTP(w, r)
			if w.Code != want[i] {
				t.Errorf("%s, loopback %v: %d, want %d", host, loopback, w.Code, want[i])
			}
		}
	}
}

func TestReadyzSaysWhyNot(t *testing.T) {
	t.Parallel()
	pages := healthPages(func(context.Context) error { return errors.New("Redis does not answer") })
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/": 404} {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		if path == "/readyz" {
			says(t, w.Body.String(), "Redis does not answer")
		}
	}
}

func TestTheSimulatorTellsWhereItIsAndItsLedger(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	sim := d.start("sim", "--listen", "127.0.0.1:0", "--pbxs", "3", "--faults", "drop_after:0.5", "--echo", "none")
	for _, name := range []string{"YEASTAR_BASE_URL", "YEASTAR_CLIENT_ID", "YEASTAR_CLIENT_SECRET"} {
		d.set(name, sim.out.await(t, "export "+name+"=(.+)\n"))
	}
	url, _ := d.lookup("YEASTAR_BASE_URL")
	if n := strings.Count(d.must(exitDone, "catalog", "products", "--json").out, "\n"); n != 3 {
		t.Errorf("%d PBXs, want 3", n)
	}
	var ledger yeastartest.Ledger
	if code, body := get(t, url+"/_ledger"); code != http.StatusOK || json.Unmarshal([]byte(body), &ledger) != nil || ledger.Calls[yeastartest.CallProducts] == 0 {
		t.Errorf("/_ledger: %d %s", code, body)
	}
	says(t, d.must(exitFailed, "sim", "--listen", strings.TrimPrefix(url, "http://")).err, "choose another port")
	if code := sim.end(); code != exitDone {
		t.Errorf("interrupted: exit %d", code)
	}
	asJSON := d.start("sim", "--listen", "127.0.0.1:0", "--json")
	says(t, asJSON.out.await(t, `(\{.*\})`), `"clientId":"sim-client"`, `"url":"http://127.0.0.1:`)
}

func TestTheCatalogIsShownAsThePortalHasIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.portal.Place(yeastartest.TutorialExpandPBX, yeastartest.RecordingID, 5, "oqkj4thvgdmn4trk6peltd7uvg-1 PO-1")
	says(t, d.must(exitDone, "catalog", "products").out, "3658B431119665QJ    20  annually  Enterprise Plan   Tutorial Expansion")
	says(t, d.must(exitDone, "catalog", "products", "--json").out, `{"productNo":"3658B431119665QJ","name":"Tutorial Expansion","planId":"3048571730026938368","plan":"Enterprise Plan","billingCycle":"annually","extensions":20}`)
	says(t, d.must(exitDone, "catalog", "plans").out, "Ultimate Plan     3048572026291630080  High Availability     3048573935752720384")
	says(t, d.must(exitDone, "catalog", "contacts", "--json").out, `{"billingId":"3197218168379846218","email":"billing@example.com"`)
	says(t, d.must(exitDone, "catalog", "orders", "--limit", "1").out, made.OrderNo, "oqkj4thvgdmn4trk6peltd7uvg")
	if n := strings.Count(d.must(exitDone, "catalog", "orders", "--limit", "0", "--json").out, "\n"); n != 61 {
		t.Errorf("%d orders, want the 60 old ones and ours", n)
	}
	if n := strings.Count(d.must(exitDone, "catalog", "orders", "--limit", "30", "--json").out, "\n"); n != 30 {
		t.Errorf("%d orders, want 30", n)
	}
	for _, what := range []string{"products", "plans", "contacts", "orders"} {
		for line := range strings.Lines(d.must(exitDone, "catalog", what).out) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > columns {
				t.Errorf("catalog %s: %d columns: %s", what, n, line)
			}
		}
	}
	if n := d.portal.Ledger().Calls[yeastartest.CallCreate]; n != 0 {
		t.Errorf("looking ordered %d times", n)
	}
}

func TestDoctorOrdersNothingAndExitsByWhatItFinds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	short, err := os.MkdirTemp("", "oq") // a path is printed whole, and a test's own is longer than a line
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(short) })
	d.set("ORDERQ_JOURNAL", short)
	got := d.must(exitDone, "doctor")
	says(t, got.out, "ok    settings", "ok    redis", "warn  durability", "ok    credentials", "ok    contacts", "ok    order list")
	for line := range strings.Lines(got.out) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > columns {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	d.set("YEASTAR_CLIENT_SECRET", "wrong")
	says(t, d.must(exitFailed, "doctor").out, "FAIL  credentials", "→ check YEASTAR_CLIENT_ID")
	says(t, d.must(exitFailed, "doctor", "--json").out, `{"level":"FAIL","what":"credentials"`)
	d.set("ORDERQ_REDIS_URL", "redis://127.0.0.1:1/0")
	says(t, d.must(exitFailed, "doctor").out, "FAIL  redis")
	if n := d.portal.Ledger().Calls[yeastartest.CallCreate]; n != 0 {
		t.Errorf("doctor ordered %d times", n)
	}
}

func TestTheRateLetsAFewCallsRunAhead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]store.Rate{
		"unlimited": {},
		"20/s":      {Interval: 50 * time.Millisecond, Tolerance: 100 * time.Millisecond},
		"1/s":       {Interval: time.Second},
		"60/h":      {Interval: time.Minute},
	} {
		r, err := config.ParseRate(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := rateOf(r); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

// post sends a body as JSON.
func post(t *testing.T, url, body, token string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	r, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

func TestServeTakesOrdersThatAWorkerElsewherePlaces(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.set("ORDERQ_API_TOKENS", "crm:producer:canary-client-secret-p")
	s := d.start("serve", "--listen", "127.0.0.1:0")
	at := s.err.await(t, `"api":"([^"]+)"`)
	if code, body := get(t, s.err.await(t, `"readyz":"([^"]+)"`)); code != http.StatusOK {
		t.Errorf("/readyz: %d %q", code, body)
	}
	intent := `{"reference":"crm-1","kind":"add_recording_minutes","productNo":"` + yeastartest.TutorialExpandPBX + `","quantity":1000}`
	if code, body := post(t, at+"/orders", intent, ""); code != http.StatusUnauthorized {
		t.Errorf("without a token: %d %s", code, body)
	}
	if code, body := post(t, at+"/orders", intent, "canary-client-secret-p"); code != http.StatusAccepted {
		t.Errorf("%d %s", code, body)
	}
	d.worker()
	got := order(t, d.must(exitDone, "order", "wait", "crm-1", "--json").out)
	if got.State != store.Placed {
		t.Errorf("%+v", got)
	}
	says(t, d.must(exitDone, "order", "history", "crm-1").out, "accepted, by crm")
	if code := s.end(); code != exitDone {
		t.Errorf("interrupted: exit %d: %s", code, s.err.text())
	}
	if text := s.out.text() + s.err.text(); strings.Contains(text, "canary") {
		t.Errorf("it printed a secret:\n%s", text)
	}
}

func TestServeSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for args, want := range map[string]string{
		"serve --redis embedded://": "orderq up",
		"serve --listen 0.0.0.0:0":  "ORDERQ_API_TOKENS",
		"serve --listen :0":         "ORDERQ_API_TOKENS",
		"serve --tls-cert /nowhere": "only one of them is set",
		"serve --api-rate fast":     "want a rate",
	} {
		says(t, d.must(exitUsage, strings.Fields(args)...).err, want)
	}
	says(t, d.must(exitFailed, "serve", "--listen", "127.0.0.1:0", "--tls-cert", "/nowhere", "--tls-key", "/nowhere").err, "ORDERQ_TLS_CERT", "no such file")
	says(t, d.must(exitFailed, "serve", "--redis", "redis://127.0.0.1:1/0").err, "ORDERQ_REDIS_URL")
}
