package hook

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"orderq/store"
)

// Delivery is an event that was taken to be delivered. Nobody else takes it, or a later one of its order, before it is
// settled or the time for which it was taken is over.
type Delivery struct {
	Event
	Try   int       // from 1
	Since time.Time // when it became the first of its order, by Redis' clock
	Now   time.Time // when it was taken, by the same
}

// Take takes up to n events that are due, of different orders, for the time of hold. None where the endpoint is not
// enabled or not there.
func (h *Hooks) Take(ctx context.Context, id string, n int, hold time.Duration) ([]Delivery, error) {
	r, err := h.lua.take.Run(ctx, h.rdb, h.keys(id), n, hold.Milliseconds()).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("take events of webhook %s: %w", id, err)
	}
	var all []Delivery
	for ; len(r) >= 6; r = r[6:] {
		state, version, _ := strings.Cut(r[2], " ")
		d := Delivery{Event: Event{ID: r[0], Order: r[1], State: store.State(state)}, Since: moment(r[4]), Now: moment(r[5])}
		d.Version, _ = strconv.ParseInt(version, 10, 64) // written by our own scripts, as the next
		d.Try, _ = strconv.Atoi(r[3])
		all = append(all, d)
	}
	return all, nil
}

// Heard is what a try has shown of the receiver. The zero value: it was not called.
type Heard struct {
	URL     string        // that was called; if the endpoint has another by now, what was heard says nothing of it
	Silence time.Duration // for which the receiver wants no delivery at all, counted from the settling
}

// Done settles a delivery: the order's next event is due. With outcome Delivered, or GaveUp.
func (h *Hooks) Done(ctx context.Context, id string, d Delivery, r Heard, e Entry) error {
	return h.settle(ctx, id, d, "done", 0, r, e.tail(), e.Outcome, "")
}

// Again puts a delivery off.
func (h *Hooks) Again(ctx context.Context, id string, d Delivery, pause time.Duration, r Heard, e Entry) error {
	return h.settle(ctx, id, d, "again", pause, r, e.tail(), e.Outcome, "")
}

// Back gives a delivery back as if it had not been taken: it was not tried.
func (h *Hooks) Back(ctx context.Context, id string, d Delivery) error {
	return h.settle(ctx, id, d, "back", 0, Heard{}, "", "", "")
}

// Close disables the endpoint, because of what it answered; the event waits, should somebody enable it again.
func (h *Hooks) Close(ctx context.Context, id string, d Delivery, r Heard, e Entry, why string) error {
	return h.settle(ctx, id, d, "again", 0, r, e.tail(), e.Outcome, why)
}

// settle has no effect on a delivery that was taken anew since: then only the log and the counters are told.
func (h *Hooks) settle(ctx context.Context, id string, d Delivery, how string, pause time.Duration, r Heard, tail string, o Outcome, why string) error {
	err := h.lua.settle.Run(ctx, h.rdb, h.keys(id), d.Order, d.ID, d.Try, how, pause.Milliseconds(), tail, why, string(o), r.URL, r.Silence.Milliseconds()).Err()
	if err != nil {
		return fmt.Errorf("settle event %s of webhook %s: %w", d.ID, id, err)
	}
	return nil
}
