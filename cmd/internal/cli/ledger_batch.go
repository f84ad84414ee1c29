package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"orderq/cmd/internal/office"
	"orderq/store/batch"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
	"orderq/worker/plan"
)

// Batch gives what a batch has come to.
func (l *ledger) Batch(ctx context.Context, word string) (office.BatchView, error) {
	one, err := l.FindBatch(ctx, word)
	if err != nil {
		return office.BatchView{}, err
	}
	return l.ViewBatch(ctx, one)
}

// Batches calls do for batches, the newest first; limit 0 is all.
func (l *ledger) Batches(ctx context.Context, limit int, do func(office.BatchView) error) error {
	all, err := batch.Of(l.store).List(ctx, limit)
	if err != nil {
		return err
	}
	for _, one := range all {
		v, err := l.ViewBatch(ctx, one)
		if err == nil {
			err = do(v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Apply takes a file in. A plan is held against the portal, row by row.
func (l *ledger) Apply(ctx context.Context, f office.File, c intake.Config) (intake.Summary, error) {
	c.Store, c.Name, c.Reader = l.store, f.Name, f.Rows
	if f.Plan != nil {
		switch {
		case f.Plan.Account != l.cfg.Account:
			return intake.Summary{}, wrongUse(fmt.Errorf("the plan is for account %s, this command works for %s: say --account", f.Plan.Account, l.cfg.Account))
		case f.Plan.Portal != l.cfg.BaseURL:
			return intake.Summary{}, wrongUse(fmt.Errorf("the plan was made at %s, and this is %s: plan the file here", f.Plan.Portal, l.cfg.BaseURL))
		}
		client, err := dialPortal(l.cfg)
		if err != nil {
			return intake.Summary{}, err
		}
		defer client.Close()
		resolver, err := resolver(l.cfg, client)
		if err != nil {
			return intake.Summary{}, err
		}
		if _, err := f.Raw.Seek(0, io.SeekStart); err != nil {
			return intake.Summary{}, err
		}
		if c.Reader, err = plan.NewReader(ctx, f.Raw, f.Hash, resolver, l.store); err != nil {
			return intake.Summary{}, err
		}
	}
	s, err := intake.Apply(ctx, c)
	return s, explain(l.cfg, err)
}

// Plan says what a file would order, row by row; the plan goes to to, unless that is nil.
func (l *ledger) Plan(ctx context.Context, f office.File, to io.Writer, do func(plan.Row) error) (plan.Summary, error) {
	client, err := dialPortal(l.cfg)
	if err != nil {
		return plan.Summary{}, err
	}
	defer client.Close()
	resolver, err := resolver(l.cfg, client)
	if err != nil {
		return plan.Summary{}, err
	}
	var w *plan.Writer
	if to != nil {
		w, err = plan.NewWriter(to, plan.Head{Name: f.Name, Account: l.cfg.Account, Portal: l.cfg.BaseURL, Format: f.Rows.Format(), Columns: f.Rows.Columns(), At: f.At.UTC()})
		if err != nil {
			return plan.Summary{}, err
		}
	}
	p := plan.NewPlanner(f.Name, l.store, resolver)
	err = p.All(ctx, f.Rows, func(row plan.Row) error {
		if w != nil {
			if err := w.Write(row); err != nil {
				return err
			}
		}
		return do(row)
	})
	if err != nil {
		return plan.Summary{}, explain(l.cfg, err)
	}
	s := p.Summary()
	if w != nil {
		s.Hash, err = w.Close(s)
	}
	return s, err
}

// Results writes a batch's file with what has come of its rows; "" is the file's own format.
func (l *ledger) Results(ctx context.Context, word string, format sheet.Format, to io.Writer) error {
	one, err := l.FindBatch(ctx, word)
	if err != nil {
		return err
	}
	if format == "" {
		format = sheet.Format(one.Format)
	}
	err = l.Office.Results(ctx, one, format, to)
	if errors.Is(err, office.ErrOneColumn) {
		return wrongUse(fmt.Errorf("batch %s: %w", one.Name, err))
	}
	return err
}

// CancelBatch takes back what was not sent, and says how much.
func (l *ledger) CancelBatch(ctx context.Context, word, by, note string) (int, office.BatchView, error) {
	one, err := l.FindBatch(ctx, word)
	if err != nil {
		return 0, office.BatchView{}, err
	}
	n, one, err := l.Office.CancelBatch(ctx, one, by, note)
	if err != nil {
		return n, office.BatchView{}, err
	}
	v, err := l.ViewBatch(ctx, one)
	return n, v, err
}

// ApproveBatch lets a batch go that is held or has stopped.
func (l *ledger) ApproveBatch(ctx context.Context, word, by, note string) (office.BatchView, error) {
	one, err := l.FindBatch(ctx, word)
	if err == nil {
		one, err = l.Office.ApproveBatch(ctx, one, by, note)
	}
	if err != nil {
		return office.BatchView{}, err
	}
	return l.ViewBatch(ctx, one)
}

// RetryBatch orders again what is proved not to have been placed.
func (l *ledger) RetryBatch(ctx context.Context, word, by, note string) (intake.Retried, office.BatchView, error) {
	one, err := l.FindBatch(ctx, word)
	if err != nil {
		return intake.Retried{}, office.BatchView{}, err
	}
	r, err := intake.Retry(ctx, l.store, one, by, note)
	if errors.Is(err, batch.ErrState) {
		err = fmt.Errorf("batch %s was cancelled, and takes no rows any more: apply what was not placed (orderq batch results %s) as a file under another --name", one.Name, one.Name)
	}
	if err != nil {
		return r, office.BatchView{}, err
	}
	if one, err = batch.Of(l.store).Get(ctx, one.ID); err != nil {
		return r, office.BatchView{}, err
	}
	v, err := l.ViewBatch(ctx, one)
	return r, v, err
}
