package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/batch"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
)

// sheetFlags say how a file is read.
type sheetFlags struct {
	name, format string
	defaults     map[string]string
}

func (f *sheetFlags) bind(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "name", "", "the batch's `name` (default: the file's, without its ending)")
	cmd.Flags().StringVar(&f.format, "format", "auto", "of the file: csv, ndjson, or `auto`")
	cmd.Flags().StringToStringVar(&f.defaults, "set", nil, "`field=value` for rows that leave it out, e.g. kind=add_recording_minutes")
}

// set says something for the rows that leave it out.
func (f *sheetFlags) set(field, value string) {
	if f.defaults == nil {
		f.defaults = map[string]string{}
	}
	f.defaults[field] = value
}

// open reads a file's header. Where again is needed the file can be read again from its beginning. Call done, also with
// an error.
func (f *sheetFlags) open(ctx context.Context, a *app, path, account string, again bool) (file office.File, done func(), err error) {
	done = func() {}
	in := a.in
	switch {
	case path != "-":
		opened, err := os.Open(path)
		if err != nil {
			return file, done, wrongUse(err)
		}
		in, file.Raw, done = opened, opened, func() { _ = opened.Close() }
	case f.name == "":
		return file, done, wrongUse(errors.New("a file from stdin has no name: say what the batch is called, --name NAME"))
	case again:
		kept, err := keep(ctx, a.in)
		if err != nil {
			return file, done, err
		}
		in, file.Raw, done = kept, kept, func() { _, _ = kept.Close(), os.Remove(kept.Name()) }
	}
	if f.name == "" {
		base := filepath.Base(path)
		f.name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	if err := office.CheckBatchName(f.name); err != nil {
		return file, done, wrongUse(fmt.Errorf("--name %w", err))
	}
	file.Name, file.Defaults, file.At = f.name, f.defaults, a.now()
	file.Rows, err = sheet.NewReader(in, sheet.Options{Batch: f.name, Account: account, Format: sheet.Format(f.format), Defaults: f.defaults})
	if err != nil {
		return file, done, wrongUse(fmt.Errorf("%s: %w", path, err))
	}
	return file, done, nil
}

// keep writes what is read into a file of its own: a server cuts off what stands still, and whoever writes into a pipe
// may. A read that nothing ends is left behind where ctx ends.
func keep(ctx context.Context, in io.Reader) (*os.File, error) {
	file, err := os.CreateTemp("", "orderq-stdin-*")
	if err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(file, in)
		ended <- err
	}()
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		_, _ = file.Close(), os.Remove(file.Name())
		return nil, fmt.Errorf("read stdin: %w", err)
	}
	return file, nil
}

func (a *app) batchApply(set settings) *cobra.Command {
	var (
		f               sheetFlags
		yes, hold, wait bool
		brakes          batch.Brakes
		limit           time.Duration
		budget          int
		duplicates      bool
		by              string
	)
	cmd := &cobra.Command{
		Use: "apply --yes FILE | PLAN", Short: "Order what a file asks for; again and again, if you like", Args: names(1, "a CSV or NDJSON file, or - for stdin, or a plan"),
		Long: `Order what a file asks for. Rows become orders as they are read; a row that is
no order is reported, kept with its reason, and stops none of the others.

The batch is known by its name. To apply the same file again orders nothing
twice, and goes on where it was cut off; a changed file orders its new rows. To
order the same rows once more, give another --name.

With --canary the first orders go alone, and the rest when they are placed and
the portal shows them; --stop-refused and --stop-unknown end the release when
too much comes out otherwise. A batch that has stopped waits for batch approve,
or batch cancel. With --budget orders wait that do not fit any more, until
orderq limits set --budget batch:NAME=UNITS.

An order that looks like another of the last 24 hours (same PBX, kind and
quantity, in this file or elsewhere) is held: order release, or from the start
--allow-duplicate, or yes in a column of that name.

A plan (batch plan -o PLAN) is applied as it is, without --yes: rows for which
something has changed since are no orders, and say what.

Exit: 0 taken in · 1 some rows are no orders, or Redis does not answer · 2 the
file cannot be read · with --wait as of orders: 3 rejected or cancelled · 4
unknown or in review · 5 not final within --timeout.`,
		Example: `  orderq batch apply --yes november.csv
  orderq batch apply --yes november.csv --set kind=add_recording_minutes \
      --set billingCycle=annually --wait
  export-crm | orderq batch apply --yes --name crm-2026-11 --format ndjson -
  orderq batch apply --yes november.csv --hold     for batch approve
  orderq batch apply --yes november.csv --canary 3 --stop-refused 0.05
  orderq batch apply november.plan`,
	}
	set = set.and(cmd, append(portalSettings(), "ORDERQ_ALIASES_FILE", "ORDERQ_BILLING_CONTACT")...)
	f.bind(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "order it: without this nothing is written")
	cmd.Flags().BoolVar(&hold, "hold", false, "send nothing before another person says batch approve")
	cmd.Flags().IntVar(&brakes.Canary, "canary", 0, "release so `many` orders first, the rest when these are placed and seen at the portal")
	cmd.Flags().Float64Var(&brakes.StopRefused, "stop-refused", 0, "stop above this `share` of refused orders, e.g. 0.05 (from 20 orders on)")
	cmd.Flags().Float64Var(&brakes.StopUnknown, "stop-unknown", 0, "stop above this `share` of orders in doubt")
	cmd.Flags().IntVar(&budget, "budget", 0, "send no more `units` than these in all; what is in doubt counts")
	cmd.Flags().BoolVar(&duplicates, "allow-duplicate", false, "do not hold orders for looking like others")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until its orders are final, showing how far they are")
	cmd.Flags().DurationVar(&limit, "timeout", 0, "with --wait: how long at most (default: as long as it takes)")
	cmd.Flags().StringVar(&by, "by", "", "who orders (default: $USER)")
	cmd.RunE = a.do(func(ctx context.Context, args []string) error {
		if len(args) > 1 {
			return wrongUse(errors.New("one file at a time: each is a batch of its own"))
		}
		if limit < 0 || limit > 0 && !wait {
			return wrongUse(errors.New("--timeout: want a time such as 30m, and --wait with it"))
		}
		if brakes.Canary < 0 || brakes.Canary > batch.MaxCanary {
			return wrongUse(fmt.Errorf("--canary %d: want 0 to %d", brakes.Canary, batch.MaxCanary))
		}
		for flag, share := range map[string]float64{"stop-refused": brakes.StopRefused, "stop-unknown": brakes.StopUnknown} {
			if !(share >= 0 && share <= 1) {
				return wrongUse(fmt.Errorf("--%s %v: want a share from 0 to 1, such as 0.05", flag, share))
			}
		}
		cfg, err := set.load()
		if err != nil {
			return err
		}
		if budget < 0 {
			return wrongUse(fmt.Errorf("--budget %d: want a number of units, such as 5000", budget))
		}
		if by == "" {
			by = a.user()
		}
		if duplicates {
			f.set("allowDuplicate", "yes")
		}
		there, err := set.remote(cfg)
		if err != nil {
			return err
		}
		c := intake.Config{By: by, Hold: hold, Brakes: brakes, Budget: budget}
		apply := func(file office.File) error {
			return set.withClerk(func(ctx context.Context, at clerk, _ []string) error {
				return a.applyBatch(ctx, at, file, c, wait, limit)
			})(ctx, nil)
		}
		if found, err := a.applyPlan(args[0], f, apply); found || err != nil {
			return err
		}
		file, done, err := f.open(ctx, a, args[0], cfg.Account, there)
		defer done()
		if err != nil {
			return err
		}
		if !yes {
			return wrongUse(fmt.Errorf("this would order what %s asks for as batch %s: say --yes if it shall, or look first: orderq batch plan %s", args[0], f.name, args[0]))
		}
		a.tellIgnored(file.Rows)
		return apply(file)
	})
	return cmd
}

