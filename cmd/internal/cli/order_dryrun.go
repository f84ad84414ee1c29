package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"orderq/cmd/internal/office"
	"orderq/tasks"
	"orderq/worker/resolve"
	"orderq/yeastar"
)

// rehearsal is what a dry run found out.
type rehearsal struct {
	Reference string                `json:"reference"`
	ID        string                `json:"id"`
	Request   *yeastar.OrderRequest `json:"request,omitempty"` // the body of the first attempt; absent: there is nothing to order
	Kind      string                `json:"kind"`
	ProductNo string                `json:"productNo"`
	Quantity  int                   `json:"quantity"`
	Ensure    int                   `json:"ensure,omitempty"`
	Plan      string                `json:"plan,omitempty"`
	Service   string                `json:"service,omitempty"`
	Cycle     string                `json:"billingCycle,omitempty"`
	Contact   string                `json:"billingContact,omitempty"`
	Has       *int                  `json:"extensions,omitempty"` // that the PBX has now
	Notes     []string              `json:"notes,omitempty"`      // what could not be checked
}

// rehearse shows what an intent would send. A refusal is exit 3: the order would be rejected.
func (a *app) rehearse(ctx context.Context, set settings, in tasks.Intent) error {
	cfg, err := set.load()
	if err != nil {
		return err
	}
	client, err := dialPortal(cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	resolver, err := resolver(cfg, client)
	if err != nil {
		return err
	}
	r, err := rehearseWith(ctx, resolver, in)
	if refused(err) {
		return &exitError{code: exitRejected, err: fmt.Errorf("it would be rejected: %w", err)}
	}
	if err != nil {
		return explain(cfg, err)
	}
	if a.json {
		return a.emit(r)
	}
	return a.showRehearsal(r)
}

func refused(err error) bool {
	var refusal *resolve.Refusal
	return errors.As(err, &refusal)
}

func rehearseWith(ctx context.Context, resolver *resolve.Resolver, in tasks.Intent) (rehearsal, error) {
	res, err := resolver.Resolve(ctx, in)
	if enough := resolve.Satisfied(err); enough != nil {
		return rehearsal{Reference: in.Reference, ID: in.ID(), Kind: in.Kind, ProductNo: in.ProductNo, Ensure: in.Ensure, Has: &enough.Has}, nil
	}
	if err != nil {
		return rehearsal{}, err
	}
	r := rehearsal{
		Reference: in.Reference, ID: in.ID(), Request: &res.Request, Kind: in.Kind, ProductNo: res.ProductNo, Quantity: res.Quantity,
		Ensure: in.Ensure, Plan: res.Plan, Service: res.Service, Cycle: res.BillingCycle, Contact: res.Contact, Has: res.Extensions, Notes: res.Notes,
	}
	r.Request.PONumber = tasks.SentPONumber(r.ID, 1, in.PONumber)
	return r, nil
}

func (a *app) showRehearsal(r rehearsal) error {
	kind, _ := tasks.KindOf(r.Kind)
	if r.Request == nil {
		a.field("would order", fmt.Sprintf("nothing: %s has %d %s, and %d are wanted", r.ProductNo, *r.Has, kind.Unit, r.Ensure))
		a.say("\nNothing was written or ordered.")
		return nil
	}
	a.field("would order", fmt.Sprintf("%s: %d %s on %s", kind.Title, r.Quantity, kind.Unit, r.ProductNo))
	a.field("plan", join(", ", r.Plan, r.Cycle))
	a.field("service", r.Service)
	a.field("invoice to", r.Contact)
	switch {
	case r.Ensure > 0: // then it has been read
		a.field("it has now", fmt.Sprintf("%d, wants %d: orders %d", *r.Has, r.Ensure, r.Quantity))
	case r.Has != nil:
		a.field("it has now", strconv.Itoa(*r.Has)+" extensions")
	}
	for _, n := range r.Notes {
		a.field("note", n)
	}
	a.field("reference", r.Reference)
	a.field("id", r.ID)
	body, err := json.MarshalIndent(r.Request, "", "  ")
	if err != nil {
		return err
	}
	a.say("\nPOST /order/openapi/order/v1/save\n%s\n", body)
	a.say("Nothing was written or ordered.")
	return nil
}

// rehearseFile shows what each line of a file would send: one JSON object per line that could be placed.
func (a *app) rehearseFile(ctx context.Context, set settings, in io.Reader) error {
	cfg, err := set.load()
	if err != nil {
		return err
	}
	client, err := dialPortal(cfg)
	if err != nil {
		return err
	}
	defer client.Close()
	resolver, err := resolver(cfg, client)
	if err != nil {
		return err
	}
	code := exitDone
	for line := range office.NewLines(in).All(ctx) {
		intent, err := office.ReadLine(line, cfg.Account)
		var r rehearsal
		if err == nil {
			r, err = rehearseWith(ctx, resolver, intent)
		}
		var invalid *tasks.Invalid
		switch {
		case err == nil:
			if err := a.emit(r); err != nil {
				return err
			}
		case refused(err):
			code = worse(code, exitRejected)
			fmt.Fprintf(a.err, "line %d: %v\n", line.N, err)
		case errors.As(err, &invalid), errors.Is(err, office.ErrLongLine):
			code = worse(code, exitFailed)
			fmt.Fprintf(a.err, "line %d: %v\n", line.N, err)
		default:
			return fmt.Errorf("line %d: %w", line.N, explain(cfg, err))
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return exit(code)
}
