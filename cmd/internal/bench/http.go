package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/hibiken/asynq"
	"golang.org/x/sync/errgroup"

	"orderq/tasks"
)

// HTTP is what accepting orders over HTTP costs beside putting as many raw tasks into the queue.
type HTTP struct {
	Redis   string    `json:"redis"`
	Orders  int       `json:"orders"`
	Clients int       `json:"clients"`             // that post single orders at once, each over a connection that it keeps
	Single  []float64 `json:"singlePerSecond"`     // a round each
	Stream  []float64 `json:"streamPerSecond"`     // one NDJSON request, from its first byte to its last answer
	Tasks   []float64 `json:"asynqTasksPerSecond"` // asynq.Client.Enqueue, 32 at once
	P50     []float64 `json:"singleP50ms"`         // a round each
	P99     []float64 `json:"singleP99ms"`
	// The rates over asynq's, taken round by round.
	SingleRatio Spread `json:"singleRatio"`
	StreamRatio Spread `json:"streamRatio"`
}

// MeasureHTTP serves the API, posts o.Orders orders one by one and as a stream, and puts as many raw tasks into the
// queue, in turns, on one Redis. Load and server share this process.
func MeasureHTTP(ctx context.Context, o Options) (r HTTP, err error) {
	err = onServer(ctx, o, func(o Options, srv *server, _ string) error {
		r = HTTP{Redis: srv.what, Orders: o.Orders, Clients: o.Concurrency}
		bodies := make([][]byte, o.Orders)
		for i := range bodies {
			bodies[i] = append(rowIntent(i).Canonical(), '\n')
		}
		var single, stream []float64
		for round := range o.Rounds {
			raw, err := rate(ctx, srv, o, func() error { return enqueueRaw(ctx, srv, o.Orders) })
			if err != nil {
				return fmt.Errorf("enqueue, round %d: %w", round+1, err)
			}
			var took []time.Duration
			one, err := served(ctx, srv, o, func(s *site) (err error) { took, err = s.postEach(ctx, bodies, o.Concurrency, o.Now); return err })
			if err != nil {
				return fmt.Errorf("single orders, round %d: %w", round+1, err)
			}
			many, err := served(ctx, srv, o, func(s *site) error { return s.postStream(ctx, bodies) })
			if err != nil {
				return fmt.Errorf("a stream, round %d: %w", round+1, err)
			}
			r.Tasks, r.Single, r.Stream = append(r.Tasks, raw), append(r.Single, one), append(r.Stream, many)
			r.P50, r.P99 = append(r.P50, percentile(took, 50)), append(r.P99, percentile(took, 99))
			single, stream = append(single, one/raw), append(stream, many/raw)
			fmt.Fprintf(o.Progress, "round %d/%d  single %6.0f orders/s, p99 %5.1f ms   stream %6.0f orders/s   asynq %6.0f tasks/s\n",
				round+1, o.Rounds, one, r.P99[round], many, raw)
		}
		r.SingleRatio, r.StreamRatio = spread(single), spread(stream)
		return nil
	})
	return r, err
}

// served is rate for what is asked of a site; afterwards every order must have its record and its task.
func served(ctx context.Context, srv *server, o Options, do func(*site) error) (float64, error) {
	s, err := openSite(ctx, srv)
	if err != nil {
		return 0, err
	}
	defer s.close(ctx)
	return rate(ctx, srv, o, func() error { err := do(s); s.api.Settle(ctx); return errors.Join(err, s.holds(ctx, o.Orders)) })
}

// postEach posts each order by itself, so many at once, and says how long each took.
func (s *site) postEach(ctx context.Context, bodies [][]byte, clients int, now func() time.Time) ([]time.Duration, error) {
	took := make([]time.Duration, len(bodies))
	g, ctx := errgroup.WithContext(ctx)
	for c := range clients {
		g.Go(func() error {
			for i := c; i < len(bodies); i += clients {
				began := now()
				resp, err := s.post(ctx, "application/json", bytes.NewReader(bodies[i]))
				if err != nil {
					return err
				}
				text, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close() // it was read to its end, or err says why not
				if err != nil || resp.StatusCode != http.StatusAccepted {
					return fmt.Errorf("order %d: %s: %s, %w", i, resp.Status, text, err)
				}
				took[i] = now().Sub(began)
			}
			return nil
		})
	}
	return took, g.Wait()
}

// postStream posts all orders in one request and reads the answers as they come.
func (s *site) postStream(ctx context.Context, bodies [][]byte) error {
	resp, err := s.post(ctx, "application/x-ndjson", bytes.NewReader(slices.Concat(bodies...)))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answers := json.NewDecoder(resp.Body)
	for i := range bodies {
		var line struct{ Line, Status int }
		if err := answers.Decode(&line); err != nil {
			return fmt.Errorf("answer %d: %w", i+1, err)
		}
		if line.Line != i+1 || line.Status != http.StatusAccepted {
			return fmt.Errorf("answer %d: line %d, status %d", i+1, line.Line, line.Status)
		}
	}
	if err := answers.Decode(new(any)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("there is more behind the last answer: %w", err)
	}
	return nil
}

// holds fails unless there are so many records, and a task for each.
func (s *site) holds(ctx context.Context, n int) error {
	records, err := s.redis.ZCard(ctx, s.office.Store.Keys().In("accepted")).Result()
	if err != nil {
		return err
	}
	queue, err := asynq.NewInspectorFromRedisClient(s.redis).GetQueueInfo(tasks.QueueOrders)
	if err != nil {
		return err
	}
	if int(records) != n || queue.Size != n {
		return fmt.Errorf("%d orders came to %d records and %d tasks", n, records, queue.Size)
	}
	return nil
}

// percentile of some times, in ms.
func percentile(times []time.Duration, p int) float64 {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return float64(sorted[min(len(sorted)-1, len(sorted)*p/100)].Microseconds()) / 1000
}

// Write is the report for people.
func (r HTTP) Write(w io.Writer) {
	fmt.Fprintf(w, "%d orders, %s\n\n", r.Orders, r.Redis)
	fmt.Fprintf(w, "  single, %2d clients            %8.0f orders/s (aim 3000)\n", r.Clients, spread(r.Single).Median)
	fmt.Fprintf(w, "    p50, p99                    %8.1f ms %8.1f ms (aim 15)\n", spread(r.P50).Median, spread(r.P99).Median)
	fmt.Fprintf(w, "    over asynq                  %8s\n", r.SingleRatio)
	fmt.Fprintf(w, "  one NDJSON stream             %8.0f orders/s (aim 15000)\n", spread(r.Stream).Median)
	fmt.Fprintf(w, "    over asynq                  %8s\n", r.StreamRatio)
	fmt.Fprintf(w, "  asynq Enqueue, %d at once     %8.0f tasks/s\n", rawProducers, spread(r.Tasks).Median)
}
