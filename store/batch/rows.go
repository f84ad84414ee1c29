package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"orderq/store"
)

// Row is a row of the file, as its batch keeps it.
type Row struct {
	N         int      `json:"-"`                   // its number, from 1; 0: of an earlier file, not in the last
	Order     string   `json:"-"`                   // the order's id; "": none came of it
	Line      int      `json:"line"`                // where it began in its file
	Cells     []string `json:"cells,omitempty"`     // as they were read
	Reference string   `json:"reference,omitempty"` // its order's
	First     string   `json:"-"`                   // the order that it came with, where another took its place; else ""
	Invalid   string   `json:"invalid,omitempty"`   // why no order came of it
}

// Text is what AcceptRows is given of a row.
func (r Row) Text() ([]byte, error) { return json.Marshal(r) }

// rowsChunk is how many rows one round trip reads.
const rowsChunk = 500

// Each gives the rows of the file last applied, in its order, then those that only earlier ones had, each with its
// order; the zero Order where there is none. Memory stays flat however many there are.
func (b *Batches) Each(ctx context.Context, id string, do func(Row, store.Order) error) error {
	for from := 1; ; from += rowsChunk {
		fields := make([]string, rowsChunk)
		for i := range fields {
			fields[i] = strconv.Itoa(from + i)
		}
		values, err := b.rdb.HMGet(ctx, b.key.BatchRows(id), fields...).Result()
		if err != nil {
			return fmt.Errorf("read rows of batch %s: %w", id, err)
		}
		var rows []Row
		for i, v := range values {
			text, there := v.(string)
			if !there {
				continue // one that was never accepted: its apply was cut off and a later one is in front of it
			}
			r, err := parseRow(id, text)
			if err != nil {
				return err
			}
			r.N = from + i
			rows = append(rows, r)
		}
		if len(rows) == 0 {
			break
		}
		if err := b.withOrders(ctx, id, rows, do); err != nil {
			return err
		}
	}
	earlier, err := b.earlier(ctx, id)
	if err != nil {
		return err
	}
	return b.withOrders(ctx, id, earlier, do)
}

// earlier are the rows that only files before the last had.
func (b *Batches) earlier(ctx context.Context, id string) ([]Row, error) {
	var rows []Row
	it := b.rdb.HScan(ctx, b.key.BatchRows(id), 0, "old:*", 1000).Iterator()
	for it.Next(ctx) {
		if !it.Next(ctx) { // field, value
			break
		}
		r, err := parseRow(id, it.Val())
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	if err := it.Err(); err != nil {
		return nil, fmt.Errorf("read rows of batch %s: %w", id, err)
	}
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].Line < rows[j].Line })
	return rows, nil
}

func parseRow(id, text string) (r Row, err error) {
	order, row, _ := strings.Cut(text, " ")
	if err := json.Unmarshal([]byte(row), &r); err != nil {
		return r, fmt.Errorf("read rows of batch %s: %w", id, err)
	}
	r.Order = order
	return r, nil
}

// follow puts the orders that took the place of others into their rows.
func (b *Batches) follow(ctx context.Context, id string, rows []Row) error {
	var moved []int
	for i, r := range rows {
		if r.Order != "" {
			moved = append(moved, i)
		}
	}
	for len(moved) > 0 {
		fields := make([]string, len(moved))
		for k, i := range moved {
			fields[k] = "next:" + rows[i].Order
		}
		values, err := b.rdb.HMGet(ctx, b.key.BatchRows(id), fields...).Result()
		if err != nil {
			return fmt.Errorf("read rows of batch %s: %w", id, err)
		}
		still := moved[:0]
		for k, v := range values {
			text, there := v.(string)
			if !there {
				continue
			}
			next, err := parseRow(id, text)
			if err != nil {
				return err
			}
			r := &rows[moved[k]]
			if r.First == "" {
				r.First = r.Order
			}
			r.Order, r.Reference = next.Order, next.Reference
			still = append(still, moved[k])
		}
		moved = still
	}
	return nil
}

