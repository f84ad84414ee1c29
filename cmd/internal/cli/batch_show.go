package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
	"orderq/store/batch"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
)

func (a *app) batchList(set settings) *cobra.Command {
	limit := 20
	cmd := &cobra.Command{Use: "list", Short: "List batches, the newest first", Args: none, Example: "  orderq batch list --limit 0"}
	cmd.Flags().IntVar(&limit, "limit", limit, "at most so many; 0: all")
	cols := []column{{head: "STATE", width: 9}, {head: "BATCH", width: 24}, {head: "ROWS", width: 6, right: true}, {head: "ORDERS", width: 36}}
	cmd.RunE = a.do(set.withLedger(func(ctx context.Context, l *ledger, _ []string) error {
		if limit < 0 {
			return wrongUse(fmt.Errorf("--limit %d: want a whole number, 0 for all", limit))
		}
		all, err := batch.Of(l.store).List(ctx, limit)
		if err != nil {
			return err
		}
		for i, one := range all {
			v, err := l.viewBatch(ctx, one)
			if err != nil {
				return err
			}
			if a.json {
				if err := a.emit(v); err != nil {
					return err
				}
				continue
			}
			if i == 0 {
				a.head(cols)
			}
			a.row(cols, []string{v.State, v.Name, fmt.Sprint(v.Rows), v.tally()}, false)
		}
		if len(all) == 0 && !a.json {
			a.note("no batches; orderq batch template prints a file to start from")
		}
		return nil
	}))
	return cmd
}

// oneBatch is a command on one batch.
func (a *app) oneBatch(set settings, cmd *cobra.Command, work func(context.Context, *ledger, batch.Batch) error) *cobra.Command {
	cmd.Args = names(1, batchNamed)
	cmd.RunE = a.do(set.withLedger(func(ctx context.Context, l *ledger, args []string) error {
		if len(args) > 1 {
			return wrongUse(errors.New("one batch at a time"))
		}
		one, err := l.FindBatch(ctx, args[0])
		if err != nil {
			return err
		}
		return work(ctx, l, one)
	}))
	return cmd
}

func (a *app) batchStatus(set settings) *cobra.Command {
	return a.oneBatch(set, &cobra.Command{
		Use: "status BATCH", Short: "Show how far a batch is", Example: "  orderq batch status november",
		Long: `Show how far a batch is.

Exit: 0 all placed, or satisfied: their PBX has what they ask for · 1 not found,
or some rows are no orders · 3 some rejected or cancelled · 4 some unknown or in
review · 5 some not final; the worst of these (1, 4, 5, 3, 0).`,
	}, func(ctx context.Context, l *ledger, one batch.Batch) error {
		v, err := l.viewBatch(ctx, one)
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
	return a.oneBatch(set, cmd, func(ctx context.Context, l *ledger, one batch.Batch) error {
		f := sheet.Format(format)
		switch {
		case a.json && format == "":
			f = sheet.NDJSON
		case format == "":
			f = sheet.Format(one.Format)
		}
		if f != sheet.CSV && f != sheet.NDJSON {
			return wrongUse(fmt.Errorf("--format %q: want csv or ndjson", format))
		}
		err := l.Results(ctx, one, f, a.out)
		if errors.Is(err, office.ErrOneColumn) {
			return wrongUse(fmt.Errorf("batch %s: %w", one.Name, err))
		}
		return err
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
	return a.oneBatch(set, cmd, func(ctx context.Context, l *ledger, one batch.Batch) error {
		if p.by == "" {
			p.by = a.user()
		}
		if err := p.fits(); err != nil {
			return err
		}
		n, one, err := l.CancelBatch(ctx, one, p.by, p.note)
		if err != nil {
			return err
		}
		v, err := l.viewBatch(ctx, one)
		if err != nil {
			return err
		}
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
	return a.oneBatch(set, cmd, func(ctx context.Context, l *ledger, one batch.Batch) error {
		if err := p.needed(); err != nil {
			return err
		}
		r, err := intake.Retry(ctx, l.store, one, p.by, p.note)
		if errors.Is(err, batch.ErrState) {
			return fmt.Errorf("batch %s was cancelled: apply its file under another --name", one.Name)
		}
		if err != nil {
			return err
		}
		left := 0
		for _, n := range r.Left {
			left += n
		}
		a.note("%s made in the place of others; %d left as they are", count(int64(r.Orders), "order"), left)
		if one, err = batch.Of(l.store).Get(ctx, one.ID); err != nil {
			return err
		}
		v, err := l.viewBatch(ctx, one)
		return errors.Join(err, a.showBatchAs(v), exit(v.code()))
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
	return a.oneBatch(set, cmd, func(ctx context.Context, l *ledger, one batch.Batch) error {
		if err := p.needed(); err != nil {
			return err
		}
		one, err := l.ApproveBatch(ctx, one, p.by, p.note)
		if err != nil {
			return err
		}
		v, err := l.viewBatch(ctx, one)
		return errors.Join(err, a.showBatchAs(v))
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
	return a.oneBatch(set, cmd, func(ctx context.Context, l *ledger, one batch.Batch) error {
		if limit < 0 {
			return wrongUse(fmt.Errorf("--timeout %v: want a time such as 30m", limit))
		}
		return a.watchBatch(ctx, l, one, limit)
	})
}
