package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/tasks"
)

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
	c, done, err := set.clerk(ctx)
	if err != nil {
		return err
	}
	defer done()
	a.warnOfSilence(ctx, c)

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	return a.collect(ctx, stop, c, c.PlaceLines(ctx, in), wait)
}

// collect prints what became of the lines, in their order, and waits for the orders where that is asked.
func (a *app) collect(ctx context.Context, stop context.CancelCauseFunc, c clerk, ordered <-chan *office.Intake, wait time.Duration) error {
	var (
		refused, first int
		failure        error
		accepted       []store.Order
	)
	for line := range ordered {
		<-line.Done
		var invalid *tasks.Invalid
		var conflict *tasks.ConflictError
		switch {
		case line.Err == nil && wait > 0:
			accepted = append(accepted, line.Placed.Order)
		case line.Err == nil:
			if err := a.lineOut(line.Placed.Order); err != nil {
				stop(err)
				failure = err
			}
		case errors.As(line.Err, &invalid), errors.As(line.Err, &conflict), errors.Is(line.Err, office.ErrLongLine):
			refused++
			fmt.Fprintf(a.err, "line %d: %v\n", line.N, line.Err)
		default:
			// Redis or the file: the lines behind would fare no better.
			if failure == nil {
				failure, first = line.Err, line.N
				stop(line.Err)
			}
		}
	}
	switch {
	case first > 0:
		return fmt.Errorf("line %d: %w: nothing is known from this line on; place the file again, what was accepted is only shown", first, failure)
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
		waited, err := a.await(ctx, c, accepted, wait)
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
