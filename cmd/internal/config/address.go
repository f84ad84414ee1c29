package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"orderq/yeastar"
)

// Loopback tells that a URL's host is this machine: localhost, 127.0.0.0/8 or ::1. Names are not looked
// up, so whatever is not plainly loopback is not: real money may be behind it.
func Loopback(rawURL string) bool {
	u, err := url.Parse(rawURL)
	return err == nil && loopbackHost(u.Hostname())
}

// LoopbackAddr is the same for host:port. No host means every address, so it is not loopback.
func LoopbackAddr(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && loopbackHost(host)
}

func loopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// parseBaseURL takes http and https, with a path perhaps, and nothing that could be a secret: the URL
// goes to logs and journals.
func parseBaseURL(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", errors.New("want https://host, with a path perhaps")
	case u.User != nil:
		return "", errors.New("it has a user or password: leave them away, the credentials have their own variables")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("it has a ? or #: leave it away")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// parseProxy never quotes: a proxy's URL may hold a password.
func parseProxy(s string) (yeastar.Secret, error) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
		return "", errors.New("want http://, https:// or socks5:// and host:port, with special characters in user and password percent-encoded")
	}
	return yeastar.Secret(s), nil
}

func parseAddr(s string) (string, error) {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", errors.New("want host:port such as 127.0.0.1:8080 ([::1]:8080 for IPv6; port 0: any free one)")
	}
	return s, nil
}

var accountName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

func parseAccount(s string) (string, error) {
	if !accountName.MatchString(s) {
		return "", errors.New("want 1 to 32 of a-z, 0-9 and -")
	}
	return s, nil
}

func parseLine(s string) (string, error) {
	if len(s) > 200 || strings.ContainsFunc(s, unicode.IsControl) {
		return "", fmt.Errorf("want at most 200 bytes without control characters")
	}
	return s, nil
}
