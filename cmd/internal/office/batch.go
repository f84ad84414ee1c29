package office

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"orderq/store"
	"orderq/store/batch"
	"orderq/tasks"
	"orderq/tasks/sheet"
)

// maxBatchName leaves room for the rest of a reference of 200 characters.
const maxBatchName = 100

// CheckBatchName says what is wrong with the name of a batch.
func CheckBatchName(name string) error {
	if name == "" || len(name) > maxBatchName || Plain(name) != name || strings.TrimSpace(name) != name {
		return fmt.Errorf("%q: want 1 to %d bytes without control characters and spaces around", tasks.Shown(name), maxBatchName)
	}
	return nil
}

// BatchView is a batch as it is shown.
type BatchView struct {
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
	Budget    *Budget               `json:"budget,omitempty"`
	By        string                `json:"by,omitempty"`
	Note      string                `json:"note,omitempty"`
	AppliedBy string                `json:"appliedBy,omitempty"`
	CreatedAt time.Time             `json:"createdAt"`
	AppliedAt time.Time             `json:"appliedAt,omitzero"`
}

// ViewBatch reads what a batch has come to.
func (o *Office) ViewBatch(ctx context.Context, one batch.Batch) (BatchView, error) {
	c, err := batch.Of(o.Store).Count(ctx, one.ID)
	if err != nil {
		return BatchView{}, err
	}
	v := BatchView{
		ID: one.ID, Name: one.Name, State: standingOf(one, c), Hash: one.Sum, Rows: c.Rows, Invalid: c.Invalid, Earlier: c.Earlier,
		Counts: c.States, Satisfied: c.Satisfied, Waiting: c.Waiting, By: one.By, Note: one.Note, AppliedBy: one.Maker, CreatedAt: one.At, AppliedAt: one.Applied,
	}
	limits, err := o.Store.Limits(ctx)
	if err != nil {
		return BatchView{}, err
	}
	for _, b := range limits.Budgets {
		if b.Scope == store.ScopeBatch && b.Of == one.ID {
			own := budgetOf(b)
			v.Budget = &own
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

// Open is how many of its orders are not final.
func (v BatchView) Open() int { return batch.Counts{States: v.Counts}.Open() }

// Settled says that waiting longer changes nothing: what is left needs a person.
func (v BatchView) Settled() bool {
	switch v.State {
	case "applying", "held":
		return false
	case "stopped": // nothing more of it is sent: what is on its way may still end
		return v.Open() == v.Counts[store.Review]+v.Waiting[store.WaitBatch]+v.Waiting[store.WaitDuplicate]
	}
	return v.Open() == v.Counts[store.Review]+v.Waiting[store.WaitDuplicate]
}

// OwnApprovalError says that whoever applied a held batch wants to approve it.
type OwnApprovalError struct{ Name, Maker string }

func (e *OwnApprovalError) Error() string {
	return fmt.Sprintf("batch %s was applied by %s: somebody else has to approve it", e.Name, e.Maker)
}

// ApproveBatch lets a batch go that is held or has stopped. batch.ErrState where it is neither, *OwnApprovalError
// where it is held and was applied by the same name.
func (o *Office) ApproveBatch(ctx context.Context, one batch.Batch, by, note string) (batch.Batch, error) {
	if one.State != batch.Held && one.State != batch.Stopped {
		return one, fmt.Errorf("batch %s is neither held nor stopped, there is nothing to approve: %w", one.Name, batch.ErrState)
	}
	b := batch.Of(o.Store)
	switch err := b.Approve(ctx, one.ID, by, note); {
	case errors.Is(err, batch.ErrOwn):
		return one, &OwnApprovalError{one.Name, by}
	case err != nil:
		return one, err
	}
	return b.Get(ctx, one.ID)
}

// CancelBatch takes back every order of a batch that was not sent, and says how many it took back now. It may be
// called again where it was cut off.
func (o *Office) CancelBatch(ctx context.Context, one batch.Batch, by, note string) (int, batch.Batch, error) {
	b := batch.Of(o.Store)
	if err := b.Cancel(ctx, one.ID, by, note); err != nil && !errors.Is(err, batch.ErrState) {
		return 0, one, err
	}
	n, _, err := b.CancelOrders(ctx, one.ID, by, note)
	if err != nil {
		return n, one, fmt.Errorf("%w: %d orders were cancelled; cancel it again, the rest follows", err, n)
	}
	one, err = b.Get(ctx, one.ID)
	return n, one, err
}

// ResultOf is what a row of a batch has come to.
func ResultOf(r batch.Row, o store.Order) sheet.Result {
	switch {
	case r.Order == "":
		return sheet.Result{State: "invalid", Reason: r.Invalid}
	case o.ID == "":
		return sheet.Result{Reference: r.Reference, ID: r.Order, State: "lost", Reason: "its record is not there: apply the file again"}
	}
	reason := o.Reason
	if w := Waits(o); w != "" && reason == "" {
		reason = "waits " + w
	}
	return sheet.Result{Reference: o.Reference, ID: o.ID, State: string(o.State), OrderNo: o.OrderNo, TransactionNo: o.TransactionNo, Reason: reason}
}

// ErrOneColumn: a file of lines has no columns that a CSV could have.
var ErrOneColumn = errors.New("its file was NDJSON, and its results cannot be CSV: ask for ndjson")

// Results writes a batch's file with what has come of its rows. The rows of a CSV become objects of its columns where
// NDJSON is asked for; the other way round is ErrOneColumn.
func (o *Office) Results(ctx context.Context, one batch.Batch, format sheet.Format, to io.Writer) error {
	from := sheet.Format(one.Format)
	if from == sheet.NDJSON && format != sheet.NDJSON {
		return ErrOneColumn
	}
	w := sheet.NewWriter(to, format, one.Columns)
	err := batch.Of(o.Store).Each(ctx, one.ID, func(r batch.Row, order store.Order) error {
		cells := r.Cells
		switch {
		case from != format:
			cells = []string{objectOf(one.Columns, cells)}
		case format == sheet.NDJSON && len(cells) != 1, format != sheet.NDJSON && len(cells) > len(one.Columns):
			// The row is of an earlier file of this name, in another format, and the last one was cut off before it.
			cells = []string{objectOf(nil, cells)}
		}
		return w.Write(cells, ResultOf(r, order))
	})
	return errors.Join(err, w.Flush())
}

// objectOf is a row of a CSV as JSON, in the order of its columns. A name that comes twice is told apart by its place.
func objectOf(columns, cells []string) string {
	seen := map[string]bool{}
	out := []byte{'{'}
	for i, cell := range cells {
		name := fmt.Sprintf("column %d", i+1)
		if i < len(columns) && columns[i] != "" && !seen[columns[i]] {
			name = columns[i]
		}
		seen[name] = true
		if i > 0 {
			out = append(out, ',')
		}
		out, _ = jsontext.AppendQuote(out, name) // the error says only that invalid UTF-8 was replaced
		out, _ = jsontext.AppendQuote(append(out, ':'), cell)
	}
	return string(append(out, '}'))
}
