package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
	"orderq/tasks"
	"orderq/worker/plan"
)

func (a *app) batchPlan(set settings) *cobra.Command {
	var (
		f   sheetFlags
		out string
	)
	cmd := &cobra.Command{
		Use: "plan FILE [-o PLAN]", Short: "Show what a file would order, by reads alone", Args: names(1, "a CSV or NDJSON file, or - for stdin"),
		Long: `Show what a file would order, by reads alone: for each row the PBX, plan and
cycle as the portal has them, or why it could not be ordered; rows that ask for
what another row asks for; rows that were ordered already; totals. The portal's
API shows no prices. What an ensure row orders is what its PBX lacks now; it is
computed again when it is sent.

With -o the plan is written to a file, bound by a hash. batch apply PLAN then
orders exactly that, and stops at rows for which something has changed since.

Exit: 0 every row could be ordered, was ordered, or has nothing to order · 1 the
portal or Redis does not answer, or the file cannot be read on · 2 it cannot be
read at all · 3 some rows are no orders.`,
		Example: `  orderq batch plan november.csv
  orderq batch plan november.csv -o nov.plan && orderq batch apply nov.plan
  orderq batch plan november.csv --json > rows.ndjson`,
	}
	set = set.and(cmd, append(portalSettings(), "ORDERQ_ALIASES_FILE", "ORDERQ_BILLING_CONTACT")...)
	f.bind(cmd)
	cmd.Flags().StringVarP(&out, "out", "o", "", "write the plan to this `file`, for batch apply")
	cmd.RunE = a.do(func(ctx context.Context, args []string) error {
		if len(args) > 1 {
			return wrongUse(errors.New("one file at a time: each is a batch of its own"))
		}
		cfg, err := set.load()
		if err != nil {
			return err
		}
		there, err := set.remote(cfg)
		if err != nil {
			return err
		}
		file, done, err := f.open(ctx, a, args[0], cfg.Account, there)
		defer done()
		if err != nil {
			return err
		}
		a.tellIgnored(file.Rows)
		return set.withClerk(func(ctx context.Context, c clerk, _ []string) error { return a.plan(ctx, c, file, out) })(ctx, nil)
	})
	return cmd
}

func (a *app) plan(ctx context.Context, c batchClerk, file office.File, out string) error {
	var to io.Writer
	if out != "" {
		kept, err := os.OpenFile(out, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return wrongUse(fmt.Errorf("-o: %w", err))
		}
		defer kept.Close()
		to = kept
	}
	shown := 0
	s, err := c.Plan(ctx, file, to, func(row plan.Row) error {
		shown++
		return a.showPlanned(row, shown == 1)
	})
	switch {
	case err != nil && shown == 0:
		return err
	case err != nil:
		return fmt.Errorf("%w; this is a plan of no file, only of its first rows", err)
	}
	if err := a.showPlan(s, out); err != nil {
		return err
	}
	if s.States[plan.Invalid]+s.States[plan.Refused]+s.States[plan.Conflict] > 0 {
		return exit(exitRejected)
	}
	return nil
}

// planWidth is what is left of 80 columns.
const planWidth = 27

func planColumns() []column {
	return []column{{head: "ROW", width: 6, right: true}, {head: "PBX", width: 16}, {head: "QTY", width: 6, right: true}, {head: "KIND", width: 17}, {head: "PLAN, CYCLE / WHY NOT", width: planWidth}}
}

// showPlanned writes a row: what would be ordered, or why not, whole.
func (a *app) showPlanned(r plan.Row, first bool) error {
	if a.json {
		return a.emit(r)
	}
	if first {
		a.head(planColumns())
	}
	n := fmt.Sprint(r.N)
	if r.Order == nil {
		for i, line := range wrap(plain(r.State+": "+r.Reason), columns-8) {
			if i > 0 {
				n = ""
			}
			a.say("%6s  %s", n, line)
		}
		return nil
	}
	last := join(", ", r.Order.Plan, r.Order.BillingCycle)
	if r.Order.Ensure > 0 {
		last = fmt.Sprintf("has %d, wants %d; %s", r.Order.Extensions, r.Order.Ensure, last)
	}
	if r.Alike != "" {
		last = "looks like " + r.Alike + "; " + last
	}
	if r.Twin > 0 {
		last = fmt.Sprintf("as row %d; %s", r.Twin, last)
	}
	kind, _ := tasks.KindOf(r.Order.Kind) // of a row that was resolved
	a.row(planColumns(), []string{n, r.Order.ProductNo, fmt.Sprint(r.Order.Quantity), kind.Title, cut(last, planWidth)}, false)
	return nil
}

func (a *app) showPlan(s plan.Summary, out string) error {
	if a.json {
		return a.emit(s)
	}
	a.say("")
	a.field("batch", s.Name)
	a.field("rows", fmt.Sprintf("%d: %d new, %d ordered already, %d refused, %d invalid, %d in conflict", s.Rows,
		s.States[plan.New], s.States[plan.Ordered], s.States[plan.Refused], s.States[plan.Invalid], s.States[plan.Conflict]))
	if n := s.States[plan.Satisfied]; n > 0 {
		a.field("nothing for", count(int64(n), "row")+" whose PBX has what it asks for")
	}
	for _, t := range s.Totals {
		a.field("would order", fmt.Sprintf("%s: %s, %d in all", t.Kind, count(int64(t.Orders), "order"), t.Quantity))
	}
	if s.Twins > 0 {
		a.field("look at", count(int64(s.Twins), "row")+" beside another for the same on the same PBX")
	}
	if s.Alike > 0 {
		a.field("would be held", fmt.Sprintf("%s that look like others, until a person releases them; --set allowDuplicate=yes, if they are wanted", count(int64(s.Alike), "order")))
	}
	a.field("prices", s.Prices+": the portal's API has none")
	if out != "" {
		a.field("hash", s.Hash)
		a.field("apply it", "orderq batch apply "+out)
	}
	a.say("\nNothing was ordered.")
	return nil
}

// applyPlan applies a file that is a plan; found is false where it is none.
func (a *app) applyPlan(path string, f sheetFlags, apply func(office.File) error) (found bool, err error) {
	if path == "-" {
		return false, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return false, wrongUse(err)
	}
	defer file.Close()
	h, s, err := plan.Verify(file)
	if errors.Is(err, plan.ErrNoPlan) {
		return false, nil
	}
	if err != nil {
		return true, wrongUse(err)
	}
	if f.name != "" || f.format != "auto" || len(f.defaults) > 0 {
		return true, wrongUse(errors.New("a plan says for itself what the batch is called and what its rows are: leave --name, --format, --set and --allow-duplicate away"))
	}
	return true, apply(office.File{Name: h.Name, Raw: file, Plan: &h, Hash: s.Hash})
}
