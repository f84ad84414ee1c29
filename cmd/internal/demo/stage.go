package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/embedded"
	"orderq/store"
	"orderq/store/fleet"
	"orderq/tasks"
	"orderq/worker"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

const (
	// settle is the horizon of the demo; by default it is ten minutes.
	settle = time.Second
	// callTimeout is how long the portal may take; by default thirty seconds.
	callTimeout = time.Second
	// breakerOpen is how long the breaker waits before it probes; by default thirty seconds.
	breakerOpen = 500 * time.Millisecond
	// latency is what a healthy portal takes. Without any there is nothing in flight to stop a worker in.
	latency = 10 * time.Millisecond
)

// stage is everything that plays: Redis, portal, producers, workers.
type stage struct {
	redis  *embedded.Server
	line   *redis.Client
	queue  *asynq.Client
	portal *yeastartest.Server
	store  *store.Store
	fleet  *fleet.Fleet
	client *tasks.Client
	watch  *watch
	cfg    worker.Config
	folder string
	hands  []*hand
}

// raise sets the stage up; strike takes it down again, also after an error.
func raise(o Options) (s *stage, err error) {
	s = &stage{watch: newWatch()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.strike())
		}
	}()
	if s.folder, err = os.MkdirTemp("", "orderq-demo-"); err != nil {
		return s, fmt.Errorf("make a temporary folder: %w", err)
	}
	if s.redis, err = embedded.Start(); err != nil {
		return s, err
	}
	at, err := config.ParseRedis("redis://" + s.redis.Addr())
	if err != nil {
		return s, err
	}
	s.line = redis.NewClient(at.Options())
	s.queue = asynq.NewClient(at.Asynq())
	s.portal = yeastartest.Start(yeastartest.Options{Seed: o.Seed, PBXs: o.PBXs, Latency: latency, Tutorials: true})
	s.store = store.Open(s.line, store.DefaultPrefix, tasks.DefaultAccount)
	s.fleet = fleet.Of(s.store)
	s.client = tasks.NewClient(s.store, s.queue)
	rate := max(100, o.Orders/2) // half of the orders a second: quick, and slow enough to watch
	s.cfg = worker.Config{
		Redis: s.line, Queue: at.Asynq(), Journal: filepath.Join(s.folder, "journal"),
		Portal: yeastar.Config{
			BaseURL: s.portal.URL(), ClientID: s.portal.ClientID(), ClientSecret: yeastar.Secret(s.portal.ClientSecret()),
			CallTimeout: callTimeout,
		},
		BillingContact: "billing@example.com",
		Concurrency:    concurrency, Settle: settle, Rate: store.Rate{Interval: time.Second / time.Duration(rate), Tolerance: 200 * time.Millisecond},
		SweepEvery: 100 * time.Millisecond, HeartbeatEvery: 200 * time.Millisecond, BreakerOpen: breakerOpen,
		PollEvery: 200 * time.Millisecond, ShutdownTimeout: 10 * time.Second,
		Log: o.Log,
	}
	return s, nil
}

// concurrency is how many orders one worker has in work at once; by default 32.
const concurrency = 8

// hand is a worker, and how often it has told what became of a request.
type hand struct {
	*worker.Worker
	told atomic.Int64
}

// hire starts one more worker.
func (s *stage) hire(ctx context.Context) error {
	h := &hand{}
	cfg := s.cfg
	cfg.OnMove = func(o store.Order) {
		if o.Attempt > 0 && o.State != store.Accepted {
			h.told.Add(1)
		}
		s.watch.see(o)
	}
	var err error
	if h.Worker, err = worker.New(cfg); err != nil {
		return err
	}
	if err := h.Start(ctx); err != nil {
		return err
	}
	s.hands = append(s.hands, h)
	return nil
}

// dismiss stops the worker that was hired first, as SIGTERM does.
func (s *stage) dismiss() {
	h := s.hands[0]
	s.hands = s.hands[1:]
	h.Shutdown()
}

// strike takes everything down and removes the folder.
func (s *stage) strike() error {
	if s.portal != nil {
		s.portal.Heal() // who hangs would have to be waited for
	}
	for len(s.hands) > 0 {
		s.dismiss()
	}
	var errs []error
	if s.queue != nil {
		errs = append(errs, s.queue.Close())
	}
	if s.line != nil {
		errs = append(errs, s.line.Close())
	}
	if s.portal != nil {
		s.portal.Close()
	}
	if s.redis != nil {
		s.redis.Close()
	}
	if s.folder != "" {
		errs = append(errs, os.RemoveAll(s.folder))
	}
	return errors.Join(errs...)
}
