package storetest_test

import (
	"runtime"
	"testing"

	"github.com/redis/go-redis/v9"

	"orderq/store/storetest"
)

// A worker has a dozen clients and a package's tests have hundreds of workers: with ten megabytes each, as go-redis makes
// them for a pool of this size unless told otherwise, tests took 14 GB, and what ran beside them was killed.
func TestAClientOfARoomIsSmall(t *testing.T) { // not parallel: it looks at what the process allocates
	room := storetest.Embedded(t)
	const clients = 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range clients {
		o := *room.Options
		if err := redis.NewClient(&o).Close(); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / clients; each > 1<<20 {
		t.Errorf("a client takes %d kB, want less than a megabyte", each>>10)
	}
}
