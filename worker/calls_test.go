package worker_test

import (
	"testing"

	"orderq/store"
	"orderq/worker"
	"orderq/yeastar/yeastartest"
)

// The tutorials' recipe costs four calls an order. With a warm cache ours is the order itself, and a
// watermark now and then.
func TestAThousandOrdersCostAtMost105CallsForAHundred(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{PBXs: 200}, func(c *worker.Config) { c.Concurrency = 32 })
	r.start()
	pbxs := r.portal.PBXs()
	warm := r.place(minutes("warm", pbxs[0].ProductNo, 1))
	r.await(warm.ID, store.Placed)
	before := r.portal.Ledger().Calls

	const orders = 1000
	var ids []string
	for i := range orders {
		in := minutes(ref(i), pbxs[i%len(pbxs)].ProductNo, 10+i)
		if i%3 == 1 && pbxs[i%len(pbxs)].Extensions < 400 {
			in.Kind, in.Quantity = "expand_extensions", 1
		}
		ids = append(ids, r.place(in).ID)
	}
	for _, id := range ids {
		r.await(id, store.Placed)
	}
	calls := 0
	for endpoint, n := range r.portal.Ledger().Calls {
		t.Logf("%-22s %d", endpoint, n-before[endpoint])
		calls += n - before[endpoint]
	}
	if calls > orders*105/100 {
		t.Errorf("%d calls for %d orders, want at most %d", calls, orders, orders*105/100)
	}
	if n := len(r.portal.Ledger().Orders); n != orders+1 {
		t.Errorf("the portal has %d orders, want %d", n, orders+1)
	}
}
