package worker_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"orderq/store"
	"orderq/tasks"
	"orderq/worker"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

const grown = yeastartest.TutorialExpandPBX

// forty is a portal whose PBXs have 40 extensions each.
func forty() yeastartest.Options {
	return yeastartest.Options{Extensions: func(string, int) int { return 40 }}
}

func ensure(reference string, n int) tasks.Intent {
	return tasks.Intent{Reference: reference, Kind: "expand_extensions", ProductNo: grown, Ensure: n}
}

func more(reference string, n int) tasks.Intent {
	return tasks.Intent{Reference: reference, Kind: "expand_extensions", ProductNo: grown, Quantity: n, AllowDuplicate: true}
}

// has fails unless the PBX has so many extensions by now.
func (r *rig) has(want int) {
	r.t.Helper()
	if p, _ := r.portal.PBX(grown); p.Extensions != want {
		r.t.Errorf("the PBX has %d extensions, want %d", p.Extensions, want)
	}
}

// satisfied waits until an order has ended with nothing to order.
func (r *rig) satisfied(id string) store.Order {
	r.t.Helper()
	o := r.await(id, store.Rejected, store.Placed)
	if !o.Satisfied() || o.Quantity != 0 {
		r.t.Errorf("order %s is %s with code %q and quantity %d (%s), want it satisfied", id, o.State, o.Code, o.Quantity, o.Reason)
	}
	return o
}

// stop makes a worker stand still when it has read a PBX and does not know the answer yet, each time that it is armed:
// what it goes on with is then old.
type stop struct {
	reads    atomic.Int32
	armed    atomic.Bool
	read, on chan struct{}
}

func newStop() *stop {
	s := &stop{read: make(chan struct{}), on: make(chan struct{})}
	s.armed.Store(true)
	return s
}

// at is for workers that may be stopped; one that is has no other order in hand.
func (s *stop) at(c *worker.Config) {
	c.Concurrency = 1
	c.Portal.Observe = func(call yeastar.Call, _ yeastar.Answer, _ time.Duration) {
		if call.Endpoint != yeastar.EndpointProduct {
			return
		}
		if s.reads.Add(1); s.armed.CompareAndSwap(true, false) {
			s.read <- struct{}{}
			<-s.on
		}
	}
}

func TestAnEnsureOrdersWhatThePBXLacksAndAfterwardsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, forty())
	r.start()
	o := r.await(r.place(ensure("first", 50)).ID, store.Placed)
	if o.Quantity != 10 || o.Ensure != 50 || o.Evidence.Had != 40 {
		t.Errorf("ordered %d to have %d, and it had %d; want 10, 50, 40", o.Quantity, o.Ensure, o.Evidence.Had)
	}
	r.has(50)
	for _, want := range []int{50, 45, 1} {
		o = r.satisfied(r.place(ensure(ref(want), want)).ID)
		if o.Attempt != 0 || !strings.HasSuffix(o.Reason, "has 50 extensions: nothing to order") {
			t.Errorf("%d attempts, reason %q", o.Attempt, o.Reason)
		}
	}
	if n := len(r.portal.Bodies()); n != 1 {
		t.Errorf("%d POSTs, want 1", n)
	}
}

func TestAnEnsureIsAPlainAsynqTaskToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, forty())
	r.start()
	task := asynq.NewTask("order:place", []byte(`{"reference":"plain","kind":"expand_extensions","productNo":"3658b431119665qj","ensure":42}`))
	if _, err := r.queue.Enqueue(task, asynq.Queue("orders")); err != nil {
		t.Fatal(err)
	}
	if o := r.await(tasks.OrderID("default", "plain"), store.Placed); o.Quantity != 2 {
		t.Errorf("ordered %d, want 2", o.Quantity)
	}
}

