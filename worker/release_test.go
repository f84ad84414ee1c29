package worker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/batch"
	"orderq/tasks"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
	"orderq/worker"
	"orderq/yeastar/yeastartest"
)

// batchOf applies a batch of n rows over the portal's PBXs, and gives its id.
func (r *rig) batchOf(name string, n int, brakes ...batch.Brakes) string {
	r.t.Helper()
	var b strings.Builder
	b.WriteString("SN,Kind,Qty\n")
	pbxs := r.portal.PBXs()
	for i := range n {
		fmt.Fprintf(&b, "%s,add_recording_minutes,%d\n", pbxs[i%len(pbxs)].ProductNo, 100)
	}
	reader, err := sheet.NewReader(strings.NewReader(b.String()), sheet.Options{Batch: name})
	r.must(err)
	s, err := intake.Apply(r.t.Context(), intake.Config{Store: r.room.Store, Name: name, By: "anna", Reader: reader, Brakes: append(brakes, batch.Brakes{})[0]})
	r.must(err)
	if s.New+s.Again != n {
		r.t.Fatalf("%+v", s)
	}
	return s.ID
}

func (r *rig) countOf(id string) batch.Counts {
	r.t.Helper()
	c, err := batch.Of(r.room.Store).Count(r.t.Context(), id)
	r.must(err)
	return c
}

// awaitBatch waits until a batch's orders are as they shall be, woken by the workers' own moves.
func (r *rig) awaitBatch(id string, done func(batch.Counts) bool) batch.Counts {
	r.t.Helper()
	over := time.After(patience)
	for {
		changed := r.moves.changed()
		c := r.countOf(id)
		if done(c) {
			return c
		}
		select {
		case <-changed:
		case <-over:
			r.t.Fatalf("batch %s stands at %+v\n%s", id, r.countOf(id), r.standing(id))
		}
	}
}

// standing tells all that is known of a batch and of what may hold it up, for a test that fails.
func (r *rig) standing(id string) string {
	ctx := context.Background()
	var b strings.Builder
	one, err := batch.Of(r.room.Store).Get(ctx, id)
	fmt.Fprintf(&b, "batch: %+v (%v)\n", one, err)
	shared, err := r.room.Fleet.Read(ctx)
	fmt.Fprintf(&b, "fleet: %+v, halt %+v (%v)\n", shared, shared.Halt, err)
	calls := r.portal.Ledger().Calls
	fmt.Fprintf(&b, "the portal's calls: %v\n", calls)
	lines := 0
	err = batch.Of(r.room.Store).Each(ctx, id, func(row batch.Row, o store.Order) error {
		if o.State.Final() || lines == 50 {
			return nil
		}
		lines++
		fmt.Fprintf(&b, "row %d, order %s: %s, waitingFor %q until %v on %q, attempt %d, updated %v: %s\n", row.N, o.ID, o.State, o.WaitingFor,
			o.WaitingUntil, o.WaitingOn, o.Attempt, o.UpdatedAt, o.Reason)
		return nil
	})
	if err != nil {
		fmt.Fprintf(&b, "rows: %v\n", err)
	}
	return b.String()
}

func TestABatchIsPlacedRowByRow(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.start()
	id := r.batchOf("nov", 120)
	c := r.awaitBatch(id, func(c batch.Counts) bool { return c.Open() == 0 })
	if c.States[store.Placed] != 120 || len(r.portal.Ledger().Orders) != 120 {
		t.Errorf("%+v, the portal has %d", c, len(r.portal.Ledger().Orders))
	}
}

// What is not released yet costs nobody anything: a halted account keeps it held.
func TestNothingIsReleasedWhileTheAccountIsHalted(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.must(r.room.Fleet.HaltBy(t.Context(), "eve", "prices"))
	r.start()
	r.start()
	id := r.batchOf("nov", 20)
	single := r.place(minutes("single", r.portal.PBXs()[0].ProductNo, 7)) // its delivery shows that time has passed
	r.awaitWaiting(single.ID, store.WaitHalt, store.WaitTime)             // for time, where a read before the gate failed
	if c := r.countOf(id); c.States[store.Held] != 20 {
		t.Errorf("%+v", c)
	}
	r.must(r.room.Fleet.Resume(t.Context(), "eve", "looked"))
	r.awaitBatch(id, func(c batch.Counts) bool { return c.States[store.Placed] == 20 })
}

