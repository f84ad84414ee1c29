package yeastar

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const contactsPath = "/user/openapi/user/v1/client/billing_contact_list"

var contactsRoute = map[string]http.HandlerFunc{contactsPath: answer(200, success(`[]`))}

// clock is a client's clock that a test moves.
func clock() (set func(time.Duration), change func(*Config)) {
	start := time.Now()
	var d atomic.Int64
	return func(v time.Duration) { d.Store(int64(v)) }, func(cfg *Config) {
		cfg.Now = func() time.Time { return start.Add(time.Duration(d.Load())) }
	}
}

func TestFiftyCallersShareOneTokenCall(t *testing.T) {
	t.Parallel()
	p := newPortal(t, contactsRoute)
	c := p.client(t)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := c.BillingContacts(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := p.count(tokenPath); n != 1 {
		t.Errorf("%d token calls", n)
	}
}

func TestATokenIsAskedForAsThePortalWantsIt(t *testing.T) {
	t.Parallel()
	p := newPortal(t, contactsRoute)
	move, now := clock()
	c := p.client(t, now, func(cfg *Config) { cfg.UserAgent = "orderq test" })
	for _, at := range []time.Duration{0, 30*time.Minute - 21*time.Second, 30*time.Minute - 19*time.Second} {
		move(at) // the call timeout is 10 s: it is renewed 20 s before its end
		if err := c.Authenticate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	requests, bodies := p.requests(tokenPath)
	want := []url.Values{
		{"grant_type": {"pp_credentials"}, "client_id": {"id"}, "client_secret": {testSecret}},
		{"grant_type": {"refresh_token"}, "refresh_token": {"refresh-canary-1"}},
	}
	if len(bodies) != 2 {
		t.Fatalf("%d token calls, want 2: %q", len(bodies), bodies)
	}
	for i, r := range requests {
		form, err := url.ParseQuery(bodies[i])
		if err != nil || form.Encode() != want[i].Encode() {
			t.Errorf("form %d: %v, %v", i, form, err)
		}
		if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.Header.Get("User-Agent") != "orderq test" || r.Header.Get("Authorization") != "" {
			t.Errorf("headers %d: %v", i, r.Header)
		}
	}
	if _, err := c.BillingContacts(context.Background()); err != nil {
		t.Fatal(err)
	}
	if r, _ := p.requests(contactsPath); r[0].Header.Get("Authorization") != "Bearer access-canary-2" {
		t.Errorf("called with %q", r[0].Header.Get("Authorization"))
	}
}

func TestTheLifeOfATokenIsReadInEveryForm(t *testing.T) {
	t.Parallel()
	asked := time.Unix(1e9, 0)
	for _, c := range []struct {
		expires string
		renew   time.Duration
	}{
		{`"1800"`, 1740 * time.Second}, {`1800`, 1740 * time.Second}, {`" 1800 "`, 1740 * time.Second},
		{`"90"`, 60 * time.Second}, {`"0"`, 0}, {`null`, 1740 * time.Second}, {`"soon"`, 1740 * time.Second},
	} {
		got, err := readToken([]byte(`{"token":"t","expiresIn":`+c.expires+`}`), asked, 30*time.Second)
		if err != nil || got.renewAt.Sub(asked) != c.renew || got.head != "Bearer" {
			t.Errorf("%s: renewed after %s, %q, %v", c.expires, got.renewAt.Sub(asked), got.head, err)
		}
	}
	for _, bad := range []string{``, `null`, `{}`, `{"token":""}`, `{"token":{}}`, `{"token":"a\nb"}`, `{"token":"t","tokenHead":"a\rb"}`} {
		if _, err := readToken([]byte(bad), asked, time.Second); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	if got, err := readToken([]byte(`{"token":"t","tokenHead":"Custom "}`), asked, time.Second); err != nil || got.head != "Custom" {
		t.Errorf("head %q, %v", got.head, err)
	}
}

func TestARefusedRefreshFallsBackOnce(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 401, 403} {
		p := newPortal(t, nil)
		p.route(tokenPath, func(w http.ResponseWriter, _ *http.Request) {
			if p.count(tokenPath) == 1 {
				answer(status, failure(status, "invalid_refresh_token"))(w, nil)
				return
			}
			fmt.Fprint(w, success(`{"expiresIn":"1800","token":"t-new"}`))
		})
		c := p.client(t)
		c.tokens.current = token{access: "old", refresh: "refresh-canary", renewAt: c.now()}
		if err := c.Authenticate(context.Background()); err != nil {
			t.Errorf("%d: %v", status, err)
		}
		_, bodies := p.requests(tokenPath)
		if len(bodies) != 2 || !strings.Contains(bodies[0], "grant_type=refresh_token") || !strings.Contains(bodies[1], "grant_type=pp_credentials") {
			t.Errorf("%d: asked %q", status, bodies)
		}
	}
}

func TestARefreshThatFailsOtherwiseIsNotDoubled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		reason Reason
	}{
		"busy":    {answer(429, failure(429, "x")), ReasonRate},
		"down":    {answer(502, "bad gateway"), ReasonStatus},
		"failing": {answer(500, failure(500, "x")), ReasonStatus},
		"strange": {answer(200, "<html>"), ReasonBody},
	} {
		p := newPortal(t, map[string]http.HandlerFunc{tokenPath: c.answer})
		client := p.client(t)
		client.tokens.current = token{access: "old", refresh: "refresh-canary", renewAt: client.now()}
		err := client.Authenticate(context.Background())
		var e *Error
		if !errors.As(err, &e) || e.Reason != c.reason || e.Outcome != NotSent || errors.Is(err, ErrCredentials) {
			t.Errorf("%s: %v", name, err)
		}
		if n := p.count(tokenPath); n != 1 {
			t.Errorf("%s: %d token calls", name, n)
		}
		if client.tokens.current.refresh != "" {
			t.Errorf("%s: a refresh token that may be spent was kept", name)
		}
	}
	// Not even a connection: the refresh token is as good as before.
	client := newClient(t, "http://127.0.0.1:1")
	client.tokens.current = token{access: "old", refresh: "refresh-canary", renewAt: client.now()}
	if err := client.Authenticate(context.Background()); err == nil || client.tokens.current.refresh == "" {
		t.Errorf("got %v, refresh token %q", err, client.tokens.current.refresh.Reveal())
	}
}

func TestWrongCredentialsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, h := range []http.HandlerFunc{
		answer(401, failure(401, "invalid_client")), answer(400, failure(400, "invalid_client")),
		answer(200, failure(200, "invalid_client")), answer(403, failure(403, "ip_not_allowed")),
	} {
		p := newPortal(t, map[string]http.HandlerFunc{tokenPath: h})
		c := p.client(t)
		_, err := c.BillingContacts(context.Background())
		var e *Error
		if !errors.Is(err, ErrCredentials) || !errors.As(err, &e) || e.Outcome != NotSent || e.Reason != ReasonToken || e.Endpoint != EndpointContacts {
			t.Fatalf("got %#v", err)
		}
		for _, want := range []string{"refused the client id and secret", "YEASTAR_CLIENT_ID", "YEASTAR_CLIENT_SECRET", "System > API", e.Code} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q lacks %q", err, want)
			}
		}
		a := submit(c)
		wants(t, a, NotSent, ReasonToken)
		if p.count(savePath) != 0 || a.Connected {
			t.Error("an order left without a token")
		}
	}
}

func TestAFailingPortalIsNotAboutCredentials(t *testing.T) {
	t.Parallel()
	for _, h := range []http.HandlerFunc{answer(500, failure(500, "x")), answer(429, failure(429, "x")), answer(200, success(`{}`))} {
		p := newPortal(t, map[string]http.HandlerFunc{tokenPath: h})
		if err := p.client(t).Authenticate(context.Background()); err == nil || errors.Is(err, ErrCredentials) {
			t.Errorf("got %v", err)
		}
	}
}

func TestTheFirstCallersEndDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	p := newPortal(t, map[string]http.HandlerFunc{tokenPath: func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		fmt.Fprint(w, success(`{"token":"t1"}`))
	}})
	c := p.client(t)
	first, cancel := context.WithCancel(context.Background())
	results := make(chan error, 2)
	go func() { results <- c.Authenticate(first) }()
	<-arrived
	go func() { results <- c.Authenticate(context.Background()) }()
	for waiting := 0; waiting < 2; { // until the second waits, too
		c.tokens.mu.Lock()
		waiting = c.tokens.flight.waiting
		c.tokens.mu.Unlock()
	}
	cancel()
	var e *Error
	if err := <-results; !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.Reason != ReasonCancelled {
		t.Errorf("the first got %v", err)
	}
	close(release)
	if err := <-results; err != nil {
		t.Errorf("the second got %v", err)
	}
	if n := p.count(tokenPath); n != 1 {
		t.Errorf("%d token calls", n)
	}
}

func TestAFlightThatNobodyWaitsForIsCalledBack(t *testing.T) {
	t.Parallel()
	arrived, gone := make(chan struct{}), make(chan struct{})
	p := newPortal(t, nil)
	p.route(tokenPath, func(w http.ResponseWriter, r *http.Request) {
		if p.count(tokenPath) > 1 {
			fmt.Fprint(w, success(`{"token":"t2"}`))
			return
		}
		close(arrived)
		<-r.Context().Done()
		close(gone)
	})
	c := p.client(t, func(cfg *Config) { cfg.CallTimeout = time.Hour }) // it is not the call's own time that ends it
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-arrived; cancel() }()
	if err := c.Authenticate(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-gone
	if err := c.Authenticate(context.Background()); err != nil {
		t.Errorf("the next one got %v", err)
	}
	if err := c.Authenticate(ctx); err != nil {
		t.Errorf("a token at hand needs no living context, got %v", err)
	}
}

func TestAReadThatGets401IsSentOnceMoreWithANewToken(t *testing.T) {
	t.Parallel()
	p := newPortal(t, map[string]http.HandlerFunc{contactsPath: func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer access-canary-2" {
			answer(401, failure(401, "token_expired"))(w, r)
			return
		}
		answer(200, success(`[]`))(w, r)
	}})
	if _, err := p.client(t).BillingContacts(context.Background()); err != nil {
		t.Error(err)
	}
	if p.count(contactsPath) != 2 || p.count(tokenPath) != 2 {
		t.Errorf("%d reads, %d tokens", p.count(contactsPath), p.count(tokenPath))
	}

	for _, body := range []string{failure(401, "never"), "never"} {
		p = newPortal(t, map[string]http.HandlerFunc{contactsPath: answer(401, body)})
		if _, err := p.client(t).BillingContacts(context.Background()); err == nil {
			t.Error("401 for ever, and no error")
		}
		if p.count(contactsPath) != 2 {
			t.Errorf("%d reads where the portal never takes a token", p.count(contactsPath))
		}
	}
}

func TestOnlyTheTokenThatFailedIsDropped(t *testing.T) {
	t.Parallel()
	ts := tokens{current: token{access: "new"}}
	ts.drop(token{access: "old"})
	if ts.current.access != "new" {
		t.Error("a token was dropped for its predecessor's fault")
	}
	ts.drop(token{access: "new"})
	if ts.current.access != "" {
		t.Error("it was kept")
	}
}
