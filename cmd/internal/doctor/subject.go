package doctor

import (
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store/fleet"
	"orderq/worker/resolve"
	"orderq/yeastar"
)

// Subject is what is looked at.
type Subject struct {
	Redis     redis.UniversalClient
	RedisAt   string       // where it is, without a password
	Fleet     *fleet.Fleet // the account's
	Journal   string       // folder of the send journal
	Portal    *yeastar.Client
	PortalErr error  // why there is no Portal: no credentials, say
	BaseURL   string // the portal's
	Proxied   bool   // calls to the portal go through a proxy
	Toy       bool   // the portal is a simulator on loopback: a ledger that forgets does no harm
	Contact   string // the configured default contact; "": none
	Aliases   resolve.Aliases
	Clock     *Clock           // told of the portal's answers by the client's Observe
	Now       func() time.Time // nil: time.Now

	redisDown  bool
	portalDown bool
}

// Clock keeps what the portal's last answer said of the time. The zero value is ready.
type Clock struct {
	mu     sync.Mutex
	portal time.Time
	ours   time.Time
}

// Note takes the portal's Date and our time at its arrival.
func (c *Clock) Note(portal, ours time.Time) {
	if portal.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.portal, c.ours = portal, ours
}

// Skew is how far the portal's clock is ahead of ours; ok is false where it has not answered yet. HTTP's
// Date has whole seconds, so that a second says nothing.
func (c *Clock) Skew() (ahead time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.portal.Sub(c.ours), !c.portal.IsZero()
}

func (s *Subject) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// Checks gives every check, the near before the far.
func Checks(s *Subject) []Check {
	return []Check{
		{"redis", s.redis},
		{"durability", s.durability},
		{"epoch", s.epoch},
		{"redis clock", s.redisClock},
		{"journal", s.journal},
		{"portal", s.portal},
		{"credentials", s.credentials},
		{"pbxs", s.products},
		{"plans", s.plans},
		{"contacts", s.contacts},
		{"order list", s.orders},
		{"portal clock", s.portalClock},
	}
}