func TestAnEnsureIsRefusedWhereThePortalDoesNotShowWhatThePBXHas(t *testing.T) {
	t.Parallel()
	o := forty()
	o.Capacity = yeastartest.ShowsNone
	r := newRig(t, o)
	r.start()
	in := ensure("blind", 50)
	in.Plan, in.BillingCycle = "Enterprise Plan", "annually"
	got := r.await(r.place(in).ID, store.Rejected)
	if got.Satisfied() || got.Code != "ensure_unreadable" || !strings.Contains(got.Reason, "say quantity") {
		t.Errorf("code %q, reason %q", got.Code, got.Reason)
	}
}

// Another order passes the gate and is placed between the reading of the PBX and the gate: the claim is free again,
// and what was computed is too much.
func TestWhatPassesBetweenTheReadingAndTheGateIsCountedIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		between tasks.Intent
		want    int
	}{
		"another ensure":          {ensure("between", 50), 50},
		"one for less":            {ensure("between", 45), 50},
		"one for more":            {ensure("between", 60), 60},
		"an increment":            {more("between", 3), 50},
		"an increment beyond it":  {more("between", 30), 70},
		"minutes for the PBX too": {minutes("between", grown, 10), 50},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, forty())
			s := newStop()
			r.start(s.at)
			o := r.place(ensure("stopped", 50))
			<-s.read
			r.start()
			r.await(r.place(c.between).ID, store.Placed)
			s.on <- struct{}{}
			if c.want > 50 || c.between.Ensure == 50 {
				r.satisfied(o.ID)
			} else {
				r.await(o.ID, store.Placed)
			}
			r.has(c.want)
			if s.reads.Load() < 2 {
				t.Error("the PBX was not read again")
			}
		})
	}
}

// High Availability is charged for all extensions: those that pass between the reading and the gate are among them.
func TestWhatPassesBeforeHighAvailabilityIsChargedForToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, forty())
	s := newStop()
	r.start(s.at)
	o := r.place(tasks.Intent{Reference: "stopped", Kind: "subscribe_ha", ProductNo: grown})
	<-s.read
	r.start()
	r.await(r.place(more("between", 5)).ID, store.Placed)
	s.on <- struct{}{}
	if o = r.await(o.ID, store.Placed, store.Rejected); o.State != store.Placed || o.Quantity != 45 || o.Attempt != 1 {
		t.Errorf("%s with %d after %d attempts (%s), want 45 placed at the first", o.State, o.Quantity, o.Attempt, o.Reason)
	}
}

