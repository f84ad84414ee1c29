package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/tasks"
	"orderq/worker"
	"orderq/yeastar"
)

// Drain is how a batch goes through at the account's rate, and what an urgent order that comes behind it has to wait.
type Drain struct {
	Redis     string    `json:"redis"`
	Rows      int       `json:"rows"`
	Rate      float64   `json:"rate"`            // calls per second, as set
	Placed    int       `json:"placed"`          // rows, in the time that was measured
	PerSecond float64   `json:"ordersPerSecond"` // from the first row that is placed to the last
	Ratio     float64   `json:"ratio"`           // of the rate
	Urgent    []float64 `json:"urgentSeconds"`   // from an urgent order's acceptance until it is sent
}

// urgents come one after the other, spread over the run.
const urgents = 3

// MeasureDrain takes a batch of o.Orders rows in and lets a worker place it at a rate: all of it or, if that is not 0,
// as many rows as so much time allows.
func MeasureDrain(ctx context.Context, o Options, rate store.Rate, most time.Duration) (d Drain, err error) {
	err = onServer(ctx, o, func(o Options, srv *server, folder string) error {
		list, err := orders(o.Orders)
		if err != nil {
			return err
		}
		p, err := startPortal(ctx, o, o.Latencies[0])
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.close()) }()
		path := filepath.Join(folder, "rows.ndjson")
		if err := writeIntents(path, list); err != nil {
			return err
		}
		if err := errors.Join(srv.clear(ctx), takeIn(ctx, srv, path, len(list))); err != nil {
			return err
		}
		d = Drain{Redis: srv.what, Rows: len(list), Rate: float64(time.Second) / float64(rate.Interval)}
		run := &drain{o: o, srv: srv, all: map[string]bool{}, changed: make(chan struct{}, 1)}
		for _, one := range list {
			run.all[one.id] = true
		}
		return errors.Join(run.measure(ctx, &d, p, filepath.Join(folder, "journal"), rate, most), srv.clear(ctx))
	})
	return d, err
}

// drain is one run of it.
type drain struct {
	o       Options
	srv     *server
	all     map[string]bool // the rows' orders
	changed chan struct{}

	mu     sync.Mutex
	placed []time.Time // rows
	urgent []store.Order
}

func (r *drain) see(o store.Order) {
	if o.State != store.Placed {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all[o.ID] {
		r.placed = append(r.placed, r.o.Now())
	} else {
		r.urgent = append(r.urgent, o)
	}
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// seen says how many rows and how many urgent orders are placed.
func (r *drain) seen() (rows, urgent int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.placed), len(r.urgent)
}

func (r *drain) measure(ctx context.Context, d *Drain, p *portal, folder string, rate store.Rate, most time.Duration) error {
	line := redis.NewClient(r.srv.at.Options())
	defer line.Close()
	queue := asynq.NewClient(r.srv.at.Asynq())
	defer queue.Close()
	w, err := worker.New(worker.Config{
		Redis: line, Queue: r.srv.at.Asynq(), Prefix: prefix,
		Portal:  yeastar.Config{BaseURL: p.URL, ClientID: p.ID, ClientSecret: yeastar.Secret(p.Secret)},
		Journal: folder, Concurrency: r.o.Concurrency, Servers: r.o.Servers, Rate: rate, OnMove: r.see,
	})
	if err != nil {
		return err
	}
	if err := w.Start(ctx); err != nil {
		return err
	}
	stop := sync.OnceFunc(w.Shutdown)
	defer stop()
	if err := r.follow(ctx, tasks.NewClient(store.Open(line, prefix, tasks.DefaultAccount), queue), most); err != nil {
		return err
	}
	stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	d.Placed = len(r.placed)
	if took := r.placed[len(r.placed)-1].Sub(r.placed[0]); took > 0 {
		d.PerSecond = float64(len(r.placed)-1+len(r.urgent)) / took.Seconds()
	}
	d.Ratio = d.PerSecond / d.Rate
	for _, o := range r.urgent {
		d.Urgent = append(d.Urgent, o.SubmittedAt.Sub(o.AcceptedAt).Seconds())
	}
	return nil
}

// follow waits until the rows, or as many as most allows, and the urgent orders are through.
func (r *drain) follow(ctx context.Context, c *tasks.Client, most time.Duration) error {
	over := make(<-chan time.Time)
	if most > 0 {
		over = time.After(most)
	}
	idle := time.NewTimer(stall)
	defer idle.Stop()
	sent, enough := 0, false
	for {
		rows, urgent := r.seen()
		want := len(r.all)
		if (enough || rows == want) && sent == urgents && urgent == urgents {
			return nil
		}
		// The first behind a tenth of the first hundred rows; each next one when that before it is placed.
		if sent < urgents && sent == urgent && rows >= min(want, 100)*(sent+1)/10 {
			in := urgentIntent(sent)
			if _, err := c.PlaceOn(ctx, tasks.QueueUrgent, in); err != nil {
				return err
			}
			sent++
		}
		select {
		case <-r.changed:
			idle.Reset(stall)
		case <-over:
			enough = true
		case <-idle.C:
			return fmt.Errorf("%d of %d rows and %d of %d urgent orders are placed, and for %v none was", rows, want, urgent, sent, stall)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// urgentIntent asks for what no row asks for, on the last of the PBXs.
func urgentIntent(n int) tasks.Intent {
	all, _ := orders(pbxs) // the kind is there: the rows were made of it
	in := all[pbxs-1-n].intent
	in.Reference, in.Quantity = fmt.Sprint("urgent-", n), 7
	return in
}

func writeIntents(path string, list []order) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for _, one := range list {
		if _, err := fmt.Fprintf(f, "%s\n", one.intent.Canonical()); err != nil {
			return err
		}
	}
	return nil
}

// Write is the report for people.
func (d Drain) Write(w io.Writer) {
	fmt.Fprintf(w, "%d rows, %s\n\n", d.Rows, d.Redis)
	fmt.Fprintf(w, "  placed                        %8d rows\n", d.Placed)
	fmt.Fprintf(w, "  pace                          %8.2f orders/s\n", d.PerSecond)
	fmt.Fprintf(w, "  of the rate (aim 0.95 to 1.05)%8.3f\n", d.Ratio)
	for _, s := range d.Urgent {
		fmt.Fprintf(w, "  an urgent order is sent after %8.2f s (aim 2)\n", s)
	}
}
