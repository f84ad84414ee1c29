package worker_test

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"
	"go.uber.org/zap/zaptest/observer"

	"orderq/store"
	"orderq/store/journal"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/worker"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// These tests wait for deadlines far more than they compute: more of them at once than there are cores.
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	redis.SetLogger(quiet{}) // clients that dial while a test has cut the line say so, at length
	goleak.VerifyTestMain(m)
}

// patience is how long tests wait for what comes within moments: a machine that is loaded may be many times slower, and
// whoever waits in vain is told so soon enough.
const patience = 3 * time.Minute

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// rig is a portal, a Redis, a producer, and as many workers as a test starts.
type rig struct {
	t      testing.TB
	room   *storetest.Room
	portal *yeastartest.Server
	client *tasks.Client
	queue  *asynq.Client
	conn   asynq.RedisConnOpt
	cfg    worker.Config
	moves  *moves
	logs   *observer.ObservedLogs // warnings and worse
}

// said is what the workers had to warn of.
func (r *rig) said() (text string) {
	for _, e := range r.logs.All() {
		text += fmt.Sprintln(e.Time.Format(time.TimeOnly), e.Level, e.Message, e.ContextMap())
	}
	return text
}

// connOpt lets asynq use the room's own line, so that cutting it cuts the queue too.
type connOpt struct{ o *redis.Options }

func (c connOpt) MakeRedisClient() any { return redis.NewClient(c.o) }

func newRig(t testing.TB, portal yeastartest.Options, tune ...func(*worker.Config)) *rig {
	t.Helper()
	return rigIn(t, storetest.Best(t), portal, tune...)
}

func rigIn(t testing.TB, room *storetest.Room, portal yeastartest.Options, tune ...func(*worker.Config)) *rig {
	t.Helper()
	r := &rig{t: t, room: room, portal: yeastartest.Start(portal), moves: newMoves()}
	t.Cleanup(r.portal.Close)
	r.conn = connOpt{room.Options}
	r.queue = asynq.NewClient(r.conn)
	t.Cleanup(func() { _ = r.queue.Close() })
	r.client = tasks.NewClient(room.Store, r.queue)
	r.cfg = worker.Config{
		Redis: room.Redis, Queue: r.conn, Journal: t.TempDir(),
		Portal: yeastar.Config{
			BaseURL: r.portal.URL(), ClientID: r.portal.ClientID(), ClientSecret: yeastar.Secret(r.portal.ClientSecret()),
			CallTimeout: 30 * time.Second, // however loaded the machine, no call runs out
		},
		BillingContact: "billing@example.com",
		Concurrency:    8, Settle: 400 * time.Millisecond,
		SweepEvery: 20 * time.Millisecond, HeartbeatEvery: 50 * time.Millisecond, BreakerOpen: 200 * time.Millisecond,
		PollEvery: 50 * time.Millisecond, ShutdownTimeout: time.Minute,
		OnMove: r.moves.see,
	}
	var core zapcore.Core
	core, r.logs = observer.New(zap.WarnLevel)
	r.cfg.Log = zap.New(core)
	if testing.Verbose() {
		r.cfg.Log = zaptest.NewLogger(t, zaptest.Level(zap.InfoLevel), zaptest.WrapOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
			return zapcore.NewTee(c, core)
		})))
	}
	for _, f := range tune {
		f(&r.cfg)
	}
	return r
}

// brisk is for tests in which calls run out, or in which an order is to be given up as absent: its horizon begins when its
// call must have ended.
func brisk(c *worker.Config) {
	c.Portal.CallTimeout, c.ShutdownTimeout = 4*time.Second, 15*time.Second
}

// start runs a worker until the test ends.
func (r *rig) start(tune ...func(*worker.Config)) *worker.Worker {
	r.t.Helper()
	cfg := r.cfg
	for _, f := range tune {
		f(&cfg)
	}
	w, err := worker.New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := w.Start(context.Background()); err != nil {
		r.t.Fatal(err)
	}
	var once sync.Once
	r.t.Cleanup(func() { once.Do(w.Shutdown) })
	return w
}

func (r *rig) place(in tasks.Intent) store.Order {
	r.t.Helper()
	p, err := r.client.Place(context.Background(), in)
	if err != nil {
		r.t.Fatal(err)
	}
	return p.Order
}

// await waits until an order is in one of the states, woken by the workers' own moves.
func (r *rig) await(id string, states ...store.State) store.Order {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		changed := r.moves.changed()
		o, err := r.room.Store.Get(ctx, id)
		if err == nil {
			for _, s := range states {
				if o.State == s {
					return o
				}
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			h, _ := r.room.Store.History(context.Background(), id)
			r.t.Fatalf("order %s is %s (waitingFor %q, %s), want %v; history %+v; warnings:\n%s", id, o.State, o.WaitingFor, o.Reason, states, h, r.said())
		}
	}
}

// ledger is the portal's own book.
func (r *rig) committed(id string) []yeastartest.LedgerOrder {
	l := r.portal.Ledger()
	return l.Committed(id)
}

// sleeper is a journal of this host that a live process holds which does nothing.
func (r *rig) sleeper() *journal.Journal {
	r.t.Helper()
	j, err := journal.Open(r.cfg.Journal, journal.Header{
		Ledger: "l", BaseURL: r.portal.URL(), Client: journal.HashClient(r.portal.ClientID()), Account: "default",
	})
	r.must(err)
	r.t.Cleanup(func() { _ = j.Close() })
	return j
}

// requests counts the create-order requests of this order that reached the portal. Attempts are no measure of
// them: on a loaded machine one passes the gate and is too late to be sent.
func (r *rig) requests(id string) int {
	n := 0
	for poNumber, times := range r.portal.Ledger().Requests {
		if strings.HasPrefix(poNumber, id+"-") {
			n += times
		}
	}
	return n
}

// moves tells waiters that some order has moved.
type moves struct {
	mu   sync.Mutex
	wake chan struct{}
}

func newMoves() *moves { return &moves{wake: make(chan struct{})} }

func (m *moves) see(store.Order) {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.wake)
	m.wake = make(chan struct{})
}

func (m *moves) changed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wake
}

func minutes(reference, productNo string, n int) tasks.Intent {
	return tasks.Intent{Reference: reference, Kind: "add_recording_minutes", ProductNo: productNo, Quantity: n, AllowDuplicate: true}
}

func ref(i int) string { return "r-" + strconv.Itoa(i) }
