package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"orderq/store"
)

// width is that of the narrowest screen it is to be read on.
const width = 80

// teller says what happens as it happens, and how far the orders are: with a bar on a terminal, with a line
// every tenth elsewhere.
type teller struct {
	out   io.Writer
	now   func() time.Time
	began time.Time
	live  bool

	mu      sync.Mutex
	bars    *mpb.Progress // nil while no bar is shown
	bar     *mpb.Bar
	settled int // as told last
}

func newTeller(out io.Writer, live bool, now func() time.Time) *teller {
	return &teller{out: out, now: now, began: now(), live: live}
}

// say tells one thing, with the time, wrapped.
func (t *teller) say(format string, args ...any) {
	t.write(stamped(t.now().Sub(t.began), fmt.Sprintf(format, args...)))
}

// stamped puts the seconds in front, and breaks lines so that the text stands under itself.
func stamped(since time.Duration, text string) string {
	stamp := fmt.Sprintf("%5.1fs  ", since.Seconds())
	indent := strings.Repeat(" ", len(stamp))
	var b strings.Builder
	for n, line := range wrap(text, width-len(stamp)) {
		if n == 0 {
			b.WriteString(stamp)
		} else {
			b.WriteString(indent)
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

func (t *teller) write(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bars != nil {
		if _, err := io.WriteString(t.bars, text); err == nil { // above the bar
			return
		}
	}
	// A reader that has gone away ends the program elsewhere; the demo has nobody to tell it to.
	_, _ = io.WriteString(t.out, text)
}

// follow shows the progress of n orders until stop is called or ctx ends.
func (t *teller) follow(ctx context.Context, w *watch, ids map[string]bool, n int) (stop func()) {
	if t.live {
		t.mu.Lock()
		// Without WithAutoRefresh lines are lost where mpb finds no terminal at the other end.
		t.bars = mpb.New(mpb.WithOutput(t.out), mpb.WithWidth(width-2), mpb.WithAutoRefresh())
		t.bar = t.bars.AddBar(int64(n), mpb.BarFillerClearOnComplete(), mpb.PrependDecorators(
			decor.Name("orders "), decor.CountersNoUnit("%d/%d ")), mpb.AppendDecorators(decor.Percentage()))
		t.mu.Unlock()
	}
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		for {
			doubt, _ := w.count(oneOf(ids, func(o store.Order) bool { return o.State == store.Unknown }))
			settled, next := w.count(oneOf(ids, final))
			t.progress(settled, n, doubt)
			select {
			case <-next:
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.bars != nil {
			t.bar.Abort(true)
			t.bars.Wait()
			t.bars = nil
		}
	}
}

func (t *teller) progress(settled, n, doubt int) {
	if t.live {
		t.bar.SetCurrent(int64(settled))
		return
	}
	if settled*10/n == t.settled*10/n || settled == t.settled {
		return
	}
	t.settled = settled
	text := fmt.Sprintf("%d of %d orders settled", settled, n)
	if doubt > 0 {
		text += fmt.Sprintf(", %d in doubt", doubt)
	}
	t.say("%s", text)
}

// wrap breaks text at spaces; a word longer than a line stands alone on one.
func wrap(text string, width int) []string {
	var lines []string
	line, length := "", 0
	for word := range strings.FieldsSeq(text) {
		n := len([]rune(word))
		switch {
		case length == 0:
			line, length = word, n
		case length+1+n <= width:
			line, length = line+" "+word, length+1+n
		default:
			lines = append(lines, line)
			line, length = word, n
		}
	}
	return append(lines, line)
}
