package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"orderq/store"
)

func (a *app) orderHistory(set settings) *cobra.Command {
	return &cobra.Command{
		Use: "history ORDER", Short: "Show every move of an order, the oldest first", Args: one(named),
		Long: `Show every move of an order, the oldest first: when, from which state to which,
who, why, and what was seen on the wire.`,
		Example: "  orderq order history crm-4711\n  orderq order history crm-4711 --json",
		RunE: a.do(set.withClerk(func(ctx context.Context, c clerk, args []string) error {
			entries, err := c.History(ctx, args[0])
			if err != nil {
				return err
			}
			for _, e := range entries {
				if err := a.entry(e); err != nil {
					return err
				}
			}
			return nil
		})),
	}
}

// entry writes one move: the line that tells it, and below it whatever text it has.
func (a *app) entry(e store.Entry) error {
	if a.json {
		return a.emit(e)
	}
	move := string(e.To)
	if e.From != "" && e.From != e.To {
		move = string(e.From) + " → " + move
	}
	attempt := ""
	if e.Attempt > 0 {
		attempt = "attempt " + strconv.Itoa(e.Attempt)
	}
	a.say("%s", strings.TrimRight(clock(e.At)+"  "+join(", ", move, attempt, tagged("by", plain(e.By))), " "))
	const indent = "                      "
	for _, text := range []string{e.Reason, e.Call} {
		if text == "" {
			continue
		}
		for _, part := range wrap(plain(text), columns-len(indent)) {
			a.say("%s%s", indent, part)
		}
	}
	return nil
}
