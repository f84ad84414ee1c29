package cli

import (
	"context"
	"errors"
	"fmt"

	"orderq/store"
	"orderq/tasks"
)

// named is how commands say what they take.
const named = "an order's id, its reference, or the portal's order number"

// find gives the order that a word names: an id, a reference or the portal's order number, or the reference
// of an attempt as the portal shows it. A word that names two orders in two ways is refused: whoever
// cancels must not cancel another one than was meant.
func (l *ledger) find(ctx context.Context, word string) (store.Order, error) {
	id := word
	if of, _, ok := tasks.SplitReference(word); ok {
		id = of
	}
	if tasks.IsOrderID(id) {
		o, err := l.store.Get(ctx, id)
		if !errors.Is(err, store.ErrNotFound) {
			return o, err
		}
	}
	byReference, err := l.store.Get(ctx, tasks.OrderID(l.cfg.Account, word))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Order{}, err
	}
	hasReference := err == nil
	byNumber, err := l.store.ByNumber(ctx, word)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Order{}, err
	}
	hasNumber := err == nil
	switch {
	case hasReference && hasNumber && byReference.ID != byNumber.ID:
		return store.Order{}, fmt.Errorf("%q is the reference of order %s and the portal's number of order %s: say the id",
			tasks.Shown(word), byReference.ID, byNumber.ID)
	case hasReference:
		return byReference, nil
	case hasNumber:
		return byNumber, nil
	}
	return store.Order{}, fmt.Errorf("order %q: %w in account %s, neither by id nor by reference nor by order number; orderq order list shows what there is",
		tasks.Shown(word), store.ErrNotFound, l.cfg.Account)
}

// findEach calls do for each named order and prints what went wrong with one before it goes on to the next.
// The error carries the worst code.
func (a *app) findEach(ctx context.Context, l *ledger, words []string, do func(store.Order) error) error {
	code := exitDone
	for _, word := range words {
		o, err := l.find(ctx, word)
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
