package store

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Filter says which orders a list shall have; zero fields ask nothing.
type Filter struct {
	States       []State // none: all
	ProductNo    string
	Kind         string
	Reference    string
	OrderNo      string
	Batch        string
	Label        string // key=value
	Since, Until time.Time
	Limit        int // 0: all
}

func (f Filter) fits(o Order) bool {
	if f.ProductNo != "" && o.ProductNo != f.ProductNo || f.Kind != "" && o.Kind != f.Kind ||
		f.Reference != "" && o.Reference != f.Reference || f.OrderNo != "" && o.OrderNo != f.OrderNo ||
		f.Batch != "" && o.Batch != f.Batch {
		return false
	}
	if f.Label != "" {
		for k, v := range o.Labels {
			if k+"="+v == f.Label {
				return true
			}
		}
		return false
	}
	return true
}

// listChunk is how many records one round trip reads.
const listChunk = 256

// Each calls f for the orders that fit, state by state in the order of the table and, within a state, the
// newest accepted first; memory stays flat however many there are. An error of f ends it.
func (s *Store) Each(ctx context.Context, f Filter, do func(Order) error) error {
	states := f.States
	if len(states) == 0 {
		states = States()
	}
	sent := 0
	for _, state := range states {
		for offset := int64(0); ; offset += listChunk {
			ids, err := s.rdb.ZRangeArgs(ctx, redis.ZRangeArgs{
				Key: s.key.In(state), ByScore: true, Rev: true, Start: bound(f.Until, "+inf"), Stop: bound(f.Since, "-inf"),
				Offset: offset, Count: listChunk,
			}).Result()
			if err != nil {
				return fmt.Errorf("list %s orders: %w", state, err)
			}
			orders, err := s.GetMany(ctx, ids)
			if err != nil {
				return err
			}
			for _, o := range orders {
				if !f.fits(o) {
					continue
				}
				if err := do(o); err != nil {
					return err
				}
				if sent++; sent == f.Limit {
					return nil
				}
			}
			if len(ids) < listChunk {
				break
			}
		}
	}
	return nil
}

func bound(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

// List gives the orders that fit, the newest accepted first.
func (s *Store) List(ctx context.Context, f Filter) ([]Order, error) {
	var all []Order
	states, limit := f.States, f.Limit
	if len(states) == 0 {
		states = States()
	}
	for _, state := range states {
		f.States = []State{state}
		err := s.Each(ctx, f, func(o Order) error { all = append(all, o); return nil })
		if err != nil {
			return nil, err
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].AcceptedAt.After(all[j].AcceptedAt) })
	if limit > 0 && len(all) > limit {
		all = all[:limit]
	}
	return all, nil
}

// GetMany reads orders in one round trip; ids without a record are left out.
func (s *Store) GetMany(ctx context.Context, ids []string) ([]Order, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	replies := make([]*redis.Cmd, len(ids))
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			replies[i] = p.Do(ctx, "HGETALL", s.key.Order(id))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %d orders: %w", len(ids), err)
	}
	orders := make([]Order, 0, len(ids))
	for i, id := range ids {
		o, err := decode(s.account, id, flatten(replies[i].Val()))
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		orders = append(orders, o)
	}
	return orders, nil
}

// OnTarget gives the orders for one target that were accepted since, the newest first.
func (s *Store) OnTarget(ctx context.Context, target string, since time.Time) ([]Order, error) {
	ids, err := s.rdb.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: s.key.PBX(target), ByScore: true, Rev: true, Start: "+inf", Stop: bound(since, "-inf"),
	}).Result()
	if err != nil {
		return nil, fmt.Errorf("list orders for %s: %w", target, err)
	}
	return s.GetMany(ctx, ids)
}

// Counts says how many orders are in each state.
func (s *Store) Counts(ctx context.Context) (map[State]int64, error) {
	replies := map[State]*redis.IntCmd{}
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, state := range States() {
			replies[state] = p.ZCard(ctx, s.key.In(state))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count orders: %w", err)
	}
	counts := map[State]int64{}
	for state, n := range replies {
		counts[state] = n.Val()
	}
	return counts, nil
}

// Oldest is when the order that was accepted first among those in a state was; zero where there is none.
func (s *Store) Oldest(ctx context.Context, state State) (time.Time, error) {
	z, err := s.rdb.ZRangeWithScores(ctx, s.key.In(state), 0, 0).Result()
	if err != nil {
		return time.Time{}, fmt.Errorf("oldest %s order: %w", state, err)
	}
	if len(z) == 0 {
		return time.Time{}, nil
	}
	return time.UnixMilli(int64(z[0].Score)).UTC(), nil
}
