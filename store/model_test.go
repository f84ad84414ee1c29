package store_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"orderq/store"
)

// model is what must be true of a few orders, kept in plain maps.
type model struct {
	orders  map[string]*known
	claims  map[string]string // target → the order in doubt
	numbers map[string]string // portal order → the order it belongs to
}

type known struct {
	now    store.Order
	past   []store.Order
	passed *passage
	walked int64 // the version up to which its history was followed
	beside bool  // recalled while another had the claim: in doubt without it
	spent  bool  // sent, and not proved to have come to nothing
	let    bool  // let go, so that others that look like it are held
}

type passage struct {
	read store.Order
	sub  store.Submission
}

func newModel() *model {
	return &model{orders: map[string]*known{}, claims: map[string]string{}, numbers: map[string]string{}}
}

func (m *model) ids() []string {
	var ids []string
	for id := range m.orders {
		ids = append(ids, id)
	}
	slices.Sort(ids) // rapid replays by position
	return ids
}

// moved takes down what a move returned: the next version, in the state that it leads to.
func (m *model) moved(t *rapid.T, o store.Order, to store.State) {
	k := m.orders[o.ID]
	if o.State != to || o.Version != k.now.Version+1 {
		t.Fatalf("%s is %s in version %d, want %s in %d", o.ID, o.State, o.Version, to, k.now.Version+1)
	}
	if o.Generation != k.now.Generation {
		o.Generation = k.now.Generation // a delivery since the version was read
	}
	switch to {
	case store.Submitting, store.Unknown, store.Pending, store.Placed:
		k.spent = true
	case store.Accepted, store.Rejected, store.Cancelled:
		k.spent = false
	}
	k.let = o.Like != "" && to != store.Rejected && to != store.Cancelled && (k.let || k.now.State == store.Held && to == store.Accepted)
	k.past = append(k.past, k.now)
	k.now = o
}

// alike is the order that one of them looks like; there are but two that do. Which it is where both were let go: the
// younger, and the model has no clock; so neither is asked about a third.
func (m *model) alike(id string) string {
	for other, k := range m.orders {
		if other != id && k.let {
			return other
		}
	}
	return ""
}

func (m *model) refused(t *rapid.T, what string, err, want error) {
	if !errors.Is(err, want) {
		t.Fatalf("%s: %v, want %v", what, err, want)
	}
}

func (m *model) taken(t *rapid.T, err error, number, owner string) {
	var taken *store.NumberTakenError
	if !errors.As(err, &taken) || taken.Holder != owner || taken.OrderNo != number {
		t.Fatalf("%v, want portal order %s taken by %s", err, number, owner)
	}
}

// modelMove is a named move as the model knows it.
type modelMove struct {
	name   string
	from   []store.State
	to     store.State // "": stays
	frees  bool        // the claim
	takes  bool        // the claim, where it is free
	number bool        // takes a portal order number
	make   func(ctx context.Context, s *store.Store, o store.Order, number string) (store.Order, error)
}

func (mv modelMove) may(s store.State) bool { return slices.Contains(mv.from, s) }

