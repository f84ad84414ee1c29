package cli

import (
	"context"
	"fmt"

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
	set := a.settings(cmd, append(ledgerSettings(), "ORDERQ_RATE", "ORDERQ_CONCURRENCY", "ORDERQ_SERVERS",
		"ORDERQ_CALL_TIMEOUT", "ORDERQ_SETTLE", "ORDERQ_ON_ABSENT", "ORDERQ_BREAKER_OPEN")...)
	cmd.RunE = a.do(set.withLedger(func(ctx context.Context, l *ledger, _ []string) error { return a.showLimits(ctx, l) }))
	cmd.AddCommand(a.limitsSet(set))
	return cmd
}

// showLimits prints what bounds the sending of orders.
func (a *app) showLimits(ctx context.Context, l *ledger) error {
	v, err := l.Limits(ctx)
	if err != nil {
		return err
	}
	c := l.cfg
	if a.json {
		return a.emit(v)
	}
	a.field("rate", v.Rate+", calls to the portal, all workers of account "+v.Account+" together")
	a.field("concurrency", fmt.Sprintf("%d orders at once per worker, by %s; %s alive", v.Concurrency,
		count(int64(v.Servers), "server"), count(int64(v.Workers), "worker")))
	a.field("call timeout", short(c.CallTimeout)+" for one call to the portal")
	a.field("settle", short(c.Settle)+" before an order that cannot be found counts as absent, then: "+v.OnAbsent)
	a.field("breaker", short(c.BreakerOpen)+" off a sick portal before a probe")
	if v.Allowance > 0 {
		a.field("healing", fmt.Sprintf("the portal is healing: at most %d at once", v.Allowance))
	}
	alike := "none is held for what it looks like"
	if v.Window > 0 {
		alike = "one like another of the last " + short(v.Window) + " is held for a person"
	}
	a.field("duplicates", alike)
	for _, b := range v.Budgets {
		a.field("budget", b.Name+": "+b.String())
	}
	a.field("set by", join(": ", v.By, v.Note))
	return nil
}
