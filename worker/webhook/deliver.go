package webhook

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"go.uber.org/zap"

	"orderq/store"
	"orderq/store/hook"
)

// Config is what a Deliverer needs. Each field: unit, special values, default.
type Config struct {
	Store       *store.Store   // required
	Allow       []netip.Prefix // may be called although they are not public; none
	Log         *zap.Logger    // nil: none
	Every       time.Duration  // pause between two looks at the stream; 0: 250ms
	Term        time.Duration  // one Run, so that the office can change hands; 0: 1m
	Hold        time.Duration  // for which an event is taken; longer than a delivery lasts; 0: 30s
	BreakerOpen time.Duration  // pause between two tries of an endpoint that does not answer; 0: 1m
	Sender      *Sender        // nil: one that calls Allow and public addresses; Close closes it

	OnSettled func(webhook string, e hook.Entry) // told of each try, and of what is given up untried, once it is written down; must not block; nil: nobody
}

// Deliverer delivers an account's events. One worker of the fleet does; two at once deliver nothing twice that one of
// them settles. Close it.
type Deliverer struct {
	cfg    Config
	store  *store.Store
	hooks  *hook.Hooks
	sender *Sender
	log    *zap.Logger

	mu       sync.Mutex
	breakers map[string]*breaker
	busy     map[string]bool // endpoints with a pump at work
	pumps    sync.WaitGroup
}

// New makes one; it calls nobody.
func New(c Config) *Deliverer {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&c.Every, every)
	def(&c.Term, term)
	def(&c.Hold, hold)
	def(&c.BreakerOpen, breakerOpen)
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.OnSettled == nil {
		c.OnSettled = func(string, hook.Entry) {}
	}
	if c.Sender == nil {
		c.Sender = NewSender(SenderConfig{Guard: Guard{c.Allow}})
	}
	return &Deliverer{
		cfg: c, store: c.Store, hooks: hook.Of(c.Store), sender: c.Sender, log: c.Log,
		breakers: map[string]*breaker{}, busy: map[string]bool{},
	}
}

// Close waits for what is under way, which ends soon after the context of Run.
func (d *Deliverer) Close() {
	d.pumps.Wait()
	d.sender.Close()
}

// Some says whether there is anybody to tell.
func (d *Deliverer) Some(ctx context.Context) (bool, error) { return d.hooks.Some(ctx) }

// Run delivers for a while, or until ctx ends or Redis fails. It does not wait for what is under way then.
func (d *Deliverer) Run(ctx context.Context) error {
	over := make(chan struct{})
	defer close(over)
	ends := time.NewTimer(d.cfg.Term)
	defer ends.Stop()
	tick := time.NewTicker(d.cfg.Every)
	defer tick.Stop()
	for {
		n, err := d.look(ctx, over)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ends.C:
			return nil
		case <-tick.C:
		}
	}
}

// look starts a pump for every endpoint that has none, and says how many endpoints there are.
func (d *Deliverer) look(ctx context.Context, over <-chan struct{}) (int, error) {
	all, err := d.hooks.List(ctx)
	if err != nil {
		return 0, err
	}
	ids := map[string]bool{}
	for _, e := range all {
		ids[e.ID] = true
		if e.Enabled && d.claim(e.ID) {
			d.pumps.Go(func() {
				defer d.release(e.ID)
				if err := d.pump(ctx, over, e.ID); err != nil && ctx.Err() == nil {
					d.log.Warn("webhook deliveries stopped; they go on in a moment", zap.String("webhook", e.ID), zap.Error(err))
				}
			})
		}
	}
	d.keep(ids)
	return len(all), nil
}

func (d *Deliverer) claim(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy[id] {
		return false
	}
	d.busy[id] = true
	return true
}

func (d *Deliverer) release(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, id)
}

