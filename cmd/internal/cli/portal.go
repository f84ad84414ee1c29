package cli

import (
	"context"
	"errors"
	"io"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/tasks"
	"orderq/worker/resolve"
	"orderq/yeastar"
)

// portal is the portal as this machine asks it: a shop.
type portal struct {
	cfg    config.Config
	client *yeastar.Client
}

// openPortal makes one; nothing is sent yet. Close it.
func openPortal(cfg config.Config) (*portal, error) {
	client, err := dialPortal(cfg)
	if err != nil {
		return nil, err
	}
	return &portal{cfg, client}, nil
}

func (p *portal) close() { p.client.Close() }

// Products are the account's cloud PBXs.
func (p *portal) Products(ctx context.Context) ([]office.Product, error) {
	all, err := office.Products(ctx, p.client)
	return all, explain(p.cfg, err)
}

// Services are the plans and services on offer.
func (p *portal) Services(ctx context.Context, productNo string) ([]office.Service, error) {
	all, err := office.Services(ctx, p.client, productNo)
	return all, explain(p.cfg, err)
}

// Contacts are the billing contacts.
func (p *portal) Contacts(ctx context.Context) ([]office.Contact, error) {
	all, err := office.Contacts(ctx, p.client)
	return all, explain(p.cfg, err)
}

// PortalOrders are the newest of its orders.
func (p *portal) PortalOrders(ctx context.Context, limit int) ([]office.PortalOrder, error) {
	all, err := office.PortalOrders(ctx, p.client, limit)
	return all, explain(p.cfg, err)
}

// Rehearse says what an intent would send.
func (p *portal) Rehearse(ctx context.Context, in tasks.Intent) (office.Rehearsal, error) {
	r, err := resolver(p.cfg, p.client)
	if err != nil {
		return office.Rehearsal{}, err
	}
	out, err := office.Rehearse(ctx, r, in)
	return out, explain(p.cfg, err)
}

// RehearseLines does for each line of a file.
func (p *portal) RehearseLines(ctx context.Context, in io.Reader, do func(n int, r office.Rehearsal, err error) error) error {
	r, err := resolver(p.cfg, p.client)
	if err != nil {
		return err
	}
	for line := range office.NewLines(in).All(ctx) {
		intent, err := office.ReadLine(line, p.cfg.Account)
		var out office.Rehearsal
		if err == nil {
			out, err = office.Rehearse(ctx, r, intent)
			err = explain(p.cfg, err)
		}
		if err := do(line.N, out, err); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// dialPortal makes a client for a person's few reads; nothing is sent yet. Close it.
func dialPortal(cfg config.Config) (*yeastar.Client, error) {
	client, err := office.DialPortal(cfg)
	return client, misused(err)
}

// misused makes wrong use of what only the settings can put right.
func misused(err error) error {
	var none *office.NoPortalError
	if errors.As(err, &none) {
		return wrongUse(err)
	}
	return err
}

func explain(cfg config.Config, err error) error { return misused(office.Explain(cfg, err)) }

// aliases reads the aliases file; none is no error.
func aliases(cfg config.Config) (resolve.Aliases, error) {
	names, err := office.Aliases(cfg)
	if err != nil {
		return names, wrongUse(err)
	}
	return names, nil
}

// resolver turns names into ids by reads alone.
func resolver(cfg config.Config, client *yeastar.Client) (*resolve.Resolver, error) {
	r, err := office.Resolver(cfg, client)
	if err != nil {
		return nil, wrongUse(err)
	}
	return r, nil
}
