package cli

import "context"

// named is how commands say what they take.
const named = "an order's id, its reference, or the portal's order number"

// each calls do for each word and prints what went wrong with one before it goes on to the next.
// The error carries the worst code.
func (a *app) each(ctx context.Context, words []string, do func(word string) error) error {
	code := exitDone
	for _, word := range words {
		err := do(word)
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
