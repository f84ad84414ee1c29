//go:build crashpoints && linux

package main_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// site is a Redis, a portal in this process whose ledger is the oracle, and one host's journal folder.
type site struct {
	t       testing.TB
	room    *storetest.Room
	portal  *yeastartest.Server
	client  *tasks.Client
	queue   *asynq.Client
	journal string
	extra   int // deliveries made by deliver
}

type conn struct{ o *redis.Options }

func (c conn) MakeRedisClient() any { return redis.NewClient(c.o) }

func newSite(t testing.TB, o yeastartest.Options) *site {
	t.Helper()
	if !storetest.Available(t) { // in CI that has failed the test already
		t.Skip("redis-server is not on the PATH, and other processes cannot use the embedded one")
	}
	s := &site{t: t, room: storetest.Real(t), portal: yeastartest.Start(o), journal: t.TempDir()}
	t.Cleanup(s.portal.Close)
	s.queue = asynq.NewClient(conn{s.room.Options})
	t.Cleanup(func() { _ = s.queue.Close() })
	s.client = tasks.NewClient(s.room.Store, s.queue)
	return s
}

// env is the whole environment of a process, with short times: the deadline of an attempt is three call
// timeouts after its gate. Later settings win.
func (s *site) env(settings ...string) []string {
	return append([]string{
		"ORDERQ_REDIS_URL=unix://" + s.room.Options.Addr,
		"YEASTAR_BASE_URL=" + s.portal.URL(), "YEASTAR_CLIENT_ID=" + s.portal.ClientID(), "YEASTAR_CLIENT_SECRET=" + s.portal.ClientSecret(),
		"ORDERQ_BILLING_CONTACT=billing@example.com", "ORDERQ_JOURNAL=" + s.journal,
		"ORDERQ_CALL_TIMEOUT=1s", "ORDERQ_SETTLE=500ms", "ORDERQ_SWEEP_EVERY=50ms", "ORDERQ_HEARTBEAT_EVERY=100ms",
		"ORDERQ_BREAKER_OPEN=200ms", "ORDERQ_RATE=unlimited", "ORDERQ_CONCURRENCY=8", "ORDERQ_LOG_FORMAT=json",
	}, settings...)
}

// worker starts `orderq worker`.
func (s *site) worker(name string, settings ...string) *process {
	s.t.Helper()
	return run(s.t, name, s.env(settings...), "worker")
}

func (s *site) place(in tasks.Intent) store.Order {
	s.t.Helper()
	p, err := s.client.Place(s.t.Context(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	return p.Order
}

// warm has a worker place one order and see its reference at the portal: without that proof nothing absent
// is sent again by machine.
func (s *site) warm() {
	s.t.Helper()
	s.await(s.place(minutes("warm-up", yeastartest.TutorialHAPBX)).ID)
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Minute)
	defer cancel()
	if err := s.portal.WaitCalls(ctx, yeastartest.CallOrder, 1); err != nil {
		s.t.Fatal(err)
	}
	s.until("the echo is proven", func(ctx context.Context) (bool, error) {
		f, err := s.room.Fleet.Read(ctx)
		return f.Echo.Shown, err
	})
}

// until asks again and again: for what is written without an event that could be waited for.
func (s *site) until(what string, holds func(context.Context) (bool, error)) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Minute)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		ok, err := holds(ctx)
		if err != nil {
			s.t.Fatalf("wait until %s: %v", what, err)
		}
		if ok {
			return
		}
		<-again.C
	}
}

// gone ends a worker in good order, so that it holds no lease.
func (s *site) gone(p *process) {
	s.t.Helper()
	p.signal(syscall.SIGTERM)
	if st := p.status(time.Minute); st.ExitStatus() != 0 {
		s.t.Fatalf("%s: exit %d after SIGTERM", p.name, st.ExitStatus())
	}
}

// await waits until an order is final or a person is needed, woken by the account's events.
func (s *site) await(id string) store.Order {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	events := s.events()
	for {
		o, err := s.room.Store.Get(ctx, id)
		if err == nil && (o.State.Final() || o.State == store.Review) {
			return o
		}
		if _, err := events.next(ctx); err != nil {
			s.t.Fatalf("order %s is %s (waitingFor %q, %s): %v\n%s", id, o.State, o.WaitingFor, o.Reason, err, s.tale(id))
		}
	}
}

// events reads the account's stream from its beginning.
func (s *site) events() *events { return &events{s: s, last: "0"} }

type events struct {
	s    *site
	last string
}

