//go:build crashpoints && linux

package main_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/yeastar/yeastartest"
)

// Two workers, a hundred orders, ten kills wherever they happen to be: by a count of moves and a seed, so
// that the schedule is the same each time though what it hits is not.
func TestAHundredOrdersOutliveTenKills(t *testing.T) {
	t.Parallel()
	const orders, kills, seed = 100, 10, 4711
	s := newSite(t, yeastartest.Options{PBXs: orders + 10})
	workers := []*process{s.worker("worker 0", "ORDERQ_CONCURRENCY=4")}
	s.warm()
	s.portal.SetLatency(20 * time.Millisecond) // or hardly a kill would meet a request
	workers = append(workers, s.worker("worker 1", "ORDERQ_CONCURRENCY=4"))
	moves := s.events()
	if _, err := moves.next(t.Context()); err != nil { // the warm-up's
		t.Fatal(err)
	}

	var all []store.Order
	pbxs := s.portal.PBXs()[2 : orders+2]
	left := 2                 // the workers' moves until the next kill; all kills together need fewer than the orders make
	place := func(most int) { // as the workers go along: on a slow machine they would be done before the first kill
		for range min(most, len(pbxs)-len(all)) {
			i := len(all)
			all = append(all, s.place(minutes("storm-"+strconv.Itoa(i), pbxs[i].ProductNo)))
			left++ // its acceptance is none of theirs
		}
	}
	place(20)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	die := rand.New(rand.NewPCG(seed, seed))
	for killed := 0; killed < kills; {
		if left > 0 {
			n, err := moves.next(ctx)
			if err != nil {
				t.Fatalf("after %d kills: %v", killed, err)
			}
			left -= n
			place(4)
			continue
		}
		victim := die.IntN(len(workers))
		workers[victim].kill()
		killed++
		workers[victim] = s.worker("worker "+strconv.Itoa(victim)+", killed "+strconv.Itoa(killed), "ORDERQ_CONCURRENCY=4")
		left += 4 + die.IntN(16) // many may have been read at once
	}
	place(orders)

	hit := map[string]int{}
	for _, o := range all {
		o = s.await(o.ID)
		if o.State == store.Review && o.Evidence.Resends > 0 && strings.Contains(o.Reason, "sent again once already") && s.requests(o) == 0 {
			// Killed twice between its gate and its request: a machine sends an order again only once.
			hit["left to a person"]++
			continue
		}
		s.placedOnce(o)
		switch {
		case o.Crashes > 0:
			hit["in preparation"]++
		case o.Attempt > 1:
			hit["sent again"]++
		case o.Via != store.ViaAnswer:
			hit["known by "+string(o.Via)]++
		}
	}
	t.Logf("what the kills hit: %v", hit)
	if len(hit) == 0 {
		t.Error("ten kills hit no order: this proves nothing")
	}
	if made := len(s.portal.Ledger().Orders); made != orders+1-hit["left to a person"] {
		t.Errorf("the portal has %d orders, want %d and the warm-up's", made, orders)
	}
}