func (a *app) tellIgnored(r *sheet.Reader) {
	if ignored := r.Ignored(); len(ignored) > 0 {
		a.note("columns that are carried and not understood: %s", plain(strings.Join(ignored, ", ")))
	}
}

// badShown is how many rows that are no orders are told one by one; batch results has them all.
const badShown = 20

func (a *app) applyBatch(ctx context.Context, at clerk, file office.File, c intake.Config, wait bool, limit time.Duration) error {
	bad := 0
	c.Bad = func(b intake.Bad) {
		if bad++; bad <= badShown {
			fmt.Fprintf(a.err, "%s: %s\n", b.Row.Where(), plain(b.Err.Error()))
		}
	}
	last := a.now()
	c.Took = func(s intake.Summary) {
		if now := a.now(); now.Sub(last) >= progressEvery {
			last = now
			a.note("%d rows taken in", s.Rows)
		}
	}
	s, err := at.Apply(ctx, file, c)
	if max(bad, s.Invalid) > badShown {
		a.note("more rows are no orders: orderq batch results %s has them all with their reasons", file.Name)
	}
	var refused *store.RowsRefusedError
	switch {
	case errors.Is(err, batch.ErrState), errors.As(err, &refused) && !refused.Other:
		return fmt.Errorf("batch %s takes no rows any more: it was cancelled; another --name begins another batch, which orders its rows again, also those that were placed: take these out of the file first", file.Name)
	case errors.As(err, &refused):
		return fmt.Errorf("batch %s is being applied by somebody else by now, who goes on from here; %d rows were taken in", file.Name, s.Rows)
	case err != nil && s.Rows > 0:
		return fmt.Errorf("%w: %d rows were taken in; apply the file again, they are only counted", err, s.Rows)
	case err != nil:
		return err
	}
	a.note("%s", taken(file.Name, s))
	a.warnOfSilence(ctx, at)
	if wait {
		return a.watchBatch(ctx, at, s.ID, limit)
	}
	one, err := at.Batch(ctx, s.ID)
	if err == nil {
		err = a.showBatchAs(batchView{one})
	}
	if err == nil && s.Invalid > 0 {
		err = exit(exitFailed)
	}
	return err
}

// taken says what came of a file.
func taken(name string, s intake.Summary) string {
	parts := []string{fmt.Sprintf("%d rows", s.Rows), fmt.Sprintf("%d new orders", s.New)}
	if s.Again > 0 {
		parts = append(parts, fmt.Sprintf("%d already ordered as %s (--name orders again)", s.Again, name))
	}
	if s.Elsewhere > 0 {
		parts = append(parts, fmt.Sprintf("%d already ordered elsewhere under their references", s.Elsewhere))
	}
	if s.Invalid > 0 {
		parts = append(parts, fmt.Sprintf("%d no orders", s.Invalid))
	}
	return strings.Join(parts, ", ")
}

func (a *app) batchTemplate() *cobra.Command {
	format := ""
	cmd := &cobra.Command{
		Use: "template", Short: "Print a file to start from", Args: none,
		Example: `  orderq batch template > november.csv
  orderq batch template --format ndjson`,
	}
	cmd.Flags().StringVar(&format, "format", "csv", "csv or `ndjson`")
	cmd.RunE = a.do(func(context.Context, []string) error {
		if f := sheet.Format(format); f == sheet.CSV || f == sheet.NDJSON {
			_, err := io.WriteString(a.out, sheet.Template(f))
			return err
		}
		return wrongUse(fmt.Errorf("--format %q: want csv or ndjson", format))
	})
	return cmd
}
