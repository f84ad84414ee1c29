package office

import (
	"context"
	"fmt"
	"time"

	"orderq/store"
)

// Limits are what bounds the sending of orders; durations as Go writes them.
type Limits struct {
	Account     string `json:"account"`
	Rate        string `json:"rate"`
	Concurrency int    `json:"concurrency"`
	Servers     int    `json:"servers"`
	CallTimeout string `json:"callTimeout"`
	Settle      string `json:"settle"`
	OnAbsent    string `json:"onAbsent"`
	BreakerOpen string `json:"breakerOpen"`
	Allowance   int    `json:"allowance,omitempty"` // orders in flight while the portal heals; left out: no limit
	Workers     int    `json:"workers"`

	DuplicateWindow string        `json:"duplicateWindow"` // 0s: nothing is held for what it looks like
	Budgets         []Budget      `json:"budgets,omitempty"`
	By              string        `json:"by,omitempty"` // who set these two last
	Note            string        `json:"note,omitempty"`
	Window          time.Duration `json:"-"` // DuplicateWindow
}

// Budget is what may be spent, in units of its kind.
type Budget struct {
	Name  string `json:"name"` // day:<kind>, account:<kind> or batch:<id>
	Limit int    `json:"limit"`
	Spent int    `json:"spent"` // sent and not proved to have come to nothing
	Left  int    `json:"left"`
}

func budgetOf(b store.Budget) Budget {
	return Budget{Name: b.Name(), Limit: b.Limit, Spent: b.Spent, Left: b.Left()}
}

func (b Budget) String() string {
	return fmt.Sprintf("%d of %d units spent or in doubt, %d left", b.Spent, b.Limit, b.Left)
}

// Limits gives the settings as this process reads them (a worker goes by its own), and what the workers share now.
func (o *Office) Limits(ctx context.Context) (Limits, error) {
	s, err := o.Fleet.Read(ctx)
	if err != nil {
		return Limits{}, err
	}
	kept, err := o.Store.Limits(ctx)
	if err != nil {
		return Limits{}, err
	}
	c := o.Config
	l := Limits{
		Account: c.Account, Rate: c.Rate.String(), Concurrency: c.Concurrency, Servers: c.Servers,
		CallTimeout: c.CallTimeout.String(), Settle: c.Settle.String(), OnAbsent: string(c.OnAbsent),
		BreakerOpen: c.BreakerOpen.String(), Allowance: s.Allowance, Workers: len(Alive(s)),
		DuplicateWindow: kept.DuplicateWindow.String(), Window: kept.DuplicateWindow, By: kept.By, Note: kept.Note,
	}
	for _, b := range kept.Budgets {
		l.Budgets = append(l.Budgets, budgetOf(b))
	}
	return l, nil
}
