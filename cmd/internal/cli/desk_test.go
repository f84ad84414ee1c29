package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"orderq/store"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The secrets of a desk are marked, so that any of them is found wherever it is printed.
const (
	canaryID     = "canary-client-id"
	canarySecret = "canary-client-secret"
)

// desk is where somebody types commands: a Redis, a simulated portal, and an environment.
type desk struct {
	t      *testing.T
	room   *storetest.Room
	portal *yeastartest.Server
	mu     sync.Mutex
	env    map[string]string
	clock  func() time.Time // of what the test does itself
}

func newDesk(t *testing.T) *desk { return deskIn(t, storetest.Embedded(t), yeastartest.Options{}) }

func deskIn(t *testing.T, room *storetest.Room, o yeastartest.Options) *desk {
	t.Helper()
	o.ClientID, o.ClientSecret = canaryID, canarySecret
	d := &desk{t: t, room: room, portal: yeastartest.Start(o), clock: time.Now}
	t.Cleanup(d.portal.Close)
	at := "redis://" + room.Options.Addr + "/0"
	if room.Options.Network == "unix" {
		at = "unix://" + room.Options.Addr
	}
	d.env = map[string]string{
		"HOME": t.TempDir(), "USER": "tester", "ORDERQ_REDIS_URL": at,
		"YEASTAR_BASE_URL": d.portal.URL(), "YEASTAR_CLIENT_ID": canaryID, "YEASTAR_CLIENT_SECRET": canarySecret,
		"ORDERQ_BILLING_CONTACT": "billing@example.com",
		// Long enough for a machine that is busy, and short where it has to be waited for.
		"ORDERQ_CALL_TIMEOUT": "5s", "ORDERQ_TASK_TIMEOUT": "7s", "ORDERQ_SHUTDOWN_TIMEOUT": "9s",
		"ORDERQ_SETTLE": "500ms", "ORDERQ_SWEEP_EVERY": "50ms", "ORDERQ_HEARTBEAT_EVERY": "50ms",
	}
	return d
}

func (d *desk) set(name, value string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.env[name] = value
}

func (d *desk) lookup(name string) (string, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.env[name]
	return v, ok
}

// answer is what a command said.
type answer struct {
	code     int
	out, err string
}

// run types one command and waits for it.
func (d *desk) run(args ...string) answer { return d.runWith("", args...) }

func (d *desk) runWith(stdin string, args ...string) answer {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience) // one that should have ended must not stay
	defer cancel()
	var out, err bytes.Buffer
	code := Run(ctx, args, d.lookup, strings.NewReader(stdin), &out, &err)
	a := answer{code, out.String(), err.String()}
	for _, canary := range []string{canaryID, canarySecret} {
		if strings.Contains(a.out+a.err, canary) {
			d.t.Errorf("%v printed the secret %s:\n%s%s", args, canary, a.out, a.err)
		}
	}
	return a
}

// must is run with the exit code it has to end with.
func (d *desk) must(code int, args ...string) answer {
	d.t.Helper()
	a := d.run(args...)
	if a.code != code {
		d.t.Fatalf("orderq %s: exit %d, want %d\nstdout:\n%s\nstderr:\n%s", strings.Join(args, " "), a.code, code, a.out, a.err)
	}
	return a
}

// says fails unless each of the texts is in one of the streams.
func says(t *testing.T, where string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(where, text) {
			t.Errorf("%q is not said in:\n%s", text, where)
		}
	}
}

// minutes is an order that can be placed, with more flags.
func minutes(more ...string) []string {
	return append([]string{"order", "place", "--kind", "add_recording_minutes", "--quantity", "1000",
		"--product-no", yeastartest.TutorialExpandPBX}, more...)
}

// service is a command that runs until it is told to end.
type service struct {
	t        *testing.T
	stop     context.CancelFunc
	out, err *tap
	ended    chan int
}

// start types a command that stays.
func (d *desk) start(args ...string) *service {
	d.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &service{t: d.t, stop: stop, out: newTap(), err: newTap(), ended: make(chan int, 1)}
	go func() { s.ended <- Run(ctx, args, d.lookup, strings.NewReader(""), s.out, s.err) }()
	d.t.Cleanup(func() { s.end() })
	return s
}

// end interrupts it and gives its exit code.
func (s *service) end() int {
	s.stop()
	code, ok := <-s.ended
	if ok {
		close(s.ended)
		if s.t.Failed() {
			s.t.Logf("it said:\n%s", s.err.text())
		}
	}
	return code
}

// code waits until it ends by itself.
func (s *service) code() int {
	s.t.Helper()
	select {
	case code := <-s.ended:
		close(s.ended)
		return code
	case <-time.After(patience):
		s.t.Fatalf("it does not end; it said:\n%s", s.err.text())
		return 0
	}
}

// worker runs one at this desk.
func (d *desk) worker() *service {
	d.t.Helper()
	s := d.start("worker")
	s.err.await(d.t, "worker started")
	return s
}

// patience is how long a test waits for what has to come: only a failure uses it up.
const patience = 2 * time.Minute

