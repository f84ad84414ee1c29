package worker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"orderq/store"
	"orderq/store/batch"
	"orderq/store/fleet"
	"orderq/store/journal"
	"orderq/tasks"
	"orderq/worker/resolve"
	"orderq/worker/webhook"
	"orderq/yeastar"
)

// Worker is one process that carries orders out for one account.
type Worker struct {
	cfg       Config
	id        string // in heartbeats and records
	log       *zap.Logger
	store     *store.Store
	fleet     *fleet.Fleet
	batches   *batch.Batches
	portal    *yeastar.Client
	resolver  *resolve.Resolver
	sends     *sends
	queue     *asynq.Client
	inspect   *asynq.Inspector
	servers   []*asynq.Server
	webhooks  *webhook.Deliverer
	breaker   *breaker
	limiter   *rate.Limiter
	bulk      chan struct{} // held by the bulk order whose turn it is to wait for the rate
	marks     *marks
	standings standings
	details   *details
	inWork    inWork
	clocks    offsets
	trust     trust
	firstUse  bool // a person says that nothing was ever sent

	shared   atomic.Pointer[fleet.State] // the last reading of the fleet's state; nil before the first
	stopping chan struct{}               // closed when a shutdown begins
	base     context.Context             // Start's, without its end: what a shutdown says goodbye on
	stop     context.CancelFunc
	loops    sync.WaitGroup
	kick     chan struct{} // asks the sweeper for a round at once
	read     chan struct{} // asks the reader for a reading at once
	mend     chan struct{} // asks for a round of recovery at once
	asked    time.Time     // when the credentials were last tried, by breakerLoop alone
}

// New makes a worker; nothing runs before Start.
func New(cfg Config) (*Worker, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	w := &Worker{
		cfg: cfg, id: newID(), stopping: make(chan struct{}),
		kick: make(chan struct{}, 1), read: make(chan struct{}, 1), mend: make(chan struct{}, 1), bulk: make(chan struct{}, 1),
		limiter: limiter(cfg.Rate),
	}
	w.log = cfg.Log.With(zap.String("account", cfg.Account), zap.String("worker", w.id))
	w.store = store.Open(cfg.Redis, cfg.Prefix, cfg.Account).OnWake(func(string) { w.sweepSoon() })
	w.fleet, w.batches = fleet.Of(w.store), batch.Of(w.store)
	w.webhooks = webhook.New(webhook.Config{Store: w.store, Allow: cfg.WebhookAllow, Log: w.log})
	w.breaker = newBreaker(cfg.BreakerOpen, cfg.Portal.CallTimeout)
	w.inWork.orders = map[string]time.Time{}
	w.trust.book = w.header("").Book()
	w.trust.close("the ledger was not looked at yet")

	portal := cfg.Portal
	portal.Admit, portal.Observe = w.admit, w.observe
	client, err := yeastar.New(portal)
	if err != nil {
		return nil, err
	}
	w.portal = client
	w.resolver = resolve.New(resolve.Config{
		Client: client, DefaultContact: cfg.BillingContact, Aliases: cfg.Aliases, Now: cfg.Now,
	})
	w.marks = &marks{worker: w}
	w.details = newDetails(client)
	return w, nil
}

// ID is how heartbeats and records name this worker.
func (w *Worker) ID() string { return w.id }

// header is what this worker's journals begin with.
func (w *Worker) header(ledger string) journal.Header {
	return journal.Header{
		Ledger: ledger, BaseURL: w.cfg.Portal.BaseURL, Client: journal.HashClient(w.cfg.Portal.ClientID), Account: w.cfg.Account,
	}
}

// Start checks the ledger, opens the journal, recovers what Redis may have forgotten as far as this host can,
// and begins to take deliveries. It returns once it does.
func (w *Worker) Start(ctx context.Context) error {
	ledger, err := w.openLedger(ctx)
	if err != nil {
		return err
	}
	if err := w.openHost(); err != nil {
		return err
	}
	if w.sends, err = openSends(w.cfg.Journal, w.header(ledger), w.cfg.JournalOptions...); err != nil {
		return err
	}
	if err := w.beat(ctx); err != nil {
		return errors.Join(err, w.sends.close())
	}
	if _, err := w.Recover(ctx); err != nil {
		w.log.Error("the ledger is not recovered yet; it is tried again", zap.Error(err))
	}
	if w.trust.refuses() == "" {
		w.prune() // the records have what the journals tell
	}
	w.queue = asynq.NewClient(w.cfg.Queue)
	w.inspect = asynq.NewInspector(w.cfg.Queue)

	w.base = context.WithoutCancel(ctx)
	run, stop := context.WithCancel(w.base)
	w.stop = stop
	for _, loop := range []func(context.Context){w.beatLoop, w.recoverLoop, w.sweepLoop, w.readLoop, w.breakerLoop, w.releaseLoop, w.webhookLoop, w.tidyLoop} {
		w.loops.Go(func() { loop(run) })
	}
	for i := range w.cfg.Servers {
		s := w.newServer(i)
		if err := s.Start(w.mux()); err != nil {
			w.Shutdown()
			return fmt.Errorf("start the queue's server: %w", err)
		}
		w.servers = append(w.servers, s)
	}
	w.log.Info("worker started", zap.Int("concurrency", w.cfg.Concurrency), zap.String("journal", w.sends.current().Name()),
		zap.String("portal", w.cfg.Portal.BaseURL), zap.String("ledger", ledger))
	return nil
}

