package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"orderq/store"
	"orderq/store/hook"
	"orderq/store/storetest"
	"orderq/tasks"
)

// patience is how long a test waits for what has to come: only a failure uses it up.
const patience = 2 * time.Minute

// rig is an account, a receiver on loopback, and as many deliverers as a test starts.
type rig struct {
	t     *testing.T
	room  *storetest.Room
	hooks *hook.Hooks
	logs  *observer.ObservedLogs
	log   *zap.Logger
	tries chan try // told of each that was written down
}

// try is one that was settled.
type try struct {
	webhook string
	hook.Entry
}

func newRig(t *testing.T, room *storetest.Room) *rig {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	return &rig{t: t, room: room, hooks: hook.Of(room.Store), logs: logs, log: zap.New(core), tries: make(chan try, 10_000)}
}

// loopback lets receivers of a test be called.
func loopback() Guard { return Guard{[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}} }

// start runs a deliverer until the test ends, or stop is called.
func (r *rig) start(tune ...func(*Config, *SenderConfig)) (stop func()) {
	r.t.Helper()
	sc := SenderConfig{Guard: loopback(), Within: patience}
	c := Config{
		Store: r.room.Store, Log: r.log, Every: 10 * time.Millisecond, Hold: 2 * patience, BreakerOpen: time.Millisecond,
		OnSettled: func(id string, e hook.Entry) { r.tries <- try{id, e} },
	}
	for _, f := range tune {
		f(&c, &sc)
	}
	c.Sender = NewSender(sc)
	d := New(c)
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		again := time.NewTicker(c.Every)
		defer again.Stop()
		for ctx.Err() == nil {
			_ = d.Run(ctx) // Redis' errors are in the log; the worker's loop runs it again, too
			select {
			case <-ctx.Done():
			case <-again.C:
			}
		}
	})
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); run.Wait(); d.Close() }) }
	r.t.Cleanup(stop)
	return stop
}

// receiver is an endpoint, and what it heard.
type receiver struct {
	t       *testing.T
	url     string
	secret  hook.Secret
	heard   chan message
	mu      sync.Mutex
	answers func(n int, m message, w http.ResponseWriter) // nil: 204
	n       int
}

// message is a delivery as the receiver sees it.
type message struct {
	id     string
	header http.Header
	body   []byte
	Type   string
	Data   store.Order
	Event  Moved
	At     time.Time `json:"timestamp"`
}

// receive starts a receiver; answer is called with the number of the delivery, from 1.
func (r *rig) receive(answer func(n int, m message, w http.ResponseWriter)) *receiver {
	r.t.Helper()
	v := &receiver{t: r.t, heard: make(chan message, 10_000), answers: answer}
	server := httptest.NewServer(v)
	r.t.Cleanup(server.Close)
	v.url = server.URL
	return v
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // it was hung up on
	}
	m := message{id: req.Header.Get("webhook-id"), header: req.Header, body: body}
	if err := json.Unmarshal(body, &m); err != nil {
		v.t.Errorf("%s: %v", body, err)
	}
	if err := verified(v.secret, m); err != nil {
		v.t.Errorf("%s: %v", m.id, err)
	}
	v.mu.Lock()
	v.n++
	n := v.n
	v.mu.Unlock()
	defer func() { v.heard <- m }() // before the answer leaves, unless it is flushed
	if v.answers == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	v.answers(n, m, w)
}

// verified asks the library that the specification's authors publish.
func verified(secret hook.Secret, m message) error {
	wh, err := standardwebhooks.NewWebhook(secret.Reveal())
	if err != nil {
		return err
	}
	return wh.Verify(m.body, m.header)
}

// add makes a receiver an endpoint.
func (r *rig) add(v *receiver, wants ...func(*hook.Endpoint)) string {
	r.t.Helper()
	e := hook.Endpoint{URL: v.url + "/in", Enabled: true}
	for _, f := range wants {
		f(&e)
	}
	e, secret, err := r.hooks.Add(r.t.Context(), e)
	r.must(err)
	v.secret = secret
	return e.ID
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// accept is an order, whose acceptance is an event.
func (r *rig) accept(reference string) store.Order {
	r.t.Helper()
	in := tasks.Intent{Reference: reference, Kind: "add_recording_minutes", ProductNo: "3658B431119665QJ", Quantity: 7, AllowDuplicate: true}
	o, _, err := r.room.Store.Accept(r.t.Context(), tasks.NewOrder(in.Normalise(), tasks.QueueOrders))
	r.must(err)
	return o
}

// cancel is a second event of it.
func (r *rig) cancel(o store.Order) store.Order {
	r.t.Helper()
	o, err := r.room.Store.Cancel(r.t.Context(), o, "anna", "not wanted")
	r.must(err)
	return o
}

// event puts one into the stream without a move.
func (r *rig) event(order string, version int) {
	r.t.Helper()
	r.must(r.room.Redis.XAdd(r.t.Context(), &redis.XAddArgs{
		Stream: r.room.Store.Keys().Events(), Values: []any{"id", order, "state", "placed", "ver", version},
	}).Err())
}

// hears gives the next delivery.
func (v *receiver) hears() message {
	v.t.Helper()
	select {
	case m := <-v.heard:
		return m
	case <-time.After(patience):
		v.t.Fatal("nothing was delivered")
		return message{}
	}
}

// tried gives the next try that was written down, and fails unless it came to this.
func (r *rig) tried(want hook.Outcome) try {
	r.t.Helper()
	got := r.next()
	if got.Outcome != want {
		r.t.Fatalf("%+v, want %s", got, want)
	}
	return got
}

// next waits for the next try, whatever came of it.
func (r *rig) next() try {
	r.t.Helper()
	select {
	case got := <-r.tries:
		return got
	case <-time.After(patience):
		r.t.Fatalf("nothing was tried; log:\n%s", r.said())
		return try{}
	}
}

// said is the log, as text.
func (r *rig) said() (text string) {
	for _, e := range r.logs.All() {
		text += fmt.Sprintln(e.Level, e.Message, e.ContextMap())
	}
	return text
}

// later lets all that waits be due, as if time had passed.
func (r *rig) later(id string) {
	r.t.Helper()
	key := r.room.Store.Keys().HookDue(id)
	all, err := r.room.Redis.ZRange(r.t.Context(), key, 0, -1).Result()
	r.must(err)
	for _, order := range all {
		r.must(r.room.Redis.ZAddXX(r.t.Context(), key, redis.Z{Member: order, Score: 1}).Err())
	}
}

// laterOf lets an order that nobody has taken be due.
func (r *rig) laterOf(id, order string) {
	r.t.Helper()
	r.must(r.room.Redis.ZAddXX(r.t.Context(), r.room.Store.Keys().HookDue(id), redis.Z{Member: order, Score: 1}).Err())
}

func (r *rig) endpoint(id string) hook.Endpoint {
	r.t.Helper()
	e, err := r.hooks.Get(r.t.Context(), id)
	r.must(err)
	return e
}
