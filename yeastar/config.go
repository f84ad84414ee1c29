package yeastar

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

func (cfg Config) withDefaults() Config {
	if cfg.UserAgent == "" {
		cfg.UserAgent = defaultUserAgent
	}
	if cfg.CallTimeout == 0 {
		cfg.CallTimeout = defaultCallTimeout
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return cfg
}

func (cfg Config) validate() error {
	if err := validateBaseURL(cfg.BaseURL); err != nil {
		return err
	}
	switch {
	case cfg.ClientID == "":
		return fmt.Errorf("yeastar: ClientID is empty: copy the Client ID from the portal's System > API")
	case cfg.ClientSecret == "":
		return fmt.Errorf("yeastar: ClientSecret is empty: Reset in the portal's System > API shows a new one")
	case !visible(cfg.UserAgent):
		return fmt.Errorf("yeastar: UserAgent %q has characters a header cannot carry: use printable ASCII", cfg.UserAgent)
	case cfg.CallTimeout < 0:
		return fmt.Errorf("yeastar: CallTimeout %s is negative: give a positive duration, or 0 for %s", cfg.CallTimeout, defaultCallTimeout)
	}
	if p := cfg.Proxy; p != nil {
		if s := p.Scheme; (s != "http" && s != "https" && s != "socks5") || p.Host == "" {
			return fmt.Errorf("yeastar: Proxy %q is not a proxy's address: use http://, https:// or socks5:// and a host", p.Redacted())
		}
	}
	return nil
}

func validateBaseURL(s string) error {
	if s == "" {
		return fmt.Errorf("yeastar: BaseURL is empty: use %s", DefaultBaseURL)
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.User != nil:
		// Not printed: what does not parse may still carry a password.
		return fmt.Errorf("yeastar: BaseURL is not a plain URL (it does not parse, or has a user or password in it): use one like %s", DefaultBaseURL)
	case (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "":
		return fmt.Errorf("yeastar: BaseURL %q lacks a scheme or a host: use one like %s", s, DefaultBaseURL)
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return fmt.Errorf("yeastar: BaseURL %q has a query or a fragment: leave them out", s)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("yeastar: BaseURL %q would send the client secret in the clear: use https (http is for loopback only)", s)
	}
	return nil
}

// loopback says whether host can only be this machine. A name other than localhost cannot be known to be.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// visible says whether s can stand in a header: printable ASCII, spaces within.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return strings.TrimSpace(s) == s
}
