package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/fleet"
	"orderq/store/gather"
)

// site is the HTTP API on a loopback port, and a client of it.
type site struct {
	url    string
	office *office.Office
	redis  *redis.Client
	queue  *asynq.Client
	api    *api.API
	server *api.Server
	client *http.Client
}

// openSite serves the API as orderq serve does, without tokens and without log lines.
func openSite(ctx context.Context, srv *server) (*site, error) {
	cfg, err := config.Load(func(name string) (string, bool) {
		if name == "HOME" { // there would be the journal, which a server that sends nothing has not
			return "/nonexistent", true
		}
		return "", false
	})
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	at, err := api.Listen(ctx, "127.0.0.1:0", "", "")
	if err != nil {
		return nil, err
	}
	s := &site{url: at.URL(), redis: redis.NewClient(srv.at.Options()), client: &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: 1000, // each client keeps its own: Options bounds them
	}}}
	s.queue = asynq.NewClientFromRedisClient(gather.Of(s.redis))
	st := store.Open(s.redis, prefix, "default")
	s.office = &office.Office{Config: cfg, Redis: s.redis, Store: st, Fleet: fleet.Of(st)}
	s.api = api.New(ctx, api.Config{Office: s.office, Queue: s.queue, Loopback: at.Loopback})
	s.server = api.Serve(at, s.api, zap.NewNop())
	return s, nil
}

func (s *site) close(ctx context.Context) {
	s.client.CloseIdleConnections()
	s.api.Stop()
	s.server.Close(ctx)
	s.api.Close()
	_ = s.redis.Close() // nothing is on its way
}

func (s *site) post(ctx context.Context, kind string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/orders", body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	return s.client.Do(req)
}
