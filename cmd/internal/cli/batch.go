package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
	"orderq/store"
)

func (a *app) batch() *cobra.Command {
	cmd := a.group(&cobra.Command{
		Use: "batch", Short: "Order for a spreadsheet of PBXs, and get it back filled in", GroupID: groupOrder,
		Long: `Order for a spreadsheet of PBXs, and get it back with its numbers filled in.

A batch has a name. Its file may be applied as often as you like: a row that was
ordered is not ordered again, a new row is. Rows go to the queue as the workers
need them, so that a batch can be cancelled while it runs and a single order
does not wait behind it.`,
		Example: `  orderq batch template > november.csv
  orderq batch plan november.csv
  orderq batch apply --yes november.csv --wait
  orderq batch results november > november-done.csv`,
	})
	set := a.settings(cmd, clientSettings()...)
	cmd.AddCommand(
		a.batchTemplate(), a.batchPlan(set), a.batchApply(set), a.batchApprove(set), a.batchList(set), a.batchStatus(set), a.batchWatch(set),
		a.batchResults(set), a.batchCancel(set), a.batchRetry(set),
	)
	return cmd
}

// batchNamed is how commands say what they take.
const batchNamed = "a batch's name or id"

// batchView is a batch as it is printed.
type batchView struct{ office.BatchView }

// code is the worst of its orders'; an invalid row is a failure, and a file that was not read to its end is not final.
func (v batchView) code() int {
	code := exitDone
	if v.State == "applying" {
		code = exitNotFinal
	}
	if v.Invalid > 0 {
		code = exitFailed
	}
	for s, n := range v.Counts {
		if s == store.Rejected {
			n -= v.Satisfied
		}
		if n > 0 {
			code = worse(code, codeOfState(s))
		}
	}
	return code
}

// tally is the states in words: "812 placed, 3 rejected, 185 held".
func (v batchView) tally() string {
	var parts []string
	order := []store.State{store.Placed, store.Rejected, store.Cancelled, store.Review, store.Unknown, store.Pending, store.Submitting,
		store.Preparing, store.Accepted, store.Held}
	for _, s := range order {
		n := v.Counts[s]
		if s == store.Rejected {
			if v.Satisfied > 0 {
				parts = append(parts, fmt.Sprintf("%d satisfied", v.Satisfied))
			}
			n -= v.Satisfied
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	if v.Invalid > 0 {
		parts = append(parts, fmt.Sprintf("%d invalid", v.Invalid))
	}
	if len(parts) == 0 {
		return "no orders"
	}
	return strings.Join(parts, ", ")
}

// showBatch writes a batch for people.
func (a *app) showBatch(v batchView) {
	a.field("batch", v.Name)
	a.field("state", v.State)
	a.field("rows", fmt.Sprint(v.Rows))
	a.field("orders", v.tally())
	var waits []string
	for _, w := range []store.Waiting{store.WaitBatch, store.WaitClaim, store.WaitRate, store.WaitTime, store.WaitStart, store.WaitBreaker,
		store.WaitHalt, store.WaitAccount, store.WaitRecovery, store.WaitBudget, store.WaitApproval, store.WaitDuplicate} {
		if n := v.Waiting[w]; n > 0 {
			waits = append(waits, fmt.Sprintf("%d for %s", n, w))
		}
	}
	slices.Sort(waits)
	a.field("waiting", strings.Join(waits, ", "))
	if n := v.Waiting[store.WaitDuplicate]; n > 0 {
		a.field("look alike", fmt.Sprintf("%d: orderq order list --state held --batch %s, then order release or order cancel", n, v.ID))
	}
	if v.Budget != nil {
		a.field("budget", v.Budget.String())
	}
	if v.Earlier > 0 {
		a.field("earlier files", fmt.Sprintf("%d orders of rows that the file does not have any more", v.Earlier))
	}
	a.field("id", v.ID)
	a.field("applied by", join(", ", v.AppliedBy, clock(v.AppliedAt)))
	a.field("decided by", join(": ", v.By, v.Note))
}

// showBatchAs writes it as JSON or for people.
func (a *app) showBatchAs(v batchView) error {
	if a.json {
		return a.emit(v)
	}
	a.showBatch(v)
	return nil
}
