package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"

	"orderq/cmd/internal/oracle"
	"orderq/store"
)

// DefaultSeed is that of the run that the README shows.
const DefaultSeed = 20261121

// Options are a run's. Zero values are refused where they make no sense; see Defaults.
type Options struct {
	Orders  int   // how many orders that can be right, 40 to 20,000; what is wrong on purpose comes on top
	PBXs    int   // how many PBXs the portal has, 20 to 20,000
	Workers int   // 1 to 8
	Seed    int64 // decides orders and faults; any value

	Out  io.Writer        // where it is told
	Live bool             // Out is a terminal that can show a bar
	Log  *zap.Logger      // the workers'; nil: none
	Now  func() time.Time // nil: time.Now
}

// Defaults are what the demo does unless told otherwise; Out is still missing.
func Defaults() Options { return Options{Orders: 200, PBXs: 120, Workers: 2, Seed: DefaultSeed} }

// Validate names the flag, the value and the way out.
func (o Options) Validate() error {
	var errs []error
	for _, n := range []struct {
		flag             string
		have, least, max int
	}{
		{"--orders", o.Orders, leastOrders, 20_000},
		{"--pbxs", o.PBXs, leastPBXs, 20_000},
		{"--workers", o.Workers, 1, 8},
	} {
		if n.have < n.least || n.have > n.max {
			errs = append(errs, fmt.Errorf("%s %d: give a number from %d to %d", n.flag, n.have, n.least, n.max))
		}
	}
	return errors.Join(errs...)
}

// run is one demo in progress.
type run struct {
	Options
	*stage
	tell     *teller
	report   Report
	planned  []planned
	accepted []string        // ids of everything that was accepted
	ordinary map[string]bool // ids of planned: those that the progress counts
}

// Run plays the demo and tells it. The report says whether all went well (Clean); an error says that it
// could not be played to its end.
func Run(ctx context.Context, o Options) (report Report, err error) {
	if err := o.Validate(); err != nil {
		return Report{}, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s, err := raise(o)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, s.strike()) }()
	r := &run{Options: o, stage: s, tell: newTeller(o.Out, o.Live, o.Now), ordinary: map[string]bool{}}
	began := o.Now()
	if err := r.play(ctx); err != nil {
		return Report{}, err
	}
	if err := r.judge(ctx); err != nil {
		return Report{}, err
	}
	r.report.Seconds = o.Now().Sub(began).Round(100 * time.Millisecond).Seconds()
	r.tell.write(r.report.Text())
	return r.report, nil
}

// limit is how long a run may take before it is judged as it stands: the time to be paced through, the
// attempt's deadline and the horizon, and as much again for a slow machine.
func (r *run) limit() time.Duration { return time.Minute + time.Duration(r.Orders)*20*time.Millisecond }

// play is the script of the whole evening.
func (r *run) play(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.limit())
	defer cancel()
	r.tell.say("A portal that misbehaves on purpose, %d PBXs, a Redis, %d workers: all in this process. Seed %d. "+
		"An order counts as absent after %v here, not after 10 minutes.", r.PBXs, r.Workers, r.Seed, settle)
	for range r.Workers {
		if err := r.hire(ctx); err != nil {
			return err
		}
	}
	r.planned = plan(r.Seed, r.Orders, r.portal.PBXs())
	for _, p := range r.planned {
		r.ordinary[p.intent.ID()] = true
	}
	for _, scene := range []func(context.Context) error{r.wrong, r.tutorials} {
		if err := scene(ctx); err != nil {
			return fmt.Errorf("the first orders: %w", err)
		}
	}
	if err := r.accept(ctx); err != nil {
		return err
	}
	stop := r.tell.follow(ctx, r.watch, r.ordinary, len(r.planned))
	defer stop()
	for _, scene := range []func(context.Context) error{r.repeated, r.outage, r.unpaid, r.stopped, r.rest} {
		if err := scene(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	return nil
}

// accept takes the orders that come before the outage, and commands the faults.
func (r *run) accept(ctx context.Context) error {
	for _, p := range r.planned {
		if p.fault != "" {
			r.portal.FailOn(p.intent.ProductNo, p.fault, 1)
		}
	}
	first := r.planned[tutorialOrders:r.first()]
	for n, p := range first {
		if tutorialOrders+n == repeatedOrder {
			r.accepted = append(r.accepted, p.intent.ID()) // by the worker that first sees its task
			continue
		}
		if err := r.place(ctx, p); err != nil {
			return err
		}
	}
	r.tell.say("%d orders follow for %d PBXs: extensions, recording minutes, High Availability. "+
		"The portal spoils every %dth. The first %d are accepted.", len(r.planned)-tutorialOrders, distinct(r.planned), faultEvery, len(first))
	return nil
}

// first is how many orders of the plan come before the outage.
func (r *run) first() int { return tutorialOrders + early(r.Orders) }

func (r *run) placeAll(ctx context.Context, all []planned) error {
	for _, p := range all {
		if err := r.place(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) place(ctx context.Context, p planned) error {
	placed, err := r.client.Place(ctx, p.intent)
	if err != nil {
		return fmt.Errorf("place %s: %w", p.intent.Reference, err)
	}
	r.accepted = append(r.accepted, placed.Order.ID)
	return nil
}

// rest waits for what is left. Most of it is orders that the portal never made.
func (r *run) rest(ctx context.Context) error {
	doubtful := oneOf(r.ordinary, func(o store.Order) bool { return o.State == store.Unknown })
	others := func(o store.Order) bool {
		return final(o) || o.State == store.Unknown || o.WaitingFor == store.WaitClaim
	}
	if err := r.watch.until(ctx, len(r.planned), oneOf(r.ordinary, others)); err != nil {
		return err
	}
	if n, _ := r.watch.count(doubtful); n > 0 {
		r.tell.say("All others are done or wait for these: %d in doubt, not found at the portal so far. That proves nothing "+
			"yet, a request may still be under way. They are looked for until some 12 s after they were sent; what is "+
			"not there by then is sent once more.", n)
	}
	return r.watch.until(ctx, len(r.planned), oneOf(r.ordinary, final))
}

// judge reads both sides and compares.
func (r *run) judge(ctx context.Context) error {
	records, err := r.store.List(ctx, store.Filter{})
	if err != nil {
		return err
	}
	ledger := r.portal.Ledger()
	r.report.Seed, r.report.Orders, r.report.PBXs, r.report.Workers = r.Seed, r.Orders, r.PBXs, r.Workers
	r.report.Verdict = oracle.Judge(r.accepted, records, ledger)
	r.report.fill(r.planned, records, ledger)
	return nil
}

func distinct(all []planned) int {
	seen := map[string]bool{}
	for _, p := range all {
		seen[p.intent.ProductNo] = true
	}
	return len(seen)
}
