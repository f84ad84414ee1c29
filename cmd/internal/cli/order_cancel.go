package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
	"orderq/store"
)

func (a *app) orderCancel(set settings) *cobra.Command {
	var p person
	cmd := &cobra.Command{
		Use: "cancel ORDER...", Short: "Take orders back before anything was sent", Args: names(1, named),
		Long: `Take orders back before anything was sent. It is too late once a request may
have left: then the command says so, changes nothing and exits 1.

Exit: 0 cancelled, also where it was before · 1 too late, or not found.`,
		Example: "  orderq order cancel crm-4711 --by anna --note 'customer changed his mind'",
	}
	p.sign(cmd)
	cmd.RunE = a.do(set.withClerk(func(ctx context.Context, c clerk, args []string) error {
		if p.by == "" {
			p.by = a.user()
		}
		if err := p.fits(); err != nil {
			return err
		}
		first := true
		return a.each(ctx, args, func(word string) error {
			o, err := cancel(ctx, c, word, p)
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

// user is who runs this command, as far as the environment tells.
func (a *app) user() string {
	for _, name := range []string{"USER", "LOGNAME", "USERNAME"} {
		if v, _ := a.env(name); v != "" {
			return cut(plain(v), 100)
		}
	}
	return "cli"
}

func cancel(ctx context.Context, c orderClerk, word string, p person) (store.Order, error) {
	o, err := c.Cancel(ctx, word, p.by, p.note)
	var late *office.StateError
	if errors.As(err, &late) {
		err = fmt.Errorf("order %s cannot be cancelled, %s", late.Order.ID, tooLate(late.Order))
	}
	return o, err
}

// tooLate says why an order cannot be taken back, and what can be done instead.
func tooLate(o store.Order) string {
	switch o.State {
	case store.Submitting:
		return "it is being sent: `orderq order wait " + o.ID + "` shows what comes of it"
	case store.Unknown:
		return "it may have been sent and its answer is not known: orderq is looking for it at the portal, `orderq order wait " + o.ID + "`"
	case store.Review:
		return "it may have been sent: find out, then `orderq order resolve " + o.ID + " --drop` or `--placed ORDERNO`"
	case store.Pending, store.Placed:
		return "the portal has it as " + o.OrderNo + ": have it cancelled there"
	case store.Rejected:
		return "it was rejected already and nothing was bought"
	}
	return "it is " + string(o.State)
}
