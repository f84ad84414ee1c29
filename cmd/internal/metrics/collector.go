package metrics

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"

	"orderq/cmd/internal/glance"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/fleet"
	"orderq/store/hook"
	"orderq/tasks"
)

// readWithin is how long Redis has for a scrape: Prometheus gives up after ten seconds.
const readWithin = 3 * time.Second

// collector tells how an account stands.
type collector struct {
	ctx     context.Context // a scrape brings none along
	office  *office.Office
	inspect *asynq.Inspector
	glance  *glance.Glance[standing]
	descs   map[string]*prometheus.Desc
}

// standing is one reading of everything.
type standing struct {
	fleet  fleet.State
	orders map[store.State]store.Standing
	open   bool // the gate, for the run that answers
	hosts  fleet.Hosts
	behind int // hosts that have not attested under it
	limits store.Limits
	queues []*asynq.QueueInfo
	hooks  []hook.Measure
}

func newCollector(ctx context.Context, o *office.Office) *collector {
	c := &collector{ctx: context.WithoutCancel(ctx), office: o, inspect: asynq.NewInspectorFromRedisClient(o.Redis), descs: map[string]*prometheus.Desc{}}
	c.glance = glance.Of(c.read, readWithin, nil)
	for _, f := range accountFamilies {
		c.descs[f.name] = f.desc()
	}
	return c
}

// read takes six round trips, one more where there are webhooks, and asynq's Inspector one and three for each queue.
func (c *collector) read(ctx context.Context) (s standing, err error) {
	if s.fleet, err = c.office.Fleet.Read(ctx); err != nil {
		return s, err
	}
	if s.orders, err = c.office.Store.Standings(ctx); err != nil {
		return s, err
	}
	ledger, err := c.office.Fleet.Ledger(ctx)
	if s.open = err == nil; err != nil && !errors.Is(err, fleet.ErrRecovery) {
		return s, err
	}
	if s.hosts, err = c.office.Fleet.Hosts(ctx); err != nil {
		return s, err
	}
	run := ledger.Run
	if s.open {
		run = ledger.Epoch
	}
	for _, h := range s.hosts.Known {
		if h.Attested != run && ledger.Epoch != "volatile" {
			s.behind++
		}
	}
	if s.limits, err = c.office.Store.Limits(ctx); err != nil {
		return s, err
	}
	if s.hooks, err = hook.Of(c.office.Store).Measure(ctx); err != nil {
		return s, err
	}
	s.queues, err = c.readQueues(ctx)
	return s, err
}

// readQueues asks asynq. It has no deadline of its own, so ctx is asked in between.
func (c *collector) readQueues(ctx context.Context) ([]*asynq.QueueInfo, error) {
	used, err := c.inspect.Queues()
	if err != nil {
		return nil, err
	}
	var all []*asynq.QueueInfo
	for name := range tasks.OrderQueues() {
		info := &asynq.QueueInfo{Queue: name}
		if slices.Contains(used, name) {
			// It fails where a task ends while it is looked at (asynq v0.26): once more, and then not at this scrape.
			for range 2 {
				if info, err = c.inspect.GetQueueInfo(name); err == nil || ctx.Err() != nil {
					break
				}
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			all = append(all, info)
		}
		err = nil
	}
	return all, nil
}

// Describe is for prometheus.Collector.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		to <- d
	}
}

// Collect is for prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	tell := func(name string, value float64, labels ...string) {
		kind := prometheus.GaugeValue
		if find(accountFamilies, name).kind == counter {
			kind = prometheus.CounterValue
		}
		to <- prometheus.MustNewConstMetric(c.descs[name], kind, value, labels...)
	}
	s, err := c.glance.Look(c.ctx)
	tell("orderq_up", truth(err == nil))
	if err != nil {
		return
	}
	for _, state := range store.States() {
		one := s.orders[state]
		for kind, n := range kindsOf(one) {
			tell("orderq_orders", float64(n), string(state), kind)
		}
		age := 0.0
		if !one.Oldest.At.IsZero() {
			age = max(0, s.fleet.Now.Sub(one.Oldest.At).Seconds())
		}
		tell("orderq_oldest_order_age_seconds", age, string(state))
	}
	tell("orderq_orders_in_doubt", float64(s.orders[store.Unknown].Count+s.orders[store.Review].Count))
	tell("orderq_duplicate_orders_total", float64(s.fleet.Duplicate))
	tell("orderq_halted", truth(s.fleet.Halt != nil))
	tell("orderq_credentials_refused", truth(s.fleet.Closed != ""))
	tell("orderq_breaker_open", truth(!s.fleet.OpenUntil.IsZero()))
	tell("orderq_breaker_allowance", float64(s.fleet.Allowance))
	alive := len(office.Alive(s.fleet))
	tell("orderq_workers", float64(alive), "alive")
	tell("orderq_workers", float64(len(s.fleet.Workers)-alive), "silent")
	tell("orderq_ledger_open", truth(s.open))
	tell("orderq_ledger_hosts", float64(len(s.hosts.Known)))
	tell("orderq_ledger_hosts_not_attested", float64(s.behind))
	for _, b := range s.limits.Budgets {
		if b.Scope != store.ScopeBatch { // there is no end of batches
			tell("orderq_budget_limit_units", float64(b.Limit), string(b.Scope), b.Of)
			tell("orderq_budget_spent_units", float64(b.Spent), string(b.Scope), b.Of)
		}
	}
	for _, q := range s.queues {
		for state, n := range map[string]int{
			"pending": q.Pending, "active": q.Active, "scheduled": q.Scheduled, "retry": q.Retry, "archived": q.Archived, "completed": q.Completed,
		} {
			tell("orderq_queue_tasks", float64(n), q.Queue, state)
		}
		tell("orderq_queue_latency_seconds", max(0, q.Latency.Seconds()), q.Queue)
		tell("orderq_queue_paused", truth(q.Paused), q.Queue)
	}
	for _, m := range s.hooks { // by their ids alone: a URL may have keys in it
		tell("orderq_webhook_enabled", truth(m.Enabled), m.ID)
		for result, n := range m.Results {
			tell("orderq_webhook_deliveries_total", float64(n), m.ID, string(result))
		}
		tell("orderq_webhook_waiting_events", float64(m.Pending), m.ID)
		age := 0.0
		if !m.Oldest.IsZero() {
			age = max(0, s.fleet.Now.Sub(m.Oldest).Seconds())
		}
		tell("orderq_webhook_oldest_waiting_age_seconds", age, m.ID)
		tell("orderq_webhook_breaker_open", truth(m.Failures >= hook.TripAfter), m.ID)
		tell("orderq_webhook_paused", truth(m.PausedUntil.After(s.fleet.Now)), m.ID)
	}
}

// kindsOf is how many orders of each kind there are, of those that orderq places also where there are none.
func kindsOf(s store.Standing) map[string]int64 {
	all := map[string]int64{}
	for _, k := range tasks.Kinds() {
		all[k.Name] = 0
	}
	for kind, n := range s.Kinds {
		all[kindLabel(kind)] += n
	}
	return all
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
