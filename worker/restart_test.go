package worker_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"orderq/store"
	"orderq/tasks"
	"orderq/worker"
)

// Redis is started again with 5,000 orders waiting and three hosts alive: nobody is needed, and the time until orders
// are sent again is printed (go test ./worker -run FiveThousand -v).
func TestFiveThousandWaitingOrdersGoOnAfterARestartOfRedis(t *testing.T) {
	t.Parallel()
	const n = 5000
	// The rhythm that workers have unless told otherwise.
	r := durableRig(t, func(c *worker.Config) { c.HeartbeatEvery, c.SweepEvery = 2*time.Second, time.Second })
	if r == nil {
		return
	}
	r.must(r.room.Fleet.HaltBy(t.Context(), "eve", "until all are accepted"))
	r.start()
	r.start(another(t))
	r.start(another(t))
	pbxs := r.portal.PBXs()
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(64)
	for i := range n {
		g.Go(func() error {
			in := minutes(fmt.Sprint("w-", i), pbxs[i%len(pbxs)].ProductNo, 1+i/len(pbxs)).Normalise()
			_, _, err := r.room.Store.Accept(ctx, tasks.NewOrder(in, tasks.QueueOrders))
			return err
		})
	}
	r.must(g.Wait())
	r.must(r.room.Fleet.Resume(t.Context(), "eve", "all are"))
	placed := func(ctx context.Context) int {
		counts, err := r.room.Store.Counts(ctx)
		if err != nil {
			return 0
		}
		return int(counts[store.Placed])
	}
	r.eventually("some are placed", func(ctx context.Context) bool { return placed(ctx) >= 50 })
	r.room.Restart()
	began := time.Now()
	before := placed(t.Context())
	r.eventually("orders are sent again", func(ctx context.Context) bool { return placed(ctx) >= before+50 })
	counts, err := r.room.Store.Counts(t.Context())
	r.must(err)
	t.Logf("%d orders waiting, 3 hosts: 50 more were placed %.2f s after Redis was back", counts[store.Accepted], time.Since(began).Seconds())
	if s := r.halted(t.Context()); s != "" {
		t.Errorf("halted: %s", s)
	}
	if counts[store.Unknown]+counts[store.Review]+counts[store.Accepted] == 0 {
		t.Error("none was waiting any more")
	}
}
