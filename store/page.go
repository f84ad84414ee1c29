package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Place is an order's in the list of all: by when it was accepted, and by id among those of one millisecond. It never
// changes. The zero value comes before the first.
type Place struct {
	At time.Time
	ID string
}

// before orders as the list does: the newest first.
func (p Place) before(q Place) bool {
	if a, b := p.At.UnixMilli(), q.At.UnixMilli(); a != b {
		return a > b
	}
	return p.ID > q.ID
}

const (
	// pageChunk is how many places of each state one round trip reads.
	pageChunk = 128
	// pageLooks is how many records one page looks at, at most: a filter that fits hardly any order must not make one
	// request read them all.
	pageLooks = 4096
)

// Page gives up to f.Limit orders that fit (0: as many as it looks at), the newest accepted first whatever their
// states, beginning behind a place; next is the place that the following page begins behind, and more is false where
// none follows. It may give fewer than Limit, or none, although more follow: it looks at some thousand records at most.
//
// An order that moves on while pages are read is neither missed nor given twice.
func (s *Store) Page(ctx context.Context, f Filter, after Place) (orders []Order, next Place, more bool, err error) {
	for looked := 0; looked < pageLooks; {
		places, whole, err := s.behind(ctx, f, after)
		if err != nil {
			return nil, after, false, err
		}
		ids := make([]string, len(places))
		for i, p := range places {
			ids[i] = p.ID
		}
		records, err := s.GetMany(ctx, ids)
		if err != nil {
			return nil, after, false, err
		}
		byID := make(map[string]Order, len(records))
		for _, o := range records {
			byID[o.ID] = o
		}
		for i, p := range places {
			after = p
			looked++
			o, there := byID[p.ID]
			if !there || !f.Fits(o) {
				continue
			}
			if orders = append(orders, o); len(orders) == f.Limit {
				return orders, after, !whole || i < len(places)-1, nil
			}
		}
		if whole {
			return orders, after, false, nil
		}
	}
	return orders, after, true, nil
}

// Fits says whether an order is one of those that are asked for.
func (f Filter) Fits(o Order) bool {
	return f.fits(o) && (len(f.States) == 0 || slices.Contains(f.States, o.State)) &&
		!o.AcceptedAt.Before(f.Since) && (f.Until.IsZero() || !o.AcceptedAt.After(f.Until))
}

// behind gives the next places of the list, from all indexes at one moment; whole says that there are no others.
func (s *Store) behind(ctx context.Context, f Filter, after Place) (places []Place, whole bool, err error) {
	var indexes []string
	switch {
	case f.ProductNo != "":
		indexes = []string{s.key.PBX(f.ProductNo)}
	case len(f.States) > 0:
		for _, state := range f.States {
			indexes = append(indexes, s.key.In(state))
		}
	default:
		for _, state := range States() {
			indexes = append(indexes, s.key.In(state))
		}
	}
	from, ties := bound(f.Until, "+inf"), ""
	if after.ID != "" && (f.Until.IsZero() || !f.Until.Before(after.At)) {
		ties = strconv.FormatInt(after.At.UnixMilli(), 10)
		from = "(" + ties
	}
	var below, beside []*redis.ZSliceCmd
	_, err = s.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for _, key := range indexes {
			below = append(below, p.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{
				Key: key, ByScore: true, Rev: true, Start: from, Stop: bound(f.Since, "-inf"), Count: pageChunk,
			}))
			if ties != "" && !after.At.Before(f.Since) {
				beside = append(beside, p.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: key, ByScore: true, Rev: true, Start: ties, Stop: ties}))
			}
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("list orders: %w", err)
	}
	whole = true
	var edge Place // behind it an index may have more than was read
	for _, cmd := range below {
		some := placesOf(cmd.Val())
		if len(some) == pageChunk {
			if last := some[len(some)-1]; whole || last.before(edge) {
				edge, whole = last, false
			}
		}
		places = append(places, some...)
	}
	for _, cmd := range beside {
		for _, p := range placesOf(cmd.Val()) {
			if after.before(p) {
				places = append(places, p)
			}
		}
	}
	slices.SortFunc(places, func(a, b Place) int {
		switch {
		case a.before(b):
			return -1
		case b.before(a):
			return 1
		}
		return 0
	})
	places = slices.Compact(places)
	if !whole {
		places = slices.DeleteFunc(places, func(p Place) bool { return edge.before(p) })
	}
	return places, whole, nil
}

func placesOf(members []redis.Z) []Place {
	out := make([]Place, len(members))
	for i, z := range members {
		out[i] = Place{At: time.UnixMilli(int64(z.Score)).UTC(), ID: fmt.Sprint(z.Member)}
	}
	return out
}

// String is the place as a word that ParsePlace reads back.
func (p Place) String() string { return strconv.FormatInt(p.At.UnixMilli(), 10) + "-" + p.ID }

// ParsePlace reads what String gave; ok is false where it was something else.
func ParsePlace(text string) (p Place, ok bool) {
	ms, id, ok := strings.Cut(text, "-")
	n, err := strconv.ParseInt(ms, 10, 64)
	if !ok || err != nil || n < 0 || n > 1<<52 || id == "" {
		return Place{}, false
	}
	return Place{At: time.UnixMilli(n).UTC(), ID: id}, true
}
