package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

const (
	// tutorialOrders are the first of the plan.
	tutorialOrders = 2
	// repeatedOrder is the one of the plan that is delivered many times: one without a fault.
	repeatedOrder = tutorialOrders
	// deliveries is how many times.
	deliveries = 20
	// outageLasts is how long the portal is down.
	outageLasts = 2 * time.Second
	// breakerFood is how many orders are accepted right before the portal goes down: most find it down, and open the breaker.
	breakerFood = 20
	// heldBack is how many orders are on the wire when a worker is told to stop.
	heldBack = 4
)

// wrong tries what cannot be ordered, and tells why not.
func (r *run) wrong(ctx context.Context) error {
	r.tell.say("First what people get wrong:")
	for _, m := range mistakes(r.portal.PBXs()) {
		refusal := Refusal{What: m.what}
		var invalid *tasks.Invalid
		placed, err := r.client.Place(ctx, m.intent)
		switch {
		case errors.As(err, &invalid):
			refusal.By, refusal.Why = "before it was accepted", invalid.Error()
		case err != nil:
			return fmt.Errorf("%s: %w", m.what, err)
		default:
			id := placed.Order.ID
			r.accepted = append(r.accepted, id)
			if err := r.watch.until(ctx, 1, func(o store.Order) bool { return o.ID == id && final(o) }); err != nil {
				return err
			}
			o, err := r.store.Get(ctx, id)
			if err != nil {
				return err
			}
			refusal.By, refusal.Why = "before anything was sent", o.Reason
			if o.Attempt > 0 {
				refusal.By = "by the portal"
			}
			if o.State != store.Rejected {
				refusal.By, refusal.Why = "", fmt.Sprintf("it was not refused but %s as %s", o.State, o.OrderNo)
			}
		}
		r.report.Refusals = append(r.report.Refusals, refusal)
		if refusal.By == "" {
			r.tell.say("- %s: %s", refusal.What, refusal.Why)
		} else {
			r.tell.say("- %s, refused %s: %s", refusal.What, refusal.By, strings.TrimPrefix(refusal.Why, "the portal refused it: "))
		}
	}
	return nil
}

// tutorials places the two orders of the portal's tutorials, told only names.
func (r *run) tutorials(ctx context.Context) error {
	for _, p := range r.planned[:tutorialOrders] {
		if err := r.place(ctx, p); err != nil {
			return err
		}
	}
	// None of the others has been accepted yet.
	if err := r.watch.until(ctx, tutorialOrders, oneOf(r.ordinary, final)); err != nil {
		return err
	}
	r.tell.say("The orders of the portal's two tutorials, told only names:")
	for _, p := range r.planned[:tutorialOrders] {
		o, err := r.store.Get(ctx, p.intent.ID())
		if err != nil {
			return err
		}
		r.tell.say("- %s for %s: %s %s, transaction %s", quantity(o), o.ProductNo, o.State, o.OrderNo, o.TransactionNo)
	}
	return nil
}

// repeated delivers one order many times at once, as a queue that delivers at least once may, through
// asynq alone.
func (r *run) repeated(ctx context.Context) error {
	in := r.planned[repeatedOrder].intent.Normalise()
	id := in.ID()
	for range deliveries {
		task := asynq.NewTask(tasks.TypePlace, in.Canonical(), asynq.Queue(tasks.QueueUrgent))
		if _, err := r.queue.EnqueueContext(ctx, task); err != nil {
			return fmt.Errorf("enqueue %s: %w", in.Reference, err)
		}
	}
	if err := r.watch.until(ctx, 1, func(o store.Order) bool { return o.ID == id && final(o) }); err != nil {
		return err
	}
	o, err := r.store.Get(ctx, id)
	if err != nil {
		return err
	}
	posts := 0
	for po, n := range r.portal.Ledger().Requests {
		if strings.HasPrefix(po, id) {
			posts += n
		}
	}
	r.event("One order (%s) was delivered %d times, by asynq alone: %d request to the portal, %s.", o.Reference, deliveries, posts, o.State)
	return nil
}

