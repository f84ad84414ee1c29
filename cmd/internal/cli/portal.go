package cli

import (
	"errors"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/worker/resolve"
	"orderq/yeastar"
)

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
