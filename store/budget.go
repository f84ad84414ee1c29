package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Scope is what a budget bounds.
type Scope string

const (
	ScopeBatch   Scope = "batch"   // one batch, whatever its kinds
	ScopeDay     Scope = "day"     // one kind, from midnight to midnight UTC
	ScopeAccount Scope = "account" // one kind, since the account's first order
)

// Budget is how much may be ordered, in units (an intent's quantity). The gate asks for it before anything is sent.
type Budget struct {
	Scope Scope
	Of    string // a batch's id, else a kind
	Limit int
	Spent int // by orders that were sent and are not proved to have come to nothing: what is in doubt counts
}

// Name is how people and commands call it: scope, colon, of what.
func (b Budget) Name() string { return string(b.Scope) + ":" + b.Of }

// Left is how many units it has left; none where more was spent than it is now.
func (b Budget) Left() int { return max(0, b.Limit-b.Spent) }

func (b Budget) refusal(units int) string {
	return fmt.Sprintf("the budget %s is %d and %d of it are spent or in doubt: %d do not fit (orderq limits set --budget %s=…)",
		b.Name(), b.Limit, b.Spent, units, b.Name())
}

// usedUp reads the gate's note: scope, limit, spent.
func usedUp(o Order, note string) Budget {
	f := append(strings.Fields(note), "", "", "")
	b := Budget{Scope: Scope(f[0]), Of: o.Kind, Limit: number(f[1]), Spent: number(f[2])}
	if b.Scope == ScopeBatch {
		b.Of = o.Batch
	}
	return b
}

// Limits are what a person allows an account's orders.
type Limits struct {
	DuplicateWindow time.Duration // how long orders are remembered by what they look like; 0: not at all
	EventsKept      time.Duration // how long the stream of events keeps a move
	Budgets         []Budget      // by name
	By, Note        string        // who set them last, and why; "": nobody ever has
	At              time.Time
}

// the fields of the hash of limits beside the budgets' names
const (
	fWindow     = "duplicateWindow" // ms
	fEventsKept = "eventsKept"      // ms
	fLimitsBy   = "by"
	fLimitsNote = "note"
	fLimitsAt   = "at" // ms
)

// Limits reads them, with what is spent of each budget now.
func (s *Store) Limits(ctx context.Context) (Limits, error) {
	var set, spent *redis.MapStringStringCmd
	var clock *redis.TimeCmd
	_, err := s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		set, spent, clock = p.HGetAll(ctx, s.key.Limits()), p.HGetAll(ctx, s.key.Spent()), p.Time(ctx)
		return nil
	})
	if err != nil {
		return Limits{}, fmt.Errorf("read the limits of account %s: %w", s.account, err)
	}
	l := Limits{DuplicateWindow: DefaultDuplicateWindow, By: set.Val()[fLimitsBy], Note: set.Val()[fLimitsNote], At: at(set.Val()[fLimitsAt])}
	if ms, ok := set.Val()[fWindow]; ok {
		l.DuplicateWindow = time.Duration(number(ms)) * time.Millisecond
	}
	l.EventsKept = eventsKept(set.Val()[fEventsKept])
	today := strconv.FormatInt(clock.Val().UnixMilli()/(24*time.Hour).Milliseconds(), 10)
	for name, limit := range set.Val() {
		scope, of, ok := strings.Cut(name, ":")
		if !ok {
			continue
		}
		b := Budget{Scope: Scope(scope), Of: of, Limit: number(limit)}
		b.Spent = number(spent.Val()[b.spentField(today)])
		l.Budgets = append(l.Budgets, b)
	}
	slices.SortFunc(l.Budgets, func(a, b Budget) int { return strings.Compare(a.Name(), b.Name()) })
	return l, nil
}

// spentField is the field of the hash of what is spent; lua/budget.lua writes it.
func (b Budget) spentField(today string) string {
	switch b.Scope {
	case ScopeDay:
		return today + ":" + b.Of
	case ScopeAccount:
		return b.Of
	}
	return b.Name()
}

// LimitChange is what a person changes; the zero value changes nothing.
type LimitChange struct {
	Budgets         []Budget       // to set; Spent is not looked at
	Unbound         []Budget       // to take away; Limit is not looked at
	DuplicateWindow *time.Duration // 0: nothing is held for what it looks like
	EventsKept      *time.Duration
	By, Note        string
}

// SetLimits changes the limits, all at once. What waits for a budget asks again within ten minutes: AskAgain.
func (s *Store) SetLimits(ctx context.Context, c LimitChange) error {
	now, err := s.rdb.Time(ctx).Result()
	if err != nil {
		return fmt.Errorf("set the limits of account %s: %w", s.account, err)
	}
	set := []any{fLimitsBy, c.By, fLimitsNote, c.Note, fLimitsAt, now.UnixMilli()}
	for _, b := range c.Budgets {
		if b.Limit < 0 || b.Of == "" {
			return errors.New("set a budget: want units, 0 or more, of a batch or a kind")
		}
		set = append(set, b.Name(), b.Limit)
	}
	if w := c.DuplicateWindow; w != nil {
		set = append(set, fWindow, w.Milliseconds())
	}
	if k := c.EventsKept; k != nil {
		set = append(set, fEventsKept, k.Milliseconds())
	}
	_, err = s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.HSet(ctx, s.key.Limits(), set...)
		for _, b := range c.Unbound {
			p.HDel(ctx, s.key.Limits(), b.Name())
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("set the limits of account %s: %w", s.account, err)
	}
	return nil
}

// SetNew gives a batch its budget where it has none yet.
func (s *Store) SetNew(ctx context.Context, b Budget) error {
	if err := s.rdb.HSetNX(ctx, s.key.Limits(), b.Name(), b.Limit).Err(); err != nil {
		return fmt.Errorf("set the budget %s: %w", b.Name(), err)
	}
	return nil
}

// AskAgain lets all accepted orders that wait for something ask for it now, and says how many.
func (s *Store) AskAgain(ctx context.Context, what Waiting) (int, error) {
	ids, err := s.rdb.ZRange(ctx, s.key.In(Accepted), 0, -1).Result()
	if err != nil {
		return 0, fmt.Errorf("look for orders that wait for %s: %w", what, err)
	}
	n := 0
	for some := range slices.Chunk(ids, 500) {
		orders, err := s.GetMany(ctx, some)
		if err != nil {
			return n, err
		}
		for _, o := range orders {
			if o.State != Accepted || o.WaitingFor != what {
				continue
			}
			_, err := s.move(ctx, o, o, step{from: []State{Accepted}, silent: true, schedule: due})
			if errors.Is(err, ErrStale) {
				continue // it asks already
			}
			if err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}
