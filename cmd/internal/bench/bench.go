package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Options say what is measured. Each field: unit, special values, default.
type Options struct {
	Orders      int             // of each run; 0: 2000
	Latencies   []time.Duration // of the portal, one table row each; none: 0 and 50ms
	Rounds      int             // 0: 3
	Concurrency int             // orders in work at once; 0: 32
	Servers     int             // asynq servers that share them; 0: 1
	Redis       string          // URL of an empty database; "": a redis-server of our own, or the built-in one
	Fsync       string          // appendfsync of our own server: always, everysec, no; "": always

	Simulator []string          // command that simulates the portal (flags are added); none: this program's own `sim`
	Progress  io.Writer         // a line per run; nil: none
	Now       func() time.Time  // nil: time.Now
	OnDrain   func(side string) // called when a run's clock starts; nil: nobody
}

func (o Options) withDefaults() (Options, error) {
	def := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	def(&o.Orders, 2000)
	def(&o.Rounds, 3)
	def(&o.Concurrency, 32)
	def(&o.Servers, 1)
	if len(o.Latencies) == 0 {
		o.Latencies = []time.Duration{0, 50 * time.Millisecond}
	}
	if o.Fsync == "" {
		o.Fsync = "always"
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnDrain == nil {
		o.OnDrain = func(string) {}
	}
	if len(o.Simulator) == 0 {
		self, err := os.Executable()
		if err != nil {
			return o, fmt.Errorf("find this program, to simulate the portal with: %w", err)
		}
		o.Simulator = []string{self, "sim"}
	}
	return o, nil
}

// Validate names what cannot be.
func (o Options) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.Orders < 0 || o.Orders > 100_000 {
		bad("--orders %d: want 1 to 100000", o.Orders)
	}
	if o.Rounds < 0 || o.Rounds > 100 {
		bad("--rounds %d: want 1 to 100", o.Rounds)
	}
	if o.Concurrency < 0 || o.Concurrency > 1000 {
		bad("--concurrency %d: want 1 to 1000", o.Concurrency)
	}
	if o.Servers < 0 || o.Concurrency > 0 && o.Servers > o.Concurrency {
		bad("--servers %d: want at least 1 and at most --concurrency %d", o.Servers, o.Concurrency)
	}
	for _, l := range o.Latencies {
		if l < 0 || l > 10*time.Second {
			bad("--latency %v: want 0 to 10s", l)
		}
	}
	switch o.Fsync {
	case "", "always", "everysec", "no":
	default:
		bad("--fsync %q: want always, everysec or no", o.Fsync)
	}
	return errors.Join(errs...)
}

// Measure runs them all. It takes about a minute with the defaults.
func Measure(ctx context.Context, o Options) (r Report, err error) {
	err = onServer(ctx, o, func(o Options, srv *server, folder string) error {
		r = newReport(o, srv)
		for _, latency := range o.Latencies {
			rows := Rows{Latency: latency}
			for round := range o.Rounds {
				for _, s := range sides() {
					run, err := s.measure(ctx, o, srv, folder, latency)
					if err != nil {
						return fmt.Errorf("%s at %v, round %d: %w", s.name, latency, round+1, err)
					}
					rows.Runs = append(rows.Runs, run)
					fmt.Fprintf(o.Progress, "%-6s  latency %-5v round %d/%d  %6.0f orders/s\n", s.name, latency, round+1, o.Rounds, run.Rate)
				}
			}
			r.Rows = append(r.Rows, rows)
		}
		return nil
	})
	return r, err
}

// onServer measures on a Redis and with a folder that are gone afterwards.
func onServer(ctx context.Context, o Options, measure func(o Options, srv *server, folder string) error) (err error) {
	if err := o.Validate(); err != nil {
		return err
	}
	if o, err = o.withDefaults(); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "orderq-bench-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	srv, err := openServer(ctx, o, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.close()) }()
	return measure(o, srv, folder)
}
