package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"orderq/store"
)

// family is a metric: all that there is to say about it.
type family struct {
	name   string
	kind   kind
	labels []string // beside account, which every metric has
	help   string
}

type kind string

const (
	gauge     kind = "gauge"
	counter   kind = "counter"
	histogram kind = "histogram"
)

// account families are read from Redis at the scrape: they are the same whichever process of the account is asked.
var accountFamilies = []family{
	{"orderq_up", gauge, nil, "1 if Redis answered the last reading; else 0, and of the account nothing else is told."},
	{"orderq_orders", gauge, []string{"state", "kind"}, "Orders in a state."},
	{"orderq_orders_in_doubt", gauge, nil, "Orders that may have been sent without anybody knowing what became of them: unknown and review."},
	{"orderq_oldest_order_age_seconds", gauge, []string{"state"}, "Time since the order was accepted that was accepted first of those in a state; 0 where there is none."},
	{"orderq_duplicate_orders_total", counter, nil, "Portal orders beyond the first for one intent, ever. Anything but 0 is a broken promise."},
	{"orderq_halted", gauge, nil, "1 while a person, or a Redis that forgot, has halted the account."},
	{"orderq_credentials_refused", gauge, nil, "1 while the portal refuses the account's credentials."},
	{"orderq_breaker_open", gauge, nil, "1 while the workers keep off a sick portal."},
	{"orderq_breaker_allowance", gauge, nil, "Orders that may be on their way at once while the portal heals; 0: no limit."},
	{"orderq_workers", gauge, []string{"health"}, "Workers that were heard lately (alive), and that were not for 15 seconds to an hour (silent)."},
	{"orderq_ledger_open", gauge, nil, "1 if the gate is open for the run of Redis that answers; 0 while a restart is recovered, or before the first use."},
	{"orderq_ledger_hosts", gauge, nil, "Hosts with a send journal for this account."},
	{"orderq_ledger_hosts_not_attested", gauge, nil, "Hosts that have not held their send journals against this run of Redis."},
	{"orderq_budget_limit_units", gauge, []string{"scope", "kind"}, "Units that a budget allows, today (UTC) or in all. Budgets of batches are left out."},
	{"orderq_budget_spent_units", gauge, []string{"scope", "kind"}, "Units of a budget that are spent or in doubt."},
	{"orderq_queue_tasks", gauge, []string{"queue", "state"}, "Tasks of an asynq queue by asynq's own states, in which completed says nothing about the order."},
	{"orderq_queue_latency_seconds", gauge, []string{"queue"}, "How long the oldest pending task of an asynq queue has waited."},
	{"orderq_queue_paused", gauge, []string{"queue"}, "1 while an asynq queue is paused: nothing is taken from it."},
	{"orderq_webhook_enabled", gauge, []string{"webhook"}, "1 while a webhook is delivered to; 0 where somebody, or a 410 of its own, has disabled it."},
	{"orderq_webhook_deliveries_total", counter, []string{"webhook", "result"}, "Deliveries to a webhook by what they came to: delivered, failed (tried again), gaveUp (after a day), gone (410)."},
	{"orderq_webhook_waiting_events", gauge, []string{"webhook"}, "Events that wait for their delivery to a webhook; at 1000 it lags behind on the stream."},
	{"orderq_webhook_oldest_waiting_age_seconds", gauge, []string{"webhook"}, "Time since the oldest of these happened; 0 where none waits."},
	{"orderq_webhook_breaker_open", gauge, []string{"webhook"}, "1 while a webhook's deliveries have failed five times in a row or more: it is tried now and then."},
	{"orderq_webhook_paused", gauge, []string{"webhook"}, "1 while a webhook's receiver wants no deliveries (Retry-After)."},
}

// processFamilies are every process' own.
var processFamilies = []family{
	{"orderq_build_info", gauge, []string{"version"}, "Always 1; the version is in the label."},
}

// workFamilies are a working process' own, since it started: they are summed over processes.
var workFamilies = []family{
	{"orderq_portal_call_duration_seconds", histogram, []string{"endpoint", "outcome"}, "HTTP exchanges with the portal. An order call of outcome unknown may have bought something."},
	{"orderq_moves_total", counter, []string{"state", "kind"}, "Moves of orders by the state entered. Not counted: preparing and submitting, which last moments, and what people and other programs move."},
	{"orderq_waits_total", counter, []string{"reason"}, "Moves back to accepted with something to wait for, by what."},
	{"orderq_gate_refusals_total", counter, []string{"reason"}, "Times that an order was not let through, by the gate or by what the process knew before it asked."},
	{"orderq_sweeper_repairs_total", counter, []string{"repair"}, "What the sweeper put right: no_task (lost, or its wait is over), dead_worker, lost_delivery."},
}

func (f family) desc() *prometheus.Desc { return prometheus.NewDesc(f.name, f.help, f.labels, nil) }

// find gives a family of a table by its name.
func find(table []family, name string) family {
	for _, f := range table {
		if f.name == name {
			return f
		}
	}
	panic("metrics: no family " + name) // a test collects every one
}

// waitings are what an order can wait for.
var waitings = []store.Waiting{
	store.WaitStart, store.WaitTime, store.WaitRecovery, store.WaitHalt, store.WaitAccount, store.WaitBreaker, store.WaitClaim, store.WaitBudget,
	store.WaitRate, store.WaitBatch, store.WaitApproval, store.WaitDuplicate, store.WaitPayment,
}
