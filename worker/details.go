package worker

import (
	"context"
	"sync"

	"orderq/yeastar"
)

// details reads an order's details once and keeps them: who an order is for does not change, and a reading
// of the list repeats. Status does change, so polling does not come here.
type details struct {
	client *yeastar.Client
	mu     sync.Mutex
	known  map[string]yeastar.OrderDetails
	order  []string // oldest first
}

// maxDetails bounds the memory: raw answers of some kilobytes each.
const maxDetails = 2000

func newDetails(c *yeastar.Client) *details {
	return &details{client: c, known: map[string]yeastar.OrderDetails{}}
}

func (d *details) of(ctx context.Context, id string) (yeastar.OrderDetails, error) {
	d.mu.Lock()
	got, ok := d.known[id]
	d.mu.Unlock()
	if ok {
		return got, nil
	}
	got, err := d.client.OrderDetails(ctx, id)
	if err != nil {
		return got, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.known[id]; !ok {
		d.known[id] = got
		d.order = append(d.order, id)
		if len(d.order) > maxDetails {
			delete(d.known, d.order[0])
			d.order = d.order[1:]
		}
	}
	return got, nil
}
