package worker_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/hook"
	"orderq/worker"
	"orderq/yeastar/yeastartest"
)

func loopbackHooks(c *worker.Config) {
	c.WebhookAllow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

// webhookOf adds an endpoint that tells what it hears.
func (r *rig) webhookOf(answer http.HandlerFunc) <-chan store.Order {
	r.t.Helper()
	heard := make(chan store.Order, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var m struct {
			Type string
			Data store.Order
		}
		body, err := io.ReadAll(req.Body)
		if err != nil || json.Unmarshal(body, &m) != nil {
			return // it was hung up on
		}
		if answer != nil {
			answer(w, req)
		}
		if m.Type == "order.placed" {
			heard <- m.Data
		}
	}))
	r.t.Cleanup(server.Close)
	_, _, err := hook.Of(r.room.Store).Add(r.t.Context(), hook.Endpoint{URL: server.URL, Enabled: true})
	r.must(err)
	return heard
}

// hears waits for these orders, in whatever order.
func (r *rig) hears(heard <-chan store.Order, ids ...string) {
	r.t.Helper()
	missing := map[string]bool{}
	for _, id := range ids {
		missing[id] = true
	}
	over := time.After(patience)
	for len(missing) > 0 {
		select {
		case o := <-heard:
			delete(missing, o.ID)
		case <-over:
			r.t.Fatalf("nobody was told of %v", missing)
		}
	}
}

func TestWebhooksAreToldByOneWorkerAndByAnotherOnceThatIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{}, loopbackHooks)
	heard := r.webhookOf(nil)
	first, err := worker.New(r.cfg)
	r.must(err)
	r.must(first.Start(t.Context()))
	r.start()
	a := r.place(minutes("a", r.portal.PBXs()[0].ProductNo, 10))
	r.await(a.ID, store.Placed)
	r.hears(heard, a.ID)
	first.Shutdown() // whichever of the two has the office, the other is there
	b := r.place(minutes("b", r.portal.PBXs()[1].ProductNo, 10))
	r.await(b.ID, store.Placed)
	r.hears(heard, b.ID)
}

func TestNoOrderWaitsForAWebhookThatHangs(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{}, loopbackHooks)
	letGo := make(chan struct{})
	r.webhookOf(func(http.ResponseWriter, *http.Request) { <-letGo })
	t.Cleanup(func() { close(letGo) }) // before the server waits for its handlers
	w, err := worker.New(r.cfg)
	r.must(err)
	r.must(w.Start(t.Context()))
	var ids []string
	for i := range 20 {
		ids = append(ids, r.place(minutes(ref(i), r.portal.PBXs()[i].ProductNo, 10)).ID)
	}
	for _, id := range ids {
		r.await(id, store.Placed)
	}
	w.Shutdown() // nor does a worker that stops
}