func TestAnEnsureWaitsForTheClaimBeforeItReadsThePBX(t *testing.T) {
	t.Parallel()
	r := newRig(t, forty())
	var reads atomic.Int32
	r.start(func(c *worker.Config) {
		c.Portal.Observe = func(call yeastar.Call, _ yeastar.Answer, _ time.Duration) {
			if call.Endpoint == yeastar.EndpointProduct {
				reads.Add(1)
			}
		}
	})
	release := r.portal.Hold()
	first := r.place(more("first", 7))
	if err := r.portal.WaitHeld(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	o := r.place(ensure("second", 50))
	if got := r.awaitWaiting(o.ID, store.WaitClaim); got.WaitingOn != first.ID || got.Quantity != 0 || reads.Load() != 0 {
		t.Errorf("waits on %q with quantity %d after %d reads of the PBX", got.WaitingOn, got.Quantity, reads.Load())
	}
	release()
	r.await(first.ID, store.Placed)
	if got := r.await(o.ID, store.Placed); got.Quantity != 3 {
		t.Errorf("ordered %d, want 3", got.Quantity)
	}
	r.has(50)
}

// Rounds of ensures for one PBX at once, with increments among them, on two workers. In each round one of the two
// stands still between its reading and the gate while the other places all that comes.
func TestEnsuresAtOnceNeverOvershoot(t *testing.T) {
	t.Parallel()
	r := newRig(t, forty())
	s := newStop()
	r.start(s.at)
	r.start(s.at)
	has := 40
	for round, between := range [][]tasks.Intent{
		{ensure("", 0)}, {more("", 2)}, {more("", 1), ensure("", 0), more("", 3)}, {ensure("", -3), more("", 1)}, {ensure("", -5)}, {more("", 30)},
	} {
		target := has + 10
		s.armed.Store(true)
		o := r.place(ensure(ref(100*round), target))
		<-s.read
		for i, in := range between {
			if in.Reference = ref(100*round + i + 1); in.Quantity == 0 {
				in.Ensure += target
				has = max(has, in.Ensure)
			} else {
				has += in.Quantity
			}
			if got := r.await(r.place(in).ID, store.Placed, store.Rejected); got.State != store.Placed {
				t.Errorf("round %d: %s (%s)", round, got.State, got.Reason)
			}
		}
		s.on <- struct{}{}
		if got := r.await(o.ID, store.Placed, store.Rejected); got.Satisfied() != (has >= target) {
			t.Errorf("round %d: %s (%s)", round, got.State, got.Reason)
		}
		has = max(has, target)
		r.has(has)
	}
	r.exact(40)
}

// And as they come.
func TestEnsuresThatComeTogetherNeverOvershoot(t *testing.T) {
	t.Parallel()
	r := newRig(t, forty())
	r.start()
	r.start()
	for round := range 5 {
		target := 50 + 10*round
		var ids []string
		for i, in := range []tasks.Intent{ensure("", target), more("", 1), ensure("", target), more("", 2), ensure("", target-3)} {
			in.Reference = ref(10*round + i)
			ids = append(ids, r.place(in).ID)
		}
		for _, id := range ids {
			if o := r.await(id, store.Placed, store.Rejected); o.State == store.Rejected && !o.Satisfied() {
				t.Errorf("order %s: %s", id, o.Reason)
			}
		}
		if p, _ := r.portal.PBX(grown); p.Extensions < target || p.Extensions > target+3 {
			t.Errorf("round %d: the PBX has %d extensions, %d were wanted and up to 3 added", round, p.Extensions, target)
		}
	}
	r.exact(40)
}

// exact walks the portal's book: each ensure brought the PBX to what it names.
func (r *rig) exact(n int) {
	r.t.Helper()
	for _, made := range r.portal.Ledger().Orders {
		if made.ProductNo != grown || made.ServiceID != yeastartest.ExtensionsID.String() {
			continue
		}
		n += made.Quantity
		reference, _, _ := strings.Cut(made.PONumber, " ")
		id, _, ours := tasks.SplitReference(reference)
		if !ours {
			continue
		}
		o, err := r.room.Store.Get(r.t.Context(), id)
		r.must(err)
		if o.Ensure > 0 && n != o.Ensure {
			r.t.Errorf("order %s brought the PBX to %d, and names %d", id, n, o.Ensure)
		}
	}
}

func TestAnEnsureWaitsUntilThePortalShowsWhatWasOrdered(t *testing.T) {
	t.Parallel()
	r := newRig(t, forty())
	r.start()
	thaw := r.portal.FreezeExtensions()
	r.await(r.place(more("one", 5)).ID, store.Placed)
	last := r.await(r.place(more("two", 5)).ID, store.Placed)
	enough, lacks := r.place(ensure("enough", 50)), r.place(ensure("lacks", 52))
	for _, id := range []string{enough.ID, lacks.ID} {
		got := r.awaitWaiting(id, store.WaitTime)
		want := "the portal shows 40 extensions, and with order " + last.ID + " the PBX should have 50"
		if !strings.HasPrefix(got.Reason, want) || got.WaitingUntil.IsZero() {
			t.Errorf("waits until %v: %q, want %q", got.WaitingUntil, got.Reason, want)
		}
	}
	r.has(50)
	thaw()
	r.satisfied(enough.ID)
	if o := r.await(lacks.ID, store.Placed); o.Quantity != 2 {
		t.Errorf("ordered %d, want 2", o.Quantity)
	}
	r.has(52)
}

func TestAnEnsureWaitsForAnOrderThatIsNotFinal(t *testing.T) {
	t.Parallel()
	r := newRig(t, forty())
	r.start()
	r.portal.NextStatus(yeastar.StatusPending)
	unpaid := r.await(r.place(more("unpaid", 10)).ID, store.Pending)
	o := r.place(ensure("after", 50))
	if got := r.awaitWaiting(o.ID, store.WaitTime); !strings.Contains(got.Reason, unpaid.ID) || !strings.Contains(got.Reason, "not final") {
		t.Errorf("waits: %q", got.Reason)
	}
	r.portal.SetStatus(unpaid.OrderNo, yeastar.StatusCancelled)
	r.await(unpaid.ID, store.Rejected)
	r.await(o.ID, store.Placed)
	r.has(50)
}

func TestAnEnsureWhoseAnswerIsLostIsFoundAndNotOrderedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, forty(), brisk)
	r.start()
	r.proven()
	r.portal.Fail(yeastartest.DropAfter, 1)
	o := r.await(r.place(ensure("lost", 50)).ID, store.Placed)
	if n := len(r.committed(o.ID)); n != 1 || o.Via != store.ViaReference || o.Quantity != 10 {
		t.Errorf("%d orders at the portal, via %q, quantity %d", n, o.Via, o.Quantity)
	}
	r.satisfied(r.place(ensure("again", 50)).ID)
	r.has(50)
}

