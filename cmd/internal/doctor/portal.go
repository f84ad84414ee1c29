package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode"

	"orderq/tasks"
	"orderq/yeastar"
)

func (s *Subject) portal(ctx context.Context) Finding {
	if s.PortalErr != nil {
		s.portalDown = true
		return fail("not configured: "+s.PortalErr.Error(), "set the variables named, or their _FILE")
	}
	u, err := url.Parse(s.BaseURL)
	if err != nil {
		return fail(s.BaseURL+" is no URL", "set YEASTAR_BASE_URL")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		if s.Proxied {
			return warn(s.BaseURL+" cannot be reached directly: "+err.Error(), "a proxy is set; the checks below go through it")
		}
		s.portalDown = true
		return fail(s.BaseURL+" cannot be reached: "+err.Error(), "check network, DNS, firewall and YEASTAR_BASE_URL")
	}
	_ = c.Close()
	return good(s.BaseURL + " can be reached")
}

func (s *Subject) credentials(ctx context.Context) Finding {
	if s.portalDown {
		return skipped("the portal cannot be called")
	}
	err := s.Portal.Authenticate(ctx)
	switch {
	case err == nil:
		return good("the portal takes the client id and secret")
	case errors.Is(err, yeastar.ErrCredentials):
		s.portalDown = true
		return fail("the portal refuses the client id and secret", "check YEASTAR_CLIENT_ID and YEASTAR_CLIENT_SECRET "+
			"(Reset in the portal's System > API makes a new secret), and that the addresses allowed there include this host's")
	}
	s.portalDown = true
	return fail(err.Error(), "check YEASTAR_BASE_URL, then the portal's own status")
}

// read is the finding for a read that failed.
func read(err error) Finding {
	return fail(err.Error(), "see that the API of this account may read it (the portal's System > API)")
}

func (s *Subject) products(ctx context.Context) Finding {
	if s.portalDown {
		return skipped("the portal cannot be called")
	}
	all, err := s.Portal.Products(ctx, yeastar.ProductPCE)
	if err != nil {
		return read(err)
	}
	if len(all) == 0 {
		return warn("the account has no cloud PBX (PCE)", "nothing can be ordered for an account without one")
	}
	shown := map[string]int{}
	for _, p := range all {
		for what, has := range map[string]bool{"plan": p.PlanID != 0 || p.Plan != "", "billing cycle": p.BillingCycle != "", "extensions": p.Extensions != nil} {
			if has {
				shown[what]++
			}
		}
	}
	var hidden []string
	for _, what := range []string{"plan", "billing cycle", "extensions"} {
		if shown[what] == 0 {
			hidden = append(hidden, what)
		}
	}
	text := fmt.Sprintf("%d cloud PBXs", len(all))
	if len(hidden) > 0 {
		return good(text + "; the list does not show their " + strings.Join(hidden, ", ") + ": intents may have to say it")
	}
	return good(text + ", with plan, billing cycle and extensions")
}

func (s *Subject) plans(ctx context.Context) Finding {
	if s.portalDown {
		return skipped("the portal cannot be called")
	}
	o, err := s.Portal.Offering(ctx, yeastar.ProductPCE, "")
	if err != nil {
		return read(err)
	}
	if len(o.Plans) == 0 && len(o.Services) == 0 {
		return fail("no plan and no service on offer could be read", "give plan and service by id, or in ORDERQ_ALIASES_FILE")
	}
	var names []string
	nameless := 0
	for _, p := range o.Plans {
		if p.Name == "" {
			nameless++
			continue
		}
		names = append(names, p.Name)
	}
	text := fmt.Sprintf("%d plans on offer: %s", len(o.Plans), strings.Join(names, ", "))
	if nameless > 0 {
		return warn(fmt.Sprintf("%s (%d without a readable name)", text, nameless), "name them in ORDERQ_ALIASES_FILE: orderq catalog plans shows their ids")
	}
	return good(text)
}

func (s *Subject) contacts(ctx context.Context) Finding {
	if s.portalDown {
		return skipped("the portal cannot be called")
	}
	all, err := s.Portal.BillingContacts(ctx)
	if err != nil {
		return read(err)
	}
	text := fmt.Sprintf("%d billing contacts", len(all))
	if len(all) == 1 {
		text = "1 billing contact"
	}
	switch id, aliased := s.alias(); {
	case len(all) == 0:
		return fail("the account has no billing contact", "make one in the portal")
	case s.Contact == "" && len(all) == 1:
		return good(text + ", used where an intent names none")
	case s.Contact == "":
		return warn(text+" and no default", "set ORDERQ_BILLING_CONTACT, or name one in each intent")
	default:
		for _, c := range all {
			if strings.EqualFold(c.Email, s.Contact) || c.ID.String() == s.Contact || aliased && c.ID == id {
				return good(text + "; the default, " + tasks.Shown(s.Contact) + ", is one of them")
			}
		}
	}
	return fail(text+"; the default, "+tasks.Shown(s.Contact)+", is not one of them", "set ORDERQ_BILLING_CONTACT to one that orderq catalog contacts shows")
}

// alias is the id that the default contact is an alias of.
func (s *Subject) alias() (yeastar.ID, bool) {
	for name, id := range s.Aliases.Contacts {
		if aliasKey(name) == aliasKey(s.Contact) {
			return id, true
		}
	}
	return 0, false
}

// aliasKey is how the aliases file's names are compared: by their letters and digits alone.
func aliasKey(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

func (s *Subject) orders(ctx context.Context) Finding {
	if s.portalDown {
		return skipped("the portal cannot be called")
	}
	page, err := s.Portal.OrderPage(ctx, 1, 1)
	if err != nil {
		return fail(err.Error(), "orders in doubt are looked for there: see that the API of this account may read it")
	}
	return good(fmt.Sprintf("%d orders can be read: those in doubt can be looked for", page.Total))
}

func (s *Subject) portalClock(context.Context) Finding {
	if s.portalDown || s.Clock == nil {
		return skipped("the portal cannot be called")
	}
	ahead, ok := s.Clock.Skew()
	switch {
	case !ok:
		return warn("the portal's answers carry no Date", "")
	case ahead.Abs() > mostSkew:
		return warn("the portal's clock is "+apart(ahead), "have this host keep time (NTP)")
	}
	return good("the portal's clock agrees with this host's")
}