func moves() []modelMove {
	type act = func(ctx context.Context, s *store.Store, o store.Order, number string) (store.Order, error)
	plain := func(name string) act {
		for _, m := range namedMoves() {
			if m.name == name {
				return func(ctx context.Context, s *store.Store, o store.Order, _ string) (store.Order, error) {
					return m.make(ctx, s, o)
				}
			}
		}
		return nil
	}
	record := func(to store.State) act {
		return func(ctx context.Context, s *store.Store, o store.Order, number string) (store.Order, error) {
			return s.Record(ctx, o, found(to, number))
		}
	}
	pause := store.Pause{For: store.WaitTime} // over at once: the model has no clock
	open := []store.State{store.Held, store.Accepted, store.Preparing, store.Submitting, store.Unknown, store.Pending, store.Review}
	return []modelMove{
		{name: "wait", from: open[2:3], to: store.Accepted,
			make: func(ctx context.Context, s *store.Store, o store.Order, _ string) (store.Order, error) {
				return s.Wait(ctx, o, pause)
			}},
		{name: "unsent", from: open[3:5], to: store.Accepted, frees: true,
			make: func(ctx context.Context, s *store.Store, o store.Order, _ string) (store.Order, error) {
				return s.Unsent(ctx, o, pause)
			}},
		{name: "doubt", from: open[3:5], to: store.Unknown, make: plain("Doubt")},
		{name: "looked", from: open[3:], make: plain("Looked")},
		{name: "review", from: []store.State{store.Preparing, store.Unknown, store.Pending, store.Review}, to: store.Review, make: plain("Review")},
		{name: "reject", from: open[2:], to: store.Rejected, frees: true, make: plain("Reject")},
		{name: "placed", from: open, to: store.Placed, frees: true, number: true, make: record(store.Placed)},
		{name: "pending", from: open, to: store.Pending, frees: true, number: true, make: record(store.Pending)},
		{name: "cancel", from: open[:3], to: store.Cancelled, frees: true, make: plain("Cancel")},
		{name: "unhold", from: open[:1], to: store.Accepted, make: plain("Unhold")},
		{name: "resend", from: []store.State{store.Unknown, store.Review}, to: store.Accepted, frees: true, make: plain("Resend")},
		{name: "drop", from: []store.State{store.Review}, to: store.Cancelled, frees: true, make: plain("Drop")},
		{name: "witness", from: []store.State{store.Submitting, store.Unknown, store.Review}, make: plain("Witness")},
		{name: "describe", from: store.States(), make: plain("Describe")},
		{name: "recall", from: append(append([]store.State{store.Review, store.Rejected, store.Cancelled}, open[:3]...), open[3:5]...), to: store.Unknown, takes: true, make: plain("Recall")},
		{name: "duplicate", from: store.States(), make: plain("Duplicate")},
	}
}

