package signin

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// tries come at once: a person who has several tokens, and mistypes them.
	tries = 10
	// tryEvery is for more: who guesses a token of 128 bits so often is none the wiser in the end.
	tryEvery = 6 * time.Second
	// mostAddresses bounds the memory that whoever has many addresses can take.
	mostAddresses = 4096
)

// Guesses bounds how often an address may try to sign in. Safe for concurrent use.
type Guesses struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[netip.Prefix]*rate.Limiter
	all *rate.Limiter // of the addresses that are too many to be told apart

	swept time.Time // when those were last forgotten that have not tried for long
}

// NewGuesses makes it; now is this process' clock.
func NewGuesses(now func() time.Time) *Guesses {
	return &Guesses{now: now, by: map[netip.Prefix]*rate.Limiter{}, all: fresh()}
}

func fresh() *rate.Limiter { return rate.NewLimiter(rate.Every(tryEvery), tries) }

// Wait counts a try of an address (host:port), and says how long it has to wait before it may; 0: it may now.
func (g *Guesses) Wait(address string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	r := g.of(address, now).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// of gives an address' limiter. An IPv6 host has a /64 to choose addresses from, so that is one.
func (g *Guesses) of(address string, now time.Time) *rate.Limiter {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return g.all // no TCP connection has such a one
	}
	ip := at.Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	key := netip.PrefixFrom(ip, bits).Masked()
	if l := g.by[key]; l != nil {
		return l
	}
	if len(g.by) >= mostAddresses && now.Sub(g.swept) >= tryEvery {
		g.swept = now
		for other, l := range g.by {
			if l.TokensAt(now) >= tries { // as good as new
				delete(g.by, other)
			}
		}
	}
	if len(g.by) >= mostAddresses {
		return g.all
	}
	l := fresh()
	g.by[key] = l
	return l
}