// tap is a writer that one can wait at.
type tap struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	heard chan struct{} // closed at the next write
}

func newTap() *tap { return &tap{heard: make(chan struct{})} }

func (w *tap) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.heard)
	w.heard = make(chan struct{})
	return w.buf.Write(p)
}

func (w *tap) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

// await waits for text that matches, and gives the pattern's first group.
func (w *tap) await(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	over := time.NewTimer(patience)
	defer over.Stop()
	for {
		w.mu.Lock()
		text, heard := w.buf.String(), w.heard
		w.mu.Unlock()
		if m := re.FindStringSubmatch(text); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-heard:
		case <-over.C:
			t.Fatalf("nobody said %q; heard:\n%s", pattern, text)
		}
	}
}

// get reads a page.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// in brings an order into a state by the store's own moves, as a worker would.
func (d *desk) in(state store.State, reference string) store.Order {
	d.t.Helper()
	ctx := d.t.Context()
	// Each reference has a PBX of its own: one in doubt must not hold up the others.
	pbx := fmt.Sprintf("TEST%012d", len(reference)*1000+int(reference[len(reference)-1]))
	o := d.accepted(reference, pbx, state == store.Held)
	check := func(next store.Order, err error) {
		d.t.Helper()
		if err != nil {
			d.t.Fatal(err)
		}
		o = next
	}
	st := d.room.Store
	take := func() {
		d.t.Helper()
		next, mine, err := st.Take(ctx, o.ID, store.Delivery{Worker: "w", Nonce: reference, Silence: time.Minute, Within: time.Minute})
		if !mine {
			d.t.Fatalf("order %s is not ours to take: %v", o.ID, err)
		}
		check(next, err)
	}
	found := store.Found{To: state, OrderNo: "NO-" + reference, TransactionNo: "TN-" + reference, OrderStatus: "succeed", Via: store.ViaReference}
	switch state {
	case store.Held, store.Accepted:
	case store.Preparing:
		take()
	case store.Cancelled:
		check(st.Cancel(ctx, o, "tester", "not wanted"))
	case store.Rejected:
		take()
		check(st.Reject(ctx, o, store.Refusal{Code: "unknown_pbx", Reason: "no such PBX"}))
	case store.Placed, store.Pending:
		check(st.Record(ctx, o, found))
	case store.Submitting:
		take()
		check(d.gate(o, "elsewhere-1-00"))
	case store.Unknown, store.Review:
		take()
		check(d.gate(o, "elsewhere-1-00"))
		check(st.Doubt(ctx, o, "no answer within 1s", "POST, no answer", time.Hour))
		if state == store.Review {
			check(st.Review(ctx, o, "cannot tell"))
		}
	}
	if o.State != state {
		d.t.Fatalf("order %s is %s, want %s", o.ID, o.State, state)
	}
	return o
}

// gate lets an order that is being prepared through, as sent by a journal of that name.
func (d *desk) gate(o store.Order, sender string) (store.Order, error) {
	mark, err := d.room.Store.SetMark(d.t.Context(), store.Mark{At: d.clock()}, 0)
	if err != nil {
		return o, err
	}
	reference := tasks.AttemptReference(o.ID, 1)
	p, err := d.room.Store.Gate(d.t.Context(), o, store.Submission{
		Nonce: "n-" + o.ID, Sender: sender, Reference: reference, PONumber: reference, Body: []byte("{}"),
		Resolved: o, Within: time.Millisecond, Watermark: mark.Number,
	})
	if err == nil && !p.Through {
		err = fmt.Errorf("the gate refuses: %+v", p)
	}
	return p.Order, err
}

// sentAndLost is an order in review, for a PBX, whose attempt a journal of that name holds.
func (d *desk) sentAndLost(reference, sender, pbx string) store.Order {
	d.t.Helper()
	ctx, st := d.t.Context(), d.room.Store
	o := d.accepted(reference, pbx, false)
	o, _, err := st.Take(ctx, o.ID, store.Delivery{Worker: "w", Nonce: reference, Silence: time.Minute, Within: time.Minute})
	if err == nil {
		o, err = d.gate(o, sender)
	}
	if err == nil {
		o, err = st.Doubt(ctx, o, "no answer within 1s", "POST, no answer", time.Hour)
	}
	if err == nil {
		o, err = st.Review(ctx, o, "cannot tell")
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return o
}

func (d *desk) accepted(reference, pbx string, held bool) store.Order {
	d.t.Helper()
	n := tasks.NewOrder(tasks.Intent{Reference: reference, Kind: "add_recording_minutes", ProductNo: pbx, Quantity: 7, AllowDuplicate: true}.Normalise(), tasks.QueueOrders)
	if held {
		n.HoldFor, n.HoldOn = store.WaitDuplicate, "oq"
	}
	o, fresh, err := d.room.Store.Accept(d.t.Context(), n)
	if err != nil || !fresh {
		d.t.Fatalf("accept %s: fresh %t, %v", reference, fresh, err)
	}
	return o
}