// pump moves an endpoint's events from the stream to what waits, and delivers what is due, until nothing is.
func (d *Deliverer) pump(ctx context.Context, over <-chan struct{}, id string) error {
	for ctx.Err() == nil {
		select {
		case <-over:
			return nil
		default:
		}
		more, err := d.hooks.Admit(ctx, id)
		if errors.Is(err, hook.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		taken, err := d.round(ctx, id)
		if err != nil {
			return err
		}
		if taken == 0 && !more {
			return nil
		}
	}
	return nil
}

// round delivers what is due to an endpoint, as much as its breaker lets pass, and says how much that was.
func (d *Deliverer) round(ctx context.Context, id string) (int, error) {
	e, err := d.hooks.Get(ctx, id)
	if errors.Is(err, hook.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	b := d.breakerOf(e)
	n := allowed(b)
	if n == 0 {
		return 0, nil
	}
	// From before the taking, so that nothing is under way any more when others may take it.
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Hold)
	defer cancel()
	taken, err := d.hooks.Take(ctx, id, n, d.cfg.Hold)
	if err != nil || len(taken) == 0 {
		return 0, err
	}
	secrets, err := d.hooks.Secrets(ctx, id)
	if err != nil {
		return 0, err
	}
	var all sync.WaitGroup
	failed := make([]error, len(taken))
	for i, t := range taken {
		all.Go(func() { failed[i] = d.deliver(ctx, b, e, secrets, t) })
	}
	all.Wait()
	return len(taken), errors.Join(failed...)
}

// settleWithin is for writing down what came of a delivery.
const settleWithin = 5 * time.Second

// deliver tries one event and settles it. An error is Redis': the event stays taken, and comes again.
func (d *Deliverer) deliver(ctx context.Context, b *breaker, e hook.Endpoint, secrets []hook.Secret, t hook.Delivery) error {
	// What came of it is written down although the worker stops meanwhile.
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.cfg.Hold+settleWithin)
	defer cancel()
	entry := hook.Entry{Event: t.ID, Type: typeOf(t.Event), Order: t.Order, WebhookID: idOf(d.store.Account(), t.Event), Attempt: t.Try}
	o, err := d.store.Get(ctx, t.Order)
	if errors.Is(err, store.ErrNotFound) {
		entry.Outcome, entry.Reason = hook.GaveUp, "the order is not there any more"
		if err = d.hooks.Done(settle, e.ID, t, hook.Heard{}, entry); err == nil {
			d.cfg.OnSettled(e.ID, entry)
		}
		return err
	}
	if err != nil {
		return errors.Join(err, d.hooks.Back(settle, e.ID, t))
	}
	body, err := messageOf(t.Event, o).text()
	if err != nil {
		return err
	}
	a, err := b.Execute(func() (Answer, error) {
		a := d.sender.Send(ctx, e, secrets, entry.WebhookID, body)
		switch {
		case a.Status == 0 && ctx.Err() != nil:
			return a, errInterrupted
		case !a.ok():
			return a, errFailed
		}
		return a, nil
	})
	if err != nil && !errors.Is(err, errFailed) { // it was not tried, or not to its end
		return d.hooks.Back(settle, e.ID, t)
	}
	if entry, err = d.settle(settle, e, t, a, entry); err == nil {
		d.cfg.OnSettled(e.ID, entry)
	}
	return err
}

// settle writes down what came of a try, and gives the log's line.
func (d *Deliverer) settle(ctx context.Context, e hook.Endpoint, t hook.Delivery, a Answer, entry hook.Entry) (hook.Entry, error) {
	outcome, pause := judge(a, t, rand.Float64())
	heard := hook.Heard{URL: e.URL, Silence: silence(a)}
	entry.Outcome, entry.Status, entry.Took, entry.Answer = outcome, a.Status, a.Took.Milliseconds(), a.Text
	fields := []zap.Field{
		zap.String("webhook", e.ID), zap.String("host", hostOf(e.URL)), zap.String("event", t.ID), zap.String("order", t.Order),
		zap.Int("attempt", t.Try), zap.Int("status", a.Status), zap.Duration("took", a.Took),
	}
	if outcome == hook.Delivered {
		d.log.Debug("webhook delivered", fields...)
		return entry, d.hooks.Done(ctx, e.ID, t, heard, entry)
	}
	entry.Reason = a.why()
	fields = append(fields, zap.String("reason", entry.Reason))
	switch outcome {
	case hook.Gone:
		d.log.Warn("webhook is gone (410) and was disabled", fields...)
		return entry, d.hooks.Close(ctx, e.ID, t, heard, entry, "it answered 410 Gone")
	case hook.GaveUp:
		d.log.Warn("webhook event not delivered within a day; given up", fields...)
		return entry, d.hooks.Done(ctx, e.ID, t, heard, entry)
	}
	entry.Next = t.Now.Add(a.Took + pause).Truncate(time.Second)
	d.log.Info("webhook not delivered; it is tried again", append(fields, zap.Duration("after", pause))...)
	return entry, d.hooks.Again(ctx, e.ID, t, pause, heard, entry)
}

// hostOf is what a log shows of a URL: the rest may have keys in it.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Host
}
