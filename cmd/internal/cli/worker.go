package cli

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/metrics"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/worker"
)

func (a *app) worker() *cobra.Command {
	cmd := &cobra.Command{
		Use: "worker", Short: "Place accepted orders, until interrupted", GroupID: groupRun, Args: none,
		Long: `Place accepted orders, until interrupted. Any number of workers may run for one
account, on any number of hosts; each keeps a send journal on its own disk.

An interrupted worker waits for the answers of what it has sent, and records
them; a second interrupt kills it, which loses no order either.

It refuses a Redis that can forget, unless the portal is on loopback: see
orderq doctor.`,
		Example: `  orderq worker
  orderq worker --concurrency 64 --servers 4 --rate 50/s
  orderq worker --metrics-listen 127.0.0.1:9090      /metrics, /healthz, /readyz`,
	}
	set := a.settings(cmd, append(workerSettings(), "ORDERQ_METRICS_LISTEN", "ORDERQ_API_TOKENS")...)
	cmd.RunE = a.do(func(ctx context.Context, _ []string) error {
		cfg, err := set.load()
		if err != nil {
			return err
		}
		if cfg.Redis.Embedded() {
			return wrongUse(errors.New("embedded:// is a Redis inside one process, and nobody could give this worker orders: use `orderq up --redis embedded://`"))
		}
		if err := cfg.MetricsListener(); err != nil {
			return wrongUse(err)
		}
		if cfg.MetricsListen == "" {
			return a.work(ctx, cfg, nil)
		}
		return a.work(ctx, cfg, func(ctx context.Context, l *ledger, m *metrics.Set, ready func(context.Context) error, log *zap.Logger) (pages, error) {
			return serveHealth(ctx, l, m, ready, log)
		})
	})
	return cmd
}

// pages are what a process shows over HTTP.
type pages interface {
	failed() <-chan error // gives why they are not served any more
	close(ctx context.Context)
}

// shower opens the pages of a process that works.
type shower func(ctx context.Context, l *ledger, m *metrics.Set, ready func(context.Context) error, log *zap.Logger) (pages, error)

// work runs a worker until ctx ends, with the pages that show opens; nil: none.
func (a *app) work(ctx context.Context, cfg config.Config, show shower) error {
	l, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	defer l.close()
	log := a.logger(cfg)
	defer log.Sync()
	wc, err := workerConfig(cfg, l.rdb, log)
	if err != nil {
		return err
	}
	m := metrics.New(cfg.Account, buildVersion())
	m.Work(&wc)
	w, err := worker.New(wc)
	if err != nil {
		return wrongUse(err)
	}
	var started atomic.Bool
	var failed <-chan error
	if show != nil {
		// First the address, then the work: a port that is taken is found out before anything is sent.
		ready := func(ctx context.Context) error {
			if !started.Load() {
				return errors.New("starting")
			}
			return w.Ready(ctx)
		}
		shown, err := show(ctx, l, m, ready, log)
		if err != nil {
			return err
		}
		defer shown.close(ctx)
		failed = shown.failed()
	}
	if err := w.Start(ctx); err != nil {
		return err
	}
	defer w.Shutdown()
	started.Store(true)
	if cfg.OnAbsent == config.AbsentResubmit {
		log.Warn("ORDERQ_ON_ABSENT=resubmit: orders are sent again without proof that the portal would show them; this may order twice")
	}
	select {
	case <-ctx.Done():
		log.Info("stopping: answers on their way are waited for", zap.Duration("atMost", cfg.ShutdownTimeout))
		return nil
	case err := <-failed:
		return fmt.Errorf("HTTP: %w", err)
	}
}

// workerConfig is the mapping from the settings to what a worker needs.
func workerConfig(cfg config.Config, rdb redis.UniversalClient, log *zap.Logger) (worker.Config, error) {
	if err := cfg.Credentials(); err != nil {
		return worker.Config{}, wrongUse(err)
	}
	names, err := aliases(cfg)
	if err != nil {
		return worker.Config{}, err
	}
	return worker.Config{
		Redis: rdb, Queue: cfg.Redis.Asynq(), Account: cfg.Account,
		Portal: office.PortalOf(cfg), BillingContact: cfg.BillingContact, Aliases: names, Journal: cfg.Journal,
		Concurrency: cfg.Concurrency, Servers: cfg.Servers, Rate: rateOf(cfg.Rate), Settle: cfg.Settle,
		OnAbsent:   worker.OnAbsent(cfg.OnAbsent),
		SweepEvery: cfg.SweepEvery, HeartbeatEvery: cfg.HeartbeatEvery, BreakerOpen: cfg.BreakerOpen,
		ShutdownTimeout: cfg.ShutdownTimeout, TaskTimeout: cfg.TaskTimeout, AllowVolatileLedger: cfg.AllowVolatileLedger, Log: log,
		WebhookAllow: cfg.WebhookAllow,
	}, nil
}

// rateAhead bounds how far calls may run ahead of the rate, in whole calls.
const rateAhead = 100 * time.Millisecond

// rateOf is the rate as the gate counts it. A few calls may go at once, so that one order's reads do not
// wait for each other; over any second the rate is kept to within that tenth.
func rateOf(r config.Rate) store.Rate {
	if r.Unlimited() {
		return store.Rate{}
	}
	return store.Rate{Interval: r.Interval(), Tolerance: rateAhead.Truncate(r.Interval())}
}
