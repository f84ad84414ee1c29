package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/office"
	"orderq/store/batch"
	"orderq/tasks"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
	"orderq/worker/plan"
)

// batchAt is the path of a batch, and what is below it.
func batchAt(word string, below ...string) string {
	path := "/v1/batches/" + url.PathEscape(word)
	for _, b := range below {
		path += "/" + b
	}
	return path
}

func (o *Office) batchError(word string, err error) error {
	if slug(err) == "not-found" {
		return fmt.Errorf("batch %q: %w at %s, neither by name nor by id; orderq batch list shows what there is", tasks.Shown(word), batch.ErrNotFound, o.cfg.URL)
	}
	var silence *Silence
	if errors.As(err, &silence) && silence.Sent {
		return &lost{err, "orderq batch status " + tasks.Shown(word) + " shows whether it was done"}
	}
	return err
}

// Batch gives what a batch has come to.
func (o *Office) Batch(ctx context.Context, word string) (v office.BatchView, err error) {
	return v, o.batchError(word, o.get(ctx, batchAt(word), nil, &v))
}

// Batches calls do for batches, the newest first; limit 0 is all.
func (o *Office) Batches(ctx context.Context, limit int, do func(office.BatchView) error) error {
	q := url.Values{}
	for given := 0; limit == 0 || given < limit; {
		n := api.BatchesMost
		if limit > 0 {
			n = min(n, limit-given)
		}
		q.Set("limit", strconv.Itoa(n))
		var page api.Batches
		if err := o.get(ctx, "/v1/batches", q, &page); err != nil {
			return err
		}
		for _, v := range page.Batches {
			if err := do(v); err != nil {
				return err
			}
		}
		if given += len(page.Batches); page.Next == "" {
			return nil
		}
		q.Set("after", page.Next)
	}
	return nil
}

// file is a question with a file. One that is refused unread is not sent.
func file(path string, q url.Values, f office.File) ask {
	a := ask{method: http.MethodPost, path: path, query: q, file: f.Raw, kind: "application/x-ndjson", expect: true}
	if f.Plan != nil {
		return a // it says the rest for itself
	}
	if f.Rows.Format() == sheet.CSV {
		a.kind = "text/csv"
	}
	q.Set("name", f.Name)
	for field, value := range f.Defaults {
		q.Add("set", field+"="+value)
	}
	return a
}

// Apply takes a file in. It is not sent again by itself: whoever applies it again is told what was there.
func (o *Office) Apply(ctx context.Context, f office.File, c intake.Config) (intake.Summary, error) {
	q := url.Values{}
	if c.By != "" {
		q.Set("by", c.By)
	}
	if c.Hold {
		q.Set("hold", "true")
	}
	for name, n := range map[string]int{"canary": c.Brakes.Canary, "budget": c.Budget} {
		if n > 0 {
			q.Set(name, strconv.Itoa(n))
		}
	}
	for name, share := range map[string]float64{"stopRefused": c.Brakes.StopRefused, "stopUnknown": c.Brakes.StopUnknown} {
		if share > 0 {
			q.Set(name, strconv.FormatFloat(share, 'g', -1, 64))
		}
	}
	var got api.Applied
	if err := o.json(ctx, file("/v1/batches", q, f), &got); err != nil {
		var silence *Silence
		if errors.As(err, &silence) && silence.Sent {
			err = &lost{err, "apply the file again, what was taken in is only counted"}
		}
		return intake.Summary{}, err
	}
	for _, b := range got.Problems {
		c.Bad(intake.Bad{Row: sheet.Row{N: b.Row, Line: b.Line}, Err: errors.New(b.Message)})
	}
	t := got.Taken
	return intake.Summary{ID: got.ID, Rows: t.Rows, New: t.New, Again: t.Again, Elsewhere: t.Elsewhere, Invalid: t.Invalid, Sum: got.Hash}, nil
}

// Plan says what a file would order, row by row; the plan goes to to, unless that is nil.
func (o *Office) Plan(ctx context.Context, f office.File, to io.Writer, do func(plan.Row) error) (plan.Summary, error) {
	resp, err := o.stream(ctx, file("/v1/batches/plan", url.Values{}, f))
	if err != nil {
		return plan.Summary{}, err
	}
	defer resp.Body.Close()
	in := io.Reader(resp.Body)
	if to != nil {
		in = io.TeeReader(in, to)
	}
	_, s, err := plan.Each(in, do)
	if err == nil && to == nil {
		s.Hash = "" // of a file that nobody keeps
	}
	return s, err
}

// Results writes a batch's file with what has come of its rows; "" is the file's own format.
func (o *Office) Results(ctx context.Context, word string, format sheet.Format, to io.Writer) error {
	q := url.Values{}
	if format != "" {
		q.Set("format", string(format))
	}
	resp, err := o.stream(ctx, ask{method: http.MethodGet, path: batchAt(word, "results"), query: q, again: true})
	if err != nil {
		return o.batchError(word, err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(to, resp.Body); err != nil {
		return fmt.Errorf("results of batch %s, which end too early: %w", tasks.Shown(word), err)
	}
	return nil
}

// CancelBatch takes back what was not sent, and says how much. Twice is once.
func (o *Office) CancelBatch(ctx context.Context, word, by, note string) (int, office.BatchView, error) {
	var got api.TakenBack
	err := o.post(ctx, batchAt(word, "cancel"), decision{by, note}, &got)
	return got.TakenBack, got.BatchView, o.batchError(word, err)
}

// ApproveBatch lets a batch go that is held or has stopped.
func (o *Office) ApproveBatch(ctx context.Context, word, by, note string) (v office.BatchView, err error) {
	return v, o.batchError(word, o.post(ctx, batchAt(word, "approve"), decision{by, note}, &v))
}

// RetryBatch orders again what is proved not to have been placed.
func (o *Office) RetryBatch(ctx context.Context, word, by, note string) (intake.Retried, office.BatchView, error) {
	var got api.Retried
	err := o.post(ctx, batchAt(word, "retry"), decision{by, note}, &got)
	return intake.Retried{Orders: got.Made, Left: got.Left}, got.BatchView, o.batchError(word, err)
}
