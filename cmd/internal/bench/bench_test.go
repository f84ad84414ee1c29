package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"

	"orderq/cmd/internal/bench"
	"orderq/cmd/internal/cli"
)

// TestMain lets the test binary be the simulator: bench runs its own program with the word sim.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "sim" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(cli.Run(ctx, os.Args[1:], os.LookupEnv, os.Stdin, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"))
}

func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	none := func(string) (string, bool) { return "", false }
	code = cli.Run(t.Context(), append([]string{"bench"}, args...), none, strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

func TestFiftyOrdersArePlacedByEachSide(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := run(t, "--orders", "50", "--latency", "0", "--rounds", "1", "--redis", "embedded://", "--json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var r bench.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if r.Orders != 50 || len(r.Rows) != 1 {
		t.Fatalf("%d orders and %d rows, want 50 and 1", r.Orders, len(r.Rows))
	}
	if got, want := r.Rows[0].Sides(), []string{bench.SideOrderq, bench.SideBare, bench.SideKept}; !slices.Equal(got, want) {
		t.Fatalf("sides %v, want %v", got, want)
	}
	for _, side := range r.Rows[0].Runs {
		if side.Rate <= 0 || side.WholeRate <= 0 {
			t.Errorf("%s: %v orders/s, want some", side.Side, side.Rate)
		}
		if side.QueueTrips < 2 { // an order is fetched and finished, at least
			t.Errorf("%s: %v round trips of asynq an order, want at least 2", side.Side, side.QueueTrips)
		}
		// Three scripts an order, and beside them what goes by time and not by order: heartbeats, sweeps.
		if ours := side.Side == bench.SideOrderq; ours && side.OwnTrips < 3 || !ours && side.OwnTrips != 0 {
			t.Errorf("%s: %v round trips of the store an order", side.Side, side.OwnTrips)
		}
		if ours := side.Side == bench.SideOrderq; ours != (side.Syncs > 0) || side.Syncs > 1.5 {
			t.Errorf("%s: %v fsyncs of the journal an order", side.Side, side.Syncs)
		}
	}
}

func TestTheTableFitsEightyColumns(t *testing.T) {
	t.Parallel()
	var runs []bench.Run
	for _, side := range []string{bench.SideOrderq, bench.SideBare, bench.SideKept} {
		runs = append(runs, bench.Run{Side: side, Rate: 12345.6, WholeRate: 12345.6, OwnTrips: 12.34, QueueTrips: 4.56, Commands: 123.4,
			OwnBytes: 4321, QueueBytes: 1234, Syncs: 0.99, Mallocs: 12345, CPU: 12345678, RedisCPU: 12345678, PortalCPU: 12345678})
	}
	var text bytes.Buffer
	bench.Report{Orders: 100_000, Rounds: 100, Concurrency: 1000, Servers: 100, Redis: "own redis-server, appendfsync everysec", Version: "7.0.15",
		Go: "go1.26.8", Cores: 128, Rows: []bench.Rows{{Runs: runs}}}.Write(&text)
	for line := range strings.Lines(text.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if !strings.Contains(text.String(), "orderq / bare: 1.00 (1.00-1.00), aim 0.80") {
		t.Errorf("no ratio in:\n%s", text.String())
	}
}

func TestRatiosAreTakenRoundByRound(t *testing.T) {
	t.Parallel()
	// The machine was ten times slower in the second round, for both.
	rows := bench.Rows{Runs: []bench.Run{
		{Side: "a", Rate: 800}, {Side: "b", Rate: 1000}, {Side: "a", Rate: 90}, {Side: "b", Rate: 100}, {Side: "a", Rate: 700}, {Side: "b", Rate: 1000},
	}}
	if got, want := rows.Ratio("a", "b", bench.WarmRate), (bench.Spread{Median: 0.8, Min: 0.7, Max: 0.9}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := rows.Ratio("a", "nobody", bench.WarmRate); got != (bench.Spread{}) {
		t.Errorf("over nobody: %+v, want nothing", got)
	}
}

func TestWrongUseIsRefusedBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"--orders 0", "--orders 0"},
		{"--orders 100001", "--orders 100001"},
		{"--rounds 0", "--rounds 0"},
		{"--latency 50", `--latency "50"`},
		{"--latency -1s", "--latency -1s"},
		{"--latency ,", `--latency ","`},
		{"--fsync often", `--fsync "often"`},
		{"--servers 33", "--servers 33"},
		{"--concurrency 1001", "--concurrency 1001"},
	} {
		code, _, stderr := run(t, strings.Fields(c.args)...)
		if code != 2 || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit %d, %q; want exit 2 and %q", c.args, code, stderr, c.want)
		}
	}
}

