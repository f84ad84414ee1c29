package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) orderGet(set settings) *cobra.Command {
	return &cobra.Command{
		Use: "get ORDER...", Short: "Show orders", Args: names(1, named),
		Long: `Show orders, each named by its id, its reference, or the portal's order number.

Exit: 0 shown, whatever its state · 1 one of them not found. To end with a code
that tells the state: orderq order wait --timeout 0s.`,
		Example: "  orderq order get crm-4711\n  orderq order get EK3206246063826526208 --json",
		RunE: a.do(set.withClerk(func(ctx context.Context, c clerk, args []string) error {
			first := true
			return a.each(ctx, args, func(word string) error {
				o, err := c.Order(ctx, word)
				if err != nil {
					return err
				}
				err = a.result(o, first)
				first = false
				if err != nil || a.json || !o.State.InDoubt() {
					return err
				}
				ids, total, err := c.Behind(ctx, o, waitersNamed)
				if err == nil {
					a.field("waiting", behind(ids, total))
				}
				return err
			})
		})),
	}
}
