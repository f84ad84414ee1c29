package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

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
	cmd.RunE = a.do(set.withLedger(func(ctx context.Context, l *ledger, args []string) error {
		if p.by == "" {
			p.by = a.user()
		}
		if err := p.fits(); err != nil {
			return err
		}
		first := true
		return a.findEach(ctx, l, args, func(o store.Order) error {
			o, err := cancel(ctx, l.store, o, p)
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

// staleTries is how often a decision is made anew because the order moved on meanwhile: an order moves a
// handful of times in a second at most, and then stays where it is.
const staleTries = 10

// decide lets a person's move be made on the record as it is, and again where it has moved on meanwhile:
// the move itself says whether it may still be made.
func decide(ctx context.Context, st *store.Store, o store.Order, move func(store.Order) (store.Order, error)) (store.Order, error) {
	for range staleTries {
		moved, err := move(o)
		if !errors.Is(err, store.ErrStale) {
			return moved, err
		}
		if o, err = st.Get(ctx, o.ID); err != nil {
			return o, err
		}
	}
	return o, fmt.Errorf("order %s: %w %d times over: try again", o.ID, store.ErrStale, staleTries)
}

func cancel(ctx context.Context, st *store.Store, o store.Order, p person) (store.Order, error) {
	return decide(ctx, st, o, func(o store.Order) (store.Order, error) {
		switch o.State {
		case store.Held, store.Accepted, store.Preparing:
			return st.Cancel(ctx, o, p.by, p.note)
		case store.Cancelled:
			return o, nil
		}
		return o, fmt.Errorf("order %s cannot be cancelled, %s", o.ID, tooLate(o))
	})
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
