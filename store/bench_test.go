package store_test

import (
	"fmt"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
)

// Each iteration has an order and a target of its own: what a batch over many PBXs does.

func BenchmarkGate(b *testing.B) {
	r := storetest.Best(b)
	mark := marked(b, r.Store)
	orders := make([]store.Order, b.N)
	for i := range orders {
		orders[i] = prepared(b, r.Store, fmt.Sprint("oq", i), fmt.Sprint("pbx", i))
	}
	rate := store.Rate{Interval: time.Microsecond, Tolerance: time.Hour} // asked, and never refused
	b.ResetTimer()
	for i, o := range orders {
		sub := submission(o, mark, fmt.Sprint("g", i))
		sub.Rate = rate
		if p, err := r.Store.Gate(b.Context(), o, sub); err != nil || !p.Through {
			b.Fatalf("%+v, %v", p, err)
		}
	}
}

// BenchmarkHappyPath is all that the store does for an order that is placed at once: four round trips.
func BenchmarkHappyPath(b *testing.B) {
	r := storetest.Best(b)
	mark := marked(b, r.Store)
	before := used(b, r)
	b.ResetTimer()
	for i := range b.N {
		id := fmt.Sprint("oqkj4thvgdmn4trk6pelt", 10000+i)
		o := prepared(b, r.Store, id, fmt.Sprint("3658B4311196", i))
		p, err := r.Store.Gate(b.Context(), o, submission(o, mark, "gate-"+id))
		if err != nil || !p.Through {
			b.Fatalf("%+v, %v", p, err)
		}
		if _, err := r.Store.Record(b.Context(), p.Order, found(store.Placed, fmt.Sprint(3048571730026938368+i))); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if r.Real {
		b.ReportMetric(float64(used(b, r)-before)/float64(b.N), "redis-B/order")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}

// used is what a real Redis' data takes, in bytes: without the connection buffers and the allocator's slack.
func used(b *testing.B, r *storetest.Room) int64 {
	b.Helper()
	if !r.Real {
		return 0
	}
	n, err := r.Redis.Do(b.Context(), "MEMORY", "STATS").Result()
	if err != nil {
		b.Fatal(err)
	}
	switch stats := n.(type) {
	case map[any]any:
		if v, ok := stats["dataset.bytes"].(int64); ok {
			return v
		}
	case []any:
		for i := 0; i+1 < len(stats); i += 2 {
			if v, ok := stats[i+1].(int64); ok && stats[i] == "dataset.bytes" {
				return v
			}
		}
	}
	b.Fatal("MEMORY STATS has no dataset.bytes")
	return 0
}
