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
	set := a.settings(cmd, clientSettings()...)
	cmd.RunE = a.do(func(ctx context.Context, args []string) error {
		if err := p.needed(); err != nil {
			return err
		}
		return set.withClerk(func(ctx context.Context, c clerk, _ []string) error {
			before, err := c.Halt(ctx)
			if err != nil {
				return err
			}
			if err := c.HaltBy(ctx, p.by, p.note); err != nil {
				return err
			}
			if before.Halt != nil {
				a.note("it was halted before, by %s at %s: %s", plain(before.Halt.By), clock(before.Halt.At), plain(before.Halt.Note))
			}
			return a.showHalt(ctx, c, "halted: account "+before.Account+" sends nothing more until `orderq resume`")
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
	set := a.settings(cmd, clientSettings()...)
	cmd.RunE = a.do(func(ctx context.Context, args []string) error {
		if err := p.needed(); err != nil {
			return err
		}
		return set.withClerk(func(ctx context.Context, c clerk, _ []string) error {
			before, err := c.Halt(ctx)
			if err != nil {
				return err
			}
			if before.Halt == nil {
				return a.showHalt(ctx, c, "account "+before.Account+" is not halted; nothing was changed")
			}
			if err := c.Resume(ctx, p.by, p.note); err != nil {
				return err
			}
			a.note("it was halted by %s at %s: %s", plain(before.Halt.By), clock(before.Halt.At), plain(before.Halt.Note))
			return a.showHalt(ctx, c, "resumed: account "+before.Account+" sends again")
		})(ctx, args)
	})
	return cmd
}

func (a *app) showHalt(ctx context.Context, c accountClerk, text string) error {
	if !a.json {
		a.say("%s", text)
		return nil
	}
	h, err := c.Halt(ctx)
	if err != nil {
		return err
	}
	return a.emit(h)
}
