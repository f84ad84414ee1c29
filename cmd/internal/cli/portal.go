package cli

import (
	"errors"
	"fmt"
	"os"

	"orderq/cmd/internal/config"
	"orderq/worker/resolve"
	"orderq/yeastar"
)

// portalOf is how the portal is called with these settings.
func portalOf(cfg config.Config) yeastar.Config {
	return yeastar.Config{
		BaseURL: cfg.BaseURL, ClientID: cfg.ClientID.Reveal(), ClientSecret: cfg.ClientSecret,
		UserAgent: cfg.UserAgent, CallTimeout: cfg.CallTimeout, Proxy: cfg.ProxyURL(),
	}
}

// dialPortal makes a client for a person's few reads; nothing is sent yet. Close it.
func dialPortal(cfg config.Config) (*yeastar.Client, error) {
	if err := cfg.Credentials(); err != nil {
		return nil, wrongUse(err)
	}
	client, err := yeastar.New(portalOf(cfg))
	if err != nil {
		return nil, wrongUse(err)
	}
	return client, nil
}

// explain adds to the error of a portal call where it was made and what to do.
func explain(cfg config.Config, err error) error {
	var call *yeastar.Error
	if !errors.As(err, &call) || errors.Is(err, yeastar.ErrCredentials) {
		return err // ErrCredentials says by itself what to do
	}
	switch call.Reason {
	case yeastar.ReasonDial, yeastar.ReasonTimeout, yeastar.ReasonBroken:
		return fmt.Errorf("portal %s: %w: check the network and YEASTAR_BASE_URL; orderq doctor looks closer", cfg.BaseURL, err)
	case yeastar.ReasonBody, yeastar.ReasonRedirect:
		return fmt.Errorf("portal %s: %w: is YEASTAR_BASE_URL the portal's API?", cfg.BaseURL, err)
	}
	return fmt.Errorf("portal %s: %w", cfg.BaseURL, err)
}

// aliases reads the aliases file; none is no error.
func aliases(cfg config.Config) (resolve.Aliases, error) {
	if cfg.AliasesFile == "" {
		return resolve.Aliases{}, nil
	}
	text, err := os.ReadFile(cfg.AliasesFile)
	if err != nil {
		return resolve.Aliases{}, wrongUse(fmt.Errorf("ORDERQ_ALIASES_FILE: %w", err))
	}
	found, err := resolve.ParseAliases(text)
	if err != nil {
		return resolve.Aliases{}, wrongUse(fmt.Errorf("ORDERQ_ALIASES_FILE: %s: %w", cfg.AliasesFile, err))
	}
	return found, nil
}

// resolver turns names into ids by reads alone.
func resolver(cfg config.Config, client *yeastar.Client) (*resolve.Resolver, error) {
	names, err := aliases(cfg)
	if err != nil {
		return nil, err
	}
	return resolve.New(resolve.Config{Client: client, DefaultContact: cfg.BillingContact, Aliases: names}), nil
}
