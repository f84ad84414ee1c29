package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orderq/store"
	"orderq/store/batch"
	"orderq/tasks"
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
	set := a.settings(cmd, ledgerSettings()...)
	cmd.AddCommand(
		a.batchTemplate(), a.batchPlan(set), a.batchApply(set), a.batchApprove(set), a.batchList(set), a.batchStatus(set), a.batchWatch(set),
		a.batchResults(set), a.batchCancel(set), a.batchRetry(set),
	)
	return cmd
}

// batchNamed is how commands say what they take.
const batchNamed = "a batch's name or id"

// findBatch gives the batch that a word names.
func (l *ledger) findBatch(ctx context.Context, word string) (batch.Batch, error) {
	b := batch.Of(l.store)
	for _, id := range []string{word, tasks.BatchID(l.cfg.Account, word)} {
		if one, err := b.Get(ctx, id); !errors.Is(err, batch.ErrNotFound) {
			return one, err
		}
	}
	return batch.Batch{}, fmt.Errorf("batch %q: %w in account %s, neither by name nor by id; orderq batch list shows what there is",
		tasks.Shown(word), batch.ErrNotFound, l.cfg.Account)
}

// batchView is a batch as it is printed.
type batchView struct {
	ID        string                `json:"id"`
	Name      string                `json:"name"`
	State     string                `json:"state"`          // held applying running stopped done cancelled
	Hash      string                `json:"hash,omitempty"` // SHA-256 of the file last applied to its end
	Rows      int                   `json:"rows"`
	Invalid   int                   `json:"invalid"`
	Earlier   int                   `json:"earlier,omitempty"`   // orders that only earlier files asked for
	Counts    map[store.State]int   `json:"counts"`              // orders by state
	Satisfied int                   `json:"satisfied,omitempty"` // of the rejected: their PBX has what they ask for
	Waiting   map[store.Waiting]int `json:"waiting,omitempty"`
	Budget    *budgetJSON           `json:"budget,omitempty"`
	By        string                `json:"by,omitempty"`
	Note      string                `json:"note,omitempty"`
	AppliedBy string                `json:"appliedBy,omitempty"`
	CreatedAt time.Time             `json:"createdAt"`
	AppliedAt time.Time             `json:"appliedAt,omitzero"`

	counts batch.Counts
}

// viewBatch reads what a batch has come to.
func (l *ledger) viewBatch(ctx context.Context, one batch.Batch) (batchView, error) {
	c, err := batch.Of(l.store).Count(ctx, one.ID)
	if err != nil {
		return batchView{}, err
	}
	v := batchView{
		ID: one.ID, Name: one.Name, State: standingOf(one, c), Hash: one.Sum, Rows: c.Rows, Invalid: c.Invalid, Earlier: c.Earlier,
		Counts: c.States, Satisfied: c.Satisfied, Waiting: c.Waiting, By: one.By, Note: one.Note, AppliedBy: one.Maker, CreatedAt: one.At, AppliedAt: one.Applied,
		counts: c,
	}
	limits, err := l.store.Limits(ctx)
	if err != nil {
		return batchView{}, err
	}
	for _, b := range limits.Budgets {
		if b.Scope == store.ScopeBatch && b.Of == one.ID {
			v.Budget = budgetOf(b)
		}
	}
	return v, nil
}

// standingOf says in a word how far a batch is.
func standingOf(one batch.Batch, c batch.Counts) string {
	switch {
	case one.State == batch.Cancelled || one.State == batch.Held || one.State == batch.Stopped:
		return string(one.State)
	case one.Applied.IsZero():
		return "applying"
	case c.Open() > 0:
		return "running"
	}
	return "done"
}

// settled says that waiting longer changes nothing: what is left needs a person.
func (v batchView) settled() bool {
	switch v.State {
	case "applying", "held":
		return false
	case "stopped": // nothing more of it is released: what is on its way may still end
		return v.counts.Open() == v.Counts[store.Review]+v.Counts[store.Held]
	}
	return v.counts.Open() == v.Counts[store.Review]+v.Waiting[store.WaitDuplicate]
}

// code is the worst of its orders'; an invalid row is a failure.
func (v batchView) code() int {
	code := exitDone
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