func TestAnEnsureThatIsSentAgainIsComputedAnew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ meanwhile, want int }{"some came meanwhile": {4, 50}, "enough came meanwhile": {15, 55}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, forty(), brisk, func(c *worker.Config) { c.Settle = time.Second })
			r.start()
			r.proven()
			r.portal.Fail(yeastartest.DropBefore, 1)
			o := r.place(ensure("twice", 50))
			r.await(o.ID, store.Unknown)
			r.portal.Place(grown, yeastartest.ExtensionsID, c.meanwhile, "PO-1")
			if c.want > 50 {
				r.satisfied(o.ID)
			} else if got := r.await(o.ID, store.Placed); got.Attempt != 2 || got.Quantity != 6 {
				t.Errorf("attempt %d ordered %d, want the second and 6", got.Attempt, got.Quantity)
			}
			r.has(c.want)
		})
	}
}

// An attempt that arrived, and that the portal's list did not show for longer than anybody looks: the PBX has what was
// wanted, and the list is asked once more why.
func TestAnEnsureThatIsSatisfiedByItsOwnLostAttemptIsPlaced(t *testing.T) {
	t.Parallel()
	r := newRig(t, forty(), brisk)
	var reads atomic.Int32
	r.start(func(c *worker.Config) {
		c.Portal.Observe = func(call yeastar.Call, _ yeastar.Answer, _ time.Duration) {
			if call.Endpoint == yeastar.EndpointProduct && reads.Add(1) == 2 {
				r.portal.SetListLag(0)
			}
		}
	})
	r.proven()
	r.portal.SetListLag(time.Hour)
	r.portal.Fail(yeastartest.DropAfter, 1)
	o := r.await(r.place(ensure("late", 50)).ID, store.Placed, store.Rejected)
	if o.State != store.Placed || o.Via != store.ViaReference || o.Quantity != 10 {
		t.Errorf("%s via %q, quantity %d (%s)", o.State, o.Via, o.Quantity, o.Reason)
	}
	r.has(50)
}

// A worker dies between the reading and the gate: what it had computed dies with it.
func TestAnEnsureWhoseWorkerDiedIsComputedAnew(t *testing.T) {
	t.Parallel()
	r := newRig(t, forty())
	o := r.bare(ensure("dead", 50))
	_, mine, err := r.room.Store.Take(t.Context(), o.ID, store.Delivery{Worker: "dead", Nonce: "n", Silence: time.Second, Within: time.Millisecond})
	if err != nil || !mine {
		t.Fatal(mine, err)
	}
	r.portal.Place(grown, yeastartest.ExtensionsID, 4, "")
	r.start()
	r.start()
	if got := r.await(o.ID, store.Placed); got.Quantity != 6 {
		t.Errorf("ordered %d, want 6", got.Quantity)
	}
	r.has(50)
}
