package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/storetest"
)

func TestAnIntentBecomesARecordThatKeepsItWhole(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		n := intent("oq1", pbx)
		n.Batch, n.By, n.Reason = "b1", "ada", "<first & only>"
		n.Intent = []byte(`{"poNumber":"<a>&b","billingId":3048571730026938368}`)
		o, fresh, err := r.Store.Accept(t.Context(), n)
		if err != nil || !fresh {
			t.Fatalf("fresh %v, %v", fresh, err)
		}
		want := store.Order{
			ID: n.ID, Reference: n.Reference, Account: "default", Kind: n.Kind, State: store.Accepted,
			ProductNo: n.ProductNo, Quantity: n.Quantity, Plan: n.Plan, BillingCycle: n.BillingCycle, BillingContact: n.BillingContact,
			Reason: n.Reason, PONumber: n.PONumber, Batch: n.Batch, Labels: n.Labels, By: n.By,
			AcceptedAt: o.AcceptedAt, UpdatedAt: o.AcceptedAt, Version: 1,
			Intent: n.Intent, Fingerprint: n.Fingerprint, Queue: n.Queue, Target: n.Target,
		}
		if diff := cmp.Diff(want, o); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		same(t, r.Store, o)
		if o.AcceptedAt.IsZero() || o.AcceptedAt.Location() != time.UTC {
			t.Errorf("acceptedAt = %v, want a time in UTC", o.AcceptedAt)
		}
		history, err := r.Store.History(t.Context(), "oq1")
		if err != nil {
			t.Fatal(err)
		}
		first := []store.Entry{{At: o.AcceptedAt, To: store.Accepted, By: "ada", Reason: "<first & only>"}}
		if diff := cmp.Diff(first, history); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
	})
}

func TestTheSameIntentAgainIsTheSameOrder(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		bring(t, r.Store, store.Placed, "oq1", pbx)
		before := r.Dump(t)
		o, fresh, err := r.Store.Accept(t.Context(), intent("oq1", pbx))
		if err != nil || fresh || o.State != store.Placed || o.OrderNo != "N-oq1" {
			t.Errorf("fresh %v, %v, %s %s; want the placed order as it is", fresh, err, o.State, o.OrderNo)
		}
		if diff := cmp.Diff(before, r.Dump(t)); diff != "" {
			t.Errorf("a repeat wrote something:\n%s", diff)
		}
	})
}

func TestTheSameReferenceWithAnotherIntentIsAConflict(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		accepted(t, r.Store, "oq1", pbx)
		before := r.Dump(t)
		other := intent("oq1", pbx)
		other.Fingerprint, other.Quantity = "another", 500
		_, fresh, err := r.Store.Accept(t.Context(), other)
		var conflict *store.ConflictError
		if !errors.As(err, &conflict) || fresh {
			t.Fatalf("fresh %v, %v; want a conflict", fresh, err)
		}
		if conflict.Holder.ID != "oq1" || conflict.Holder.Quantity != 1000 {
			t.Errorf("the conflict names %s over %d, want the holder", conflict.Holder.ID, conflict.Holder.Quantity)
		}
		for _, word := range []string{"ref-oq1", "oq1", "1000", pbx, "ref-oq1-2"} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q does not name %s", err, word)
			}
		}
		if diff := cmp.Diff(before, r.Dump(t)); diff != "" {
			t.Errorf("a conflict wrote something:\n%s", diff)
		}
	})
}

func TestAHundredAcceptsOfOneIntentMakeOneOrder(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		var fresh atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				_, first, err := r.Store.Accept(t.Context(), intent("oq1", pbx))
				if err != nil {
					t.Error(err)
				}
				if first {
					fresh.Add(1)
				}
			})
		}
		all.Wait()
		history, err := r.Store.History(t.Context(), "oq1")
		if err != nil {
			t.Fatal(err)
		}
		if fresh.Load() != 1 || len(history) != 1 {
			t.Errorf("%d were told that it is new, and its history has %d entries; want one and one", fresh.Load(), len(history))
		}
	})
}

func TestAnOrderWithANotBeforeWaitsForIt(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		n := intent("oq1", pbx)
		n.NotBefore = time.Date(2999, 12, 1, 0, 0, 0, 7_000_000, time.UTC)
		o, _, err := r.Store.Accept(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		if o.WaitingFor != store.WaitStart || !o.WaitingUntil.Equal(n.NotBefore) || !o.NotBefore.Equal(n.NotBefore) {
			t.Errorf("waits for %s until %v, not before %v", o.WaitingFor, o.WaitingUntil, o.NotBefore)
		}
		if _, mine, err := r.Store.Take(t.Context(), "oq1", delivery("n")); mine || err != nil {
			t.Errorf("taken before its time: %v, %v", mine, err)
		}
		if due, err := r.Store.Due(t.Context(), 10, 0); len(due) != 0 || err != nil {
			t.Errorf("due before its time: %v, %v", due, err)
		}
	})
}