func (w *Worker) newServer(i int) *asynq.Server {
	share := w.cfg.Concurrency / w.cfg.Servers
	if i < w.cfg.Concurrency%w.cfg.Servers {
		share++
	}
	return asynq.NewServer(w.cfg.Queue, asynq.Config{
		Concurrency: share,
		Queues:      tasks.OrderQueues(),
		// asynq's defaults make an idle pick-up take half a second and a retry up to five.
		TaskCheckInterval:        50 * time.Millisecond,
		DelayedTaskCheckInterval: 500 * time.Millisecond,
		ShutdownTimeout:          w.cfg.ShutdownTimeout,
		RetryDelayFunc:           retryDelay,
		ErrorHandler:             asynq.ErrorHandlerFunc(w.deliveryFailed),
		Logger:                   w.log.Named("asynq").WithOptions(zap.AddCallerSkip(1)).Sugar(),
		LogLevel:                 asynq.WarnLevel,
	})
}

func (w *Worker) mux() *asynq.ServeMux {
	mux := asynq.NewServeMux()
	mux.HandleFunc(tasks.TypePlace, w.place)
	return mux
}

// Run starts, works until ctx ends, and shuts down.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	w.Shutdown()
	return nil
}

// Shutdown takes no further deliveries, lets those in work end (an answer on its way is waited for and
// recorded), and says goodbye. It may be called once.
func (w *Worker) Shutdown() {
	close(w.stopping)
	w.stopServers()
	w.stop()
	w.loops.Wait()
	w.webhooks.Close()
	leaving, cancel := context.WithTimeout(w.base, time.Second)
	defer cancel()
	if err := w.fleet.Leave(leaving, w.id); err != nil {
		w.log.Warn("goodbye not said", zap.Error(err))
	}
	if err := w.sends.close(); err != nil {
		w.log.Warn("journal not closed", zap.Error(err))
	}
	_ = w.queue.Close()
	_ = w.inspect.Close()
	w.portal.Close()
	w.log.Info("worker stopped")
}

// stopServers waits for the deliveries in work, but not for ever: asynq's subscriber waits without end on a Redis that
// took its question and does not answer.
func (w *Worker) stopServers() {
	var wg sync.WaitGroup
	for _, s := range w.servers {
		wg.Go(s.Shutdown)
	}
	gone := make(chan struct{})
	go func() { wg.Wait(); close(gone) }()
	t := time.NewTimer(w.cfg.ShutdownTimeout + 5*time.Second)
	defer t.Stop()
	select {
	case <-gone:
	case <-t.C:
		w.log.Warn("the queue's server does not stop; left as it is", zap.Duration("after", w.cfg.ShutdownTimeout+5*time.Second))
	}
}

// Ready says whether the worker can do its office now, and if not why: fit for /readyz.
func (w *Worker) Ready(ctx context.Context) error {
	if w.isStopping() {
		return errors.New("shutting down")
	}
	if err := w.cfg.Redis.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("no answer from Redis: %w", err)
	}
	if w.sends == nil {
		return errors.New("not started")
	}
	if why := w.trust.refuses(); why != "" {
		return errors.New("nothing is sent: " + why)
	}
	return nil
}

func (w *Worker) isStopping() bool {
	select {
	case <-w.stopping:
		return true
	default:
		return false
	}
}

// moved logs a move and tells who wants to know. One line a move.
func (w *Worker) moved(o store.Order) {
	if line := w.log.Check(zap.InfoLevel, "order moved"); line != nil { // where nobody logs, no fields are made
		line.Write(orderFields(o)...)
	}
	w.cfg.OnMove(o)
}

func orderFields(o store.Order) []zap.Field {
	f := []zap.Field{zap.String("order", o.ID), zap.String("state", string(o.State)), zap.String("kind", o.Kind), zap.String("productNo", o.ProductNo)}
	add := func(key, value string) {
		if value != "" {
			f = append(f, zap.String(key, value))
		}
	}
	add("waitingFor", string(o.WaitingFor))
	add("waitingOn", o.WaitingOn)
	add("orderNo", o.OrderNo)
	add("transactionNo", o.TransactionNo)
	add("via", string(o.Via))
	add("code", o.Code)
	add("reason", o.Reason)
	if o.Attempt > 0 {
		f = append(f, zap.Int("attempt", o.Attempt))
	}
	return f
}

// newID names this process: the host for people, random digits for uniqueness.
func newID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "host"
	}
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), nonce()[:8])
}

// nonce is 128 random bits, in hex.
func nonce() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails (crypto/rand, since Go 1.24)
	return hex.EncodeToString(b)
}
