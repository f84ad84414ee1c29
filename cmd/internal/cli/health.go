package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/metrics"
)

// health are the pages /healthz, /readyz and /metrics of a worker.
type health struct {
	server  *http.Server
	addr    string
	ended   chan error
	metrics *metrics.Set
}

// readyWithin is how long /readyz may take: orchestrators ask every few seconds.
const readyWithin = 2 * time.Second

// serveHealth answers at the settings' address for metrics until close. ready says why the process cannot do its office
// now.
func serveHealth(ctx context.Context, of *ledger, m *metrics.Set, ready func(context.Context) error, log *zap.Logger) (*health, error) {
	l, err := api.Listen(ctx, of.cfg.MetricsListen, "", "")
	if err != nil {
		return nil, err
	}
	if len(of.cfg.Tokens) == 0 && !l.Loopback { // what a name means was found out only now
		_ = l.Close()
		return nil, wrongUse(fmt.Errorf("ORDERQ_METRICS_LISTEN: %s can be reached from other machines and ORDERQ_API_TOKENS is not set: set tokens, or listen on 127.0.0.1", l.Addr()))
	}
	m.Watch(ctx, of.Office)
	pages := api.NewPages(api.Config{Office: of.Office, Log: log, Loopback: l.Loopback, Pages: []api.Page{{Path: "/metrics", Show: m.Handler()}}})
	h := &health{
		metrics: m,
		server: &http.Server{
			Handler: front(healthPages(ready), pages, l.Loopback), ErrorLog: zap.NewStdLog(log.Named("http")),
			// Nobody sends anything long to these pages, so whoever is slow is let go.
			ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
			IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		},
		addr: reachable(l.Addr()), ended: make(chan error, 1),
	}
	go func() {
		if err := h.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			h.ended <- err
		}
	}()
	log.Info("listening", zap.String("metrics", "http://"+h.addr+"/metrics"), zap.String("healthz", "http://"+h.addr+"/healthz"), zap.String("readyz", "http://"+h.addr+"/readyz"))
	return h, nil
}

// healthPages answers /healthz while the process runs, and /readyz 200 or 503 with the reason.
func healthPages(ready func(context.Context) error) http.Handler {
	mux := http.NewServeMux()
	text := func(w http.ResponseWriter, status int, body string) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(status)
		fmt.Fprintln(w, body)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
		defer cancel()
		if err := ready(ctx); err != nil {
			text(w, http.StatusServiceUnavailable, plain(err.Error()))
			return
		}
		text(w, http.StatusOK, "ok")
	})
	return mux
}

// failed gives why the pages are not served any more.
func (h *health) failed() <-chan error { return h.ended }

// close lets answers under way end, for a moment; that ctx has ended does not shorten it.
func (h *health) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if h.server.Shutdown(ctx) != nil {
		_ = h.server.Close()
	}
	h.metrics.Close()
}
