package worker_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/journal"
	"orderq/store/storetest"
	"orderq/worker"
	"orderq/yeastar/yeastartest"
)

// onlooker reads the rig's Redis by a line of its own, which no test breaks and which counts as nobody's call.
func (r *rig) onlooker() (*store.Store, *redis.Client) {
	r.t.Helper()
	c := redis.NewClient(&redis.Options{Network: r.room.Options.Network, Addr: r.room.Options.Addr})
	r.t.Cleanup(func() { _ = c.Close() })
	return store.Open(c, store.DefaultPrefix, "default"), c
}

// placedOnce checks an order against the portal's ledger.
func (r *rig) placedOnce(o store.Order, when string) {
	r.t.Helper()
	ledger := r.committed(o.ID)
	if o.State != store.Placed || len(ledger) != 1 || ledger[0].OrderNo != o.OrderNo {
		r.t.Fatalf("%s: %s via %q with %q (%s); the portal has %+v", when, o.State, o.Via, o.OrderNo, o.Reason, ledger)
	}
	for po, n := range r.portal.Ledger().Requests {
		if n > 1 {
			r.t.Errorf("%s: %d requests bore the poNumber %s", when, n, po)
		}
	}
}

// Every call to Redis that an order's way takes, from its acceptance to the end of its task, fails once: it is not
// carried out, or is and nobody hears of it; the line is good again at once, or gone until clients have given up.
func TestWhicheverCallToRedisFailsTheOrderIsPlacedOnce(t *testing.T) {
	t.Parallel()
	for _, how := range []storetest.Break{storetest.BlipBefore, storetest.BlipAfter, storetest.CutBefore, storetest.CutAfter} {
		t.Run(how.String(), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, yeastartest.Options{}, brisk)
			r.start()
			r.proven()
			calls := 0
			for r.failCall(calls+1, how) {
				calls++
			}
			t.Logf("%d calls failed", calls)
			if calls < 5 { // accept, enqueue, take, gate, record
				t.Errorf("%d calls failed: an order takes more", calls)
			}
		})
	}
}

// failCall places an order whose nth call fails, and says whether it took that many.
func (r *rig) failCall(n int, how storetest.Break) bool {
	r.t.Helper()
	seen, c := r.onlooker()
	in := minutes(ref(n), r.portal.PBXs()[n+1].ProductNo, 10)
	id := in.Normalise().ID()
	r.room.FailNth(id, n, how)
	_, refusal := r.client.Place(r.t.Context(), in)
	ended := func(ctx context.Context) bool {
		if o, err := seen.Get(ctx, id); err != nil || o.State != store.Placed {
			return false
		}
		active, err := c.LRange(ctx, "asynq:{orders}:active", 0, -1).Result()
		return err == nil && !strings.Contains(strings.Join(active, " "), id)
	}
	r.eventually("the call fails, or there were fewer", func(ctx context.Context) bool {
		broke, refused := r.room.Failed()
		if !broke {
			return ended(ctx)
		}
		cut := how == storetest.CutBefore || how == storetest.CutAfter
		return !cut || refused >= givenUp
	})
	r.room.Cut(false)
	broke, _ := r.room.Failed()
	if refusal != nil { // the caller was not told "accepted", and asks again
		if !broke {
			r.t.Fatal(refusal)
		}
		r.eventually("order "+id+" is accepted", func(ctx context.Context) bool {
			_, err := r.client.Place(ctx, in)
			return err == nil
		})
	}
	var o store.Order
	r.eventually("order "+id+" ends", func(ctx context.Context) bool {
		var err error
		o, err = seen.Get(ctx, id)
		return err == nil && (o.State.Final() || o.State == store.Review)
	})
	r.placedOnce(o, "call "+ref(n)+" failed by "+how.String())
	return broke
}

// givenUp is how many refused connections make it certain that a command was given up: go-redis tries four times.
const givenUp = 24

// disk fails a journal's nth write, or fsync, once.
type disk struct {
	left atomic.Int64
	torn bool // half of the line is written before the write fails
}

var errDisk = errors.New("no space left on device")

func (d *disk) fails() bool { return d.left.Add(-1) == 0 }

func (d *disk) write(line []byte, write func([]byte) (int, error)) (int, error) {
	if !d.fails() {
		return write(line)
	}
	n := 0
	if d.torn {
		n, _ = write(line[:len(line)/2])
	}
	return n, errDisk
}

func (d *disk) sync(sync func() error) error {
	if d.fails() {
		return errDisk
	}
	return sync()
}

// Every write and every fsync of the send journal on an order's way fails once, and the journal is broken from then
// on. A worker that is started in its place, with a disk that works, places the order.
func TestWhicheverWriteOfTheJournalFailsTheOrderIsPlacedOnce(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]func(d *disk) journal.Option{
		"fsync": func(d *disk) journal.Option { return journal.WithSync(d.sync) },
		"write": func(d *disk) journal.Option { return journal.WithWrite(d.write) },
		"torn write": func(d *disk) journal.Option {
			d.torn = true
			return journal.WithWrite(d.write)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, yeastartest.Options{}, brisk)
			stop, err := r.startFor()
			r.must(err)
			r.proven()
			stop()
			calls := 0
			for r.failDisk(calls+1, option) {
				calls++
			}
			t.Logf("%d calls failed", calls)
			if calls < 2 { // the header's and the attempt's
				t.Errorf("%d calls failed: an order takes more", calls)
			}
		})
	}
}

// failDisk places an order with a worker whose journal fails at the nth call, and says whether it came to that.
func (r *rig) failDisk(n int, option func(d *disk) journal.Option) bool {
	r.t.Helper()
	d := &disk{}
	d.left.Store(int64(n))
	o := r.place(minutes(ref(n), r.portal.PBXs()[n+1].ProductNo, 10))
	stop, err := r.startFor(option(d))
	if err == nil {
		r.eventually("the order is placed, or the journal cannot be written", func(ctx context.Context) bool {
			now, err := r.room.Store.Get(ctx, o.ID)
			return err == nil && (now.State.Final() || strings.Contains(now.Reason, "journal cannot be written"))
		})
		stop()
	} else if !errors.Is(err, errDisk) {
		r.t.Fatal(err)
	}
	r.hasten(o)
	stop, err = r.startFor()
	r.must(err)
	now := r.await(o.ID, store.Placed, store.Review, store.Rejected)
	stop()
	r.placedOnce(now, "disk call "+ref(n)+" failed")
	return d.left.Load() <= 0
}

// startFor runs a worker until it is stopped, or the test ends.
func (r *rig) startFor(options ...journal.Option) (stop func(), err error) {
	r.t.Helper()
	cfg := r.cfg
	cfg.JournalOptions = options
	w, err := worker.New(cfg)
	r.must(err)
	if err := w.Start(context.Background()); err != nil {
		return nil, err
	}
	stop = sync.OnceFunc(w.Shutdown)
	r.t.Cleanup(stop)
	return stop, nil
}

// hasten ends the pause of an order that waits for its time: half a minute, which is not what these tests are about.
func (r *rig) hasten(o store.Order) {
	r.t.Helper()
	now, err := r.room.Store.Get(r.t.Context(), o.ID)
	r.must(err)
	if now.State != store.Accepted || now.WaitingUntil.IsZero() {
		return
	}
	r.must(r.room.Redis.HDel(r.t.Context(), r.room.Store.Keys().Order(o.ID), "until").Err())
	r.must(r.room.Redis.ZAdd(r.t.Context(), r.room.Store.Keys().Due(), redis.Z{Score: 0, Member: o.ID}).Err())
}
