package review

import (
	"time"

	"orderq/store"
	"orderq/store/fleet"
	"orderq/yeastar"
)

// Config is what a Reviewer needs.
type Config struct {
	Store *store.Store // of the account; required
	Fleet *fleet.Fleet // likewise

	// Portal is the account's client. nil: the portal cannot be asked, and NoPortal says why.
	Portal   *yeastar.Client
	NoPortal error
	// Clock observes Portal's calls. nil: the portal's clock is taken to be Redis'.
	Clock *Clock

	Journal string           // this host's folder of send journals
	Settle  time.Duration    // the horizon, counted from an attempt's deadline (ORDERQ_SETTLE)
	Now     func() time.Time // this host's clock; nil: time.Now
}

// Reviewer gathers evidence and carries out decisions for one account. It keeps nothing between calls and
// is safe for concurrent use.
type Reviewer struct{ cfg Config }

// New makes a Reviewer; it calls nobody.
func New(cfg Config) *Reviewer {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Reviewer{cfg: cfg}
}
