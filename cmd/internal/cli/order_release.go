package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
)

func (a *app) orderRelease(set settings) *cobra.Command {
	var p person
	cmd := &cobra.Command{
		Use: "release ORDER... --by NAME --note TEXT", Short: "Let held orders go on", Args: names(1, named),
		Long: `Let held orders go on: those that look like duplicates, or want an approval.

Exit: 0 released · 1 not held, or not found.`,
		Example: "  orderq order release crm-4711 --by anna --note 'they do want it twice'",
	}
	p.sign(cmd)
	cmd.RunE = a.do(set.withClerk(func(ctx context.Context, c clerk, args []string) error {
		if err := p.needed(); err != nil {
			return err
		}
		first := true
		return a.each(ctx, args, func(word string) error {
			o, err := c.Release(ctx, word, p.by, p.note)
			var no *office.StateError
			if errors.As(err, &no) {
				return fmt.Errorf("order %s is %s and not held: there is nothing to release", no.Order.ID, describe(no.Order))
			}
			if err != nil {
				return err
			}
			err = a.result(o, first)
			first = false
			return err
		})
	}))
	return cmd
}