func TestANotBeforeThatHasPassedIsNoWait(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		n := intent("oq1", pbx)
		n.NotBefore = time.UnixMilli(1)
		if o, _, err := r.Store.Accept(t.Context(), n); err != nil || o.WaitingFor != "" || !o.WaitingUntil.IsZero() {
			t.Errorf("waits for %q until %v, %v", o.WaitingFor, o.WaitingUntil, err)
		}
		taken(t, r.Store, "oq1")
	})
}

func TestAHeldOrderIsNotDueAndNotTaken(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		n := intent("oq1", pbx)
		n.HoldFor, n.HoldOn, n.Reason = store.WaitDuplicate, "oq0", "looks like oq0"
		o, _, err := r.Store.Accept(t.Context(), n)
		if err != nil || o.State != store.Held || o.WaitingFor != store.WaitDuplicate || o.WaitingOn != "oq0" {
			t.Fatalf("%s for %s on %s, %v", o.State, o.WaitingFor, o.WaitingOn, err)
		}
		if _, mine, err := r.Store.Take(t.Context(), "oq1", delivery("n")); mine || err != nil {
			t.Errorf("a held order was taken: %v, %v", mine, err)
		}
		if n := r.Redis.ZCard(t.Context(), r.Store.Keys().Due()).Val(); n != 0 {
			t.Errorf("%d orders are due, want none", n)
		}
		o, err = r.Store.Unhold(t.Context(), o, "ada", "it is not")
		if err != nil || o.State != store.Accepted || o.WaitingFor != "" || o.WaitingOn != "" {
			t.Fatalf("released: %s for %q on %q, %v", o.State, o.WaitingFor, o.WaitingOn, err)
		}
		same(t, r.Store, o)
		taken(t, r.Store, "oq1")
	})
}

func TestAReleasedOrderStillWaitsForItsNotBefore(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		n := intent("oq1", pbx)
		n.HoldFor, n.NotBefore = store.WaitApproval, time.Date(2999, 12, 1, 0, 0, 0, 0, time.UTC)
		o, _, err := r.Store.Accept(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		o, err = r.Store.Unhold(t.Context(), o, "ada", "yes")
		if err != nil || o.WaitingFor != store.WaitStart || !o.WaitingUntil.Equal(n.NotBefore) {
			t.Fatalf("released: waits for %q until %v, %v", o.WaitingFor, o.WaitingUntil, err)
		}
		same(t, r.Store, o)
		if _, mine, err := r.Store.Take(t.Context(), "oq1", delivery("n")); mine || err != nil {
			t.Errorf("taken before its time: %v, %v", mine, err)
		}
	})
}

func TestAnIntentThatIsNoJSONIsAnErrorAndNoPanic(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	n := intent("oq1", pbx)
	n.Intent = []byte("{")
	if _, _, err := r.Store.Accept(t.Context(), n); err == nil || !strings.Contains(err.Error(), n.Reference) {
		t.Errorf("%v, want an error that names the reference", err)
	}
}

// gatherer holds the scripts back until it is opened, so that what comes meanwhile has to share.
type gatherer struct {
	open    chan struct{}
	waiting chan struct{}
	sent    atomic.Int32
}

func (g *gatherer) DialHook(next redis.DialHook) redis.DialHook { return next }
func (g *gatherer) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, c redis.Cmder) error {
		if c.Name() == "evalsha" {
			g.sent.Add(1)
			select {
			case g.waiting <- struct{}{}:
			default:
			}
			<-g.open
		}
		return next(ctx, c)
	}
}

