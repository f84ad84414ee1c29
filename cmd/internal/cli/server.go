package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/remote"
)

// clientSettings are the ledger's, and those of a server in its place.
func clientSettings() []string {
	return append(ledgerSettings(), "ORDERQ_SERVER", "ORDERQ_TOKEN")
}

// remote says whether a server is asked, and not Redis or the portal. A Redis that is typed beats a server of the
// environment; a setting that is typed and would be the server's own is wrong use.
func (s settings) remote(cfg config.Config) (bool, error) {
	var given []string
	for _, f := range s.flags {
		given = append(given, f.Given()...)
	}
	typed := slices.Contains(given, "ORDERQ_SERVER")
	switch {
	case cfg.Server == "":
		return false, nil
	case slices.Contains(given, "ORDERQ_REDIS_URL") && typed:
		return false, wrongUse(errors.New("--server and --redis are two places: say one of them"))
	case slices.Contains(given, "ORDERQ_REDIS_URL"):
		return false, nil
	}
	for _, name := range given {
		if name != "ORDERQ_SERVER" && name != "ORDERQ_TOKEN" && name != "ORDERQ_ACCOUNT" {
			flag := "--" + strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "ORDERQ_")), "_", "-")
			return false, wrongUse(fmt.Errorf("%s would be the server's own setting: leave it away, or leave --server (ORDERQ_SERVER) away", flag))
		}
	}
	if err := cfg.ServerLine(); err != nil {
		return false, wrongUse(err)
	}
	return true, nil
}

// dial makes ready to ask the server. Close it.
func (s settings) dial(ctx context.Context, cfg config.Config) (*remote.Office, error) {
	account, _ := s.env()("ORDERQ_ACCOUNT")
	o, err := remote.Open(ctx, remote.Config{URL: cfg.Server, Token: cfg.ServerToken, Account: account, Version: buildVersion()})
	var other *remote.AccountError
	if errors.As(err, &other) {
		err = wrongUse(err)
	}
	return o, err
}

// clerk opens the ledger, or makes ready to ask the server that has it. Call done.
func (s settings) clerk(ctx context.Context) (c clerk, done func(), err error) {
	cfg, err := s.load()
	if err != nil {
		return nil, nil, err
	}
	there, err := s.remote(cfg)
	switch {
	case err != nil:
		return nil, nil, err
	case !there:
		l, err := s.connect(ctx)
		if err != nil {
			return nil, nil, err
		}
		return l, l.close, nil
	}
	o, err := s.dial(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	return o, o.Close, nil
}

// withClerk is a command's work at the ledger, or at the server that has it.
func (s settings) withClerk(work func(ctx context.Context, c clerk, args []string) error) func(context.Context, []string) error {
	return func(ctx context.Context, args []string) error {
		c, done, err := s.clerk(ctx)
		if err != nil {
			return err
		}
		defer done()
		return misused(work(ctx, c, args))
	}
}

// withShop is a command's work at the portal, or at the server that asks it.
func (s settings) withShop(work func(ctx context.Context, at shop, args []string) error) func(context.Context, []string) error {
	return func(ctx context.Context, args []string) error {
		cfg, err := s.load()
		if err != nil {
			return err
		}
		there, err := s.remote(cfg)
		switch {
		case err != nil:
			return err
		case there:
			o, err := s.dial(ctx, cfg)
			if err != nil {
				return err
			}
			defer o.Close()
			return misused(work(ctx, o, args))
		}
		p, err := openPortal(cfg)
		if err != nil {
			return err
		}
		defer p.close()
		return work(ctx, p, args)
	}
}
