package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
)

func (a *app) limitsSet(set settings) *cobra.Command {
	var (
		p          person
		budgets    []string
		duplicates string
		events     string
	)
	cmd := &cobra.Command{
		Use: "set [--budget WHAT=UNITS]... [flags]", Short: "Change budgets, and what is remembered for how long", Args: none,
		Long: `Change budgets, and what is remembered for how long, for the whole account.

A budget is a number of units (an order's quantity): of a kind per UTC day, of a
kind in all, or of a batch. It is asked at the gate. What was sent counts as
spent until it is proved that nothing came of it; an order that does not fit
waits, and goes on when the budget is raised.

--duplicates says for how long an order is remembered, so that another one for
the same PBX, kind and quantity is held until a person releases it.

--events says for how long moves are kept for those who follow them (/v1/events,
webhooks): the last thousand always, a million at the most.`,
		Example: `  orderq limits set --budget day:add_recording_minutes=20000 --by anna
  orderq limits set --budget account:expand_extensions=500 --by anna
  orderq limits set --budget batch:november=none --by anna
  orderq limits set --duplicates 72h --by anna
  orderq limits set --events 720h --by anna
  orderq limits set --duplicates off --by anna --note 'two a day are usual'`,
	}
	p.sign(cmd)
	cmd.Flags().StringArrayVar(&budgets, "budget", nil, "`scope:of=units`: day:KIND, account:KIND or batch:NAME; none takes it away")
	cmd.Flags().StringVar(&events, "events", "", "a `time` such as 72h")
	cmd.Flags().StringVar(&duplicates, "duplicates", "", "a `time` such as 24h, or off")
	cmd.RunE = a.do(set.withClerk(func(ctx context.Context, c clerk, _ []string) error {
		if p.by == "" {
			return wrongUse(errors.New("--by is missing: say who changes the limits"))
		}
		n := office.NewLimits{Budgets: budgets, Duplicates: duplicates, Events: events, By: p.by, Note: p.note}
		if err := n.Empty(); err != nil {
			return wrongUse(err)
		}
		woken, err := c.SetLimits(ctx, n)
		var wrong *office.WrongLimitError
		switch {
		case errors.As(err, &wrong):
			return wrongUse(fmt.Errorf("--%w", err))
		case err != nil:
			return err
		case woken > 0:
			a.note("%s that waited for a budget ask again now", count(int64(woken), "order"))
		}
		return a.showLimits(ctx, c)
	}))
	return cmd
}
