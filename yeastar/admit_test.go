package yeastar

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"
)

// guard is an Admit that counts.
type guard struct {
	mu      sync.Mutex
	asked   []Call
	reports []Answer // Outcome and Reason only
	err     error
}

func (g *guard) admit(_ context.Context, c Call) (func(Outcome, Reason), error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, c)
	return func(o Outcome, r Reason) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.reports = append(g.reports, Answer{Outcome: o, Reason: r})
	}, g.err
}

func TestTheGuardIsAskedOncePerCallAndToldOnce(t *testing.T) {
	t.Parallel()
	g := &guard{}
	p := newPortal(t, map[string]http.HandlerFunc{contactsPath: answer(401, failure(401, "x")), savePath: answer(200, goodOrder)})
	c := p.client(t, func(cfg *Config) { cfg.Admit = g.admit })
	if err := c.Authenticate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := c.Authenticate(context.Background()); err != nil { // nothing to ask
		t.Fatal(err)
	}
	_, _ = c.BillingContacts(context.Background()) // 401, token, again: one call
	submit(c)
	asked := []Call{{EndpointToken, false}, {EndpointContacts, false}, {EndpointCreateOrder, true}}
	told := []Answer{{Outcome: Done, Reason: ReasonOK}, {Outcome: NotSent, Reason: ReasonToken}, {Outcome: Done, Reason: ReasonOK}}
	if len(g.asked) != 3 || len(g.reports) != 3 {
		t.Fatalf("asked %v, told %v", g.asked, g.reports)
	}
	for i := range asked {
		if g.asked[i] != asked[i] || g.reports[i].Outcome != told[i].Outcome || g.reports[i].Reason != told[i].Reason {
			t.Errorf("call %d: %v told %s/%s", i, g.asked[i], g.reports[i].Outcome, g.reports[i].Reason)
		}
	}
}

func TestWhatTheGuardRefusesIsNotSent(t *testing.T) {
	t.Parallel()
	p := newPortal(t, map[string]http.HandlerFunc{savePath: answer(200, goodOrder)})
	for _, c := range []struct {
		err    error
		reason Reason
	}{
		{errors.New("open"), ReasonBreaker},
		{&Error{Answer: Answer{Reason: ReasonRate, RetryAfter: time.Second}}, ReasonRate},
		{context.Canceled, ReasonCancelled},
	} {
		g := &guard{err: c.err}
		client := p.client(t, func(cfg *Config) { cfg.Admit = g.admit })
		wants(t, submit(client), NotSent, c.reason)
		_, err := client.BillingContacts(context.Background())
		if auth := client.Authenticate(context.Background()); !errors.Is(err, c.err) || !errors.Is(auth, c.err) {
			t.Errorf("got %v and %v", err, auth)
		}
		if len(g.reports) != 0 {
			t.Errorf("told of what it refused: %v", g.reports)
		}
	}
	if len(p.seen) != 0 {
		t.Errorf("%d requests left", len(p.seen))
	}
}

func TestTheGuardIsToldOfAPanic(t *testing.T) {
	t.Parallel()
	g := &guard{}
	p := newPortal(t, map[string]http.HandlerFunc{savePath: answer(200, goodOrder)})
	c := withToken(p.client(t, func(cfg *Config) {
		cfg.Admit = g.admit
		cfg.Observe = func(Call, Answer, time.Duration) { panic("observer") }
	}))
	func() {
		defer func() { _ = recover() }()
		submit(c)
		t.Error("the panic was swallowed")
	}()
	if len(g.reports) != 1 || g.reports[0].Outcome != Unknown || g.reports[0].Reason == "" {
		t.Errorf("told %v", g.reports)
	}
}

func TestAGuardMayNotCareWhatBecomesOfACall(t *testing.T) {
	t.Parallel()
	p := newPortal(t, map[string]http.HandlerFunc{savePath: answer(200, goodOrder)})
	c := p.client(t, func(cfg *Config) {
		cfg.Admit = func(context.Context, Call) (func(Outcome, Reason), error) { return nil, nil }
	})
	wants(t, submit(c), Done, ReasonOK)
	if err := p.client(t, func(cfg *Config) { cfg.Admit = c.cfg.Admit }).Authenticate(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestTheObserverSeesEveryExchangeAndNoToken(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	p := newPortal(t, map[string]http.HandlerFunc{contactsPath: answer(401, failure(401, "x"))})
	c := p.client(t, func(cfg *Config) {
		cfg.Observe = func(call Call, a Answer, took time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, call.Endpoint)
			if call.Endpoint == EndpointToken && len(a.Raw) > 0 || took < 0 {
				t.Errorf("%s: raw %q, took %s", call.Endpoint, a.Raw, took)
			}
		}
	})
	_, _ = c.BillingContacts(context.Background())
	want := []string{EndpointToken, EndpointContacts, EndpointToken, EndpointContacts}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != len(want) {
		t.Fatalf("saw %q", seen)
	}
	for i := range want {
		if seen[i] != want[i] {
			t.Errorf("saw %q, want %q", seen, want)
		}
	}
}
