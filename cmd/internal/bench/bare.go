package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/hibiken/asynq"

	"orderq/tasks"
)

// typeBare is the task of the bare sides: its payload is the finished body.
const typeBare = "bench:post"

// enqueue puts the finished bodies into the queue, with the options of our own tasks.
func enqueue(ctx context.Context, r *rig) error {
	queue := asynq.NewClient(r.server.at.Asynq())
	defer queue.Close()
	return r.each(ctx, func(ctx context.Context, o order) error {
		_, err := queue.EnqueueContext(ctx, asynq.NewTask(typeBare, o.body), asynq.TaskID(o.id), asynq.Queue(tasks.QueueOrders),
			asynq.Timeout(tasks.PlaceTimeout), asynq.Retention(tasks.Retention))
		return err
	})
}

// bareOver gives a side that POSTs over connections that are kept, or over one for each order.
func bareOver(kept bool) func(ctx context.Context, r *rig) (func() error, error) {
	return func(ctx context.Context, r *rig) (func() error, error) {
		token, err := r.portal.token(ctx)
		if err != nil {
			return nil, err
		}
		transport := &http.Transport{
			Protocols: new(http.Protocols), DisableCompression: true, DisableKeepAlives: !kept,
			MaxIdleConns: r.o.Concurrency, MaxIdleConnsPerHost: r.o.Concurrency,
		}
		transport.Protocols.SetHTTP1(true)
		client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
		handle := func(ctx context.Context, t *asynq.Task) error {
			if err := post(ctx, client, r.portal.URL, token, t.Payload()); err != nil {
				return fmt.Errorf("%w: %w", err, asynq.SkipRetry) // the run is void: its ledger will say so
			}
			id, _ := asynq.GetTaskID(ctx)
			r.watch.see(id)
			return nil
		}
		mux := asynq.NewServeMux()
		mux.HandleFunc(typeBare, handle)
		var servers []*asynq.Server
		stop := func() error {
			for _, s := range servers {
				s.Shutdown()
			}
			transport.CloseIdleConnections()
			return nil
		}
		for i := range r.o.Servers {
			share := r.o.Concurrency / r.o.Servers
			if i < r.o.Concurrency%r.o.Servers {
				share++
			}
			s := asynq.NewServer(r.counted(), r.asynqConfig(share))
			if err := s.Start(mux); err != nil {
				_ = stop()
				return nil, fmt.Errorf("start the queue's server: %w", err)
			}
			servers = append(servers, s)
		}
		return stop, nil
	}
}

// post is what a handler without promises does: send, read, look at the status.
func post(ctx context.Context, c *http.Client, url, token string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/order/openapi/order/v1/save", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "OpenAPI")
	req.Header.Set("Authorization", token)
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	return nil
}
