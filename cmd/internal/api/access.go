package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"orderq/cmd/internal/config"
)

// bearer is who has a token. The token itself is not kept.
type bearer struct {
	name string // goes into histories
	role config.Role
	hash [sha256.Size]byte
}

// ranks order the roles: who may more may what the others may.
var ranks = map[config.Role]int{config.Viewer: 1, config.Producer: 2, config.Operator: 3}

// admit takes the tokens from the settings.
func (a *API) admit(cfg config.Config) {
	for _, t := range cfg.Tokens {
		a.bearers = append(a.bearers, bearer{t.Name, t.Role, sha256.Sum256([]byte(t.Token.Reveal()))})
	}
	if cfg.APIRate.Unlimited() || len(a.bearers) == 0 {
		return
	}
	interval := cfg.APIRate.Interval()
	a.rates = map[string]*rate.Limiter{}
	for _, b := range a.bearers {
		// What a second allows may come at once.
		a.rates[b.name] = rate.NewLimiter(rate.Every(interval), max(1, int(time.Second/interval)))
	}
}

// identify finds out who asks, and whether they may.
func (a *API) identify(c *call, r *route) error {
	if len(a.bearers) == 0 {
		return nil // config lets such a server listen on loopback alone
	}
	given := c.r.Header.Values("Authorization")
	scheme, token, _ := strings.Cut(strings.Join(given, ","), " ")
	if len(given) != 1 || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return problem("unauthorized", "send one token, as the header Authorization: Bearer TOKEN")
	}
	return a.authorize(c, strings.TrimSpace(token), r.role)
}

// authorize finds out whose a token is, and whether they may what takes this role.
func (a *API) authorize(c *call, token string, role config.Role) error {
	who, known := a.bearerOf(token)
	if !known {
		return problem("unauthorized", "this token is not one of this server's: check ORDERQ_API_TOKENS there")
	}
	return a.permit(c, who, role)
}

// permit says whether somebody who is known may what takes this role, now.
func (a *API) permit(c *call, who bearer, role config.Role) error {
	c.who = who
	if ranks[who.role] < ranks[role] {
		return problem("forbidden", "token %s has the role %s, and this needs %s", who.name, who.role, role)
	}
	if limit := a.rates[who.name]; limit != nil {
		if wait := reserve(limit); wait > 0 {
			p := problem("too-many-requests", "token %s has used up its rate: wait %v", who.name, wait.Round(time.Millisecond))
			p.retry = wait
			return p
		}
	}
	return nil
}

// reserve takes one from a limiter, or says how long to wait for it.
func reserve(limit *rate.Limiter) (wait time.Duration) {
	r := limit.Reserve()
	if wait = r.Delay(); wait > 0 {
		r.Cancel()
	}
	return wait
}

// bearerOf compares with every token, in a time that does not tell which was near.
func (a *API) bearerOf(token string) (found bearer, known bool) {
	hash := sha256.Sum256([]byte(token))
	for _, b := range a.bearers {
		if subtle.ConstantTimeCompare(hash[:], b.hash[:]) == 1 {
			found, known = b, true
		}
	}
	return found, known
}
