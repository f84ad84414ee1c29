package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"orderq/store"
)

func (a *app) orderWait(set settings) *cobra.Command {
	var limit time.Duration
	cmd := &cobra.Command{
		Use: "wait ORDER...", Short: "Wait until orders are final; the exit code tells how they ended", Args: names(1, named),
		Long: `Wait until orders are final, and show them. An order in review is not waited for
any longer: a person has to decide.

Exit: 0 placed, or rejected as satisfied (an --ensure with nothing to order) ·
1 not found · 3 rejected or cancelled · 4 unknown or in review · 5 not final
within the time; of several orders the worst (1, 4, 5, 3, 0).`,
		Example: `  orderq order wait crm-4711 --timeout 5m
  orderq order wait crm-4711 --timeout 0s   only tell by the exit code`,
	}
	cmd.Flags().DurationVar(&limit, "timeout", 0, "how long at most, e.g. 5m; 0s: look once (default: as long as it takes)")
	cmd.RunE = a.do(set.withClerk(func(ctx context.Context, c clerk, args []string) error {
		if limit < 0 {
			return wrongUse(fmt.Errorf("--timeout %v: want a time such as 30s or 5m, or 0s to look once", limit))
		}
		if !cmd.Flags().Changed("timeout") {
			limit = forEver
		}
		var orders []store.Order
		err := a.each(ctx, args, func(word string) error {
			o, err := c.Order(ctx, word)
			if err == nil {
				orders = append(orders, o)
			}
			return err
		})
		if err != nil && len(orders) == 0 && len(args) == 1 {
			return err
		}
		code := codeOf(err)
		orders, err = a.await(ctx, c, orders, limit)
		if err != nil {
			return err
		}
		for i, o := range orders {
			if err := a.result(o, i == 0); err != nil {
				return err
			}
			code = worse(code, codeOfOrder(o))
		}
		return exit(code)
	}))
	return cmd
}

const (
	// forEver is the limit of a wait without one.
	forEver = time.Duration(-1)
	// The pauses between two looks: short at first, because an order takes a fraction of a second; a
	// second at last, because a person does not notice less.
	firstPause, lastPause = 25 * time.Millisecond, time.Second
	// redisAway is how long a Redis, or a server, may be away while somebody waits: a restart or a failover takes less.
	redisAway = time.Minute
	// progressEvery is how often a wait for many orders tells how far it is.
	progressEvery = time.Second
)

// settled: waiting longer changes nothing. An order in review needs a person.
func settled(o store.Order) bool { return o.State.Final() || o.State == store.Review }

// await looks at orders until all are settled, the limit is over, or ctx ends, and gives them as they were
// seen last, in their order. Changes are told on stderr. The error is of who is asked alone, away for too long.
func (a *app) await(ctx context.Context, c clerk, orders []store.Order, limit time.Duration) ([]store.Order, error) {
	deadline := a.now().Add(limit)
	p := progress{app: a, told: map[string]string{}}
	pause := firstPause
	var away time.Time
	for {
		left := p.tell(orders)
		now := a.now()
		if left == 0 || limit != forEver && !now.Before(deadline) {
			return orders, nil
		}
		if limit != forEver {
			pause = min(pause, deadline.Sub(now))
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			a.note("interrupted; the orders go on without us")
			return orders, nil
		}
		pause = min(2*pause, lastPause)
		switch err := refresh(ctx, c, orders); {
		case err == nil || ctx.Err() != nil:
			away = time.Time{}
		case away.IsZero():
			away = a.now()
			a.note("%s does not answer; still waiting", c.Name())
		case a.now().Sub(away) > redisAway:
			return orders, err
		}
	}
}

// refresh reads those that are not settled anew.
func refresh(ctx context.Context, c orderClerk, orders []store.Order) error {
	const chunk = 256
	at := map[string][]int{}
	var ids []string
	for i, o := range orders {
		if settled(o) {
			continue
		}
		if at[o.ID] == nil {
			ids = append(ids, o.ID)
		}
		at[o.ID] = append(at[o.ID], i)
	}
	for len(ids) > 0 {
		n := min(chunk, len(ids))
		fresh, err := c.Orders(ctx, ids[:n])
		if err != nil {
			return err
		}
		for _, o := range fresh {
			for _, i := range at[o.ID] {
				orders[i] = o
			}
		}
		ids = ids[n:]
	}
	return nil
}

// progress tells on stderr what has changed: of a few orders each move, of many how many are settled.
type progress struct {
	app  *app
	told map[string]string
	last time.Time
}

// tell says what is new and counts those that are not settled.
func (p *progress) tell(orders []store.Order) (left int) {
	const few = 5
	for _, o := range orders {
		if !settled(o) {
			left++
		}
		if text := describe(o); len(orders) <= few && p.told[o.ID] != text {
			p.told[o.ID] = text
			p.app.note("%s  %s", plain(o.Reference), plain(text))
		}
	}
	if text := fmt.Sprintf("%d of %d orders settled", len(orders)-left, len(orders)); len(orders) > few && p.told[""] != text {
		if now := p.app.now(); left == 0 || now.Sub(p.last) >= progressEvery {
			p.told[""], p.last = text, now
			p.app.note("%s", text)
		}
	}
	return left
}
