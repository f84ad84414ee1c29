package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) limits() *cobra.Command {
	cmd := &cobra.Command{
		Use: "limits", Short: "Show what bounds the sending of orders", GroupID: groupCheck, Args: none,
		Long: `Show what bounds the sending of orders: the settings as this command reads them
(a worker goes by its own), what the workers share at the moment, and the
budgets, which limits set changes.`,
		Example: "  orderq limits\n  orderq limits set --budget day:add_recording_minutes=20000 --by anna",
	}
	set := a.settings(cmd, append(clientSettings(), "ORDERQ_RATE", "ORDERQ_CONCURRENCY", "ORDERQ_SERVERS",
		"ORDERQ_CALL_TIMEOUT", "ORDERQ_SETTLE", "ORDERQ_ON_ABSENT", "ORDERQ_BREAKER_OPEN")...)
	cmd.RunE = a.do(set.withClerk(func(ctx context.Context, c clerk, _ []string) error { return a.showLimits(ctx, c) }))
	cmd.AddCommand(a.limitsSet(set))
	return cmd
}

// showLimits prints what bounds the sending of orders.
func (a *app) showLimits(ctx context.Context, c accountClerk) error {
	v, err := c.Limits(ctx)
	if err != nil {
		return err
	}
	if a.json {
		return a.emit(v)
	}
	a.field("rate", v.Rate+", calls to the portal, all workers of account "+v.Account+" together")
	a.field("concurrency", fmt.Sprintf("%d orders at once per worker, by %s; %s alive", v.Concurrency,
		count(int64(v.Servers), "server"), count(int64(v.Workers), "worker")))
	a.field("call timeout", span(v.CallTimeout)+" for one call to the portal")
	a.field("settle", span(v.Settle)+" before an order that cannot be found counts as absent, then: "+v.OnAbsent)
	a.field("breaker", span(v.BreakerOpen)+" off a sick portal before a probe")
	if v.Allowance > 0 {
		a.field("healing", fmt.Sprintf("the portal is healing: at most %d at once", v.Allowance))
	}
	alike := "none is held for what it looks like"
	if d, err := time.ParseDuration(v.DuplicateWindow); err == nil && d > 0 {
		alike = "one like another of the last " + short(d) + " is held for a person"
	}
	a.field("duplicates", alike)
	a.field("events", "moves are kept for "+span(v.EventsKept))
	for _, b := range v.Budgets {
		a.field("budget", b.Name+": "+b.String())
	}
	a.field("set by", join(": ", v.By, v.Note))
	return nil
}

// span is a duration as Go writes it, for people.
func span(text string) string {
	d, err := time.ParseDuration(text)
	if err != nil {
		return plain(text)
	}
	return short(d)
}
