package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"orderq/cmd/internal/office"
	"orderq/tasks"
	"orderq/worker/resolve"
)

// rehearse shows what an intent would send. A refusal is exit 3: the order would be rejected.
func (a *app) rehearse(ctx context.Context, set settings, in tasks.Intent) error {
	return set.withShop(func(ctx context.Context, at shop, _ []string) error {
		r, err := at.Rehearse(ctx, in)
		switch {
		case refused(err):
			return &exitError{code: exitRejected, err: fmt.Errorf("it would be rejected: %w", err)}
		case err != nil:
			return err
		case a.json:
			return a.emit(r)
		}
		return a.showRehearsal(r)
	})(ctx, nil)
}

func refused(err error) bool {
	var refusal *resolve.Refusal
	return errors.As(err, &refusal)
}

func (a *app) showRehearsal(r office.Rehearsal) error {
	kind, _ := tasks.KindOf(r.Kind)
	if r.Request == nil {
		a.field("would order", fmt.Sprintf("nothing: %s has %d %s, and %d are wanted", r.ProductNo, *r.Has, kind.Unit, r.Ensure))
		a.say("\nNothing was written or ordered.")
		return nil
	}
	a.field("would order", fmt.Sprintf("%s: %d %s on %s", kind.Title, r.Quantity, kind.Unit, r.ProductNo))
	a.field("plan", join(", ", r.Plan, r.Cycle))
	a.field("service", r.Service)
	a.field("invoice to", r.Contact)
	switch {
	case r.Ensure > 0: // then it has been read
		a.field("it has now", fmt.Sprintf("%d, wants %d: orders %d", *r.Has, r.Ensure, r.Quantity))
	case r.Has != nil:
		a.field("it has now", strconv.Itoa(*r.Has)+" extensions")
	}
	for _, n := range r.Notes {
		a.field("note", n)
	}
	a.field("reference", r.Reference)
	a.field("id", r.ID)
	body, err := json.MarshalIndent(r.Request, "", "  ")
	if err != nil {
		return err
	}
	a.say("\nPOST /order/openapi/order/v1/save\n%s\n", body)
	a.say("Nothing was written or ordered.")
	return nil
}

// rehearseFile shows what each line of a file would send: one JSON object per line that could be placed.
func (a *app) rehearseFile(ctx context.Context, set settings, in io.Reader) error {
	return set.withShop(func(ctx context.Context, at shop, _ []string) error {
		code := exitDone
		err := at.RehearseLines(ctx, in, func(n int, r office.Rehearsal, err error) error {
			var invalid *tasks.Invalid
			switch {
			case err == nil:
				return a.emit(r)
			case refused(err):
				code = worse(code, exitRejected)
			case errors.As(err, &invalid), errors.Is(err, office.ErrLongLine):
				code = worse(code, exitFailed)
			default:
				return fmt.Errorf("line %d: %w", n, err)
			}
			fmt.Fprintf(a.err, "line %d: %v\n", n, err)
			return nil
		})
		if err != nil {
			return err
		}
		return exit(code)
	})(ctx, nil)
}
