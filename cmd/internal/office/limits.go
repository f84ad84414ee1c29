package office

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"orderq/store"
	"orderq/tasks"
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

	DuplicateWindow string   `json:"duplicateWindow"` // 0s: nothing is held for what it looks like
	EventsKept      string   `json:"eventsKept"`      // how long the stream of events keeps a move
	Budgets         []Budget `json:"budgets,omitempty"`
	By              string   `json:"by,omitempty"` // who set these last
	Note            string   `json:"note,omitempty"`
}

// Budget is how many units may be ordered.
type Budget struct {
	Name  string `json:"name"` // day:<kind>, account:<kind> or batch:<id>
	Limit int    `json:"limit"`
	Spent int    `json:"spent"` // sent, and not proved to have come to nothing
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
	v := Limits{
		Account: c.Account, Rate: c.Rate.String(), Concurrency: c.Concurrency, Servers: c.Servers,
		CallTimeout: c.CallTimeout.String(), Settle: c.Settle.String(), OnAbsent: string(c.OnAbsent),
		BreakerOpen: c.BreakerOpen.String(), Allowance: s.Allowance, Workers: len(Alive(s)),
		DuplicateWindow: kept.DuplicateWindow.String(), EventsKept: kept.EventsKept.String(), By: kept.By, Note: kept.Note,
	}
	for _, b := range kept.Budgets {
		v.Budgets = append(v.Budgets, budgetOf(b))
	}
	return v, nil
}

// WrongLimitError is a limit that cannot be meant.
type WrongLimitError struct{ Field, Value, Message string }

func (e *WrongLimitError) Error() string {
	return fmt.Sprintf("%s %q: %s", e.Field, e.Value, e.Message)
}

// NewLimits are limits as people write them; what is left out stays.
type NewLimits struct {
	Budgets    []string // day:KIND=UNITS, account:KIND=UNITS, batch:NAME=UNITS; none for UNITS takes it away
	Duplicates string   // a duration, or off
	Events     string   // a duration
	By, Note   string
}

// SetLimits changes limits, and says how many orders that waited for a budget ask for it again now. *WrongLimitError
// where something cannot be meant, batch.ErrNotFound where there is no such batch: then nothing was changed.
func (o *Office) SetLimits(ctx context.Context, n NewLimits) (woken int, err error) {
	c := store.LimitChange{By: n.By, Note: n.Note}
	if n.Duplicates != "" {
		w, err := windowOf(n.Duplicates)
		if err != nil {
			return 0, err
		}
		c.DuplicateWindow = &w
	}
	if n.Events != "" {
		k, err := time.ParseDuration(n.Events)
		if err != nil || k < store.ShortestEvents || k > 366*24*time.Hour {
			return 0, &WrongLimitError{"events", tasks.Shown(n.Events), "want a time from 1h to 8784h, such as 72h"}
		}
		c.EventsKept = &k
	}
	for _, text := range n.Budgets {
		b, none, err := o.budgetNamed(ctx, text)
		switch {
		case err != nil:
			return 0, err
		case none:
			c.Unbound = append(c.Unbound, b)
		default:
			c.Budgets = append(c.Budgets, b)
		}
	}
	if err := o.Store.SetLimits(ctx, c); err != nil || len(n.Budgets) == 0 {
		return 0, err
	}
	if woken, err = o.Store.AskAgain(ctx, store.WaitBudget); err != nil {
		err = fmt.Errorf("%w: the limits are set, and what waits for a budget asks again within ten minutes", err)
	}
	return woken, err
}

func windowOf(text string) (time.Duration, error) {
	if text == "off" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second || d > 366*24*time.Hour {
		return 0, &WrongLimitError{"duplicates", tasks.Shown(text), "want off, or a time from 1s to 8784h, such as 24h"}
	}
	return d, nil
}

// MostUnits is more than anybody orders in all.
const MostUnits = 1_000_000_000

// budgetNamed reads a budget.
func (o *Office) budgetNamed(ctx context.Context, text string) (b store.Budget, none bool, err error) {
	wrong := func(why string) error {
		return &WrongLimitError{"budget", tasks.Shown(text), why + "; want day:KIND=UNITS, account:KIND=UNITS or batch:NAME=UNITS, or none for UNITS"}
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
			return b, false, wrong(fmt.Sprintf("there is no kind %s (there are %s)", tasks.Shown(of), strings.Join(KindNames(), ", ")))
		}
	case store.ScopeBatch:
		one, err := o.FindBatch(ctx, of)
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
	if b.Limit, err = strconv.Atoi(units); err != nil || b.Limit < 0 || b.Limit > MostUnits {
		return b, false, wrong(fmt.Sprintf("units must be a whole number from 0 to %d", MostUnits))
	}
	return b, false, nil
}

var errNothing = errors.New("nothing to change: give a budget, what counts as a duplicate, or how long events are kept")

// Empty says that nothing is to be changed; nil: something is.
func (n NewLimits) Empty() error {
	if len(n.Budgets) == 0 && n.Duplicates == "" && n.Events == "" {
		return errNothing
	}
	return nil
}
