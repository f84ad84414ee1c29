package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
	"orderq/tasks/sheet"
)

func (a *app) batchList(set settings) *cobra.Command {
	limit := 20
	cmd := &cobra.Command{Use: "list", Short: "List batches, the newest first", Args: none, Example: "  orderq batch list --limit 0"}
	cmd.Flags().IntVar(&limit, "limit", limit, "at most so many; 0: all")
	cols := []column{{head: "STATE", width: 9}, {head: "BATCH", width: 24}, {head: "ROWS", width: 6, right: true}, {head: "ORDERS", width: 36}}
	cmd.RunE = a.do(set.withClerk(func(ctx context.Context, c clerk, _ []string) error {
		if limit < 0 {
			return wrongUse(fmt.Errorf("--limit %d: want a whole number, 0 for all", limit))
		}
		n := 0
		err := c.Batches(ctx, limit, func(one office.BatchView) error {
			v := batchView{one}
			if n++; a.json {
				return a.emit(v)
			}
			if n == 1 {
				a.head(cols)
			}
			a.row(cols, []string{v.State, v.Name, fmt.Sprint(v.Rows), v.tally()}, false)
			return nil
		})
		if err == nil && n == 0 && !a.json {
			a.note("no batches; orderq batch template prints a file to start from")
		}
		return err
	}))
	return cmd
}

// oneBatch is a command on one batch.
func (a *app) oneBatch(set settings, cmd *cobra.Command, work func(ctx context.Context, c clerk, word string) error) *cobra.Command {
	cmd.Args = names(1, batchNamed)
	cmd.RunE = a.do(func(ctx context.Context, args []string) error {
		if len(args) > 1 {
			return wrongUse(errors.New("one batch at a time"))
		}
		return set.withClerk(func(ctx context.Context, c clerk, args []string) error { return work(ctx, c, args[0]) })(ctx, args)
	})
	return cmd
}

func (a *app) batchStatus(set settings) *cobra.Command {
	return a.oneBatch(set, &cobra.Command{
		Use: "status BATCH", Short: "Show how far a batch is", Example: "  orderq batch status november",
		Long: `Show how far a batch is.

Exit: 0 all placed, or satisfied: their PBX has what they ask for · 1 not found,
or some rows are no orders · 3 some rejected or cancelled · 4 some unknown or in
review · 5 some not final, or the file was not read to its end: apply it again;
the worst of these (1, 4, 5, 3, 0).`,
	}, func(ctx context.Context, c clerk, word string) error {
		one, err := c.Batch(ctx, word)
		v := batchView{one}
		if err == nil {
			err = a.showBatchAs(v)
		}
		if err == nil {
			err = exit(v.code())
		}
		return err
	})
}

func (a *app) batchResults(set settings) *cobra.Command {
	format := ""
	cmd := &cobra.Command{
		Use: "results BATCH", Short: "Give the file back with its numbers filled in", Example: "  orderq batch results november > november-done.csv",
		Long: `Give the file back in its order and with its columns, and for each row
reference, id, state, orderNo, transactionNo and reason. An input column of such
a name is called input.<name>. A cell that a spreadsheet would take for a
formula (it begins with = + - @ or a tab) gets an apostrophe in front. The
result may be applied again: it orders nothing twice.`,
	}
	cmd.Flags().StringVar(&format, "format", "", "csv or `ndjson` (default: the file's own)")
	return a.oneBatch(set, cmd, func(ctx context.Context, c clerk, word string) error {
		f := sheet.Format(format)
		if a.json && format == "" {
			f = sheet.NDJSON
		}
		if f != "" && f != sheet.CSV && f != sheet.NDJSON {
			return wrongUse(fmt.Errorf("--format %q: want csv or ndjson", format))
		}
		return c.Results(ctx, word, f, a.out)
	})
}

func (a *app) batchCancel(set settings) *cobra.Command {
	var p person
	cmd := &cobra.Command{
		Use: "cancel BATCH", Short: "Take back what was not sent; say what was", Example: "  orderq batch cancel november --by anna --note 'wrong prices'",
		Long: `Take back every order of a batch that was not sent, and say what became of the
others. The batch takes no rows any more.

Exit: 0 nothing is left on its way · 4 some are unknown or in review · 5 some
are being sent.`,
	}
	p.sign(cmd)
	return a.oneBatch(set, cmd, func(ctx context.Context, c clerk, word string) error {
		if p.by == "" {
			p.by = a.user()
		}
		if err := p.fits(); err != nil {
			return err
		}
		n, one, err := c.CancelBatch(ctx, word, p.by, p.note)
		if err != nil {
			return err
		}
		v := batchView{one}
		a.note("%d orders cancelled", n)
		code := exitDone
		for s, n := range v.Counts {
			if n > 0 && !s.Final() {
				code = worse(code, codeOfState(s))
			}
		}
		return errors.Join(a.showBatchAs(v), exit(code))
	})
}

func (a *app) batchRetry(set settings) *cobra.Command {
	var p person
	cmd := &cobra.Command{
		Use: "retry BATCH --by NAME --note TEXT", Short: "Order again what is proved not to have been placed",
		Example: "  orderq batch retry november --by anna --note 'the account has funds again'",
		Long: `Order again, under references of their own, the rows whose orders are proved not
to have been placed: the portal refused them without making one, or they were
cancelled before they were ever sent. What may be at the portal is left alone.
The old orders stay as they are; the rows show the new ones.

Exit: as of batch status.`,
	}
	p.sign(cmd)
	return a.oneBatch(set, cmd, func(ctx context.Context, c clerk, word string) error {
		if err := p.needed(); err != nil {
			return err
		}
		r, one, err := c.RetryBatch(ctx, word, p.by, p.note)
		if err != nil {
			return err
		}
		left := 0
		for _, n := range r.Left {
			left += n
		}
		a.note("%s made in the place of others; %d left as they are", count(int64(r.Orders), "order"), left)
		v := batchView{one}
		return errors.Join(a.showBatchAs(v), exit(v.code()))
	})
}

func (a *app) batchApprove(set settings) *cobra.Command {
	var p person
	cmd := &cobra.Command{
		Use: "approve BATCH --by NAME --note TEXT", Short: "Let a batch go that is held, or has stopped", Example: "  orderq batch approve november --by eve --note 'checked with the customer'",
		Long: `Let a batch that was applied with --hold go: whoever applied it cannot approve
it, another name must. Or let one go on that has stopped by itself.`,
	}
	p.sign(cmd)
	return a.oneBatch(set, cmd, func(ctx context.Context, c clerk, word string) error {
		if err := p.needed(); err != nil {
			return err
		}
		one, err := c.ApproveBatch(ctx, word, p.by, p.note)
		if err != nil {
			return err
		}
		return a.showBatchAs(batchView{one})
	})
}

func (a *app) batchWatch(set settings) *cobra.Command {
	var limit time.Duration
	cmd := &cobra.Command{
		Use: "watch BATCH", Short: "Follow a batch until its orders are final", Example: "  orderq batch watch november --timeout 30m",
		Long: `Follow a batch until its orders are final, with a bar on a terminal and a quiet
line now and then elsewhere. An order in review is not waited for.

Exit: as of batch status; 5 where the time was over first.`,
	}
	cmd.Flags().DurationVar(&limit, "timeout", 0, "how long at most (default: as long as it takes)")
	return a.oneBatch(set, cmd, func(ctx context.Context, c clerk, word string) error {
		if limit < 0 {
			return wrongUse(fmt.Errorf("--timeout %v: want a time such as 30m", limit))
		}
		return a.watchBatch(ctx, c, word, limit)
	})
}
