package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) order() *cobra.Command {
	cmd := a.group(&cobra.Command{
		Use: "order", Short: "Place orders, look at them, decide about them", GroupID: groupOrder,
		Long: `Place orders, look at them, decide about them.

Commands that take an order take its id, its reference, or the portal's order
number.`,
		Example: `  orderq order place --kind add_recording_minutes --quantity 1000 \
      --product-no 3658B431119665QJ --plan "Enterprise Plan" --wait 1m
  orderq order list --state unknown,review
  orderq order history crm-4711`,
	})
	set := a.settings(cmd, clientSettings()...)
	cmd.AddCommand(
		a.orderPlace(set), a.orderGet(set), a.orderList(set), a.orderHistory(set), a.orderWait(set),
		a.orderCancel(set), a.orderRelease(set), a.orderResolve(set),
	)
	return cmd
}

// person is who decides, and why.
type person struct{ by, note string }

// sign adds the flags.
func (p *person) sign(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.by, "by", "", "`name` of the person who decides; goes into the history")
	cmd.Flags().StringVar(&p.note, "note", "", "`text`: why; goes into the history")
}

// needed refuses a decision without a name and a reason: whoever has to understand it later has only those.
func (p *person) needed() error {
	p.by, p.note = strings.TrimSpace(p.by), strings.TrimSpace(p.note)
	switch {
	case p.by == "":
		return wrongUse(errors.New("say who decides: --by NAME"))
	case p.note == "":
		return wrongUse(errors.New("say why: --note TEXT"))
	}
	return p.fits()
}

// fits bounds what goes into the history.
func (p *person) fits() error {
	if len(p.by) > 100 {
		return wrongUse(errors.New("--by: has more than 100 bytes, shorten it"))
	}
	if len(p.note) > 1000 {
		return wrongUse(errors.New("--note: has more than 1000 bytes, shorten it"))
	}
	return nil
}
