package api

import (
	"context"
	"sync"
	"time"

	"orderq/cmd/internal/office"
)

// lookEvery is the pause between two looks for news; nobody looks while nobody listens.
const lookEvery = 100 * time.Millisecond

// news says that something has happened: one look at Redis for all listeners, each of whom then reads what it wants,
// from where it is. So a slow listener keeps nobody waiting and fills no memory.
type news struct {
	office    *office.Office
	heartbeat time.Duration

	mu        sync.Mutex
	listeners int
	stop      context.CancelFunc // of the looking, while somebody listens
	done      chan struct{}
	heard     chan struct{} // closed at the next news
}

func newNews(o *office.Office) *news {
	return &news{office: o, heartbeat: heartbeat, heard: make(chan struct{})}
}

// join adds a listener; leave when it goes.
func (n *news) join(closing context.Context) (leave func(), err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case closing.Err() != nil:
		return nil, problem("stopping", "the server is stopping: come again in a moment")
	case n.listeners >= mostListeners:
		return nil, problem("too-many-requests", "%d clients follow the events already: come again later, or let one follow for all of yours", n.listeners)
	}
	if n.listeners++; n.listeners == 1 {
		ctx, stop := context.WithCancel(closing)
		n.stop, n.done = stop, make(chan struct{})
		go n.look(ctx, n.done)
	}
	return n.leave, nil
}

func (n *news) leave() {
	n.mu.Lock()
	n.listeners--
	var done chan struct{}
	if n.listeners == 0 {
		n.stop()
		done = n.done
	}
	n.mu.Unlock()
	if done != nil {
		<-done
	}
}

// next is closed at the next news.
func (n *news) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.heard
}

// look looks for news until ctx ends. Where Redis does not answer, the listeners find out when they read.
func (n *news) look(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	last := ""
	for {
		id, err := lastEvent(ctx, n.office.Redis, n.office.Store.Keys().Events())
		if err != nil {
			id = "" // whoever waits is woken, and ends
		}
		if id != last || err != nil {
			last = id
			n.mu.Lock()
			close(n.heard)
			n.heard = make(chan struct{})
			n.mu.Unlock()
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}
