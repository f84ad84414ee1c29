package cli

import (
	"context"

	"orderq/store"
)

// named is how commands say what they take.
const named = "an order's id, its reference, or the portal's order number"

// findEach calls do for each named order and prints what went wrong with one before it goes on to the next.
// The error carries the worst code.
func (a *app) findEach(ctx context.Context, l *ledger, words []string, do func(store.Order) error) error {
	code := exitDone
	for _, word := range words {
		o, err := l.Find(ctx, word)
		if err == nil {
			err = do(o)
		}
		if err == nil {
			continue
		}
		if ctx.Err() != nil || len(words) == 1 {
			return err
		}
		if text := err.Error(); text != "" {
			a.note("%s", text)
		}
		code = worse(code, codeOf(err))
	}
	return exit(code)
}