// outage takes the portal away, when those orders are through whose absence has to be proved.
func (r *run) outage(ctx context.Context) error {
	struck := map[string]bool{}
	for _, p := range r.planned {
		if slices.Contains(faultsBefore(), p.fault) {
			struck[p.intent.ID()] = true
		}
	}
	tried := oneOf(struck, func(o store.Order) bool { return o.Attempt > 0 })
	if err := r.watch.until(ctx, len(struck), tried); err != nil {
		return err
	}
	for _, p := range r.portal.PBXs()[r.PBXs-byHand:] {
		r.portal.Place(p.ProductNo, yeastartest.RecordingID, 1000, "")
	}
	r.event("Somebody else orders %d times at the portal, by hand. The list has those too.", byHand)

	rest := r.planned[r.first():]
	enough := min(len(rest), breakerFood)
	// It goes down with an order on the wire, however slow this machine is.
	release := r.portal.Hold()
	defer release()
	if err := r.placeAll(ctx, rest[:enough]); err != nil {
		return err
	}
	if err := r.portal.WaitHeld(ctx, 1); err != nil {
		return err
	}
	r.portal.Down(true)
	unanswered := r.portal.CutHeld()
	release()
	r.event("The portal goes down for %v: every connection is closed without an answer.", outageLasts)
	down := time.NewTimer(outageLasts)
	defer down.Stop()
	opened, err := r.breaker(ctx, down.C, true)
	if err != nil {
		return err
	}
	if opened {
		unanswered += r.portal.Ledger().CallsWhileDown[yeastartest.CallCreate]
		r.event("The breaker opens. Orders without an answer, which are in doubt: %d. All others wait.", unanswered)
	}
	if err := r.placeAll(ctx, rest[enough:]); err != nil {
		return err
	}
	if more := len(rest) - enough; more > 0 {
		r.event("Meanwhile the other %d orders are accepted: that needs no portal.", more)
	}
	if opened {
		select {
		case <-down.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r.portal.Down(false)
	back := r.Now()
	l := r.portal.Ledger()
	orders, all := l.CallsWhileDown[yeastartest.CallCreate], 0
	for _, n := range l.CallsWhileDown {
		all += n
	}
	r.event("The portal is back. While it was down it got %d orders and %d other calls, probes among them.", orders, all-orders)
	if !opened {
		return nil
	}
	if _, err := r.breaker(ctx, nil, false); err != nil {
		return err
	}
	r.event("A probe was answered %.1f s later. The breaker closes: one order goes first, then twice as many each time.", r.Now().Sub(back).Seconds())
	return nil
}

// breaker waits until the fleet's breaker is open, or closed; false when the time was over first.
func (r *run) breaker(ctx context.Context, over <-chan time.Time, open bool) (bool, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		s, err := r.fleet.Read(ctx)
		if err != nil {
			return false, err
		}
		if !s.OpenUntil.IsZero() == open {
			return true, nil
		}
		select {
		case <-tick.C:
		case <-over:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// unpaid has the portal make an order that is not final, and somebody pay it.
func (r *run) unpaid(ctx context.Context) error {
	r.portal.NextStatus("pending")
	isPending := func(o store.Order) bool { return o.State == store.Pending }
	err := r.watch.when(ctx, func(orders map[string]store.Order) bool {
		// Where no order is left to be made, there is none to be seen either.
		return counted(orders, isPending) > 0 || counted(orders, oneOf(r.ordinary, final)) == len(r.planned)
	})
	if err != nil {
		return err
	}
	records, err := r.store.List(ctx, store.Filter{States: []store.State{store.Pending}})
	if err != nil || len(records) == 0 {
		return err
	}
	o := records[0]
	r.portal.SetStatus(o.OrderNo, "succeed")
	if err := r.watch.until(ctx, 1, func(m store.Order) bool { return m.ID == o.ID && final(m) }); err != nil {
		return err
	}
	if o, err = r.store.Get(ctx, o.ID); err != nil {
		return err
	}
	r.event("One order (%s) was left unpaid at the portal: it stayed pending and was polled. It is paid now: %s.", o.Reference, o.State)
	return nil
}

// stopped tells a worker to stop while its orders are on the wire, and hires another for it.
func (r *run) stopped(ctx context.Context) error {
	if err := r.watch.until(ctx, len(r.planned)/2, oneOf(r.ordinary, final)); err != nil {
		return err
	}
	if len(r.hands) == 1 { // somebody has to carry on
		if err := r.hire(ctx); err != nil {
			return err
		}
	}
	leaving := r.hands[0]
	release := r.portal.Hold()
	defer release()
	holding, cancel := context.WithTimeout(ctx, callTimeout/2)
	defer cancel()
	if err := r.portal.WaitHeld(holding, heldBack); err != nil && ctx.Err() != nil {
		return err // else there are fewer left: those will do
	}
	before := leaving.told.Load()
	var gone sync.WaitGroup
	gone.Go(r.dismiss)
	err := isLeaving(ctx, leaving)
	release()
	gone.Wait()
	if err != nil {
		return err
	}
	if n := leaving.told.Load() - before; n > 0 {
		r.event("A worker is told to stop with orders on the wire: it waits for its answers, records %d, and goes. "+
			"Another carries on, a new one takes its place.", n)
	} else {
		r.event("A worker is told to stop. Another carries on, a new one takes its place.")
	}
	return r.hire(ctx)
}

// isLeaving waits until a worker knows that it is to stop.
func isLeaving(ctx context.Context, h *hand) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for h.Ready(ctx) == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// event tells what has just been seen, and keeps it for the report.
func (r *run) event(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.report.Events = append(r.report.Events, text)
	r.tell.say("%s", text)
}
