package office

import (
	"context"
	"errors"
	"fmt"

	"orderq/store"
	"orderq/worker/review"
	"orderq/yeastar"
)

// StateError says that a decision comes in a state that does not allow it. Nothing was changed.
type StateError struct {
	Decision string      // cancelled, released
	Order    store.Order // as it is
}

func (e *StateError) Error() string {
	return fmt.Sprintf("order %s is %s and cannot be %s", e.Order.ID, e.Order.State, e.Decision)
}

// staleTries is how often a decision is made anew because the order moved on meanwhile: an order moves a
// handful of times in a second at most, and then stays where it is.
const staleTries = 10

// decide lets a person's move be made on the record as it is, and again where it has moved on meanwhile:
// the move itself says whether it may still be made. It has moved on, too, where the move was made and nobody heard of it.
func (o *Office) decide(ctx context.Context, order store.Order, by, note string, to store.State, move func(store.Order) (store.Order, error)) (store.Order, error) {
	for range staleTries {
		moved, err := move(order)
		if !errors.Is(err, store.ErrStale) {
			return moved, err
		}
		var made bool
		if order, made, err = o.Store.Made(ctx, order, by, note, to); made || err != nil {
			return order, err
		}
	}
	return order, fmt.Errorf("order %s: %w %d times over: try again", order.ID, store.ErrStale, staleTries)
}

// Cancel takes an order back before anything was sent; one that was cancelled before is given as it is. A *StateError
// where it is too late.
func (o *Office) Cancel(ctx context.Context, order store.Order, by, note string) (store.Order, error) {
	return o.decide(ctx, order, by, note, store.Cancelled, func(order store.Order) (store.Order, error) {
		switch order.State {
		case store.Held, store.Accepted, store.Preparing:
			return o.Store.Cancel(ctx, order, by, note)
		case store.Cancelled:
			return order, nil
		}
		return order, &StateError{"cancelled", order}
	})
}

// Release lets a held order go on. A *StateError where it is not held.
func (o *Office) Release(ctx context.Context, order store.Order, by, note string) (store.Order, error) {
	return o.decide(ctx, order, by, note, store.Accepted, func(order store.Order) (store.Order, error) {
		if order.State != store.Held {
			return order, &StateError{"released", order}
		}
		return o.Store.Unhold(ctx, order, by, note)
	})
}

// Reviewer judges by this ledger, this host's journals and the portal; without a portal by the others.
func (o *Office) Reviewer() (r *review.Reviewer, done func()) {
	clock := &review.Clock{}
	cfg := review.Config{Store: o.Store, Fleet: o.Fleet, Clock: clock, Journal: o.Config.Journal, Settle: o.Config.Settle}
	if err := o.Config.Credentials(); err != nil {
		cfg.NoPortal = &NoPortalError{err}
		return review.New(cfg), func() {}
	}
	portal := PortalOf(o.Config)
	portal.Observe = clock.Observe
	client, err := yeastar.New(portal)
	if err != nil {
		cfg.NoPortal = &NoPortalError{err}
		return review.New(cfg), func() {}
	}
	cfg.Portal = client
	return review.New(cfg), client.Close
}