func (g *gatherer) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func TestCallersWhoShareAScriptAreAnsweredEachForItself(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		known := intent("oqknown", pbx)
		known.Like = "known"
		if _, _, err := r.Store.Accept(t.Context(), known); err != nil {
			t.Fatal(err)
		}
		soon := time.Now().Add(time.Hour).Truncate(time.Millisecond).UTC()
		kinds := []struct {
			what string
			make func(id string) store.New
			want func(o store.Order, fresh bool, err error) bool
		}{
			{"new", func(id string) store.New { return intent(id, id) }, func(o store.Order, fresh bool, err error) bool {
				return err == nil && fresh && o.State == store.Accepted && o.WaitingFor == ""
			}},
			{"again", func(string) store.New { return known }, func(o store.Order, fresh bool, err error) bool {
				return err == nil && !fresh && o.ID == "oqknown"
			}},
			{"conflict", func(string) store.New { n := known; n.Fingerprint = "other"; return n }, func(_ store.Order, _ bool, err error) bool {
				var conflict *store.ConflictError
				return errors.As(err, &conflict) && conflict.Holder.ID == "oqknown"
			}},
			{"alike", func(id string) store.New { n := intent(id, pbx); n.Like = "known"; return n }, func(o store.Order, fresh bool, err error) bool {
				return err == nil && fresh && o.State == store.Held && o.WaitingFor == store.WaitDuplicate && o.WaitingOn == "oqknown"
			}},
			{"alike and allowed", func(id string) store.New {
				n := intent(id, pbx)
				n.Like, n.AllowDuplicate = "known and allowed", true
				return n
			}, func(o store.Order, fresh bool, err error) bool {
				return err == nil && fresh && o.State == store.Accepted
			}},
			{"later", func(id string) store.New { n := intent(id, id); n.NotBefore = soon; return n }, func(o store.Order, fresh bool, err error) bool {
				return err == nil && fresh && o.WaitingFor == store.WaitStart && o.WaitingUntil.Equal(soon) && o.NotBefore.Equal(soon)
			}},
			{"held", func(id string) store.New {
				n := intent(id, id)
				n.HoldFor, n.Reason, n.Labels = store.WaitApproval, "ask", nil
				return n
			}, func(o store.Order, fresh bool, err error) bool {
				return err == nil && fresh && o.State == store.Held && o.WaitingFor == store.WaitApproval && o.Labels == nil
			}},
		}
		g := &gatherer{open: make(chan struct{}), waiting: make(chan struct{}, 2)}
		r.Redis.AddHook(g)
		const each = 30
		var asked, done sync.WaitGroup
		for i := range each * len(kinds) {
			asked.Add(1)
			done.Go(func() {
				k := kinds[i%len(kinds)]
				n := k.make(fmt.Sprint("oq", i))
				asked.Done()
				o, fresh, err := r.Store.Accept(t.Context(), n)
				if !k.want(o, fresh, err) {
					t.Errorf("%s: %+v, fresh %v, %v", k.what, o, fresh, err)
				}
				if fresh {
					same(t, r.Store, o) // what Accept says is what is there
				}
			})
		}
		asked.Wait()
		<-g.waiting
		<-g.waiting
		close(g.open)
		done.Wait()
		if n := int(g.sent.Load()); n > each*len(kinds)/2 {
			t.Errorf("%d scripts for %d callers: nobody shares", n, each*len(kinds))
		}
		events, err := r.Redis.XLen(t.Context(), r.Store.Keys().Events()).Result()
		if want := 1 + each*(len(kinds)-2); err != nil || int(events) != want {
			t.Errorf("%d events, %v; want %d", events, err, want)
		}
	})
}

// Nobody knows what became of any of them; each is told so, and each may ask again.
func TestAScriptThatFailsFailsAllWhoShareIt(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		accepted(t, r.Store, "oqfirst", pbx) // the script is known
		r.Cut(true)
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if _, fresh, err := r.Store.Accept(t.Context(), intent(fmt.Sprint("oq", i), pbx)); err == nil || fresh {
					t.Errorf("accepted over a line that is cut: %v, %v", fresh, err)
				}
			})
		}
		all.Wait()
		r.Cut(false)
		for i := range 20 {
			accepted(t, r.Store, fmt.Sprint("oq", i), pbx)
		}
	})
}

// A key that is none of ours is its own order's trouble. Those that shared the script are accepted, and on the lists; so is
// what was written of this one.
func TestOneThatCannotBeWrittenIsNobodyElsesTrouble(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		accepted(t, r.Store, "oqfirst", pbx)
		do(t, r.Redis.Set(t.Context(), r.Store.Keys().PBX("broken"), "somebody's", 0).Err())
		g := &gatherer{open: make(chan struct{}), waiting: make(chan struct{}, 2)}
		r.Redis.AddHook(g)
		var asked, done sync.WaitGroup
		for i := range 60 {
			asked.Add(1)
			done.Go(func() {
				n := intent(fmt.Sprint("oq", i), pbx)
				if i%6 == 5 {
					n.Target = "broken"
				}
				asked.Done()
				_, fresh, err := r.Store.Accept(t.Context(), n)
				if broken := n.Target == "broken"; fresh == broken || (err != nil) != broken {
					t.Errorf("%s on %s: fresh %v, %v", n.ID, n.Target, fresh, err)
				}
			})
		}
		asked.Wait()
		<-g.waiting
		<-g.waiting
		close(g.open)
		done.Wait()
		k := r.Store.Keys()
		for i := range 60 {
			id := fmt.Sprint("oq", i)
			if r.Redis.Exists(t.Context(), k.Order(id)).Val() == 0 {
				continue
			}
			if due, in := r.Redis.ZScore(t.Context(), k.Due(), id), r.Redis.ZScore(t.Context(), k.In(store.Accepted), id); due.Err() != nil || in.Err() != nil {
				t.Errorf("%s has a record: due %v, index %v", id, due.Err(), in.Err())
			}
		}
		do(t, r.Redis.Del(t.Context(), k.PBX("broken")).Err())
		n := intent("oq5", pbx)
		n.Target = "broken"
		if o, _, err := r.Store.Accept(t.Context(), n); err != nil || o.State != store.Accepted {
			t.Errorf("once it is mended: %+v, %v", o, err)
		}
	})
}
