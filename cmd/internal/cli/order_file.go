package cli

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"sync"
	"time"

	"orderq/store"
	"orderq/tasks"
)

const (
	// fileLanes is how many lines are placed at once. A durable Redis answers each after an fsync, which
	// it shares among those that wait: one at a time would be as slow as the disk.
	fileLanes = 16
	// fileAhead is how many lines are read ahead of the one that is printed next.
	fileAhead = 256
)

// fileLine is a line on its way.
type fileLine struct {
	n      int
	intent tasks.Intent
	order  store.Order
	err    error
	done   chan struct{}
}

// placeFile places every line of a file.
func (a *app) placeFile(ctx context.Context, set settings, path string, dryRun bool, wait time.Duration) error {
	in := a.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return wrongUse(fmt.Errorf("--file: %w", err))
		}
		defer f.Close()
		in = f
	}
	if dryRun {
		return a.rehearseFile(ctx, set, in)
	}
	l, err := set.connect(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	queue := l.queue()
	defer queue.Close()
	client := tasks.NewClient(l.store, queue)
	a.warnOfSilence(ctx, l)

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ordered := make(chan *fileLine, fileAhead)
	var lanes sync.WaitGroup
	go func() {
		defer close(ordered)
		defer lanes.Wait()
		a.deal(ctx, newLines(in), l.cfg.Account, ordered, &lanes, func(line *fileLine) {
			placed, err := client.Place(ctx, line.intent)
			line.order, line.err = placed.Order, err
		})
	}()
	return a.collect(ctx, stop, l, ordered, wait)
}

// deal reads the lines and gives each to a lane. Lines with the same reference share a lane, so that the
// first of them in the file is the first to be accepted.
func (a *app) deal(ctx context.Context, from *lines, account string, ordered chan<- *fileLine, running *sync.WaitGroup, place func(*fileLine)) {
	var lanes [fileLanes]chan *fileLine
	for i := range lanes {
		lane := make(chan *fileLine, fileAhead/fileLanes)
		lanes[i] = lane
		defer close(lane)
		running.Go(func() {
			for line := range lane {
				place(line)
				close(line.done)
			}
		})
	}
	read := from.all(ctx)
	for {
		var raw line
		var more bool
		select {
		case raw, more = <-read:
		case <-ctx.Done():
		}
		if !more {
			return
		}
		l := &fileLine{n: raw.n, done: make(chan struct{})}
		l.intent, l.err = readLine(raw, account)
		select {
		case ordered <- l:
		case <-ctx.Done():
			return
		}
		if l.err != nil {
			close(l.done)
			continue
		}
		lanes[laneOf(l.intent.Reference)] <- l
	}
}

// readLine reads one intent. A line that names no account is for the command's; one that names another is
// refused, because no worker of this account would place it.
func readLine(l line, account string) (tasks.Intent, error) {
	if l.err != nil {
		return tasks.Intent{}, l.err
	}
	in, err := tasks.Decode(l.text)
	if err != nil {
		if _, all := tasks.Parse(l.text); all != nil {
			err = all // it has looked further and lists more
		}
		return in, err
	}
	switch in.Account {
	case "":
		in.Account = account
	case account:
	default:
		return in, &tasks.Invalid{Problems: []tasks.Problem{{
			Field: "account", Value: tasks.Shown(in.Account), Message: "this command works for account " + account + "; say --account for another",
		}}}
	}
	in = in.Normalise()
	return in, in.Validate()
}

func laneOf(reference string) int {
	h := fnv.New32a()
	h.Write([]byte(reference)) // never fails
	return int(h.Sum32() % fileLanes)
}

// collect prints what became of the lines, in their order, and waits for the orders where that is asked.
func (a *app) collect(ctx context.Context, stop context.CancelCauseFunc, l *ledger, ordered <-chan *fileLine, wait time.Duration) error {
	var (
		refused, unanswered, first int
		failure                    error
		accepted                   []store.Order
	)
	for line := range ordered {
		<-line.done
		var invalid *tasks.Invalid
		var conflict *tasks.ConflictError
		switch {
		case line.err == nil && wait > 0:
			accepted = append(accepted, line.order)
		case line.err == nil:
			if err := a.lineOut(line.order); err != nil {
				stop(err)
				failure = err
			}
		case errors.As(line.err, &invalid), errors.As(line.err, &conflict), errors.Is(line.err, errLongLine):
			refused++
			fmt.Fprintf(a.err, "line %d: %v\n", line.n, line.err)
		default:
			// Redis or the file: the lines behind would fare no better.
			if unanswered++; failure == nil {
				failure, first = line.err, line.n
				stop(line.err)
			}
		}
	}
	switch {
	case unanswered > 0:
		return fmt.Errorf("line %d: %w: nothing is known of %d lines from there on, and the rest was not read; place the file again, what was accepted is only shown",
			first, failure, unanswered)
	case failure != nil:
		return failure
	case ctx.Err() != nil:
		return fmt.Errorf("%w: place the file again, what was accepted is only shown", ctx.Err())
	}
	code := exitDone
	if refused > 0 {
		code = exitFailed
	}
	if wait > 0 && len(accepted) > 0 {
		waited, err := a.await(ctx, l.store, accepted, wait)
		if err != nil {
			return err
		}
		for _, o := range waited {
			if err := a.lineOut(o); err != nil {
				return err
			}
			code = worse(code, codeOfOrder(o))
		}
	}
	return exit(code)
}

// lineOut is an order in one line.
func (a *app) lineOut(o store.Order) error {
	if a.json {
		return a.emit(o)
	}
	_, err := fmt.Fprintf(a.out, "%s  %-10s  %s\n", o.ID, o.State, plain(join("  ", o.Reference, o.OrderNo)))
	return err
}
