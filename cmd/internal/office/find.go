package office

import (
	"context"
	"errors"
	"fmt"

	"orderq/store"
	"orderq/store/batch"
	"orderq/tasks"
)

// AmbiguousError says that a word names two orders in two ways.
type AmbiguousError struct{ Word, ByReference, ByNumber string }

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q is the reference of order %s and the portal's number of order %s: say the id",
		tasks.Shown(e.Word), e.ByReference, e.ByNumber)
}

// Find gives the order that a word names: an id, a reference or the portal's order number, or the reference
// of an attempt as the portal shows it. A word that names two orders in two ways is refused, with an
// *AmbiguousError: whoever cancels must not cancel another one than was meant. store.ErrNotFound where it names none.
func (o *Office) Find(ctx context.Context, word string) (store.Order, error) {
	id := word
	if of, _, ok := tasks.SplitReference(word); ok {
		id = of
	}
	if tasks.IsOrderID(id) {
		found, err := o.Store.Get(ctx, id)
		if !errors.Is(err, store.ErrNotFound) {
			return found, err
		}
	}
	byReference, err := o.Store.Get(ctx, tasks.OrderID(o.Config.Account, word))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Order{}, err
	}
	hasReference := err == nil
	byNumber, err := o.Store.ByNumber(ctx, word)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Order{}, err
	}
	hasNumber := err == nil
	switch {
	case hasReference && hasNumber && byReference.ID != byNumber.ID:
		return store.Order{}, &AmbiguousError{word, byReference.ID, byNumber.ID}
	case hasReference:
		return byReference, nil
	case hasNumber:
		return byNumber, nil
	}
	return store.Order{}, fmt.Errorf("order %q: %w in account %s, neither by id nor by reference nor by order number; orderq order list shows what there is",
		tasks.Shown(word), store.ErrNotFound, o.Config.Account)
}

// Now gives an order as it is to be shown: of one that waits for a claim the record has who held it when the order
// joined the line, and what counts is who holds it now.
func (o *Office) Now(ctx context.Context, order store.Order) (store.Order, error) {
	if order.WaitingFor != store.WaitClaim {
		return order, nil
	}
	line, err := o.Store.Line(ctx, order.Target, 0)
	order.WaitingOn = line.Holder
	return order, err
}

// Behind says who waits for an order that has the claim on its PBX: the first most ids, and how many they are in all.
func (o *Office) Behind(ctx context.Context, order store.Order, most int) (ids []string, total int, err error) {
	line, err := o.Store.Line(ctx, order.Target, most)
	if err != nil || line.Holder != order.ID {
		return nil, 0, err
	}
	return line.Waiting, line.Total, nil
}

// FindBatch gives the batch that a word names. batch.ErrNotFound where it names none.
func (o *Office) FindBatch(ctx context.Context, word string) (batch.Batch, error) {
	b := batch.Of(o.Store)
	for _, id := range []string{word, tasks.BatchID(o.Config.Account, word)} {
		if one, err := b.Get(ctx, id); !errors.Is(err, batch.ErrNotFound) {
			return one, err
		}
	}
	hint := "orderq batch list shows what there is"
	if near, err := o.nearBatch(ctx, word); err == nil && near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	return batch.Batch{}, fmt.Errorf("batch %q: %w in account %s, neither by name nor by id; %s",
		tasks.Shown(word), batch.ErrNotFound, o.Config.Account, hint)
}

// nearBatch is the name of a batch of late that was probably meant; "": none.
func (o *Office) nearBatch(ctx context.Context, word string) (string, error) {
	all, err := batch.Of(o.Store).List(ctx, 100)
	var names []string
	for _, one := range all {
		names = append(names, one.Name)
	}
	if near := tasks.Near(word, names, 2, 1); len(near) > 0 {
		return Plain(near[0]), err
	}
	return "", err
}
