package hook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store"
)

// Event is a move that is to be told.
type Event struct {
	ID      string // on the stream
	Order   string
	State   store.State // that it moved to
	Version int64       // of the record, then
}

// At is when it happened.
func (e Event) At() time.Time {
	ms, _ := parseID(e.ID)
	return time.UnixMilli(int64(ms)).UTC()
}

// chunk is how many events one round trip reads.
const chunk = 100

// Admit looks at the events behind an endpoint's cursor and lets those that it wants wait for their delivery; more says
// that there may be others behind them, and room. Where the stream was trimmed past the cursor, the log says so.
// ErrNotFound where there is no such endpoint.
func (h *Hooks) Admit(ctx context.Context, id string) (more bool, err error) {
	e, err := h.Get(ctx, id)
	if err != nil {
		return false, err
	}
	room := min(Most-e.Pending, chunk)
	if room <= 0 || !e.Enabled {
		return false, nil
	}
	var some, first *redis.XMessageSliceCmd
	var length *redis.IntCmd
	_, err = h.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		some = p.XRangeN(ctx, h.key.Events(), "("+e.Cursor, "+", int64(room))
		first = p.XRangeN(ctx, h.key.Events(), "-", "+", 1)
		length = p.XLen(ctx, h.key.Events())
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("read events for webhook %s: %w", id, err)
	}
	if len(some.Val()) == 0 {
		return false, nil
	}
	missed := ""
	if f := first.Val()[0].ID; trimmed(e, f, some.Val()[len(some.Val())-1].ID, length.Val()) {
		missed = Entry{Outcome: Missed, Reason: "events behind " + e.Cursor + " and before " + f + " are not kept any more: list the orders to see how they stand"}.tail()
	}
	wanted, err := h.wanted(ctx, e, some.Val())
	if err != nil {
		return false, err
	}
	to := some.Val()[len(some.Val())-1].ID
	err = h.admit(ctx, id, e.Cursor, to, missed, wanted)
	if errors.Is(err, errMoved) {
		return true, nil // somebody else was quicker: look again
	}
	if err != nil {
		return false, err
	}
	return len(some.Val()) == room, nil
}

// errMoved: somebody else has moved the cursor.
var errMoved = errors.New("the cursor was moved by somebody else")

func (h *Hooks) admit(ctx context.Context, id, from, to, missed string, events []Event) error {
	args := []any{from, to, missed}
	for _, e := range events {
		args = append(args, e.ID, e.Order, string(e.State)+" "+strconv.FormatInt(e.Version, 10))
	}
	r, err := h.lua.admit.Run(ctx, h.rdb, h.keys(id), args...).Text()
	switch {
	case err != nil:
		return fmt.Errorf("admit events for webhook %s: %w", id, err)
	case r == "gone":
		return ErrNotFound
	case r == "moved":
		return fmt.Errorf("admit events for webhook %s: %w", id, errMoved)
	}
	return nil
}

// keys are an endpoint's, as the scripts that move events take them.
func (h *Hooks) keys(id string) []string {
	return []string{h.key.Hook(id), h.key.HookDue(id), h.key.HookLanes(id), h.key.HookEvents(id), h.key.HookLog(id)}
}

// wanted are the events that an endpoint asks for.
func (h *Hooks) wanted(ctx context.Context, e Endpoint, some []redis.XMessage) ([]Event, error) {
	var events []Event
	var ids []string
	for _, m := range some {
		one := eventOf(m)
		if len(e.States) > 0 && !slices.Contains(e.States, one.State) {
			continue
		}
		events = append(events, one)
		ids = append(ids, one.Order)
	}
	if len(e.Kinds) == 0 || len(events) == 0 {
		return events, nil
	}
	slices.Sort(ids)
	orders, err := h.store.GetMany(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(events, func(one Event) bool {
		i := slices.IndexFunc(orders, func(o store.Order) bool { return o.ID == one.Order })
		return i < 0 || !slices.Contains(e.Kinds, orders[i].Kind)
	}), nil
}

func eventOf(m redis.XMessage) Event {
	version, _ := strconv.ParseInt(fmt.Sprint(m.Values["ver"]), 10, 64) // written by our own scripts
	return Event{ID: m.ID, Order: fmt.Sprint(m.Values["id"]), State: store.State(fmt.Sprint(m.Values["state"])), Version: version}
}

// Replay lets one event be delivered again, whatever the endpoint asks for; it takes its place among those of its order
// that wait. ErrNotKept where the stream does not have it.
func (h *Hooks) Replay(ctx context.Context, id, event, by string) error {
	if !endpointID.MatchString(id) {
		return ErrNotFound
	}
	some, err := h.rdb.XRangeN(ctx, h.key.Events(), event, event, 1).Result()
	if err != nil {
		return fmt.Errorf("read event %s: %w", event, err)
	}
	if len(some) == 0 {
		return ErrNotKept
	}
	note := Entry{Outcome: Noted, Event: event, Reason: "replayed by " + by}.tail()
	return h.admit(ctx, id, "", "", note, []Event{eventOf(some[0])})
}

// ReplaySince sets the cursor back behind an event, or a moment as <ms>-0: everything since that is kept, and that the
// endpoint asks for, is delivered again.
func (h *Hooks) ReplaySince(ctx context.Context, id, since, by string) error {
	return h.set(ctx, id, Entry{Outcome: Noted, Reason: "replayed from behind " + since + " by " + by}, "cursor", since)
}

// Earlier compares two events' ids.
func Earlier(a, b string) bool {
	ms, n := parseID(a)
	than, m := parseID(b)
	return ms < than || ms == than && n < m
}

func parseID(id string) (ms, n uint64) {
	first, second, _ := strings.Cut(id, "-")
	ms, _ = strconv.ParseUint(first, 10, 64) // Redis made it, or whoever takes it from outside has checked it
	n, _ = strconv.ParseUint(second, 10, 64)
	return ms, n
}

// trimmed says that events behind an endpoint's cursor may be gone: first and last are ids of events that there are, length is how
// many. An endpoint that was added when there was none has no event to begin behind; then they can be gone only where
// there are more than are kept in any case, and enough time has passed, or there are as many as are kept at the most.
func trimmed(e Endpoint, first, last string, length int64) bool {
	if e.Cursor != "0-0" {
		return Earlier(e.Cursor, first)
	}
	ms, _, _ := strings.Cut(last, "-")
	n, _ := strconv.ParseInt(ms, 10, 64) // Redis made it
	return length >= store.EventsMost || length >= store.EventsLeast && time.UnixMilli(n).Sub(e.CreatedAt) >= store.ShortestEvents
}
