package webhook

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"unicode"
)

// Guard says which addresses may be called. The zero value: public ones.
type Guard struct {
	Allow []netip.Prefix // may be called although they are not public, and by plain http
}

// RefusedError: an address must not be called.
type RefusedError struct {
	Addr netip.Addr
	Why  string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s must not be called: it is %s; ORDERQ_WEBHOOK_ALLOW can name it", e.Addr, e.Why)
}

// network is a range that is not the public Internet.
type network struct {
	prefix netip.Prefix
	why    string
}

// networks are IANA's special-purpose registries (IPv4 and IPv6), and multicast.
var networks = func() []network {
	var all []network
	for _, n := range []struct{ prefix, why string }{
		{"0.0.0.0/8", "unspecified"}, {"10.0.0.0/8", "private"}, {"100.64.0.0/10", "a carrier's own (CGNAT)"}, {"127.0.0.0/8", "loopback"},
		{"169.254.0.0/16", "link-local, where clouds keep their metadata"}, {"172.16.0.0/12", "private"}, {"192.0.0.0/24", "reserved"},
		{"192.0.2.0/24", "reserved for documentation"}, {"192.88.99.0/24", "a 6to4 relay"}, {"192.168.0.0/16", "private"},
		{"198.18.0.0/15", "reserved for benchmarks"}, {"198.51.100.0/24", "reserved for documentation"}, {"203.0.113.0/24", "reserved for documentation"},
		{"224.0.0.0/4", "multicast"}, {"240.0.0.0/4", "reserved"},
		{"::/128", "unspecified"}, {"::1/128", "loopback"}, {"64:ff9b::/96", "NAT64, which leads to any IPv4 address"}, {"fe80::/10", "link-local"},
		{"fc00::/7", "private"}, {"ff00::/8", "multicast"}, {"2001::/23", "reserved (Teredo and others)"}, {"2001:db8::/32", "reserved for documentation"},
		{"3fff::/20", "reserved for documentation"},
	} {
		all = append(all, network{netip.MustParsePrefix(n.prefix), n.why})
	}
	return all
}()

var (
	sixToFour = netip.MustParsePrefix("2002::/16")
	unicast   = netip.MustParsePrefix("2000::/3") // all of IPv6 that is given out
)

// Check refuses an address that must not be called; plain: it would be by http. The error is a *RefusedError.
func (g Guard) Check(a netip.Addr, plain bool) error {
	a = a.Unmap().WithZone("")
	if g.allows(a) {
		return nil
	}
	if why := special(a); why != "" {
		return &RefusedError{a, why}
	}
	if plain {
		return &RefusedError{a, "not named in the settings, and http is not encrypted: use https"}
	}
	return nil
}

func (g Guard) allows(a netip.Addr) bool {
	for _, p := range g.Allow {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// special says why an address is none of the public Internet; "": it is one.
func special(a netip.Addr) string {
	for _, n := range networks {
		if n.prefix.Contains(a) {
			return n.why
		}
	}
	if sixToFour.Contains(a) {
		b := a.As16()
		if why := special(netip.AddrFrom4([4]byte(b[2:6]))); why != "" {
			return "6to4 of an address that is " + why
		}
	}
	if a.Is6() && !unicast.Contains(a) {
		return "reserved"
	}
	return ""
}

// control is for net.Dialer: it sees the address that is dialled, whatever a name meant a moment ago.
func (g Guard) control(plain bool) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || network != "tcp4" && network != "tcp6" {
			return fmt.Errorf("%s %s is no address that can be checked", network, address)
		}
		return g.Check(at.Addr(), plain)
	}
}

// maxURL is longer than any that people use.
const maxURL = 2000

// CheckURL refuses a URL that cannot be called, as far as that shows before its name is looked up.
func (g Guard) CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("want https://host, with a port and a path perhaps")
	case len(text) > maxURL:
		return fmt.Errorf("has more than %d bytes", maxURL)
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		return errors.New("has spaces or control characters: percent-encode them")
	case u.User != nil:
		return errors.New("has a user or a password: leave them away, deliveries are signed")
	case !dialable(u.Port()):
		return errors.New("has a port that is none: want 1 to 65535")
	case u.Fragment != "":
		return errors.New("has a #, which is never sent: leave it away")
	}
	plain := u.Scheme == "http"
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		return g.Check(ip, plain)
	}
	if plain && len(g.Allow) == 0 {
		return errors.New("http is not encrypted: use https, or name the receiver's network in ORDERQ_WEBHOOK_ALLOW")
	}
	return nil
}

// dialable says that a URL's port is one; "": its scheme's.
func dialable(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

// Networks reads a list of CIDRs and addresses, with commas between.
func Networks(list string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		p, err := netip.ParsePrefix(word)
		if a, bad := netip.ParseAddr(word); bad == nil && a.Zone() == "" {
			p, err = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
		}
		if err != nil || p.Addr().Is4In6() || p.Addr().Zone() != "" {
			return nil, errors.New("want networks such as 10.1.0.0/16, or addresses, with commas between")
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// dialer dials what the guard lets pass.
func (g Guard) dialer(plain bool, resolver *net.Resolver) *net.Dialer {
	return &net.Dialer{Timeout: dialWithin, Control: g.control(plain), Resolver: resolver}
}