// check is what must hold after every step, read from Redis as it stands, in few round trips, and one more
// for each order that has moved: there are thousands of steps.
func (m *machine) check(t *rapid.T) {
	ctx, k := t.Context(), m.store.Keys()
	var (
		in              = map[store.State]*redis.StringSliceCmd{}
		due, look       *redis.ZSliceCmd
		claims, numbers *redis.MapStringStringCmd
		spent, moves    *redis.MapStringStringCmd
		likes           *redis.StringSliceCmd
	)
	_, err := m.room.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, state := range store.States() {
			in[state] = p.ZRange(ctx, k.In(state), 0, -1)
		}
		due, look = p.ZRangeWithScores(ctx, k.Due(), 0, -1), p.ZRangeWithScores(ctx, k.Look(), 0, -1)
		claims, numbers = p.HGetAll(ctx, k.Claims()), p.HGetAll(ctx, k.Numbers())
		moves = p.HGetAll(ctx, k.Moves())
		spent, likes = p.HGetAll(ctx, k.Spent()), p.ZRange(ctx, k.Like("pbx1", "the same"), 0, -1)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	where := map[string][]store.State{}
	for state, ids := range in {
		for _, id := range ids.Val() {
			where[id] = append(where[id], state)
		}
	}
	records, err := m.store.GetMany(ctx, m.model.ids())
	if err != nil || len(records) != len(m.model.orders) {
		t.Fatalf("%d records of %d orders, %v", len(records), len(m.model.orders), err)
	}
	var wantDue, wantLook, wantLikes []string
	wantSpent, wantKinds := map[string]int{}, map[string]int{}
	for _, got := range records {
		id := got.ID
		known := m.model.orders[id]
		o := known.now
		if !reflect.DeepEqual(got, o) {
			t.Fatalf("%s is not what its last move returned (-record +returned):\n%s", id, cmp.Diff(got, o))
		}
		if len(where[id]) != 1 || where[id][0] != o.State {
			t.Fatalf("%s is %s and in the indexes of %v", id, o.State, where[id])
		}
		wantKinds[string(o.State)+" "+o.Kind]++
		switch o.State {
		case store.Accepted, store.Preparing:
			wantDue = append(wantDue, id)
		case store.Submitting, store.Unknown, store.Pending, store.Review:
			wantLook = append(wantLook, id)
		}
		if (o.State == store.Submitting || o.State == store.Unknown && !known.beside) && m.model.claims[o.Target] != id {
			t.Fatalf("%s is %s, and the claim is %q's", id, o.State, m.model.claims[o.Target])
		}
		if known.let {
			wantLikes = append(wantLikes, id+" ")
		}
		if known.spent != (o.Spent == o.Quantity) || !known.spent && o.Spent != 0 {
			t.Fatalf("%s is %s, asks for %d and has spent %d", id, o.State, o.Quantity, o.Spent)
		}
		wantSpent[o.Kind] += o.Spent
		if o.Batch != "" {
			wantSpent["batch:"+o.Batch] += o.Spent
		}
		if known.walked != o.Version {
			m.path(t, o)
			known.walked = o.Version
		}
	}
	for _, list := range []struct {
		name string
		got  []string
		want []string
	}{{"due", members(due.Val()), wantDue}, {"look", members(look.Val()), wantLook}} {
		slices.Sort(list.got)
		if !slices.Equal(list.got, list.want) {
			t.Fatalf("%s has %v, want %v", list.name, list.got, list.want)
		}
	}
	if diff := cmp.Diff(m.model.claims, claims.Val()); diff != "" {
		t.Fatalf("claims (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(m.model.numbers, numbers.Val()); diff != "" {
		t.Fatalf("numbers (-want +got):\n%s", diff)
	}
	slices.Sort(wantLikes)
	if got := slices.Sorted(slices.Values(likes.Val())); !slices.Equal(got, wantLikes) {
		t.Fatalf("let go are %v, want %v", got, wantLikes)
	}
	m.spent(t, spent.Val(), wantSpent)
	if diff := cmp.Diff(wantKinds, kindsIn(t, moves.Val())); diff != "" {
		t.Fatalf("orders by state and kind (-want +got):\n%s", diff)
	}
	for _, target := range []string{"pbx0", "pbx1"} {
		m.line(t, target, scores(due.Val()))
	}
}

// kindsIn is how many orders of a kind are in a state, as the moves counted come to; none are left out.
func kindsIn(t *rapid.T, moves map[string]string) map[string]int {
	all := map[string]int{}
	for move, count := range moves {
		n, err := strconv.Atoi(count)
		parts := strings.Fields(move)
		if err != nil || len(parts) != 3 {
			t.Fatalf("%q: %q", move, count)
		}
		all[parts[0]+" "+parts[2]] -= n
		all[parts[1]+" "+parts[2]] += n
	}
	for what, n := range all {
		if n == 0 || strings.HasPrefix(what, "- ") {
			delete(all, what)
		}
	}
	return all
}

// spent holds that what is spent, for ever, of a day and of a batch, is what the records say; a walk may see midnight.
func (m *machine) spent(t *rapid.T, got map[string]string, want map[string]int) {
	days := map[string]int{}
	for field, n := range got {
		units, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		day, kind, ofDay := strings.Cut(field, ":")
		switch {
		case ofDay && day != "batch":
			days[kind] += units
		case units != want[field]:
			t.Fatalf("%s has spent %d, want %d", field, units, want[field])
		}
	}
	for field, units := range want {
		if _, of := got[field]; !of && units != 0 {
			t.Fatalf("%s has spent nothing, want %d", field, units)
		}
		if !strings.HasPrefix(field, "batch:") && days[field] != units {
			t.Fatalf("%s: its days have spent %d, want %d", field, days[field], units)
		}
	}
}

// path holds that the history is a walk along the table that ends where the order stands.
func (m *machine) path(t *rapid.T, o store.Order) {
	history, err := m.store.History(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	var at store.State
	for i, e := range history {
		if e.From != at || e.From != e.To && !store.Allowed(e.From, e.To) {
			t.Fatalf("%s, entry %d: %s → %s, from %s", o.ID, i+1, e.From, e.To, at)
		}
		at = e.To
	}
	if at != o.State {
		t.Fatalf("the history of %s ends in %s, and it is %s", o.ID, at, o.State)
	}
}

// line holds that only those stand in a claim's line who can still take it, and that a line before a free
// claim moves: somebody in it is due now, or is with a worker.
func (m *machine) line(t *rapid.T, target string, due map[string]float64) {
	ids := m.room.Redis.ZRange(t.Context(), m.store.Keys().Line(target), 0, -1).Val()
	if len(ids) == 0 {
		return
	}
	now := float64(m.room.Redis.Time(t.Context()).Val().UnixMilli())
	moving := false
	for _, id := range ids {
		o := m.model.orders[id].now
		if o.State != store.Accepted && o.State != store.Preparing || o.Target != target {
			t.Fatalf("%s, which is %s, stands in the line of %s", id, o.State, target)
		}
		moving = moving || o.State == store.Preparing || due[id] <= now
	}
	if m.model.claims[target] == "" && !moving {
		t.Fatalf("nobody has the claim on %s, and nobody in its line is due: %v", target, ids)
	}
}
