package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/batch"
	"orderq/store/gather"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// These tests wait for time-outs far more than they compute: more of them at once than there are cores.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// Secrets are marked, so that any of them is found wherever it is said.
const canary = "canary-secret"

// rig is a server of the API, with its Redis and, where a test wants one, a portal.
type rig struct {
	t      *testing.T
	room   *storetest.Room
	office *office.Office
	api    *api.API
	url    string
	doc    *document
	log    *bytes.Buffer
	logMu  *sync.Mutex
	client *http.Client
}

// with changes the settings of a rig.
type with func(*config.Config, *api.Config)

func tokens(list string) with {
	return func(c *config.Config, _ *api.Config) {
		for _, entry := range strings.Split(list, ",") {
			p := strings.SplitN(entry, ":", 3)
			c.Tokens = append(c.Tokens, config.Token{Name: p[0], Role: config.Role(p[1]), Token: yeastarSecret(p[2])})
		}
	}
}

func portal(s *yeastartest.Server) with {
	return func(c *config.Config, _ *api.Config) {
		c.BaseURL, c.ClientID, c.ClientSecret = s.URL(), yeastarSecret(s.ClientID()), yeastarSecret(s.ClientSecret())
	}
}

func loopback(_ *config.Config, a *api.Config) { a.Loopback = true }

func newRig(t *testing.T, room *storetest.Room, more ...with) *rig {
	t.Helper()
	cfg, err := config.Load(func(name string) (string, bool) {
		v, ok := map[string]string{"HOME": t.TempDir(), "ORDERQ_SETTLE": "1s", "ORDERQ_CALL_TIMEOUT": "5s"}[name]
		return v, ok
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, room: room, log: &bytes.Buffer{}, logMu: &sync.Mutex{}}
	ac := api.Config{Log: zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), locked{r}, zap.DebugLevel))}
	for _, f := range more {
		f(&cfg, &ac)
	}
	r.office = office.Of(cfg, room.Redis)
	ac.Office = r.office
	if ac.Queue == nil {
		ac.Queue = asynq.NewClientFromRedisClient(gather.Of(room.Redis))
	}
	r.api = api.New(t.Context(), ac)
	server := httptest.NewUnstartedServer(r.api)
	server.Start()
	r.url = server.URL
	r.client = &http.Client{Transport: &http.Transport{}, Timeout: patience}
	t.Cleanup(func() {
		r.client.CloseIdleConnections()
		r.api.Stop()
		server.Close()
		r.api.Close()
		if strings.Contains(r.logged(), canary) {
			t.Errorf("a secret is in the log:\n%s", r.logged())
		}
	})
	r.doc = readDocument(t, r)
	return r
}

// patience is how long a test waits for what has to come: only a failure uses it up.
const patience = 2 * time.Minute

// locked is the log as a zapcore.WriteSyncer.
type locked struct{ r *rig }

func (l locked) Write(p []byte) (int, error) {
	l.r.logMu.Lock()
	defer l.r.logMu.Unlock()
	return l.r.log.Write(p)
}

func (l locked) Sync() error { return nil }

func (r *rig) logged() string {
	r.logMu.Lock()
	defer r.logMu.Unlock()
	return r.log.String()
}

// ask is a request to be made.
type ask struct {
	method, path, body string
	header             map[string]string // over Content-Type: application/json, where there is a body
	host               string
}

// said is an answer.
type said struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (r *rig) request(a ask) *http.Request {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), a.method, r.url+a.path, strings.NewReader(a.body))
	if err != nil {
		r.t.Fatal(err)
	}
	if a.method != http.MethodGet {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range a.header {
		if value == "" {
			req.Header.Del(name)
			continue
		}
		req.Header.Set(name, value)
	}
	if a.host != "" {
		req.Host = a.host
	}
	return req
}

// do makes a request, and holds its answer against the document.
func (r *rig) do(a ask) said {
	r.t.Helper()
	resp, err := r.client.Do(r.request(a))
	if err != nil {
		r.t.Fatalf("%s %s: %v", a.method, a.path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatalf("%s %s: %v", a.method, a.path, err)
	}
	s := said{r.t, resp.StatusCode, resp.Header, string(b)}
	r.doc.check(r.t, a, s)
	if strings.Contains(s.body+fmt.Sprint(s.header), canary) {
		r.t.Errorf("%s %s tells a secret: %v %s", a.method, a.path, s.header, s.body)
	}
	return s
}

func (r *rig) get(path string) said { r.t.Helper(); return r.do(ask{method: "GET", path: path}) }

func (r *rig) post(path, body string) said {
	r.t.Helper()
	return r.do(ask{method: "POST", path: path, body: body})
}

// must fails unless the answer has this status.
func (s said) must(status int) said {
	s.t.Helper()
	if s.status != status {
		s.t.Fatalf("status %d, want %d: %s", s.status, status, s.body)
	}
	return s
}

// says fails unless the body has each of the texts.
func (s said) says(texts ...string) said {
	s.t.Helper()
	for _, text := range texts {
		if !strings.Contains(s.body, text) {
			s.t.Errorf("%q is not said in %s", text, s.body)
		}
	}
	return s
}

func (s said) into(v any) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.body), v); err != nil {
		s.t.Fatalf("%v in %s", err, s.body)
	}
}

