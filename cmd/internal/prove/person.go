package prove

import (
	"context"
	"time"

	"orderq/store"
)

// person does what the account's owner does after a halt of orderq's own: looks, and resumes. Where the run has one who
// decides, they decide about orders in review, too, by what they see at the portal.
func (r *run) person(ctx context.Context) {
	for wait(ctx, 200*time.Millisecond) == nil {
		s, err := r.fleet.Read(ctx)
		if err == nil && s.Halt != nil && r.fleet.Resume(ctx, "prove", "looked: "+s.Halt.Note) == nil {
			r.mu.Lock()
			r.resumed++
			r.mu.Unlock()
		}
		if r.o.Person {
			r.decide(ctx)
		}
	}
}

// decide decides about some orders in review with the command that people use: what the portal has is placed, what it
// has not is dropped. The command refuses what its evidence speaks against, and what the portal's list does not show yet:
// those come up again.
func (r *run) decide(ctx context.Context) {
	var some []store.Order
	err := r.store.Each(ctx, store.Filter{States: []store.State{store.Review}, Limit: 5}, func(o store.Order) error {
		some = append(some, o)
		return nil
	})
	if err != nil || len(some) == 0 {
		return
	}
	ledger := r.portal.Ledger()
	for _, o := range some {
		args := []string{"order", "resolve", o.ID, "--by", "prove", "--note", "looked at the portal"}
		switch there := ledger.Committed(o.ID); len(there) {
		case 0:
			args = append(args, "--drop")
		case 1:
			args = append(args, "--placed", there[0].OrderNo)
		default:
			continue // the verdict tells of it
		}
		if ok, _ := r.batches.command(ctx, 0, args...); ok {
			r.mu.Lock()
			r.decided++
			r.mu.Unlock()
		}
	}
}