// At one call a second a batch of 200 takes more than three minutes, however quick the machine, and rows pile up at work however
// slow it is. A single order must not wait for them: of the bulk orders in work one waits for its turn, the others for that one.
func TestAnUrgentOrderOvertakesABatch(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{}, func(c *worker.Config) {
		c.Rate, c.Concurrency = store.Rate{Interval: time.Second}, 32
	})
	r.start()
	id := r.batchOf("nov", 200)
	r.awaitBatch(id, func(c batch.Counts) bool { return c.States[store.Placed] > 0 && c.States[store.Preparing] >= 24 })
	p, err := r.client.PlaceOn(t.Context(), tasks.QueueUrgent, minutes("urgent", r.portal.PBXs()[150].ProductNo, 7))
	r.must(err)
	before := len(r.portal.Ledger().Orders)
	r.await(p.Order.ID, store.Placed)
	// Reads for the urgent one's own PBX spend calls too, during which rows go. Without turns all 32 at work go first.
	if overtaken := len(r.portal.Ledger().Orders) - before; overtaken > 24 {
		t.Errorf("%d rows went first", overtaken)
	}
}

func (r *rig) awaitState(id string, state batch.State) batch.Batch {
	r.t.Helper()
	var one batch.Batch
	r.eventually("the batch is "+string(state), func(ctx context.Context) bool {
		var err error
		one, err = batch.Of(r.room.Store).Get(ctx, id)
		return err == nil && one.State == state
	})
	return one
}

func TestARefusedCanaryStopsItsBatchUntilSomebodyApproves(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.portal.FailOn(r.portal.PBXs()[1].ProductNo, yeastartest.Refused400, 1)
	r.start()
	id := r.batchOf("nov", 10, batch.Brakes{Canary: 2})
	one := r.awaitState(id, batch.Stopped)
	if c := r.countOf(id); c.States[store.Held] != 8 || c.States[store.Rejected] != 1 || !strings.Contains(one.Note, "canary") || one.By != "orderq" {
		t.Errorf("%+v, %+v", one, c)
	}
	r.must(batch.Of(r.room.Store).Approve(t.Context(), id, "eve", "one PBX is closed"))
	r.awaitBatch(id, func(c batch.Counts) bool { return c.States[store.Placed] == 9 })
}

func TestTheRestFollowsWhenTheCanariesAreSeenAtThePortal(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.start()
	id := r.batchOf("nov", 30, batch.Brakes{Canary: 3})
	r.awaitBatch(id, func(c batch.Counts) bool { return c.States[store.Placed] == 30 })
	one, err := batch.Of(r.room.Store).Get(t.Context(), id)
	if err != nil || !one.Proven || len(one.Canaries) != 3 || r.portal.Ledger().Calls[yeastartest.CallOrder] < 3 {
		t.Errorf("%+v, %v, %v", one, err, r.portal.Ledger().Calls)
	}
}

// All rows are released in one breath: a brake that stopped the release alone would stop nothing here.
func TestABatchOfWhichTooMuchIsRefusedStops(t *testing.T) {
	t.Parallel()
	const rows = 200
	r := newRig(t, yeastartest.Options{PBXs: rows}, func(c *worker.Config) { c.Rate = store.Rate{Interval: 50 * time.Millisecond} })
	for _, p := range r.portal.PBXs()[:rows] {
		r.portal.FailOn(p.ProductNo, yeastartest.Refused400, 1)
	}
	id := r.batchOf("nov", rows, batch.Brakes{StopRefused: 0.5})
	r.start()
	one := r.awaitState(id, batch.Stopped)
	if !strings.Contains(one.Note, "are refused: more than a share of 0.5") {
		t.Errorf("%+v", one)
	}
	c := r.awaitBatch(id, func(c batch.Counts) bool { return c.Waiting[store.WaitBatch]+c.States[store.Rejected] == rows })
	refused := c.States[store.Rejected]
	if refused < 20 || refused == rows || c.States[store.Held] > 0 {
		t.Errorf("%+v", c)
	}
	// Whoever approves has seen those. The brake counts anew from there.
	r.portal.Heal()
	r.must(batch.Of(r.room.Store).Approve(t.Context(), id, "eve", "these PBXs are closed"))
	r.awaitBatch(id, func(c batch.Counts) bool { return c.States[store.Placed] == rows-refused })
}

func TestABatchThatIsHeldAnewKeepsBackWhatWasReleased(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	id := r.batchOf("nov", 5)
	n, err := batch.Of(r.room.Store).Release(t.Context())
	if r.must(err); n != 5 {
		t.Fatal(n)
	}
	_, _, err = batch.Of(r.room.Store).Begin(t.Context(), batch.Begin{ID: id, Name: "nov", By: "anna", Format: "csv", Hold: true})
	r.must(err)
	r.start()
	r.awaitBatch(id, func(c batch.Counts) bool { return c.States[store.Accepted] == 5 && c.Waiting[store.WaitBatch] == 5 })
	r.must(batch.Of(r.room.Store).Approve(t.Context(), id, "eve", "looked"))
	r.awaitBatch(id, func(c batch.Counts) bool { return c.States[store.Placed] == 5 })
}
