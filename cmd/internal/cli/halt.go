package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) halt() *cobra.Command {
	var p person
	cmd := &cobra.Command{
		Use: "halt --by NAME --note TEXT", Short: "Send nothing more, until a person resumes", GroupID: groupRun, Args: none,
		Long: `Send nothing more for the account, in every worker, until a person resumes. What
was sent already is still followed to its end; orders are still accepted, and
wait. A halt outlives restarts.`,
		Example: "  orderq halt --by anna --note 'the portal shows strange prices'",
	}
	p.sign(cmd)
	set := a.settings(cmd, ledgerSettings()...)
	cmd.RunE = a.do(func(ctx context.Context, args []string) error {
		if err := p.needed(); err != nil {
			return err
		}
		return set.withLedger(func(ctx context.Context, l *ledger, _ []string) error {
			before, err := l.fleet.Read(ctx)
			if err != nil {
				return err
			}
			if err := l.fleet.HaltBy(ctx, p.by, p.note); err != nil {
				return err
			}
			if before.Halt != nil {
				a.note("it was halted before, by %s at %s: %s", plain(before.Halt.By), clock(before.Halt.At), plain(before.Halt.Note))
			}
			return a.showHalt(ctx, l, "halted: account "+l.cfg.Account+" sends nothing more until `orderq resume`")
		})(ctx, args)
	})
	return cmd
}

func (a *app) resume() *cobra.Command {
	var p person
	cmd := &cobra.Command{
		Use: "resume --by NAME --note TEXT", Short: "Let a halted account send again", GroupID: groupRun, Args: none,
		Example: "  orderq resume --by anna --note 'prices are right again'",
	}
	p.sign(cmd)
	set := a.settings(cmd, ledgerSettings()...)
	cmd.RunE = a.do(func(ctx context.Context, args []string) error {
		if err := p.needed(); err != nil {
			return err
		}
		return set.withLedger(func(ctx context.Context, l *ledger, _ []string) error {
			before, err := l.fleet.Read(ctx)
			if err != nil {
				return err
			}
			if before.Halt == nil {
				return a.showHalt(ctx, l, "account "+l.cfg.Account+" is not halted; nothing was changed")
			}
			if err := l.fleet.Resume(ctx, p.by, p.note); err != nil {
				return err
			}
			a.note("it was halted by %s at %s: %s", plain(before.Halt.By), clock(before.Halt.At), plain(before.Halt.Note))
			return a.showHalt(ctx, l, "resumed: account "+l.cfg.Account+" sends again")
		})(ctx, args)
	})
	return cmd
}

func (a *app) showHalt(ctx context.Context, l *ledger, text string) error {
	if !a.json {
		a.say("%s", text)
		return nil
	}
	h, err := l.Halt(ctx)
	if err != nil {
		return err
	}
	return a.emit(h)
}
