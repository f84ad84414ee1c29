package prove

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"orderq/store/batch"
	"orderq/tasks"
)

// sheet is a file that is applied as a batch, by the command that people use.
type sheet struct {
	name, path string
	intents    []tasks.Intent
	cancelled  bool // taken back in the middle: nobody is promised its orders
}

// batches are the files of a run.
type batches struct {
	run    *run
	sheets []*sheet
	mu     sync.Mutex
	killed int // applies
	again  int // applies of what was applied, or is being
}

// inFile says which orders come by file: one of five.
func (o Options) inFile(i int) bool { return o.files() > 0 && i%5 == 2 }

// newBatches writes the files. The last of several is to be cancelled.
func (r *run) newBatches(all []tasks.Intent) (*batches, error) {
	b := &batches{run: r}
	var rows []tasks.Intent
	for i, in := range all {
		if r.o.inFile(i) {
			rows = append(rows, in)
		}
	}
	n := min(r.o.files(), len(rows))
	for k := range n {
		s := &sheet{name: fmt.Sprintf("sheet-%d", k), intents: rows[k*len(rows)/n : (k+1)*len(rows)/n], cancelled: n > 1 && k == n-1}
		s.path = filepath.Join(r.dir, s.name+".ndjson")
		var text []byte
		for _, in := range s.intents {
			text = append(append(text, in.Canonical()...), '\n')
		}
		if err := os.WriteFile(s.path, text, 0o600); err != nil {
			return nil, err
		}
		b.sheets = append(b.sheets, s)
	}
	return b, nil
}

// all applies the files one after the other, spread over the run, as a person does: an apply that was killed or
// refused is begun again, some are begun a second time while they run.
func (b *batches) all(ctx context.Context) error {
	d := rand.New(rand.NewPCG(uint64(b.run.o.Seed), 0x7368656574))
	for k, s := range b.sheets {
		due := b.run.o.length() * time.Duration(2*k+1) / time.Duration(2*len(b.sheets)+1)
		if err := wait(ctx, due-b.run.o.Now().Sub(b.run.began)); err != nil {
			return err
		}
		var beside sync.WaitGroup
		if d.IntN(2) == 0 {
			after := time.Duration(d.Int64N(int64(60 * time.Millisecond)))
			beside.Go(func() {
				if wait(ctx, after) == nil {
					_, _ = b.command(ctx, 0, "batch", "apply", "--yes", s.path) // whoever is later has the batch
				}
			})
			b.mu.Lock()
			b.again++
			b.mu.Unlock()
		}
		for kills := d.IntN(3); kills > 0; kills-- {
			if ok, _ := b.command(ctx, time.Duration(1+d.Int64N(int64(80*time.Millisecond))), "batch", "apply", "--yes", s.path); ok {
				break
			}
		}
		err := b.apply(ctx, s)
		beside.Wait()
		if err == nil && s.cancelled {
			_ = wait(ctx, 500*time.Millisecond)
			_, _ = b.command(ctx, 0, "batch", "cancel", s.name, "--by", "prove", "--note", "taken back")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// apply applies a file until the command says that it did, and promises its orders.
func (b *batches) apply(ctx context.Context, s *sheet) error {
	for n := 1; ; n++ {
		ok, out := b.command(ctx, 0, "batch", "apply", "--yes", "--json", s.path)
		if ok {
			break
		}
		if n == applyTries {
			return fmt.Errorf("apply %s: in %d tries it never ended well; the last said: %s", s.name, n, out)
		}
		if err := wait(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("apply %s: %s: %w", s.name, out, err)
		}
	}
	if !s.cancelled {
		b.run.producer.promise(s.intents)
	}
	return nil
}

// applyTries is how often a file is applied before that is a failure: Redis is never away for as long as they take.
const applyTries = 300

// command runs ours; killed after a time that is not 0. ok says that it ended well.
func (b *batches) command(ctx context.Context, killAfter time.Duration, args ...string) (ok bool, out string) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(running, b.run.o.Exe, args...)
	cmd.Env = append(b.run.env(), "USER=prove", "ORDERQ_JOURNAL="+b.run.crew.host(0))
	cmd.SysProcAttr = diesWithUs()
	if killAfter > 0 {
		time.AfterFunc(killAfter, stop)
	}
	text, err := cmd.CombinedOutput()
	if killAfter > 0 && running.Err() != nil && ctx.Err() == nil && err != nil {
		b.mu.Lock()
		b.killed++
		b.mu.Unlock()
	}
	return err == nil, string(text)
}

// repeat applies once more what Redis has forgotten.
func (b *batches) repeat(ctx context.Context) error {
	for _, s := range b.sheets {
		if s.cancelled {
			continue
		}
		one, err := batch.Of(b.run.store).Get(ctx, tasks.BatchID("", s.name))
		if err != nil && !errors.Is(err, batch.ErrNotFound) {
			return err
		}
		lost := err != nil || one.Applied.IsZero()
		if !lost {
			c, err := batch.Of(b.run.store).Count(ctx, one.ID)
			if err != nil {
				return err
			}
			n := 0
			for _, k := range c.States {
				n += k
			}
			lost = n < len(s.intents)
		}
		if lost {
			if err := b.apply(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// wrongs says where what a batch gives back does not add up to its file.
func (b *batches) wrongs(ctx context.Context) (wrong []string) {
	for _, s := range b.sheets {
		if s.cancelled {
			continue
		}
		cmd := exec.CommandContext(ctx, b.run.o.Exe, "batch", "results", s.name, "--json")
		cmd.Env = append(b.run.env(), "ORDERQ_JOURNAL="+b.run.crew.host(0))
		text, err := cmd.Output()
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("batch %s gives no results: %v", s.name, err))
			continue
		}
		var references []string
		for dec := json.NewDecoder(bytes.NewReader(text)); dec.More(); {
			var row struct{ Reference, State string }
			if err := dec.Decode(&row); err != nil {
				wrong = append(wrong, fmt.Sprintf("the results of batch %s cannot be read: %v", s.name, err))
				break
			}
			if row.State == "lost" || row.State == "invalid" {
				wrong = append(wrong, fmt.Sprintf("batch %s calls the row of %s %s", s.name, row.Reference, row.State))
			}
			references = append(references, row.Reference)
		}
		var want []string
		for _, in := range s.intents {
			want = append(want, in.Reference)
		}
		if !slices.Equal(references, want) {
			wrong = append(wrong, fmt.Sprintf("batch %s has %d rows of which not all are its file's %d, or in another order", s.name, len(references), len(want)))
		}
	}
	return wrong
}
