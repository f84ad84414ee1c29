package intake

import (
	"context"
	"errors"
	"fmt"
	"io"

	"orderq/store"
	"orderq/store/batch"
	"orderq/tasks"
	"orderq/tasks/sheet"
)

// Config is one file's.
type Config struct {
	Store  *store.Store
	Name   string            // the batch's
	By     string            // who applies it
	Hold   bool              // the batch waits until another person approves it
	Brakes batch.Brakes      // as batch.Begin has them
	Budget int               // of a new batch, in units; 0: none
	Queue  string            // the queue of its orders; "": tasks.QueueBulk
	Reader Rows              // a sheet read with Name as its Options.Batch, or a plan
	Bad    func(Bad)         // told of each row that is no order, in the file's order; nil: nobody
	Took   func(sum Summary) // told how far it is after each script; nil: nobody
}

// Rows are a file's: a sheet's, or a plan's.
type Rows interface {
	Format() sheet.Format
	Columns() []string
	Next() (sheet.Row, error) // io.EOF behind the last
	Sum() string              // the file's, once Next has said io.EOF
}

// Bad is a row that is no order.
type Bad struct {
	Row sheet.Row
	Err error // *tasks.Invalid, or *tasks.ConflictError where its reference belongs to another intent
}

// Summary says what has come of the rows so far.
type Summary struct {
	ID        string // of the batch
	Rows      int    // read and taken in
	New       int    // orders that did not exist
	Again     int    // orders that this batch had already
	Elsewhere int    // the same orders, which came alone or with another batch
	Invalid   int    // no orders
	Sum       string // SHA-256 of the file, hex; "" while it was not read to its end
}

const (
	// chunk is how many rows one script takes: its own time is some milliseconds, in which Redis does nothing else.
	chunk = 200
	// ahead is how many rows are read while a script runs.
	ahead = 2 * chunk
)

// Apply takes the rows in. With an error the summary says how far it came: apply the file again, what is there is only
// counted. batch.ErrState where the batch is cancelled, store.ErrRowsRefused where somebody else applies it meanwhile.
func Apply(ctx context.Context, c Config) (Summary, error) {
	if c.Queue == "" {
		c.Queue = tasks.QueueBulk
	}
	b := batch.Of(c.Store)
	a := &apply{Config: c, sum: Summary{ID: tasks.BatchID(c.Store.Account(), c.Name)}}
	var err error
	a.token, _, err = b.Begin(ctx, batch.Begin{
		ID: a.sum.ID, Name: c.Name, By: c.By, Format: string(c.Reader.Format()), Columns: c.Reader.Columns(), Hold: c.Hold, Brakes: c.Brakes, Budget: c.Budget,
	})
	if err != nil {
		return a.sum, err
	}
	if err := a.all(ctx); err != nil {
		return a.sum, err
	}
	a.sum.Sum = c.Reader.Sum()
	return a.sum, b.Finish(ctx, a.sum.ID, a.token, a.sum.Sum, a.sum.Rows)
}

type apply struct {
	Config
	token string
	sum   Summary
}

// read is a row with what enters the ledger of it.
type read struct {
	sheet.Row
	in store.Row
}

// all takes the rows in, and reads on while Redis works. A slow producer's rows are not waited for: what has come goes
// in.
func (a *apply) all(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	rows := make(chan read, ahead)
	var end error // what ended the reading, once rows is closed
	go func() {
		defer close(rows)
		end = a.readAll(ctx, rows)
	}()
	w := &works{apply: a, ctx: ctx}
	var some []read
	for row := range rows {
		some = append(some, row)
		if len(some) < chunk && len(rows) > 0 {
			continue
		}
		if err := w.begin(some); err != nil {
			return err
		}
		some = nil
	}
	if err := w.begin(some); err != nil {
		return err
	}
	if err := w.end(); err != nil {
		return err
	}
	return end
}

// works is the script that Redis is at, while the rows of the next are written out.
type works struct {
	*apply
	ctx  context.Context
	rows []read
	done chan accepted // nil: none is under way
}

type accepted struct {
	lodged []store.Lodged
	err    error
}

// begin writes some rows out, waits for the script before them, and starts theirs.
func (w *works) begin(rows []read) error {
	in := make([]store.Row, len(rows))
	for i, r := range rows {
		in[i] = r.in
	}
	written, err := w.Store.WriteRows(w.sum.ID, w.token, in)
	if err = errors.Join(w.end(), err); err != nil || len(rows) == 0 {
		return err
	}
	w.rows, w.done = rows, make(chan accepted, 1)
	go func(done chan<- accepted) {
		lodged, err := w.Store.Accepted(w.ctx, written)
		done <- accepted{lodged, err}
	}(w.done)
	return nil
}

// end waits for the script that is under way and takes down what came of it.
func (w *works) end() error {
	if w.done == nil {
		return nil
	}
	a := <-w.done
	w.done = nil
	if a.err != nil {
		return a.err
	}
	return w.count(w.ctx, w.rows, a.lodged)
}

func (a *apply) readAll(ctx context.Context, rows chan<- read) error {
	for {
		row, err := a.Reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		in, err := a.rowOf(row, row.Invalid)
		if err != nil {
			return err
		}
		select {
		case rows <- read{row, in}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// count takes down what has come of some rows.
func (a *apply) count(ctx context.Context, rows []read, lodged []store.Lodged) error {
	conflicts, err := a.conflicts(ctx, rows, lodged)
	if err != nil {
		return err
	}
	for i, r := range rows {
		a.sum.Rows++
		bad := r.Invalid
		if bad == nil {
			bad = conflicts[i]
		}
		switch l := lodged[i]; {
		case bad != nil:
			a.sum.Invalid++
			if a.Bad != nil {
				a.Bad(Bad{r.Row, bad})
			}
		case l.Fresh:
			a.sum.New++
		case l.Batch == a.sum.ID:
			a.sum.Again++
		default:
			a.sum.Elsewhere++
		}
	}
	if a.Took != nil {
		a.Took(a.sum)
	}
	return nil
}

// rowOf is a row as it enters the ledger: with its order, or with why it is none.
func (a *apply) rowOf(r sheet.Row, bad error) (store.Row, error) {
	kept := batch.Row{Line: r.Line, Cells: r.Cells}
	out := store.Row{N: r.N}
	if bad != nil {
		kept.Invalid = bad.Error()
	} else {
		kept.Reference = r.Intent.Reference
		n := tasks.NewOrder(r.Intent, a.Queue)
		n.Planned = r.Planned
		n.By, n.Reason = a.By, fmt.Sprintf("row %d of batch %s", r.N, a.Name)
		out.New = &n
	}
	var err error
	out.Text, err = kept.Text()
	return out, err
}

// conflicts finds the rows whose reference belongs to another intent, and notes them as rows without an order.
func (a *apply) conflicts(ctx context.Context, rows []read, lodged []store.Lodged) (map[int]error, error) {
	found := map[int]error{}
	var bare []store.Row
	for i, l := range lodged {
		if l.ID == "" || l.Fresh || l.Fingerprint == rows[i].Intent.Fingerprint() {
			continue
		}
		holder, err := a.Store.Get(ctx, l.ID)
		if err != nil {
			return nil, err
		}
		found[i] = tasks.Conflict(rows[i].Intent, &store.ConflictError{Holder: holder})
		row, err := a.rowOf(rows[i].Row, found[i])
		if err != nil {
			return nil, err
		}
		bare = append(bare, row)
	}
	if len(bare) == 0 {
		return found, nil
	}
	_, err := a.Store.AcceptRows(ctx, a.sum.ID, a.token, bare)
	return found, err
}