// next waits for further moves and gives their number.
func (e *events) next(ctx context.Context) (int, error) {
	key := e.s.room.Store.Keys().Events()
	for {
		got, err := e.s.room.Redis.XRead(ctx, &redis.XReadArgs{Streams: []string{key, e.last}, Block: time.Second}).Result()
		if errors.Is(err, redis.Nil) && ctx.Err() == nil {
			continue
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if err != nil {
			return 0, err
		}
		m := got[0].Messages
		e.last = m[len(m)-1].ID
		return len(m), nil
	}
}

// tale is an order's history in words.
func (s *site) tale(id string) string {
	entries, err := s.room.Store.History(context.WithoutCancel(s.t.Context()), id)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, e := range entries {
		b.WriteString(e.At.Format("15:04:05.000 ") + string(e.From) + " → " + string(e.To) + " " + e.Reason + "\n")
	}
	return b.String()
}

// placedOnce checks an order against the portal's ledger: one there, and the record has its numbers.
func (s *site) placedOnce(o store.Order) {
	s.t.Helper()
	ledger := s.portal.Ledger()
	there := ledger.Committed(o.ID)
	if o.State != store.Placed || len(there) != 1 {
		s.t.Fatalf("order %s (%s) is %s (%s), and the portal has %d: want placed and 1: %+v\n%s",
			o.ID, o.Reference, o.State, o.Reason, len(there), there, s.tale(o.ID))
	}
	if o.OrderNo != there[0].OrderNo || o.TransactionNo != there[0].TransactionNo {
		s.t.Errorf("the record has %q, %q, the portal %q, %q", o.OrderNo, o.TransactionNo, there[0].OrderNo, there[0].TransactionNo)
	}
	// The portal shows an instance in its answer alone.
	if answered := o.Via == store.ViaAnswer || o.Via == store.ViaJournal; answered && o.InstanceID != there[0].InstanceID {
		s.t.Errorf("the record has instance %q, the portal %q", o.InstanceID, there[0].InstanceID)
	}
	for po, n := range ledger.Requests {
		if strings.HasPrefix(po, o.ID) && n > 1 {
			s.t.Errorf("%d requests bore the poNumber %s", n, po)
		}
	}
	s.sane(o)
}

// requests counts the create-order requests for an order that came whole to the portal, of all attempts.
func (s *site) requests(o store.Order) int {
	sum := 0
	for po, n := range s.portal.Ledger().Requests {
		if strings.HasPrefix(po, o.ID) {
			sum += n
		}
	}
	return sum
}

// sane checks that a history is a path of the state machine that needed no person.
func (s *site) sane(o store.Order) {
	s.t.Helper()
	entries, err := s.room.Store.History(s.t.Context(), o.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	state, gates := store.State(""), 0
	for _, e := range entries {
		stays := e.From == e.To // a look, or taken from a dead worker
		if e.From != state || !stays && !store.Allowed(e.From, e.To) || e.To == store.Review {
			s.t.Errorf("its history goes from %q to %q where it stood in %q:\n%s", e.From, e.To, state, s.tale(o.ID))
		}
		if e.To == store.Submitting {
			gates++
		}
		state = e.To
	}
	if state != o.State || gates != o.Attempt {
		s.t.Errorf("its history ends in %s after %d gates, the record says %s after %d:\n%s", state, gates, o.State, o.Attempt, s.tale(o.ID))
	}
	if !slices.IsSortedFunc(entries, func(a, b store.Entry) int { return a.At.Compare(b.At) }) {
		s.t.Errorf("its history goes back in time:\n%s", s.tale(o.ID))
	}
}

// deliver enqueues further deliveries of an order, under ids that the sweeper has not come to.
func (s *site) deliver(o store.Order, times int) {
	s.t.Helper()
	for range times {
		s.extra++
		task, opts := tasks.PlaceTask(o, 1000+s.extra)
		if _, err := s.queue.EnqueueContext(s.t.Context(), task, opts...); err != nil {
			s.t.Fatal(err)
		}
	}
}

// settled delivers an order that is final again, and places another for the same PBX: the first must
// stay as it is, and its claim must be free.
func (s *site) settled(o store.Order) {
	s.t.Helper()
	s.deliver(o, 3)
	next := s.await(s.place(minutes(o.Reference+"-next", o.ProductNo)).ID)
	s.placedOnce(next)
	after, err := s.room.Store.Get(s.t.Context(), o.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	if after.Version != o.Version {
		s.t.Errorf("a delivery after the end moved the order from version %d to %d:\n%s", o.Version, after.Version, s.tale(o.ID))
	}
	s.placedOnce(after)
}

func minutes(reference, productNo string) tasks.Intent {
	return tasks.Intent{Reference: reference, Kind: "add_recording_minutes", ProductNo: productNo, Quantity: 1000, AllowDuplicate: true}
}
