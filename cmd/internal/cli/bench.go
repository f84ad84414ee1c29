package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/bench"
	"orderq/cmd/internal/config"
)

func (a *app) bench() *cobra.Command {
	var o bench.Options
	var latency string
	var batch, drain, http bool
	var rate string
	var most time.Duration
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure orders per second beside a bare asynq handler", GroupID: groupCheck, Args: none,
		Long: `Measure orders per second through the whole pipeline, beside a bare asynq
handler that makes the same single POST: same Redis, same settings, in turns.

It brings a simulated portal, and a redis-server of its own where one is on the
PATH, else the built-in Redis (whose figures say little). Nothing is bought, and
nothing outlives it. With the defaults it takes a minute or two.

With --http it posts so many orders to the HTTP API, one by one from
--concurrency clients and as one NDJSON stream, beside as many raw tasks.
With --batch it takes a file of so many rows in, beside as many raw tasks put
into the queue by 32 producers. With --drain a worker places such a file at
--rate, and urgent orders come behind it.

With --redis it uses a database that must be empty, and empties it again.`,
		Example: `  orderq bench
  orderq bench --orders 500 --latency 0 --rounds 5 --servers 4
  orderq bench --batch --orders 10000 --fsync everysec
  orderq bench --http --orders 20000 --fsync everysec
  orderq bench --drain --orders 10000 --rate 10/s --for 60s --latency 50ms
  orderq bench --redis redis://127.0.0.1:6379/15 --json`,
	}
	f := cmd.Flags()
	f.IntVar(&o.Orders, "orders", 2000, "orders a run")
	f.StringVar(&latency, "latency", "0,50ms", "of the portal: `durations`, a table each")
	f.IntVar(&o.Rounds, "rounds", 3, "how often the sides take turns")
	f.IntVar(&o.Concurrency, "concurrency", 32, "orders in work at once")
	f.IntVar(&o.Servers, "servers", 1, "asynq servers that share the concurrency")
	f.StringVar(&o.Fsync, "fsync", "always", "appendfsync of the redis-server it brings: always, everysec, `no`")
	f.BoolVar(&batch, "batch", false, "measure taking a batch in instead")
	f.BoolVar(&http, "http", false, "measure accepting orders over HTTP instead")
	f.BoolVar(&drain, "drain", false, "measure how a batch is placed at a rate instead")
	f.StringVar(&rate, "rate", "100/s", "with --drain: calls to the portal")
	f.DurationVar(&most, "for", 0, "with --drain: how long at most (default: until all rows are placed)")
	f.StringVar(&o.Redis, "redis-url", "", "`URL` of an empty database, or embedded://")
	cmd.RunE = a.do(func(ctx context.Context, _ []string) (err error) {
		if o.Latencies, err = durations(latency); err != nil {
			return wrongUse(fmt.Errorf("--latency %q: %w", latency, err))
		}
		for name, n := range map[string]int{"orders": o.Orders, "rounds": o.Rounds, "concurrency": o.Concurrency, "servers": o.Servers} {
			if n < 1 {
				return wrongUse(fmt.Errorf("--%s %d: want at least 1", name, n))
			}
		}
		if err := o.Validate(); err != nil {
			return wrongUse(err)
		}
		o.Progress, o.Now = a.err, a.now
		if drain {
			return a.benchDrain(ctx, o, rate, most)
		}
		if batch {
			return a.benchIntake(ctx, o)
		}
		if http {
			return a.benchHTTP(ctx, o)
		}
		report, err := bench.Measure(ctx, o)
		return a.benched(report, err)
	})
	return cmd
}

// benched prints what was measured.
func (a *app) benched(report interface{ Write(io.Writer) }, err error) error {
	if err != nil {
		return err
	}
	if a.json {
		return a.emit(report)
	}
	report.Write(a.out)
	return nil
}

func (a *app) benchIntake(ctx context.Context, o bench.Options) error {
	report, err := bench.MeasureIntake(ctx, o)
	return a.benched(report, err)
}

func (a *app) benchHTTP(ctx context.Context, o bench.Options) error {
	report, err := bench.MeasureHTTP(ctx, o)
	return a.benched(report, err)
}

func (a *app) benchDrain(ctx context.Context, o bench.Options, text string, most time.Duration) error {
	rate, err := config.ParseRate(text)
	if err == nil && rate.Unlimited() {
		err = errors.New("want a limit")
	}
	if err != nil {
		return wrongUse(fmt.Errorf("--rate %q: %w", text, err))
	}
	report, err := bench.MeasureDrain(ctx, o, rateOf(rate), most)
	return a.benched(report, err)
}

// durations reads "0,50ms".
func durations(text string) ([]time.Duration, error) {
	var all []time.Duration
	for part := range strings.SplitSeq(text, ",") {
		d, err := time.ParseDuration(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("want durations with commas between them, such as 0,50ms: %w", err)
		}
		all = append(all, d)
	}
	return all, nil
}
