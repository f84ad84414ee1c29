package prove

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// producer places the orders, as an app does that keeps its own list and repeats what it is not sure of.
type producer struct {
	client *tasks.Client
	queue  *asynq.Client
	store  *store.Store
	mu     sync.Mutex
	told   map[string]tasks.Intent // by id: accepted, or put into the queue
	again  int                     // placed once more because their records were gone
}

// intents are a run's orders: minutes and extensions for the PBXs in turn, and a few that name what their PBX shall have.
func intents(o Options, pbxs []yeastartest.PBX) []tasks.Intent {
	all := make([]tasks.Intent, o.Orders)
	for i := range all {
		p := pbxs[i%len(pbxs)]
		all[i] = tasks.Intent{Reference: fmt.Sprintf("p%d-%d", o.Seed, i), Kind: "add_recording_minutes", ProductNo: p.ProductNo, Quantity: 100 + i%900, AllowDuplicate: true}
		if i%5 == 4 {
			all[i].Kind, all[i].Quantity = "expand_extensions", 1
			if ensured(i) {
				all[i].Quantity, all[i].Ensure = 0, targetOf(i, i/len(pbxs), p)
			}
		}
		all[i] = all[i].Normalise()
	}
	return all
}

// place gives one order away; every tenth as a plain task, as a program does that has never heard of us. While
// Redis is away it tries again, as an app would.
func (p *producer) place(ctx context.Context, n int, in tasks.Intent) error {
	for {
		var err error
		if n%10 == 9 {
			_, err = p.queue.EnqueueContext(ctx, asynq.NewTask(tasks.TypePlace, in.Canonical()), asynq.Queue(tasks.QueueOrders))
		} else {
			_, err = p.client.Place(ctx, in)
		}
		if err == nil {
			p.mu.Lock()
			p.told[in.ID()] = in
			p.mu.Unlock()
			return nil
		}
		if wait(ctx, 50*time.Millisecond) != nil {
			return fmt.Errorf("place %s: %w", in.Reference, err)
		}
	}
}

// promise notes orders that somebody was told are accepted.
func (p *producer) promise(all []tasks.Intent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, in := range all {
		p.told[in.ID()] = in
	}
}

// ids are the orders that somebody was told are accepted.
func (p *producer) ids() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := make([]string, 0, len(p.told))
	for id := range p.told {
		ids = append(ids, id)
	}
	return ids
}

// repeat places once more what has no record: Redis has forgotten it, or its task was lost before it had one.
func (p *producer) repeat(ctx context.Context) error {
	ids := p.ids()
	for len(ids) > 0 {
		chunk := ids[:min(500, len(ids))]
		ids = ids[len(chunk):]
		orders, err := p.store.GetMany(ctx, chunk)
		if err != nil {
			return err
		}
		there := map[string]bool{}
		for _, o := range orders {
			there[o.ID] = true
		}
		for _, id := range chunk {
			if there[id] {
				continue
			}
			p.mu.Lock()
			in := p.told[id]
			p.again++
			p.mu.Unlock()
			if _, err := p.client.Place(ctx, in); err != nil {
				return err
			}
		}
	}
	return nil
}
