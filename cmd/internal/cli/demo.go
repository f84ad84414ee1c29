package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orderq/cmd/internal/demo"
)

func (a *app) demo() *cobra.Command {
	o := demo.Defaults()
	var verbose bool
	cmd := &cobra.Command{
		Use: "demo", Short: "See it work: orders, a portal that misbehaves, and the verdict", GroupID: groupStart, Args: none,
		Long: `See orderq at work, with nothing but this binary: a built-in Redis, a simulated
portal that misbehaves in every way it knows, some hundred orders, and in the
end each record held against the portal's own ledger.

It takes some 15 seconds, needs no network and no settings, and leaves nothing
behind. Exit: 0 if the verdict is clean, else 1.`,
		Example: `  orderq demo
  orderq demo --orders 1000 --pbxs 400 --seed 7
  orderq demo --json | jq .verdict`,
	}
	f := cmd.Flags()
	f.IntVar(&o.Orders, "orders", o.Orders, "how many orders; some wrong ones come on top")
	f.IntVar(&o.PBXs, "pbxs", o.PBXs, "how many PBXs the simulated portal has")
	f.IntVar(&o.Workers, "workers", o.Workers, "how many workers share the orders")
	f.Int64Var(&o.Seed, "seed", o.Seed, "decides which orders there are and which faults strike them")
	f.BoolVar(&verbose, "verbose", false, "show the workers' logs too, on stderr")
	cmd.RunE = a.do(func(ctx context.Context, _ []string) error {
		if err := o.Validate(); err != nil {
			return wrongUse(err)
		}
		o.Out, o.Now = a.out, a.now
		term, _ := a.env("TERM")
		o.Live = !a.json && !verbose && terminal(a.out) && term != "dumb"
		if a.json {
			o.Out = a.err
		}
		if verbose {
			o.Log = demoLog(a.err)
		}
		report, err := demo.Run(ctx, o)
		if err != nil {
			return err
		}
		if a.json {
			if err := a.emit(report); err != nil {
				return err
			}
		}
		if !report.Clean {
			return errNotClean
		}
		return nil
	})
	return cmd
}

var errNotClean = errors.New("the verdict is not clean; this should not be: please report it with the seed and the output above")

// demoLog writes the workers' logs for people.
func demoLog(to io.Writer) *zap.Logger {
	encoder := zap.NewDevelopmentEncoderConfig()
	return zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(encoder), zapcore.Lock(zapcore.AddSync(to)), zap.InfoLevel))
}