func (b *Batches) withOrders(ctx context.Context, id string, rows []Row, do func(Row, store.Order) error) error {
	for len(rows) > 0 {
		n := min(len(rows), rowsChunk)
		if err := b.follow(ctx, id, rows[:n]); err != nil {
			return err
		}
		var ids []string
		for _, r := range rows[:n] {
			if r.Order != "" {
				ids = append(ids, r.Order)
			}
		}
		orders, err := b.store.GetMany(ctx, ids)
		if err != nil {
			return err
		}
		byID := make(map[string]store.Order, len(orders))
		for _, o := range orders {
			byID[o.ID] = o
		}
		for _, r := range rows[:n] {
			if err := do(r, byID[r.Order]); err != nil {
				return err
			}
		}
		rows = rows[n:]
	}
	return nil
}

// Counts is what the rows of a batch have come to.
type Counts struct {
	Rows    int                 // of the file last applied, as far as it was read
	Invalid int                 // of those, without an order
	Earlier int                 // orders that only earlier files asked for; in States too
	States  map[store.State]int // orders by state
	// Satisfied are those of the rejected that wanted nothing more: their PBX has what they ask for.
	Satisfied int
	Waiting   map[store.Waiting]int // held and accepted ones by what they wait for
}

// Open is how many orders are not final.
func (c Counts) Open() int {
	n := 0
	for s, k := range c.States {
		if !s.Final() {
			n += k
		}
	}
	return n
}

// Unsent is how many orders were never sent, or are on their way to that again: what a batch that stops keeps back.
func (c Counts) Unsent() int {
	return c.States[store.Held] + c.States[store.Accepted] + c.States[store.Preparing]
}

// Count reads the state of every order of a batch: some milliseconds for a thousand. An order whose place another took
// does not count.
func (b *Batches) Count(ctx context.Context, id string) (Counts, error) {
	c := Counts{States: map[store.State]int{}, Waiting: map[store.Waiting]int{}}
	orders, replaced := map[string]bool{}, map[string]bool{}
	seen := map[string]bool{} // HSCAN may give a field twice
	it := b.rdb.HScan(ctx, b.key.BatchRows(id), 0, "", 1000).Iterator()
	for it.Next(ctx) {
		field := it.Val()
		if !it.Next(ctx) {
			break
		}
		what, of, _ := strings.Cut(field, ":")
		if what == "at" || seen[field] {
			continue
		}
		seen[field] = true
		order, _, _ := strings.Cut(it.Val(), " ")
		if order != "" {
			orders[order] = true
		}
		switch {
		case what == "next":
			replaced[of] = true
		case what == "old":
			c.Earlier++
		case order == "":
			c.Rows++
			c.Invalid++
		default:
			c.Rows++
		}
	}
	if err := it.Err(); err != nil {
		return c, fmt.Errorf("count batch %s: %w", id, err)
	}
	var some []string
	for order := range orders {
		if replaced[order] {
			continue
		}
		if some = append(some, order); len(some) == 1000 {
			if err := b.count(ctx, some, &c); err != nil {
				return c, err
			}
			some = some[:0]
		}
	}
	return c, b.count(ctx, some, &c)
}

func (b *Batches) count(ctx context.Context, orders []string, c *Counts) error {
	if len(orders) == 0 {
		return nil
	}
	replies := make([]*redis.SliceCmd, len(orders))
	_, err := b.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range orders {
			replies[i] = p.HMGet(ctx, b.key.Order(id), "state", "wait")
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count %d orders: %w", len(orders), err)
	}
	var rejected []string
	for i, r := range replies {
		v := r.Val()
		if state, there := v[0].(string); there {
			c.States[store.State(state)]++
			if store.State(state) == store.Rejected {
				rejected = append(rejected, orders[i])
			}
		}
		if wait, there := v[1].(string); there {
			c.Waiting[store.Waiting(wait)]++
		}
	}
	ended, err := b.store.GetMany(ctx, rejected)
	if err != nil {
		return fmt.Errorf("count %d orders: %w", len(orders), err)
	}
	for _, o := range ended {
		if o.Satisfied() {
			c.Satisfied++
		}
	}
	return nil
}
