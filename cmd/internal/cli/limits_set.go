package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orderq/store"
	"orderq/tasks"
)

func (a *app) limitsSet(set settings) *cobra.Command {
	var (
		p          person
		budgets    []string
		duplicates string
	)
	cmd := &cobra.Command{
		Use: "set [--budget WHAT=UNITS]... [--duplicates TIME]", Short: "Change budgets, and what counts as a duplicate", Args: none,
		Long: `Change budgets, and what counts as a duplicate, for the whole account.

A budget is a number of units (an order's quantity): of a kind per UTC day, of a
kind in all, or of a batch. It is asked at the gate. What was sent counts as
spent until it is proved that nothing came of it; an order that does not fit
waits, and goes on when the budget is raised.

--duplicates says for how long an order is remembered, so that another one for
the same PBX, kind and quantity is held until a person releases it.`,
		Example: `  orderq limits set --budget day:add_recording_minutes=20000 --by anna
  orderq limits set --budget account:expand_extensions=500 --by anna
  orderq limits set --budget batch:november=none --by anna
  orderq limits set --duplicates 72h --by anna
  orderq limits set --duplicates off --by anna --note 'two a day are usual'`,
	}
	p.sign(cmd)
	cmd.Flags().StringArrayVar(&budgets, "budget", nil, "`scope:of=units`: day:KIND, account:KIND or batch:NAME; none takes it away")
	cmd.Flags().StringVar(&duplicates, "duplicates", "", "a `time` such as 24h, or off")
	cmd.RunE = a.do(set.withLedger(func(ctx context.Context, l *ledger, _ []string) error {
		if p.by == "" {
			return wrongUse(errors.New("--by is missing: say who changes the limits"))
		}
		if len(budgets) == 0 && duplicates == "" {
			return wrongUse(errors.New("nothing to change: give --budget or --duplicates"))
		}
		c := store.LimitChange{By: p.by, Note: p.note}
		if duplicates != "" {
			w, err := windowOf(duplicates)
			if err != nil {
				return wrongUse(err)
			}
			c.DuplicateWindow = &w
		}
		for _, text := range budgets {
			b, none, err := l.budgetOf(ctx, text)
			switch {
			case err != nil:
				return err
			case none:
				c.Unbound = append(c.Unbound, b)
			default:
				c.Budgets = append(c.Budgets, b)
			}
		}
		if err := l.store.SetLimits(ctx, c); err != nil {
			return err
		}
		if len(budgets) > 0 {
			n, err := l.store.AskAgain(ctx, store.WaitBudget)
			if err != nil {
				return fmt.Errorf("%w: the limits are set, and what waits for a budget asks again within ten minutes", err)
			}
			if n > 0 {
				a.note("%s that waited for a budget ask again now", count(int64(n), "order"))
			}
		}
		return a.showLimits(ctx, l)
	}))
	return cmd
}

// windowOf reads --duplicates.
func windowOf(text string) (time.Duration, error) {
	if text == "off" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second || d > 366*24*time.Hour {
		return 0, fmt.Errorf("--duplicates %q: want off, or a time from 1s to 8784h, such as 24h", tasks.Shown(text))
	}
	return d, nil
}

// budgetOf reads a --budget.
func (l *ledger) budgetOf(ctx context.Context, text string) (b store.Budget, none bool, err error) {
	wrong := func(why string) error {
		return wrongUse(fmt.Errorf("--budget %q: %s; want day:KIND=UNITS, account:KIND=UNITS or batch:NAME=UNITS, or none for UNITS", tasks.Shown(text), why))
	}
	at := strings.LastIndexByte(text, '=')
	if at < 0 {
		return b, false, wrong("it has no =")
	}
	scope, of, ok := strings.Cut(text[:at], ":")
	if !ok || of == "" {
		return b, false, wrong("it does not say of what")
	}
	b = store.Budget{Scope: store.Scope(scope), Of: of}
	switch b.Scope {
	case store.ScopeDay, store.ScopeAccount:
		if _, known := tasks.KindOf(of); !known {
			return b, false, wrong(fmt.Sprintf("there is no kind %s (there are %s)", tasks.Shown(of), strings.Join(kindNames(), ", ")))
		}
	case store.ScopeBatch:
		one, err := l.FindBatch(ctx, of)
		if err != nil {
			return b, false, err
		}
		b.Of = one.ID
	default:
		return b, false, wrong("there is no such scope")
	}
	units := text[at+1:]
	if units == "none" {
		return b, true, nil
	}
	if b.Limit, err = strconv.Atoi(units); err != nil || b.Limit < 0 || b.Limit > 1_000_000_000 {
		return b, false, wrong("units must be a whole number from 0 to 1000000000")
	}
	return b, false, nil
}
