package worker

import (
	"sync"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

// An order comes into the portal's list right behind the page that was read: one pass does not see it.
func TestAReadingHasWhatCameWhileItWasRead(t *testing.T) {
	t.Parallel()
	var once sync.Once
	var l *lone
	pages := 0
	l = newLone(t, storetest.Best(t), func(c *Config) {
		c.Portal.Observe = func(call yeastar.Call, _ yeastar.Answer, _ time.Duration) {
			if call.Endpoint != yeastar.EndpointOrderList {
				return
			}
			if pages++; pages > 1 { // the first is the watermark
				once.Do(func() { l.portal.Place(lonePBX, yeastartest.RecordingID, 10, "") })
			}
		}
	})
	m, err := l.readEnds(t.Context())
	l.must(err)
	r, err := l.readSince(t.Context(), m)
	l.must(err)
	if !r.counts || len(r.rows) != 1 {
		t.Errorf("%d new rows, counts %v (%s); one order came after the watermark", len(r.rows), r.counts, r.why)
	}
}

// That the portal shows somebody's reference on an order of ours proves nothing: it must be that order's own.
func TestAnEchoOfAnotherOrdersReferenceIsNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, shows string
		want        echo
	}{
		{"its own", loneIntent("asked").ID() + "-1", echoShown},
		{"another's", loneIntent("other").ID() + "-1", echoHidden},
		{"its id alone", loneIntent("asked").ID(), echoHidden},
		{"nothing", "", echoHidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLone(t, storetest.Best(t))
			o, _ := l.passed("asked", "journal-1")
			row := l.portal.Place(lonePBX, yeastartest.RecordingID, 10, c.shows)
			_, err := l.store.Record(t.Context(), o, store.Found{To: store.Placed, OrderNo: row.OrderNo, OrderStatus: "succeed", Via: store.ViaAnswer})
			l.must(err)
			l.must(l.fleet.AskEchoOf(t.Context(), row.OrderNo))
			l.must(l.askEcho(t.Context()))
			if got := l.echo(); got != c.want {
				t.Errorf("echo %d, want %d", got, c.want)
			}
		})
	}
}

// After a Redis that forgot, several orders for one PBX may be in doubt at once. Which of them a portal order is, that
// bears no reference, is known by what it is for.
func TestAnOrderInDoubtForSomethingElseIsNoRival(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ quantity, want int }{{20, 0}, {10, 1}} {
		l := newLone(t, storetest.Best(t))
		o, _ := l.passed("first", "journal-1")
		o, err := l.store.Doubt(t.Context(), o, "no answer", "", time.Hour)
		l.must(err)
		in := loneIntent("second")
		in.Quantity = c.quantity
		second, _, err := l.store.Accept(t.Context(), tasks.NewOrder(in, tasks.QueueOrders))
		l.must(err)
		res, err := l.resolver.Resolve(t.Context(), in)
		l.must(err)
		request := res.Request
		request.PONumber = tasks.AttemptReference(second.ID, 1)
		_, err = l.store.Recall(t.Context(), second, store.Sent{N: 1, Nonce: "forgotten", Reference: request.PONumber, PONumber: request.PONumber,
			Sender: "journal-2", Body: marshal(t, request), At: o.SubmittedAt, Deadline: o.Evidence.Deadline})
		l.must(err)
		row := l.portal.Place(lonePBX, yeastartest.RecordingID, 10, "")
		v, err := l.view(t.Context(), []store.Order{o})
		l.must(err)
		s, err := l.sightOf(t.Context(), o, v)
		l.must(err)
		if len(s.fits) != 1 || s.fits[0] != row.OrderNo || s.rivals != c.want {
			t.Errorf("beside one for %d: %q fit, %d rivals, want %d", c.quantity, s.fits, s.rivals, c.want)
		}
	}
}
