package yeastar

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// documentedLife is an access token's life where an answer does not say it (authorization-rules).
const documentedLife = 30 * time.Minute

// token is what a call authorises itself with. The zero token is none.
type token struct {
	access, refresh Secret
	head            string    // the word before the token in the Authorization header
	renewAt         time.Time // some time before it ends
}

// tokens is the token at hand and the one flight that may be under way for the next.
type tokens struct {
	mu      sync.Mutex
	current token
	flight  *flight
}

// flight is one fetch for all who wait. It belongs to nobody's context: the first caller's end must not
// fail the others. When the last of them has gone, it is called back.
type flight struct {
	cancel  context.CancelFunc
	waiting int
	done    chan struct{} // closed when token and err are set
	token   token
	err     error
}

// Authenticate makes sure that a token is at hand, so that the next CreateOrder need not fetch one after
// its gate. It asks Admit only if a token must be fetched.
func (c *Client) Authenticate(ctx context.Context) (err error) {
	if _, ok := c.tokens.fresh(c.now()); ok {
		return nil
	}
	call := Call{Endpoint: EndpointToken}
	var report func(Outcome, Reason)
	if c.cfg.Admit != nil {
		if report, err = c.cfg.Admit(ctx, call); err != nil {
			return &Error{Endpoint: EndpointToken, Answer: c.conclude(Wire{AdmitErr: err}), Err: err}
		}
	}
	a := Answer{Reason: ReasonBroken}
	if report != nil {
		defer func() { report(a.Outcome, a.Reason) }()
	}
	if _, err = c.token(ctx); err == nil {
		a.Outcome, a.Reason = Done, ReasonOK
		return nil
	}
	a = c.conclude(Wire{TokenErr: err})
	return &Error{Endpoint: EndpointToken, Answer: a, Err: err}
}

// token gives the token at hand or waits for a new one, no longer than ctx lives.
func (c *Client) token(ctx context.Context) (token, error) {
	if err := ctx.Err(); err != nil {
		return token{}, err
	}
	c.tokens.mu.Lock()
	if t := c.tokens.current; t.usable(c.now()) {
		c.tokens.mu.Unlock()
		return t, nil
	}
	f := c.tokens.flight
	if f == nil {
		f = c.depart(ctx)
	}
	f.waiting++
	c.tokens.mu.Unlock()

	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		c.tokens.leave(f)
		return token{}, ctx.Err()
	}
}

// depart starts a flight; the caller holds the lock.
func (c *Client) depart(ctx context.Context) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{cancel: cancel, done: make(chan struct{})}
	c.tokens.flight = f
	refresh := c.tokens.current.refresh
	go func() {
		defer cancel()
		t, spent, err := c.fetch(ctx, refresh)
		c.tokens.land(f, t, spent, err)
	}()
	return f
}

// land hands a flight's result to those who wait. One that was called back changes nothing: another may
// be under way.
func (ts *tokens) land(f *flight, t token, spent bool, err error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	defer close(f.done)
	f.token, f.err = t, err
	if ts.flight != f {
		return
	}
	ts.flight = nil
	if err == nil || spent {
		ts.current = t
	}
}

func (ts *tokens) leave(f *flight) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if f.waiting--; f.waiting == 0 && ts.flight == f {
		f.cancel()
		ts.flight = nil
		ts.current = token{} // its refresh token may be spent by now
	}
}

func (ts *tokens) fresh(now time.Time) (token, bool) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return ts.current, ts.current.usable(now)
}

// drop forgets t, and only t: another caller may have renewed it already. Its refresh token goes with it,
// because what ended the one before its time (a new secret, say) has most likely ended both.
func (ts *tokens) drop(t token) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.current.access == t.access {
		ts.current = token{}
	}
}

func (t token) usable(now time.Time) bool { return t.access != "" && now.Before(t.renewAt) }

// fetch asks for a token: by refresh where there is a refresh token, and with the client's credentials where
// there is none or the portal, in its own envelope, does not take it. spent says that the refresh token
// may have been used up without our seeing a new one.
func (c *Client) fetch(ctx context.Context, refresh Secret) (t token, spent bool, err error) {
	if refresh != "" {
		var a Answer
		t, a, err = c.ask(ctx, refresh, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh.Reveal()}})
		if err == nil || a.Code == "" || a.Reason == ReasonRate || a.Reason == ReasonStatus {
			return t, a.Connected, err
		}
		spent = true
	}
	t, a, err := c.ask(ctx, "", url.Values{
		"grant_type": {"pp_credentials"}, "client_id": {c.cfg.ClientID}, "client_secret": {c.cfg.ClientSecret.Reveal()},
	})
	if err != nil && a.Code != "" && a.Code != codeSuccess && a.Reason != ReasonRate && a.Reason != ReasonStatus {
		a.Reason, a.Outcome = ReasonToken, NotSent
		a.Detail = fmt.Sprintf("the portal refused the client id and secret (status %d, %s): check YEASTAR_CLIENT_ID and YEASTAR_CLIENT_SECRET; "+
			"Reset in System > API makes a new secret, and a list of allowed addresses there must have this host's", a.Status, envelope{Code: a.Code, Message: a.Message, RequestID: a.RequestID})
		err = &Error{Endpoint: EndpointToken, Answer: a, Err: ErrCredentials}
	}
	return t, spent, err
}

// ask makes one token call: POST /auth/openapi/v1/oauth/token, form-encoded (request-access-token,
// refresh-access-token). The same path serves both grants.
func (c *Client) ask(ctx context.Context, refresh Secret, form url.Values) (token, Answer, error) {
	asked := c.now() // its life is counted from here, so that the way of the answer shortens it
	a, result, err := c.exchange(ctx, request{
		Call:        Call{Endpoint: EndpointToken},
		method:      http.MethodPost,
		path:        "/auth/openapi/v1/oauth/token",
		contentType: "application/x-www-form-urlencoded",
		body:        []byte(form.Encode()),
	}, token{refresh: refresh})
	if a.Outcome != Done {
		return token{}, a, &Error{Endpoint: EndpointToken, Answer: a, Err: err}
	}
	t, err := readToken(result, asked, c.cfg.CallTimeout)
	if err != nil {
		return token{}, a, unreadable(EndpointToken, a, "%v", err)
	}
	return t, a, nil
}

// readToken reads Token_Details. expiresIn is documented as a string of seconds; a number is taken, too.
func readToken(result jsontext.Value, asked time.Time, callTimeout time.Duration) (token, error) {
	n := parseTree(result)
	t := token{access: Secret(n.text("token")), refresh: Secret(n.text("refreshToken")), head: n.text("tokenHead")}
	if t.head == "" {
		t.head = "Bearer"
	}
	if t.access == "" || !visible(t.access.Reveal()) || !visible(t.head) {
		return token{}, errors.New("no token in it that fits a header")
	}
	life := documentedLife
	if s, err := strconv.ParseInt(n.text("expiresIn"), 10, 32); err == nil {
		life = time.Duration(s) * time.Second
	}
	t.renewAt = asked.Add(life - min(2*callTimeout, life/3))
	return t, nil
}
