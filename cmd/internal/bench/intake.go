package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"orderq/store"
	"orderq/tasks"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
)

// rawProducers put raw tasks into the queue at once, as many callers do whom Redis' fsync makes wait.
const rawProducers = 32

// Intake is what taking a file in costs beside putting as many raw tasks into the queue.
type Intake struct {
	Redis  string    `json:"redis"`
	Rows   int       `json:"rows"`
	Batch  []float64 `json:"batchRowsPerSecond"`  // read, checked, accepted and held; a round each
	Tasks  []float64 `json:"asynqTasksPerSecond"` // asynq.Client.Enqueue, 32 at once
	Ratio  Spread    `json:"ratio"`
	PeakMB float64   `json:"peakHeapMB"` // of this process while a batch is taken in, above what it had before
}

// MeasureIntake takes a file of o.Orders rows in and puts as many raw tasks into the queue, in turns, on one Redis.
func MeasureIntake(ctx context.Context, o Options) (r Intake, err error) {
	err = onServer(ctx, o, func(o Options, srv *server, folder string) error {
		r = Intake{Redis: srv.what, Rows: o.Orders}
		path := filepath.Join(folder, "rows.csv")
		if err := writeRows(path, o.Orders); err != nil {
			return err
		}
		var ratios []float64
		for round := range o.Rounds {
			raw, err := rate(ctx, srv, o, func() error { return enqueueRaw(ctx, srv, o.Orders) })
			if err != nil {
				return fmt.Errorf("enqueue, round %d: %w", round+1, err)
			}
			watch := watchHeap()
			batch, err := rate(ctx, srv, o, func() error { return takeIn(ctx, srv, path, o.Orders) })
			r.PeakMB = max(r.PeakMB, watch())
			if err != nil {
				return fmt.Errorf("batch, round %d: %w", round+1, err)
			}
			r.Tasks, r.Batch, ratios = append(r.Tasks, raw), append(r.Batch, batch), append(ratios, batch/raw)
			fmt.Fprintf(o.Progress, "round %d/%d  batch %7.0f rows/s   asynq %7.0f tasks/s\n", round+1, o.Rounds, batch, raw)
		}
		r.Ratio = spread(ratios)
		return nil
	})
	return r, err
}

// rate is how many orders a second a thing takes, on an empty database.
func rate(ctx context.Context, srv *server, o Options, do func() error) (float64, error) {
	if err := srv.clear(ctx); err != nil {
		return 0, err
	}
	began := o.Now()
	err := do()
	took := o.Now().Sub(began)
	return float64(o.Orders) / took.Seconds(), errors.Join(err, srv.clear(ctx))
}

// enqueueRaw is what a producer does that has asynq and nothing else: an intent each, made beforehand.
func enqueueRaw(ctx context.Context, srv *server, n int) error {
	queue := asynq.NewClient(srv.at.Asynq())
	defer queue.Close()
	g, ctx := errgroup.WithContext(ctx)
	for p := range rawProducers {
		g.Go(func() error {
			for i := p; i < n; i += rawProducers {
				in := rowIntent(i)
				_, err := queue.EnqueueContext(ctx, asynq.NewTask(tasks.TypePlace, in.Canonical()), asynq.TaskID(in.ID()), asynq.Queue(tasks.QueueBulk),
					asynq.Timeout(tasks.PlaceTimeout), asynq.Retention(tasks.Retention))
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// takeIn takes a file in, as the command does.
func takeIn(ctx context.Context, srv *server, path string, n int) error {
	line := redis.NewClient(srv.at.Options())
	defer line.Close()
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	rows, err := sheet.NewReader(file, sheet.Options{Batch: "bench"})
	if err != nil {
		return err
	}
	s, err := intake.Apply(ctx, intake.Config{Store: store.Open(line, prefix, "default"), Name: "bench", By: "bench", Reader: rows})
	if err == nil && s.New != n {
		err = fmt.Errorf("%d orders came of %d rows", s.New, n)
	}
	return err
}

func rowIntent(i int) tasks.Intent {
	return tasks.Intent{Reference: fmt.Sprint("bench-", i), Kind: "add_recording_minutes", ProductNo: fmt.Sprintf("3658B431%08d", i%2000), Quantity: 100 + i/2000}.Normalise()
}

func writeRows(path string, n int) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.WriteString(f, "Customer,Serial Number,Type,Minutes\n"); err != nil {
		return err
	}
	for i := range n {
		in := rowIntent(i)
		if _, err := fmt.Fprintf(f, "\"Acme, No %d\",%s,recording minutes,%d\n", i, in.ProductNo, in.Quantity); err != nil {
			return err
		}
	}
	return nil
}

// watchHeap looks at this process' heap now and then, and says afterwards by how many MB it had grown at its peak.
func watchHeap() (peak func() float64) {
	heap := func() float64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / 1e6
	}
	runtime.GC()
	before, seen := heap(), []float64{}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			seen = append(seen, heap())
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	return func() float64 {
		close(stop)
		<-stopped
		return slices.Max(seen) - before
	}
}

// Write is the report for people.
func (r Intake) Write(w io.Writer) {
	fmt.Fprintf(w, "%d rows, %s\n\n", r.Rows, r.Redis)
	fmt.Fprintf(w, "  batch, read to held records   %8.0f rows/s\n", spread(r.Batch).Median)
	fmt.Fprintf(w, "  asynq Enqueue, %d at once     %8.0f tasks/s\n", rawProducers, spread(r.Tasks).Median)
	fmt.Fprintf(w, "  ratio (aim 1.00)              %8s\n", r.Ratio)
	fmt.Fprintf(w, "  heap at its peak              %8.1f MB\n", r.PeakMB)
}
