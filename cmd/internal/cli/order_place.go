package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
	"orderq/cmd/internal/remote"
	"orderq/store"
	"orderq/tasks"
)

func (a *app) orderPlace(set settings) *cobra.Command {
	var (
		file   string
		dryRun bool
		wait   time.Duration
	)
	cmd := &cobra.Command{
		Use: "place --kind KIND --product-no NUMBER --quantity N [flags]", Short: "Place an order, or a file of them", Args: none,
		Long: `Place an order, or a file of them.

The order is accepted and a worker places it at the portal, once. Placing the
same intent again under the same --reference never orders twice: it shows the
order as it is now. Where --reference is left out one is made, and printed
before anything is written.

With --ensure instead of --quantity the PBX is brought to so many extensions:
what it lacks is read from the portal when the order is sent. Where it lacks
nothing the order ends as rejected with the code satisfied, and counts as done.

With --file, each line is one intent in JSON, and each accepted line gives one
line of output, in the order of the file. A refused line is reported on stderr
by its number and the others are placed; exit 1 if any was refused. A file may
be placed again: what was accepted before is only shown.

Exit: 0 accepted (with --wait: placed, or satisfied) · 1 conflict, or Redis does
not answer · 2 invalid · with --wait, or where the order has ended before: 3
rejected or cancelled · 4 unknown or in review · 5 not final within that time.
With --dry-run nothing is written or ordered: 0 it could be placed or there is
nothing to order, 3 not.`,
		Example: `  orderq order place --kind add_recording_minutes --quantity 1000 \
      --product-no 3658B431119665QJ --plan "Enterprise Plan" \
      --billing-cycle annually --billing-contact billing@example.com
  orderq order place --kind subscribe_ha --product-no 3658B4311196K2ID \
      --reference crm-4711 --wait 2m
  orderq order place --kind expand_extensions --quantity 5 \
      --product-no 3658B431119665QJ --dry-run
  orderq order place --kind expand_extensions --ensure 50 \
      --product-no 3658B431119665QJ --wait 2m
  orderq order place --file orders.ndjson --json > placed.ndjson`,
	}
	intent := bindIntent(cmd)
	set = set.and(cmd, append(portalSettings(), "ORDERQ_ALIASES_FILE")...)
	cmd.Flags().StringVar(&file, "file", "", "`path` of intents, one JSON object per line; - for stdin")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would be sent, by reads alone; write and order nothing")
	cmd.Flags().DurationVar(&wait, "wait", 0, "wait so long for the order to be final, e.g. 1m (default: do not wait)")
	_ = cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(kindNames(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("billing-cycle", cobra.FixedCompletions(tasks.Cycles(), cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = a.do(func(ctx context.Context, _ []string) error {
		if wait < 0 {
			return wrongUse(fmt.Errorf("--wait %v: want a positive time such as 30s or 5m", wait))
		}
		if given := intent.given(); cmd.Flags().Changed("file") && len(given) > 0 {
			return wrongUse(fmt.Errorf("--file brings whole intents: leave %s away, or --file", strings.Join(given, ", ")))
		}
		if dryRun && wait > 0 {
			return wrongUse(errors.New("--dry-run orders nothing, so there is nothing to --wait for: leave one away"))
		}
		if cmd.Flags().Changed("file") {
			return a.placeFile(ctx, set, file, dryRun, wait)
		}
		in, err := a.intentOf(set, intent, !dryRun)
		if err != nil {
			return err
		}
		if dryRun {
			return a.rehearse(ctx, set, in)
		}
		return a.placeOne(ctx, set, in, wait)
	})
	return cmd
}

// intentOf reads the intent from the flags, and makes its reference where none is given. It tells it where
// something is to be written under it.
func (a *app) intentOf(set settings, intent *intentFlags, tell bool) (tasks.Intent, error) {
	cfg, err := set.load()
	if err != nil {
		return tasks.Intent{}, err
	}
	reference, made := *intent.values["reference"], false
	if !intent.cmd.Flags().Changed("reference") {
		reference, made = newReference(a.now()), true
	}
	in, err := intent.intent(cfg.Account, reference)
	if err == nil && made && tell {
		// Before anything is written: whoever is cut off now can still ask what became of it.
		a.note("reference %s (say --reference %s to repeat this very order)", reference, reference)
	}
	return in, err
}

func (a *app) placeOne(ctx context.Context, set settings, in tasks.Intent, wait time.Duration) error {
	c, done, err := set.clerk(ctx)
	if err != nil {
		return err
	}
	defer done()
	placed, err := c.Place(ctx, in)
	if err != nil {
		return notAccepted(in, err)
	}
	o := placed.Order
	switch {
	case placed.Repeat:
		a.note("%s was accepted before; this is the order as it is now", in.Reference)
	case !placed.Enqueued && o.State == store.Accepted && o.WaitingFor == "":
		a.note("accepted, but the queue did not answer: a worker's sweeper takes it up within seconds")
	}
	switch {
	case o.State == store.Held && o.WaitingFor == store.WaitDuplicate:
		a.note("held: it %s; if both are wanted: orderq order release %s --by NAME --note TEXT, else order cancel", plain(o.Reason), o.ID)
	case !o.State.Final():
		a.warnOfSilence(ctx, c)
	}
	if wait > 0 && o.WaitingFor != store.WaitDuplicate {
		waited, err := a.await(ctx, c, []store.Order{o}, wait)
		if err != nil {
			return err
		}
		o = waited[0]
	}
	if err := a.result(o, true); err != nil {
		return err
	}
	code := codeOfOrder(o)
	if wait == 0 && code == exitNotFinal {
		code = exitDone // accepted is all that was asked for
	}
	return exit(code)
}

// notAccepted says what is known of an order whose acceptance failed.
func notAccepted(in tasks.Intent, err error) error {
	var invalid *tasks.Invalid
	var conflict *tasks.ConflictError
	if errors.As(err, &invalid) || errors.As(err, &conflict) || remote.Undone(err) {
		return err
	}
	return fmt.Errorf("%w: it may have been accepted; place it again with --reference %s, which never orders twice", err, in.Reference)
}

// warnOfSilence tells a person that nobody is there to do the work.
func (a *app) warnOfSilence(ctx context.Context, c accountClerk) {
	h, err := c.Halt(ctx)
	if err != nil { // the order is accepted, and this was a courtesy
		return
	}
	if h.Halted {
		a.note("the account is halted by %s (%s): nothing is sent until `orderq resume`", plain(h.Halt.By), plain(h.Halt.Note))
		return
	}
	if n, err := c.Workers(ctx); err == nil && n == 0 {
		a.note("no worker is running for account %s: start one with `orderq worker`", h.Account)
	}
}

func kindNames() []string { return office.KindNames() }
