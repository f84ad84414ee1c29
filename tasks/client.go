package tasks

import (
	"context"
	"errors"
	"fmt"

	"github.com/hibiken/asynq"

	"orderq/store"
	"orderq/store/crash"
)

// Client accepts orders: first the record, then the task. It is safe for concurrent use.
type Client struct {
	store *store.Store
	queue *asynq.Client
	by    string
}

// NewClient needs the account's store and the queue's client; it closes neither.
func NewClient(st *store.Store, q *asynq.Client) *Client {
	return &Client{store: st, queue: q}
}

// As gives the same client, whose orders' histories say who placed them.
func (c *Client) As(by string) *Client {
	as := *c
	as.by = by
	return &as
}

// Placed is what became of an accepted intent.
type Placed struct {
	Order    store.Order // as it is now
	Repeat   bool        // the same intent under the same reference was accepted before; nothing new began
	Enqueued bool        // its task is in the queue; false: the sweeper puts one there, the order is not lost
}

// Place accepts an order on the queue of plain producers. See PlaceOn.
func (c *Client) Place(ctx context.Context, in Intent) (Placed, error) {
	return c.PlaceOn(ctx, QueueOrders, in)
}

// PlaceOn normalises, validates, records and enqueues. The errors: *Invalid, and nothing was written;
// *ConflictError, the reference belongs to another intent; anything else comes from Redis, and then the
// order may have been accepted: place it again with the same reference.
//
// Once the record is there the order is accepted and no error is returned, whatever the queue says: a task
// that could not be enqueued is the sweeper's to replace.
func (c *Client) PlaceOn(ctx context.Context, queue string, in Intent) (Placed, error) {
	placed, due, err := c.Accept(ctx, queue, in)
	if due {
		crash.At(crash.AcceptBeforeEnqueue)
		placed.Enqueued = c.Enqueue(ctx, placed.Order)
	}
	return placed, err
}

// Accept is the first half of PlaceOn, with the same errors: the record. due says that the other half, Enqueue, is the
// caller's: of a repeat somebody else has seen to it, and a held order waits for its release, one with a notBefore for its
// time, and the move or the sweeper that ends the wait enqueues it. A caller who dies before it leaves it to the sweeper.
func (c *Client) Accept(ctx context.Context, queue string, in Intent) (placed Placed, due bool, err error) {
	in = in.Normalise()
	bad := &Invalid{}
	in.check(bad)
	if in.Account != c.store.Account() && !bad.has("account") {
		bad.add("account", in.Account, "this client places orders for account %s; use that account's client", c.store.Account())
	}
	if err := bad.orNil(); err != nil {
		return Placed{}, false, err
	}
	n := NewOrder(in, queue)
	n.By = c.by
	order, fresh, err := c.store.Accept(ctx, n)
	if err != nil {
		return Placed{}, false, conflict(in, err)
	}
	return Placed{Order: order, Repeat: !fresh}, fresh && order.State == store.Accepted && order.WaitingFor == "", nil
}

// Enqueue puts the task of an order that was accepted into its queue, and says whether it is there.
func (c *Client) Enqueue(ctx context.Context, accepted store.Order) bool {
	task, opts := PlaceTask(accepted, accepted.Generation)
	_, err := c.queue.EnqueueContext(ctx, task, opts...)
	// A conflict means that it is there: go-redis repeats an enqueue whose reply was lost, and a plain
	// producer may have been first.
	return err == nil || errors.Is(err, asynq.ErrTaskIDConflict)
}

// ConflictError says that a reference is taken by an order that asks for something else. It unwraps to the
// store's own.
type ConflictError struct {
	Holder      store.Order
	Differences []string // "quantity 1000 there, 500 here"
	Suggestion  string   // a reference to use instead
	err         error
}

func (e *ConflictError) Error() string {
	differ := "asks for something else"
	for i, d := range e.Differences {
		if i == 0 {
			differ += " ("
		} else {
			differ += ", "
		}
		differ += d
		if i == len(e.Differences)-1 {
			differ += ")"
		}
	}
	return fmt.Sprintf("reference %q: belongs to order %s (%s), which %s; use another reference for another order, e.g. %s",
		Shown(e.Holder.Reference), e.Holder.ID, e.Holder.State, differ, e.Suggestion)
}

func (e *ConflictError) Unwrap() error { return e.err }

// conflict explains the store's refusal; other errors pass through.
func conflict(in Intent, err error) error {
	var taken *store.ConflictError
	if !errors.As(err, &taken) {
		return err
	}
	return Conflict(in, taken)
}

// Conflict compares an intent with the order that holds its reference.
func Conflict(in Intent, taken *store.ConflictError) *ConflictError {
	e := &ConflictError{Holder: taken.Holder, Suggestion: nextReference(in.Reference), err: taken}
	if held, err := Decode(taken.Holder.Intent); err == nil {
		e.Differences = differences(held.Normalise(), in.Normalise())
	}
	return e
}

// differences names the fields in which two normalised intents with one reference differ.
func differences(there, here Intent) []string {
	a, errA := members(there.Canonical())
	b, errB := members(here.Canonical())
	if errA != nil || errB != nil {
		return nil
	}
	values := func(object []member) map[string]string {
		m := make(map[string]string, len(object))
		for _, f := range object {
			m[f.name] = Shown(plain(f.value))
		}
		return m
	}
	va, vb := values(a), values(b)
	said := func(v string) string {
		if v == "" {
			return "nothing"
		}
		return v
	}
	var out []string
	for _, f := range Fields() {
		if f != "reference" && f != "labels" && f != "allowDuplicate" && va[f] != vb[f] {
			out = append(out, fmt.Sprintf("%s %s there, %s here", f, said(va[f]), said(vb[f])))
		}
	}
	return out
}

// nextReference suggests a reference by appending -2. It does not count up a number that is there already:
// crm-4712 is likely to be somebody else's.
func nextReference(reference string) string {
	runes := []rune(reference)
	if len(runes) > maxReference-2 {
		runes = runes[:maxReference-2]
	}
	return string(runes) + "-2"
}
