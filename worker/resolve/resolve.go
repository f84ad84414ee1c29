package resolve

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"orderq/tasks"
	"orderq/yeastar"
)

// DefaultTTL is how long the portal's lists are taken as they are. Plans, services and contacts change by
// the month; a PBX that was added meanwhile is found by the fresh read that precedes any refusal.
const DefaultTTL = 10 * time.Minute

// Config is what a Resolver needs.
type Config struct {
	Client         *yeastar.Client  // of the account that the intents are for; required
	TTL            time.Duration    // of cached readings; 0: DefaultTTL
	DefaultContact string           // id, e-mail address or alias for intents that name none; "": none
	Aliases        Aliases          // zero: none
	Now            func() time.Time // nil: time.Now
}

// Resolver resolves one account's intents. It is safe for concurrent use.
type Resolver struct {
	client  *yeastar.Client
	ttl     time.Duration
	contact string
	aliases Aliases
	now     func() time.Time

	seq       atomic.Uint64
	forgotten atomic.Uint64
	tally     tally
	products  cache[list]
	details   cache[yeastar.Product]
	offerings cache[yeastar.Offering]
	contacts  cache[[]yeastar.Contact]
}

// New makes a Resolver with empty caches.
func New(cfg Config) *Resolver {
	r := &Resolver{client: cfg.Client, ttl: cfg.TTL, contact: cfg.DefaultContact, aliases: cfg.Aliases, now: cfg.Now}
	if r.ttl <= 0 {
		r.ttl = DefaultTTL
	}
	if r.now == nil {
		r.now = time.Now
	}
	share(r, &r.products)
	share(r, &r.details)
	share(r, &r.offerings)
	share(r, &r.contacts)
	return r
}

func share[T any](r *Resolver, c *cache[T]) {
	c.now, c.seq, c.forgotten = r.now, &r.seq, &r.forgotten
}

// Forget drops all that was read so far, reads under way included.
func (r *Resolver) Forget() {
	r.forgotten.Store(r.seq.Add(1))
	r.tally.clear()
}

// Resolve finds the ids. The error is a *Refusal where the intent cannot be ordered as it stands; any other
// (a *yeastar.Error below it, ErrDefaultContact, the context's) says nothing about the order.
func (r *Resolver) Resolve(ctx context.Context, in tasks.Intent) (Resolution, error) {
	return r.ResolveAs(ctx, in, nil)
}

// ResolveAs is Resolve of an intent that was planned: a Refusal also where it is not what it was planned to be any more.
// planned is a Planned as JSON; nil: anything is right.
func (r *Resolver) ResolveAs(ctx context.Context, in tasks.Intent, planned []byte) (Resolution, error) {
	in = in.Normalise()
	kind, known := tasks.KindOf(in.Kind)
	if err := in.Validate(); err != nil || !known {
		return Resolution{}, invalid(err)
	}
	asked := look{level: cached, since: r.now(), seq: r.seq.Add(1), ttl: r.ttl}
	as := func(l look) (Resolution, error) {
		res, err := r.resolve(ctx, in, kind, l)
		if err == nil {
			err = held(planned, in, res)
		}
		return res, err
	}
	res, err := as(asked)
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Code != CodeSatisfied {
		// The caches may be behind. Where they are not (younger than recheckAge), this costs no call.
		return as(asked.at(rechecked))
	}
	return res, err
}

func (r *Resolver) resolve(ctx context.Context, in tasks.Intent, kind tasks.Kind, l look) (Resolution, error) {
	f := facts{productNo: in.ProductNo}
	if in.ProductNo != "" {
		var err error
		if f, err = r.pbx(ctx, kind, in.ProductNo, l); err != nil {
			return Resolution{}, err
		}
	}
	offering, err := r.offering(ctx, kind.ProductID, l)
	if err != nil {
		return Resolution{}, err
	}
	plan, planNotes, refusal := choosePlan(in, f, offering, r.aliases)
	if refusal != nil {
		return Resolution{}, refusal
	}
	service, serviceNotes, refusal := chooseService(in, kind, plan, offering, r.aliases)
	if refusal != nil {
		return Resolution{}, refusal
	}
	cycle, refusal := chooseCycle(in, f)
	if refusal != nil {
		return Resolution{}, refusal
	}
	contacts, err := r.billingContacts(ctx, l)
	if err != nil {
		return Resolution{}, err
	}
	contact, err := chooseContact(in, contacts, r.contact, r.aliases)
	if err != nil {
		return Resolution{}, err
	}
	// Last, because it may count the order in.
	quantity, f, quantityNotes, err := r.chooseQuantity(ctx, in, kind, f, l)
	if err != nil {
		return Resolution{}, err
	}
	res := Resolution{
		ProductNo: f.productNo, Plan: firstOf(plan.Name, f.plan, in.Plan), PlanID: plan.ID, Service: service.Name, ServiceID: service.ID,
		BillingCycle: cycle, Contact: contact.Email, ContactID: contact.ID, Quantity: quantity, Extensions: f.extensions,
		Notes: append(append(planNotes, serviceNotes...), quantityNotes...),
	}
	res.Request = request(kind, res)
	return res, nil
}

func (r *Resolver) offering(ctx context.Context, productID int, l look) (yeastar.Offering, error) {
	// Without a serial number: the page asks for one only for products 9 and 11, and with one there would
	// be a call per PBX.
	o, err := r.offerings.get(ctx, strconv.Itoa(productID), l, func(ctx context.Context) (yeastar.Offering, error) {
		return r.client.Offering(ctx, productID, "")
	})
	if err != nil {
		return yeastar.Offering{}, fmt.Errorf("read the plans and services on offer (product %d): %w", productID, err)
	}
	return o.value, nil
}

func (r *Resolver) billingContacts(ctx context.Context, l look) ([]yeastar.Contact, error) {
	c, err := r.contacts.get(ctx, "contacts", l, r.client.BillingContacts)
	if err != nil {
		return nil, fmt.Errorf("read the billing contacts: %w", err)
	}
	return c.value, nil
}

// invalid is the refusal of an intent that no portal could make sense of. Whoever accepts orders has
// checked already; this is for those who ask without accepting.
func invalid(err error) *Refusal {
	var bad *tasks.Invalid
	if errors.As(err, &bad) && len(bad.Problems) > 0 {
		p := bad.Problems[0]
		return &Refusal{Code: CodeInvalid, Field: p.Field, Value: p.Value, Message: p.Message}
	}
	return &Refusal{Code: CodeInvalid, Field: "kind", Message: "no such kind"}
}

func firstOf(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