func (s said) order() store.Order {
	s.t.Helper()
	var o store.Order
	s.into(&o)
	return o
}

func (s said) problem() api.Problem {
	s.t.Helper()
	var p api.Problem
	s.into(&p)
	if got := s.header.Get("Content-Type"); got != "application/problem+json" {
		s.t.Errorf("a problem comes as %q", got)
	}
	if p.Status != s.status || p.RequestID == "" || p.RequestID != s.header.Get("X-Request-Id") || p.Detail == "" {
		s.t.Errorf("status %d, problem %+v", s.status, p)
	}
	return p
}

// is fails unless the answer is this problem.
func (s said) is(status int, slug string) api.Problem {
	s.t.Helper()
	s.must(status)
	p := s.problem()
	if p.Type != "/problems/"+slug {
		s.t.Errorf("%s, want %s: %s", p.Type, slug, s.body)
	}
	return p
}

// minutes is an intent that can be accepted.
func minutes(reference string) string {
	return fmt.Sprintf(`{"reference":%q,"kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":1000,"allowDuplicate":true}`, reference)
}

// release lets rows of batches go, as a worker does.
func (r *rig) release(want int) {
	r.t.Helper()
	if n, err := batch.Of(r.room.Store).Release(r.t.Context()); n != want || err != nil {
		r.t.Fatalf("%d rows released, want %d: %v", n, want, err)
	}
}

// held is an order that waits for its release.
func (r *rig) held(reference string) store.Order {
	r.t.Helper()
	n := tasks.NewOrder(tasks.Intent{Reference: reference, Kind: "add_recording_minutes", ProductNo: "3658B431119665QJ", Quantity: 7, AllowDuplicate: true}.Normalise(), tasks.QueueOrders)
	n.HoldFor, n.HoldOn = store.WaitDuplicate, "oq"
	o, _, err := r.room.Store.Accept(r.t.Context(), n)
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

// rejected is an order that the portal has refused.
func (r *rig) rejected(reference string) store.Order {
	r.t.Helper()
	o := r.post("/v1/orders", minutes(reference)).must(http.StatusAccepted).order()
	o, _, err := r.room.Store.Take(r.t.Context(), o.ID, store.Delivery{Worker: "w", Nonce: reference, Silence: time.Minute, Within: time.Minute})
	if err == nil {
		o, err = r.room.Store.Reject(r.t.Context(), o, store.Refusal{Code: "unknown_pbx", Reason: "no such PBX"})
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

// inReview is an order whose attempt was sent, and nobody knows what came of it.
func (r *rig) inReview(reference, pbx string) store.Order {
	r.t.Helper()
	ctx, st := r.t.Context(), r.room.Store
	n := tasks.NewOrder(tasks.Intent{Reference: reference, Kind: "add_recording_minutes", ProductNo: pbx, Quantity: 7, AllowDuplicate: true}.Normalise(), tasks.QueueOrders)
	o, _, err := st.Accept(ctx, n)
	check := func(next store.Order, err error) {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
		o = next
	}
	check(o, err)
	o, _, err = st.Take(ctx, o.ID, store.Delivery{Worker: "w", Nonce: reference, Silence: time.Minute, Within: time.Minute})
	check(o, err)
	mark, err := st.SetMark(ctx, store.Mark{At: time.Now()}, 0)
	check(o, err)
	ref := tasks.AttemptReference(o.ID, 1)
	p, err := st.Gate(ctx, o, store.Submission{
		Nonce: "n-" + o.ID, Sender: "elsewhere-1-00", Reference: ref, PONumber: ref, Body: []byte("{}"),
		Resolved: o, Within: time.Millisecond, Watermark: mark.Number,
	})
	check(p.Order, err)
	check(st.Doubt(ctx, o, "no answer within 1s", "POST, no answer", time.Hour))
	check(st.Review(ctx, o, "cannot tell"))
	return o
}

// queued says how many tasks the queue of plain producers has.
func (r *rig) queued() int {
	r.t.Helper()
	r.api.Settle(r.t.Context())
	i := asynq.NewInspectorFromRedisClient(r.room.Redis)
	info, err := i.GetQueueInfo(tasks.QueueOrders)
	if err != nil {
		r.t.Fatal(err)
	}
	return info.Size
}

// raw speaks to the server byte by byte, and gives what it says until it hangs up.
func (r *rig) raw(text string) string {
	r.t.Helper()
	var d net.Dialer
	c, err := d.DialContext(r.t.Context(), "tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	defer context.AfterFunc(r.t.Context(), func() { _ = c.Close() })()
	if _, err := io.WriteString(c, text); err != nil {
		r.t.Fatal(err)
	}
	b, _ := io.ReadAll(c) // a reset says as much as an end
	return string(b)
}

// billing is who gets the invoices: the simulated account has two contacts, as real ones do.
func billing(c *config.Config, _ *api.Config) {
	c.BillingContact = yeastartest.BillingContact.String()
}