func TestARedisThatHoldsSomethingIsLeftAlone(t *testing.T) {
	t.Parallel()
	at := occupied(t)
	code, _, stderr := run(t, "--orders", "10", "--redis", "redis://"+at.addr)
	if code != 1 || !strings.Contains(stderr, "holds 1 keys: name an empty database") {
		t.Errorf("exit %d, %q", code, stderr)
	}
	if !at.unchanged() {
		t.Error("its key is gone")
	}
}

func TestASimulatorThatDoesNotStartIsSaidSo(t *testing.T) {
	t.Parallel()
	_, err := bench.Measure(t.Context(), bench.Options{Orders: 1, Redis: "embedded://", Simulator: []string{"false"}})
	if err == nil || !strings.Contains(err.Error(), "did not say where it is") {
		t.Errorf("%v, want the simulator named", err)
	}
}

func TestItsOwnRedisServerIsMeasured(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("redis-server is not on the PATH; in CI it must be: apt-get install redis-server")
		}
		return // there is none to be started
	}
	code, stdout, stderr := run(t, "--orders", "50", "--latency", "0", "--rounds", "1", "--fsync", "no", "--json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var r bench.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	if r.Version == "" || !strings.Contains(r.Redis, "own redis-server, appendfsync no") {
		t.Errorf("Redis %q %q, want our own and its version", r.Redis, r.Version)
	}
	for _, side := range r.Rows[0].Runs {
		if side.Commands < 5 || side.QueueBytes < 100 || (side.Side == bench.SideOrderq) != (side.OwnBytes > 100) {
			t.Errorf("%s: %v commands, %v + %v bytes an order", side.Side, side.Commands, side.OwnBytes, side.QueueBytes)
		}
	}
}

func TestTakingAFileInIsMeasuredBesideRawTasks(t *testing.T) {
	t.Parallel()
	r, err := bench.MeasureIntake(t.Context(), bench.Options{Orders: 700, Rounds: 2, Redis: "embedded://"})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Batch) != 2 || len(r.Tasks) != 2 || r.Batch[0] <= 0 || r.Tasks[1] <= 0 || r.Ratio.Median <= 0 {
		t.Errorf("%+v", r)
	}
	var b strings.Builder
	r.Write(&b)
	for _, want := range []string{"700 rows, built-in Redis", "rows/s", "tasks/s", "ratio"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}

func TestABatchIsPlacedAtARateAndUrgentOrdersBesideIt(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := run(t, "--drain", "--orders", "60", "--rate", "200/s", "--latency", "0", "--redis-url", "embedded://", "--json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var d bench.Drain
	if err := json.Unmarshal([]byte(stdout), &d); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if d.Rows != 60 || d.Placed != 60 || d.Rate != 200 || d.PerSecond <= 0 || d.Ratio != d.PerSecond/200 || len(d.Urgent) != 3 {
		t.Errorf("%+v", d)
	}
	if code, _, stderr := run(t, "--drain", "--rate", "unlimited"); code != 2 || !strings.Contains(stderr, `--rate "unlimited": want a limit`) {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestAcceptingOverHTTPIsMeasuredBesideRawTasks(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := run(t, "--http", "--orders", "300", "--rounds", "2", "--concurrency", "8", "--redis-url", "embedded://", "--json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var r bench.HTTP
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if r.Orders != 300 || r.Clients != 8 || len(r.Single) != 2 || len(r.Stream) != 2 || len(r.Tasks) != 2 ||
		min(r.Single[0], r.Stream[1], r.Tasks[0], r.P50[0], r.SingleRatio.Median, r.StreamRatio.Median) <= 0 || r.P99[0] < r.P50[0] {
		t.Errorf("%+v", r)
	}
	var b strings.Builder
	r.Write(&b)
	for _, want := range []string{"300 orders, built-in Redis", "single,  8 clients", "p50, p99", "one NDJSON stream", "tasks/s"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}
