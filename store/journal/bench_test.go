package journal

import (
	"fmt"
	"sync/atomic"
	"testing"
)

// BenchmarkBegin is the price of a send's durability: one caller pays a whole fsync, many share one.
func BenchmarkBegin(b *testing.B) {
	for _, callers := range []int{1, 32} {
		b.Run(fmt.Sprint(callers, "-callers"), func(b *testing.B) {
			var syncs, refs atomic.Int64
			j, err := Open(b.TempDir(), header(), WithSync(func(sync func() error) error { syncs.Add(1); return sync() }))
			if err != nil {
				b.Fatal(err)
			}
			defer j.Close()
			b.SetParallelism(callers) // times GOMAXPROCS
			b.ResetTimer()
			body := func() error {
				ref := fmt.Sprint("r-", refs.Add(1))
				if err := j.Begin(b.Context(), attempt(ref)); err != nil {
					return err
				}
				return j.End(Outcome{Reference: ref, Result: "done", OrderNo: "3048571730026938368"})
			}
			if callers == 1 {
				for b.Loop() {
					if err := body(); err != nil {
						b.Fatal(err)
					}
				}
			} else {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := body(); err != nil {
							b.Error(err)
						}
					}
				})
			}
			b.ReportMetric(float64(syncs.Load())/float64(b.N), "fsyncs/op")
		})
	}
}
