package metrics

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/tasks"
	"orderq/worker"
	"orderq/yeastar"
)

// Set is what one process tells. Close it.
type Set struct {
	registry *prometheus.Registry
	labelled prometheus.Registerer // every metric has the account
	account  *collector            // nil: not watched
}

// New makes the set of a process of an account.
func New(account, version string) *Set {
	s := &Set{registry: prometheus.NewRegistry()}
	s.labelled = prometheus.WrapRegistererWith(prometheus.Labels{"account": account}, s.registry)
	build := find(processFamilies, "orderq_build_info")
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: build.name, Help: build.help}, build.labels)
	info.WithLabelValues(version).Set(1)
	s.labelled.MustRegister(info)
	return s
}

// Watch adds the account, as it is read from Redis, until Close: a process that is told to end goes on telling while
// it waits for its answers. It may be called once.
func (s *Set) Watch(ctx context.Context, o *office.Office) {
	s.account = newCollector(ctx, o)
	s.labelled.MustRegister(s.account)
}

// callBuckets are seconds: a good portal answers within one, and a call ends at 30 unless it was set otherwise.
var callBuckets = []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}

// Work adds what a worker of these settings will have done; hooks that are set already are called too. Once.
func (s *Set) Work(c *worker.Config) {
	f := find(workFamilies, "orderq_portal_call_duration_seconds")
	calls := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: f.name, Help: f.help, Buckets: callBuckets}, f.labels)
	s.labelled.MustRegister(calls)
	moves, waits := s.counter("orderq_moves_total"), s.counter("orderq_waits_total")
	refusals, repairs := s.counter("orderq_gate_refusals_total"), s.counter("orderq_sweeper_repairs_total")
	// What can be counted begins at 0, so that the first of a kind is seen as an increase.
	for _, w := range waitings {
		waits.WithLabelValues(string(w))
		refusals.WithLabelValues(string(w))
	}
	for _, r := range worker.Repairs() {
		repairs.WithLabelValues(string(r))
	}
	for _, state := range entered {
		for _, k := range tasks.Kinds() {
			moves.WithLabelValues(string(state), k.Name)
		}
	}

	observe, moved, refused, repaired := c.Portal.Observe, c.OnMove, c.OnRefuse, c.OnRepair
	c.Portal.Observe = func(call yeastar.Call, a yeastar.Answer, took time.Duration) {
		calls.WithLabelValues(call.Endpoint, a.Outcome.String()).Observe(took.Seconds())
		if observe != nil {
			observe(call, a, took)
		}
	}
	c.OnMove = func(o store.Order) {
		moves.WithLabelValues(string(o.State), kindLabel(o.Kind)).Inc()
		if o.State == store.Accepted && o.WaitingFor != "" {
			waits.WithLabelValues(string(o.WaitingFor)).Inc()
		}
		if moved != nil {
			moved(o)
		}
	}
	c.OnRefuse = func(w store.Waiting) {
		refusals.WithLabelValues(string(w)).Inc()
		if refused != nil {
			refused(w)
		}
	}
	c.OnRepair = func(r worker.Repair) {
		repairs.WithLabelValues(string(r)).Inc()
		if repaired != nil {
			repaired(r)
		}
	}
}

// entered are the states that a worker moves orders into, as far as it tells.
var entered = []store.State{store.Accepted, store.Unknown, store.Pending, store.Review, store.Placed, store.Rejected}

// kindLabel is an order's kind as a label: a record of another version may have any.
func kindLabel(kind string) string {
	if _, known := tasks.KindOf(kind); !known {
		return "other"
	}
	return kind
}

func (s *Set) counter(name string) *prometheus.CounterVec {
	f := find(workFamilies, name)
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: f.name, Help: f.help}, f.labels)
	s.labelled.MustRegister(c)
	return c
}

// Handler answers scrapes.
func (s *Set) Handler() http.Handler {
	return promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// Close waits for a reading that is under way.
func (s *Set) Close() {
	if s.account != nil {
		s.account.glance.Close()
	}
}
