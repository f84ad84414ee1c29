package office

import (
	"errors"
	"fmt"
	"os"

	"orderq/cmd/internal/config"
	"orderq/worker/resolve"
	"orderq/yeastar"
)

// NoPortalError says that the settings name no portal that could be asked.
type NoPortalError struct{ Err error }

func (e *NoPortalError) Error() string { return e.Err.Error() }
func (e *NoPortalError) Unwrap() error { return e.Err }

// PortalOf is how the portal is called with these settings.
func PortalOf(cfg config.Config) yeastar.Config {
	return yeastar.Config{
		BaseURL: cfg.BaseURL, ClientID: cfg.ClientID.Reveal(), ClientSecret: cfg.ClientSecret,
		UserAgent: cfg.UserAgent, CallTimeout: cfg.CallTimeout, Proxy: cfg.ProxyURL(),
	}
}

// DialPortal makes a client; nothing is sent yet. Close it. A *NoPortalError where the settings don't do.
func DialPortal(cfg config.Config) (*yeastar.Client, error) {
	if err := cfg.Credentials(); err != nil {
		return nil, &NoPortalError{err}
	}
	client, err := yeastar.New(PortalOf(cfg))
	if err != nil {
		return nil, &NoPortalError{err}
	}
	return client, nil
}

// Explain adds to the error of a portal call where it was made and what to do.
func Explain(cfg config.Config, err error) error {
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

// Aliases reads the aliases file; none is no error.
func Aliases(cfg config.Config) (resolve.Aliases, error) {
	if cfg.AliasesFile == "" {
		return resolve.Aliases{}, nil
	}
	text, err := os.ReadFile(cfg.AliasesFile)
	if err != nil {
		return resolve.Aliases{}, fmt.Errorf("ORDERQ_ALIASES_FILE: %w", err)
	}
	found, err := resolve.ParseAliases(text)
	if err != nil {
		return resolve.Aliases{}, fmt.Errorf("ORDERQ_ALIASES_FILE: %s: %w", cfg.AliasesFile, err)
	}
	return found, nil
}

// Resolver turns names into ids by reads alone.
func Resolver(cfg config.Config, client *yeastar.Client) (*resolve.Resolver, error) {
	names, err := Aliases(cfg)
	if err != nil {
		return nil, err
	}
	return resolve.New(resolve.Config{Client: client, DefaultContact: cfg.BillingContact, Aliases: names}), nil
}
