package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"orderq/store"
)

// watchPause is how often a batch is counted: it costs Redis a reading of every order's state.
const watchPause = time.Second

// quietEvery is how often a line is written where there is no terminal to draw a bar on.
const quietEvery = 10 * time.Second

// watchBatch follows a batch until nothing moves any more without a person, or the time is over, and shows it.
func (a *app) watchBatch(ctx context.Context, c batchClerk, word string, limit time.Duration) error {
	began := a.now()
	var t *batchTeller
	defer func() { t.close() }()
	var away time.Time
	for {
		one, err := c.Batch(ctx, word)
		v := batchView{one}
		if t == nil {
			if err != nil {
				return err
			}
			t, word = a.tellBatch(v.Name), v.ID
		}
		now := a.now()
		switch {
		case ctx.Err() != nil:
			a.note("interrupted; the batch goes on without us: orderq batch watch %s", t.name)
			return ctx.Err()
		case err == nil:
			away = time.Time{}
			t.tell(v, now)
		case away.IsZero():
			away = now
		case now.Sub(away) > redisAway:
			return err
		}
		over := limit > 0 && now.Sub(began) >= limit
		if err == nil && (v.Settled() || over) {
			t.close()
			return errors.Join(a.showBatchAs(v), exit(v.code()))
		}
		timer := time.NewTimer(watchPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// batchTeller says how far a batch is: with a bar on a terminal, with a line now and then elsewhere.
type batchTeller struct {
	app    *app
	name   string
	bars   *mpb.Progress
	bar    *mpb.Bar
	text   string
	first  reading
	last   reading // as told
	closed bool
}

// reading is how many orders had ended at a time.
type reading struct {
	at    time.Time
	ended int
}

func (a *app) tellBatch(name string) *batchTeller {
	t := &batchTeller{app: a, name: name}
	if terminal(a.err) {
		t.bars = mpb.New(mpb.WithOutput(a.err), mpb.WithWidth(columns), mpb.WithAutoRefresh())
		t.bar = t.bars.AddBar(0, mpb.BarFillerClearOnComplete(), mpb.PrependDecorators(decor.CountersNoUnit("%d/%d ")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + t.text })))
	}
	return t
}

func (t *batchTeller) tell(v batchView, now time.Time) {
	total, open := 0, v.Open()
	for _, n := range v.Counts {
		total += n
	}
	r := reading{now, total - open + v.Counts[store.Review]}
	if t.first.at.IsZero() {
		t.first = r
	}
	text := v.tally()
	if pace := paceText(t.first, r, total-r.ended); pace != "" {
		text = pace + "; " + text
	}
	if t.bar != nil {
		t.text = cut(text, columns-30)
		t.bar.SetTotal(int64(total), false)
		t.bar.SetCurrent(int64(r.ended))
		return
	}
	if t.last.at.IsZero() || now.Sub(t.last.at) >= quietEvery && r.ended != t.last.ended {
		t.last = r
		t.app.note("%s: %d of %d ended; %s", t.name, r.ended, total, text)
	}
}

// paceText is the rate since the first reading and what it makes of the rest; "" while there is none.
func paceText(from, to reading, left int) string {
	took, n := to.at.Sub(from.at), to.ended-from.ended
	if took < time.Second || n <= 0 {
		return ""
	}
	rate := float64(n) / took.Seconds()
	if left <= 0 {
		return fmt.Sprintf("%.1f/s", rate)
	}
	return fmt.Sprintf("%.1f/s, %s left", rate, short(time.Duration(float64(left)/rate*float64(time.Second))))
}

func (t *batchTeller) close() {
	if t == nil || t.closed || t.bars == nil {
		return
	}
	t.closed = true
	t.bar.Abort(true)
	t.bars.Wait()
}
