package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"go.uber.org/zap"

	"orderq/tasks"
)

// The sides, by the names in the report.
const (
	SideOrderq = "orderq"
	SideBare   = "bare"
	SideKept   = "kept"
)

// side is one way to place the orders that lie in the queue.
type side struct {
	name string
	fill func(ctx context.Context, r *rig) error // put the orders into Redis
	work func(ctx context.Context, r *rig) (stop func() error, err error)
}

func sides() []side {
	return []side{
		{SideOrderq, accept, runOrderq},
		{SideBare, enqueue, bareOver(false)},
		{SideKept, enqueue, bareOver(true)},
	}
}

// rig is what a run works with.
type rig struct {
	o      Options
	server *server
	portal *portal
	orders []order
	watch  *stopwatch
	own    trips        // of the store's client
	queue  trips        // of asynq
	syncs  atomic.Int64 // of the send journal
	folder string
}

// Run is one drain of the queue. Counts are of the whole run, from the worker's start to its end.
type Run struct {
	Side       string        `json:"side"`
	Rate       float64       `json:"ordersPerSecond"`          // once a fifth is through
	WholeRate  float64       `json:"ordersPerSecondFromStart"` // cold caches included
	OwnTrips   float64       `json:"ownTripsPerOrder"`         // round trips of the store's scripts
	QueueTrips float64       `json:"queueTripsPerOrder"`       // round trips of asynq
	Commands   float64       `json:"commandsPerOrder"`         // that Redis carried out, those inside scripts included; 0: cannot be asked
	OwnBytes   float64       `json:"ownBytesPerOrder"`         // of Redis' memory, after the drain; 0: cannot be asked
	QueueBytes float64       `json:"queueBytesPerOrder"`
	Syncs      float64       `json:"journalSyncsPerOrder"`
	Mallocs    float64       `json:"allocationsPerOrder"`
	HeapBytes  float64       `json:"allocatedBytesPerOrder"`
	CPU        time.Duration `json:"cpuPerOrderNs"`       // of the side's own process; 0: not known here
	RedisCPU   time.Duration `json:"redisCpuPerOrderNs"`  // 0: cannot be asked
	PortalCPU  time.Duration `json:"portalCpuPerOrderNs"` // of the simulator
}

// stall is how long a run may go without a single order coming through.
const stall = time.Minute

// measure fills Redis, lets the side drain it, and asks the portal whether every order is there once.
func (s side) measure(ctx context.Context, o Options, srv *server, folder string, latency time.Duration) (run Run, err error) {
	list, err := orders(o.Orders)
	if err != nil {
		return run, err
	}
	p, err := startPortal(ctx, o, latency)
	if err != nil {
		return run, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	r := &rig{o: o, server: srv, portal: p, orders: list, watch: newStopwatch(o.Now, len(list)), folder: filepath.Join(folder, "journal")}
	if err := srv.clear(ctx); err != nil {
		return run, err
	}
	empty := srv.read(ctx)
	if err := s.fill(ctx, r); err != nil {
		return run, fmt.Errorf("fill the queue: %w", err)
	}
	runtime.GC() // each run begins with a clean heap

	var heap, after runtime.MemStats
	runtime.ReadMemStats(&heap)
	began, used := srv.read(ctx), cpu()
	r.own.n.Store(0)
	r.queue.n.Store(0)
	o.OnDrain(s.name)
	r.watch.start()
	stop, err := s.work(ctx, r)
	if err != nil {
		return run, err
	}
	waited := r.wait(ctx)
	used = cpu() - used
	runtime.ReadMemStats(&after)
	if err := errors.Join(waited, stop()); err != nil {
		return run, err
	}
	if err := p.verify(ctx, list); err != nil {
		return run, err
	}
	n := float64(len(list))
	run = Run{Side: s.name, OwnTrips: float64(r.own.n.Load()) / n, QueueTrips: float64(r.queue.n.Load()) / n, Syncs: float64(r.syncs.Load()) / n,
		Mallocs: float64(after.Mallocs-heap.Mallocs) / n, HeapBytes: float64(after.TotalAlloc-heap.TotalAlloc) / n, CPU: used / time.Duration(n)}
	run.Rate, run.WholeRate = r.watch.rates()

	drained := srv.read(ctx)
	run.Commands = float64(drained.commands-began.commands) / n
	run.RedisCPU = (drained.cpu - began.cpu) / time.Duration(n)
	if err := srv.drop(ctx, "asynq:*"); err != nil {
		return run, err
	}
	rest := srv.read(ctx)
	run.QueueBytes = float64(drained.memory-rest.memory) / n
	if s.name == SideOrderq {
		run.OwnBytes = float64(rest.memory-empty.memory) / n
	}
	if err := srv.clear(ctx); err != nil {
		return run, err
	}
	if err := p.close(); err != nil {
		return run, err
	}
	run.PortalCPU = p.cpu / time.Duration(n)
	return run, nil
}

// wait returns when every order is through, or an error when for a while none was.
func (r *rig) wait(ctx context.Context) error {
	tick := time.NewTicker(stall)
	defer tick.Stop()
	for left := r.watch.left(); ; {
		select {
		case <-r.watch.done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			now := r.watch.left()
			if now == left {
				return fmt.Errorf("%d of %d orders are not through, and for %v none came through", now, r.watch.want, stall)
			}
			left = now
		}
	}
}

// asynqConfig is the worker's own (worker/worker.go), so that no side has the better settings.
func (r *rig) asynqConfig(share int) asynq.Config {
	return asynq.Config{
		Concurrency: share, Queues: tasks.OrderQueues(),
		TaskCheckInterval: 50 * time.Millisecond, DelayedTaskCheckInterval: 500 * time.Millisecond,
		ShutdownTimeout: 15 * time.Second, Logger: zap.NewNop().Sugar(), LogLevel: asynq.FatalLevel,
	}
}

func (r *rig) counted() counted { return counted{r.server.at, &r.queue} }
