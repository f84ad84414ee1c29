package cli

import (
	"context"

	"github.com/spf13/cobra"

	"orderq/store"
)

func (a *app) orderGet(set settings) *cobra.Command {
	return &cobra.Command{
		Use: "get ORDER...", Short: "Show orders", Args: names(1, named),
		Long: `Show orders, each named by its id, its reference, or the portal's order number.

Exit: 0 shown, whatever its state · 1 one of them not found. To end with a code
that tells the state: orderq order wait --timeout 0s.`,
		Example: "  orderq order get crm-4711\n  orderq order get EK3206246063826526208 --json",
		RunE: a.do(set.withLedger(func(ctx context.Context, l *ledger, args []string) error {
			first := true
			return a.findEach(ctx, l, args, func(o store.Order) error {
				o, err := l.Now(ctx, o)
				if err != nil {
					return err
				}
				err = a.result(o, first)
				first = false
				if err != nil || a.json || !o.State.InDoubt() {
					return err
				}
				line, err := l.store.Line(ctx, o.Target, waitersNamed)
				if err == nil && line.Holder == o.ID {
					a.field("waiting", behind(line.Waiting, line.Total))
				}
				return err
			})
		})),
	}
}
