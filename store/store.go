package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"orderq/store/gather"
)

var (
	// ErrNotFound: there is no such order.
	ErrNotFound = errors.New("no such order")
	// ErrStale: the record has moved on since it was read. An ordinary value: read again and decide again.
	ErrStale = errors.New("the order has moved on since it was read")
	// ErrNoMove: the order stands in a state from which this move is not made; nothing was written. From a
	// final state there is none but Duplicate.
	ErrNoMove = errors.New("the order's state does not allow that")
)

// ConflictError: the reference is taken by an order with another intent.
type ConflictError struct{ Holder Order }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("reference %q already names order %s (%s, %s %d on %s), whose intent differs; use a new reference, such as %q",
		e.Holder.Reference, e.Holder.ID, e.Holder.State, e.Holder.Kind, e.Holder.Quantity, e.Holder.ProductNo, e.Holder.Reference+"-2")
}

// NumberTakenError: the portal's order number belongs to another record.
type NumberTakenError struct{ OrderNo, Holder string }

func (e *NumberTakenError) Error() string {
	return fmt.Sprintf("portal order %s belongs to order %s already", e.OrderNo, e.Holder)
}

// Store is one account's records in Redis. It is safe for concurrent use, and keeps nothing.
type Store struct {
	rdb     redis.UniversalClient
	bids    *gather.Group[bid, accepted] // what callers ask to accept at the same time
	account string
	key     Keys
	lua     scripts
	wake    func(id string)
}

// DefaultPrefix begins every key.
const DefaultPrefix = "orderq"

// Open gives an account's store. The prefix is DefaultPrefix unless a test wants a room of its own.
func Open(rdb redis.UniversalClient, prefix, account string) *Store {
	s := &Store{account: account, key: KeysOf(prefix, account), lua: loadScripts(), wake: func(string) {}}
	return s.Over(rdb)
}

// OnWake gives the same store, which tells f the id of every order that a move of its own has freed to go
// on (the next in line for a claim). f must not block; whoever is not told is found by the sweeper.
func (s *Store) OnWake(f func(id string)) *Store {
	told := *s
	told.wake = f
	return &told
}

// Over gives the same store over another client of the same Redis.
func (s *Store) Over(rdb redis.UniversalClient) *Store {
	over := *s
	over.rdb, over.bids = rdb, gather.NewGroup(acceptsAtOnce, over.acceptMany)
	return &over
}

// Account is the account whose orders these are.
func (s *Store) Account() string { return s.account }

// Keys are the account's keys, for the packages beside this one (store/fleet, store/batch).
func (s *Store) Keys() Keys { return s.key }

// Redis is the client, for the packages beside this one.
func (s *Store) Redis() redis.UniversalClient { return s.rdb }

// Get reads an order. ErrNotFound where there is none.
func (s *Store) Get(ctx context.Context, id string) (Order, error) {
	m, err := s.rdb.Do(ctx, "HGETALL", s.key.Order(id)).Result()
	if err != nil {
		return Order{}, fmt.Errorf("read order %s: %w", id, err)
	}
	return decode(s.account, id, flatten(m))
}

// ByNumber finds the order that a portal order number belongs to.
func (s *Store) ByNumber(ctx context.Context, orderNo string) (Order, error) {
	id, err := s.rdb.HGet(ctx, s.key.Numbers(), orderNo).Result()
	if errors.Is(err, redis.Nil) {
		return Order{}, ErrNotFound
	}
	if err != nil {
		return Order{}, fmt.Errorf("look up portal order %s: %w", orderNo, err)
	}
	return s.Get(ctx, id)
}

// Numbers says which of these portal order numbers belong to which of our orders.
func (s *Store) Numbers(ctx context.Context, orderNos []string) (map[string]string, error) {
	held := map[string]string{}
	if len(orderNos) == 0 {
		return held, nil
	}
	ids, err := s.rdb.HMGet(ctx, s.key.Numbers(), orderNos...).Result()
	if err != nil {
		return nil, fmt.Errorf("look up portal orders: %w", err)
	}
	for i, id := range ids {
		if id, ok := id.(string); ok {
			held[orderNos[i]] = id
		}
	}
	return held, nil
}

// History reads an order's moves, oldest first.
func (s *Store) History(ctx context.Context, id string) ([]Entry, error) {
	var first *redis.SliceCmd
	var rest *redis.StringSliceCmd
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		first, rest = p.HMGet(ctx, s.key.Order(id), fAccepted, fFirst), p.LRange(ctx, s.key.History(id), 0, -1)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read history of %s: %w", id, err)
	}
	var lines []string
	if v := first.Val(); v[0] != nil && v[1] != nil {
		lines = append(lines, fmt.Sprintf(`{"at":%v,%v`, v[0], v[1]))
	}
	lines = append(lines, rest.Val()...)
	if len(lines) == 0 {
		return nil, ErrNotFound
	}
	entries := make([]Entry, len(lines))
	for i, line := range lines {
		var e struct {
			Entry
			At int64 `json:"at"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return nil, fmt.Errorf("history of %s, entry %d: %w", id, i+1, err)
		}
		e.Entry.At = at(fmt.Sprint(e.At))
		entries[i] = e.Entry
	}
	return entries, nil
}

// tail is an entry without its time and its opening brace: the script puts Redis' own time in front.
func tail(e Entry) string {
	b, err := json.Marshal(struct {
		Entry
		At *int `json:"at,omitempty"` // shadows Entry.At
	}{Entry: e})
	if err != nil { // strings and numbers only: cannot be
		panic(err)
	}
	return strings.TrimPrefix(string(b), "{")
}

// flatten makes the pairs of a hash's reply one list, whichever protocol it came by.
func flatten(reply any) []string {
	var pairs []string
	switch r := reply.(type) {
	case []any:
		for _, v := range r {
			pairs = append(pairs, fmt.Sprint(v))
		}
	case map[any]any:
		for k, v := range r {
			pairs = append(pairs, fmt.Sprint(k), fmt.Sprint(v))
		}
	}
	return pairs
}
