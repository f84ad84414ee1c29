package cli

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/prove"
)

func (a *app) prove() *cobra.Command {
	o := prove.Defaults()
	var schedule bool
	cmd := &cobra.Command{
		Use: "prove", Short: "Attack orderq here, and judge it by the portal's ledger", GroupID: groupCheck, Args: none,
		Long: `Attack orderq on this machine, and judge it by the portal's ledger.

It runs the whole pipeline, workers as processes of their own, a redis-server of
its own and a simulated portal, under a schedule of faults drawn from a seed:
workers killed, stopped and put to sleep; Redis killed, cut off, flushed, set
back to an older copy; replies lost; dashboard buttons pressed; a portal that
drops, hangs, lies and is down. Then each record is held against the ledger.

It needs redis-server on the PATH, no network and no settings. A run that is not
clean keeps its evidence and prints the command that repeats it. Built with
-tags crashpoints, workers die at named points too.

Exit: 0 if nothing was placed twice, lost, wrong or left open; else 1.`,
		Example: `  orderq prove
  orderq prove --orders 10000 --seed 7 --hostile
  orderq prove --orders 10000 --echo none --list-lag 1s --person
  orderq prove --orders 400 --forget 20 --sleepers 20
  orderq prove --seed 7 --schedule          only show what would be done`,
	}
	f := cmd.Flags()
	f.IntVar(&o.Orders, "orders", o.Orders, "how many orders")
	f.DurationVar(&o.Duration, "duration", 0, "spread them over this `time` (default: 25 orders a second)")
	f.IntVar(&o.PBXs, "pbxs", o.PBXs, "how many PBXs the simulated portal has")
	f.IntVar(&o.Workers, "workers", o.Workers, "how many worker processes")
	f.Int64Var(&o.Seed, "seed", o.Seed, "decides orders, portal and schedule")
	f.StringVar(&o.Echo, "echo", o.Echo, "where the portal shows poNumber: both, details, `none`")
	f.StringVar(&o.Names, "field-names", o.Names, "what its list calls things: `usual`, other, reference, foreign")
	f.DurationVar(&o.ListLag, "list-lag", 0, "an order is in the portal's list only after this `time`")
	f.BoolVar(&o.Hostile, "hostile", false, "others' orders, rows that shift pages, clocks that differ")
	f.Float64Var(&o.Faults, "faults", o.Faults, "the `share` of create-order calls that the portal spoils")
	f.BoolVar(&o.Calm, "calm", false, "no attacks, only the portal's own faults")
	f.IntVar(&o.Forget, "forget", o.Forget, "how often Redis is restored, flushed and cut short, each (default: by --orders)")
	f.BoolVar(&o.Person, "person", false, "somebody decides about orders in review, by what they see at the portal")
	f.IntVar(&o.Batches, "batches", o.Batches, "files by which every fifth order comes, applied by the command (default: by --orders; 0: none)")
	f.IntVar(&o.Sleepers, "sleepers", o.Sleepers, "how often a worker sleeps through every horizon (default: by --orders)")
	f.StringVar(&o.Dir, "dir", "", "keep logs and files in this `folder`")
	f.BoolVar(&schedule, "schedule", false, "only print the schedule")
	cmd.RunE = a.do(func(ctx context.Context, _ []string) (err error) {
		if err := o.Validate(); err != nil {
			return wrongUse(err)
		}
		if schedule {
			for _, e := range prove.Schedule(o) {
				a.say("%s", e)
			}
			return nil
		}
		if o.Exe, err = os.Executable(); err != nil {
			return err
		}
		o.Progress, o.Now = a.err, a.now
		report, err := prove.Run(ctx, o)
		if err != nil {
			return err
		}
		if a.json {
			err = a.emit(report)
		} else {
			a.say("%s", report.Text())
		}
		if err == nil && !report.Clean {
			err = errNotProved
		}
		return err
	})
	return cmd
}

var errNotProved = errors.New("the verdict is not clean; this should not be: please report it with the evidence named above")
