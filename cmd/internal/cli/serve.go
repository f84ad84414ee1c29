package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/hibiken/asynq"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/metrics"
	"orderq/cmd/internal/page"
	"orderq/cmd/internal/queues"
	"orderq/store/gather"
)

// apiSettings are what the HTTP API reads beside a worker's.
func apiSettings() []string {
	return []string{"ORDERQ_LISTEN", "ORDERQ_API_TOKENS", "ORDERQ_API_RATE", "ORDERQ_TLS_CERT", "ORDERQ_TLS_KEY", "ORDERQ_WEBHOOK_ALLOW"}
}

func (a *app) serve() *cobra.Command {
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve the HTTP API, until interrupted", GroupID: groupRun, Args: none,
		Long: `Serve the HTTP API at ORDERQ_LISTEN, until interrupted; workers run elsewhere.
GET /openapi.json describes it. A page is at /, asynq's dashboard at /queues/,
and there are /metrics, /healthz and /readyz.

Without ORDERQ_API_TOKENS (name:role:token,…; roles viewer, producer, operator)
it listens on loopback alone. A browser signs in at /login with a token.
--tls-cert and --tls-key make it HTTPS.`,
		Example: `  orderq serve
  orderq serve --listen 0.0.0.0:8443 --api-tokens-file /etc/orderq/tokens \
      --tls-cert /etc/orderq/cert.pem --tls-key /etc/orderq/key.pem`,
	}
	set := a.settings(cmd, append(append(append(append(ledgerSettings(), portalSettings()...), logSettings()...), apiSettings()...),
		"ORDERQ_BILLING_CONTACT", "ORDERQ_ALIASES_FILE", "ORDERQ_JOURNAL", "ORDERQ_SETTLE", "ORDERQ_ON_ABSENT", "ORDERQ_RATE",
		"ORDERQ_CONCURRENCY", "ORDERQ_SERVERS", "ORDERQ_BREAKER_OPEN")...)
	cmd.RunE = a.do(func(ctx context.Context, _ []string) error {
		cfg, err := set.load()
		if err != nil {
			return err
		}
		if cfg.Redis.Embedded() {
			return wrongUse(errors.New("embedded:// is a Redis inside one process, and no worker could place its orders: use `orderq up --redis embedded://`"))
		}
		if err := cfg.Listener(); err != nil {
			return wrongUse(err)
		}
		l, err := open(ctx, cfg)
		if err != nil {
			return err
		}
		defer l.close()
		log := a.logger(cfg)
		defer log.Sync()
		site, err := a.openSite(ctx, l, metrics.New(cfg.Account, buildVersion()), func(ctx context.Context) error { return reach(ctx, l.rdb) }, log)
		if err != nil {
			return err
		}
		defer site.close(ctx)
		select {
		case <-ctx.Done():
			log.Info("stopping: answers under way are finished")
			return nil
		case err := <-site.failed():
			return fmt.Errorf("HTTP at %s: %w", cfg.Listen, err)
		}
	})
	return cmd
}

// site is the HTTP API and the health pages of a process.
type site struct {
	server  *api.Server
	api     *api.API
	queue   *asynq.Client // over the ledger's own connections
	metrics *metrics.Set
	page    *page.Page
	queues  *queues.Dashboard
}

// openSite answers at the settings' address until close. ready says why the process cannot do its office now.
func (a *app) openSite(ctx context.Context, l *ledger, m *metrics.Set, ready func(context.Context) error, log *zap.Logger) (*site, error) {
	at, err := api.Listen(ctx, l.cfg.Listen, l.cfg.TLSCert, l.cfg.TLSKey)
	if err != nil {
		return nil, err
	}
	if len(l.cfg.Tokens) == 0 && !at.Loopback { // what a name means was found out only now
		_ = at.Close()
		return nil, wrongUse(fmt.Errorf("ORDERQ_LISTEN: %s can be reached from other machines and ORDERQ_API_TOKENS is not set: set tokens, or listen on 127.0.0.1", at.Addr()))
	}
	m.Watch(ctx, l.Office)
	s := &site{queue: asynq.NewClientFromRedisClient(gather.Of(l.rdb)), metrics: m, page: page.New(l.Office), queues: queues.New(l.cfg.Redis.Asynq())}
	s.api = api.New(ctx, api.Config{
		Office: l.Office, Queue: s.queue, Log: log, Loopback: at.Loopback, Version: buildVersion(),
		Pages: []api.Page{
			{Path: "/", Show: s.page}, {Path: "/metrics", Show: m.Handler()}, {Path: queues.Path, Show: s.queues.Show(), Operate: s.queues.Operate()},
		},
	})
	s.server = api.Serve(at, front(healthPages(ready), s.api, at.Loopback), log)
	log.Info("listening", zap.String("page", at.URL()+"/"), zap.String("api", at.URL()+"/v1"), zap.String("healthz", at.URL()+"/healthz"), zap.String("readyz", at.URL()+"/readyz"))
	return s, nil
}

// front gives the health pages' paths to them and all others to the API, exactly as they were asked for. A loopback
// listener's API has what names another host, too: it answers to none of them.
func front(pages, rest http.Handler, loopback bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		here := !loopback || api.LoopbackName(r.Host)
		if here && (r.URL.Path == "/healthz" || r.URL.Path == "/readyz") {
			pages.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

func (s *site) failed() <-chan error { return s.server.Failed() }

// close ends streams, lets other answers end, and then lets go what they needed.
func (s *site) close(ctx context.Context) {
	s.api.Stop()
	s.server.Close(ctx)
	s.api.Close()
	s.metrics.Close()
	s.page.Close()
	_ = s.queues.Close()
}
