package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/tasks"
)

func (a *app) orderList(set settings) *cobra.Command {
	var (
		w    office.Words
		wide bool
	)
	cmd := &cobra.Command{
		Use: "list [flags]", Short: "List orders, those accepted last first", Args: none,
		Long: `List orders, those accepted last first. With --limit 0 all of them, state by
state and within a state the newest first, so that no list is too long.`,
		Example: `  orderq order list
  orderq order list --state unknown,review
  orderq order list --product-no 3658B431119665QJ --since 24h
  orderq order list --label customer=acme --limit 0 --json`,
	}
	flag := cmd.Flags()
	flag.StringSliceVar(&w.States, "state", nil, "only these `states`: "+strings.Join(stateNames(), ", "))
	flag.StringVar(&w.ProductNo, "product-no", "", "only for the PBX of this serial `number`")
	flag.StringVar(&w.Reference, "reference", "", "only this `reference`")
	flag.StringVar(&w.OrderNo, "order-no", "", "only this order `number` of the portal")
	flag.StringVar(&w.Kind, "kind", "", "only this kind: "+strings.Join(kindNames(), ", "))
	flag.StringVar(&w.Batch, "batch", "", "only this `batch`")
	flag.StringVar(&w.Label, "label", "", "only with this label, `key=value`")
	flag.StringVar(&w.Since, "since", "", "only accepted since this `time`: 2026-12-01, 2026-12-01T08:00:00Z, or 24h for so long ago")
	flag.StringVar(&w.Until, "until", "", "only accepted until this `time`")
	flag.IntVar(&w.Limit, "limit", 50, "at most so many; 0: all")
	flag.BoolVar(&wide, "wide", false, "more columns, and nothing cut to fit 80 of them")
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(stateNames(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(kindNames(), cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = a.do(func(ctx context.Context, _ []string) error {
		if _, err := w.Filter(tasks.DefaultAccount, a.now()); err != nil { // before Redis is asked
			return flagProblem(err)
		}
		return set.withClerk(func(ctx context.Context, c clerk, _ []string) error {
			return a.listed(func(do func(store.Order) error) error { return flagProblem(c.List(ctx, w, a.now(), do)) }, wide)
		})(ctx, nil)
	})
	return cmd
}

func stateNames() []string { return office.StateNames() }

// flagProblem names the flags of a filter that cannot be right.
func flagProblem(err error) error {
	var bad *tasks.Invalid
	if !errors.As(err, &bad) {
		return err
	}
	var lines []string
	for _, p := range bad.Problems {
		p.Field = "--" + kebab(p.Field)
		lines = append(lines, p.String())
	}
	return wrongUse(errors.New(strings.Join(lines, "\n")))
}

func unknownWord(flag, word string, words []string) error {
	text := fmt.Sprintf("%s %q: want one of %s", flag, tasks.Shown(word), strings.Join(words, ", "))
	if n := near(word, words); n != "" {
		text += "; did you mean " + n + "?"
	}
	return fmt.Errorf("%s", text)
}

// listColumns add up to 80 with the spaces between them and an order number of the portal's usual length.
func listColumns(wide bool) []column {
	cols := []column{{head: "STATE", width: 10}, {head: "REFERENCE", width: 18}, {head: "PBX", width: 16}, {head: "QTY", width: 7, right: true}}
	if wide {
		cols = append(cols, column{head: "KIND", width: 21}, column{head: "ACCEPTED", width: 20}, column{head: "ID", width: 26})
	}
	return append(cols, column{head: "ORDER NO", width: 21})
}

// listed writes the orders that each gives.
func (a *app) listed(each func(func(store.Order) error) error, wide bool) error {
	cols, n := listColumns(wide), 0
	err := each(func(o store.Order) error {
		n++
		if a.json {
			return a.emit(o)
		}
		if n == 1 {
			a.head(cols)
		}
		quantity := ""
		if o.Quantity > 0 {
			quantity = fmt.Sprint(o.Quantity)
		}
		cells := []string{string(o.State), o.Reference, o.ProductNo, quantity}
		last := standing(o)
		if wide {
			cells = append(cells, o.Kind, clock(o.AcceptedAt), o.ID)
		} else {
			last = cut(last, 21)
		}
		a.row(cols, append(cells, last), wide)
		return nil
	})
	if err == nil && n == 0 && !a.json {
		a.note("no orders like that")
	}
	return err
}

// standing is what the list shows last: the portal's number, or in a word why there is none.
func standing(o store.Order) string {
	switch {
	case o.OrderNo != "":
		return o.OrderNo
	case o.WaitingFor != "":
		return "waits: " + string(o.WaitingFor)
	case o.State == store.Rejected && o.Code != "":
		return o.Code
	}
	return ""
}
