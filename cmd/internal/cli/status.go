package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
	"orderq/store"
)

func (a *app) status() *cobra.Command {
	cmd := &cobra.Command{
		Use: "status", Short: "Is the money safe? Ten lines", GroupID: groupCheck, Args: none,
		Long: `Is the money safe? The first line says it; nine more say what there is, whether
anything is sent, and what the ledger is worth.

Exit: 0 nothing is in doubt · 4 orders are in doubt or need a person · 1 the
portal has more orders than were asked for, or Redis does not answer.`,
		Example: "  orderq status\n  orderq status --json",
	}
	set := a.settings(cmd, append(clientSettings(), "YEASTAR_BASE_URL")...)
	cmd.RunE = a.do(set.withClerk(func(ctx context.Context, c clerk, _ []string) error {
		rep, err := c.Report(ctx)
		r := report{rep}
		if err != nil {
			return err
		}
		if a.json {
			err = a.emit(r)
		} else {
			for _, line := range r.lines() {
				a.say("%s", line)
			}
		}
		if err != nil {
			return err
		}
		return exit(r.code())
	}))
	return cmd
}

// report is the state of an account, for people.
type report struct{ office.Report }

func (r report) code() int {
	switch {
	case r.Duplicate > 0:
		return exitFailed
	case r.Doubtful() > 0:
		return exitUnknown
	}
	return exitDone
}

// lines is the report for people: ten lines, the verdict first.
func (r report) lines() []string {
	n := func(s store.State) string { return fmt.Sprintf("%d %s", r.Counts[s], s) }
	since := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return " (oldest " + short(r.At.Sub(t)) + ")"
	}
	echo := "not seen yet whether it shows our references"
	switch {
	case r.EchoAt.IsZero():
	case r.Echo:
		echo = "shows our references (seen " + short(r.At.Sub(r.EchoAt)) + " ago)"
	default:
		echo = "does not show our references (" + short(r.At.Sub(r.EchoAt)) + " ago): doubts need a person"
	}
	workers := count(int64(len(r.Workers)), "worker") + " alive"
	if len(r.Silent) > 0 {
		workers += fmt.Sprintf(", %d silent: %s", len(r.Silent), strings.Join(r.Silent, ", "))
	}
	ledger := "durable"
	switch {
	case len(r.Problems) > 0:
		ledger = "can forget: " + join("; ", r.Problems...)
	case r.Unproven != "":
		ledger = "not proven to be durable"
	}
	out := []string{r.Verdict}
	for _, f := range [][2]string{
		{"ended", strings.Join([]string{n(store.Placed), n(store.Rejected), n(store.Cancelled)}, ", ")},
		{"under way", strings.Join([]string{n(store.Preparing), n(store.Submitting), n(store.Pending)}, ", ")},
		{"waiting", n(store.Accepted) + since(r.Waiting) + ", " + n(store.Held)},
		{"in doubt", n(store.Unknown) + ", " + n(store.Review) + since(r.Doubt)},
		{"sending", r.Sending},
		{"portal", echo},
		{"workers", workers},
		{"ledger", ledger},
		{"at", clock(r.At) + ", account " + r.Account + ", " + r.Redis},
	} {
		out = append(out, cut(fmt.Sprintf("%-11s%s", f[0], f[1]), columns))
	}
	return out
}

// count says "1 order", "2 orders".
func count(n int64, what string) string { return office.Count(n, what) }
