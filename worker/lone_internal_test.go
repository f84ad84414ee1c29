package worker

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/journal"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

// lone is a worker that was not started: a test takes its steps one by one, and nothing runs beside them.
type lone struct {
	*Worker
	t      *testing.T
	room   *storetest.Room
	portal *yeastartest.Server
}

// loneConn lets asynq use the room's own line.
type loneConn struct{ o *redis.Options }

func (c loneConn) MakeRedisClient() any { return redis.NewClient(c.o) }

func newLone(t *testing.T, room *storetest.Room, tune ...func(*Config)) *lone {
	t.Helper()
	l := &lone{t: t, room: room, portal: yeastartest.Start(yeastartest.Options{})}
	t.Cleanup(l.portal.Close)
	l.Worker = l.beside(t.TempDir(), tune...)
	return l
}

// beside is another worker at the same portal and Redis, with a journal folder that may be another host's.
func (l *lone) beside(dir string, tune ...func(*Config)) *Worker {
	l.t.Helper()
	cfg := Config{
		Redis: l.room.Redis, Queue: loneConn{l.room.Options}, Journal: dir, BillingContact: "billing@example.com",
		Portal: yeastar.Config{BaseURL: l.portal.URL(), ClientID: l.portal.ClientID(), ClientSecret: yeastar.Secret(l.portal.ClientSecret())},
	}
	for _, f := range tune {
		f(&cfg)
	}
	w, err := New(cfg)
	l.must(err)
	l.t.Cleanup(w.portal.Close)
	return w
}

func (l *lone) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// book is a send journal of this worker's host.
func (l *lone) book() *journal.Journal {
	l.t.Helper()
	j, err := journal.Open(l.cfg.Journal, l.header("l"))
	l.must(err)
	l.t.Cleanup(func() { _ = j.Close() })
	return j
}

func (l *lone) get(id string) store.Order {
	l.t.Helper()
	o, err := l.store.Get(l.t.Context(), id)
	l.must(err)
	return o
}

const lonePBX = "3658B431119665QJ"

func loneIntent(reference string) tasks.Intent {
	return tasks.Intent{Reference: reference, Kind: "add_recording_minutes", ProductNo: lonePBX, Quantity: 10, AllowDuplicate: true}.Normalise()
}

// passed sends an order through the gate, with the body that it would be sent with.
func (l *lone) passed(reference, sender string) (store.Order, yeastar.Submission) {
	l.t.Helper()
	ctx, in := l.t.Context(), loneIntent(reference)
	_, _, err := l.store.Accept(ctx, tasks.NewOrder(in, tasks.QueueOrders))
	l.must(err)
	o, mine, err := l.store.Take(ctx, in.ID(), store.Delivery{Worker: l.id, Nonce: nonce(), Silence: time.Hour, Within: time.Minute})
	if err != nil || !mine {
		l.t.Fatalf("take: mine %v, %v", mine, err)
	}
	res, err := l.resolver.Resolve(ctx, in)
	l.must(err)
	mark, err := l.marks.current(ctx)
	l.must(err)
	request := res.Request
	request.PONumber = tasks.AttemptReference(o.ID, 1)
	body := marshal(l.t, request)
	p, err := l.store.Gate(ctx, o, store.Submission{
		Nonce: nonce(), Sender: sender, Reference: request.PONumber, PONumber: request.PONumber, Body: body,
		Resolved: resolvedRecord(o, res), Within: l.cfg.within(), Watermark: mark,
	})
	if err != nil || !p.Through {
		l.t.Fatalf("gate: %+v, %v", p, err)
	}
	return p.Order, yeastar.Submission{Body: body, From: l.cfg.Now(), Within: l.cfg.sendWindow()}
}

// inDoubt is an order in doubt whose sender is finished, and which the portal has.
func (l *lone) inDoubt() store.Order {
	l.t.Helper()
	book := l.book()
	o, _ := l.passed("there", book.Name())
	l.must(book.Close())
	l.portal.Place(lonePBX, yeastartest.RecordingID, 10, o.PONumber)
	o, err := l.store.Doubt(l.t.Context(), o, "no answer", "", time.Hour)
	l.must(err)
	return o
}
