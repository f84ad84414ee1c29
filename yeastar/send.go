package yeastar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// maxRead is the longest answer to a read that is taken: a page of 100 rows has some 100 kB.
const maxRead = 8 << 20

// request is one call before it has a token.
type request struct {
	Call
	method, path string
	query        url.Values
	contentType  string
	body         []byte
	posting      *posting // of an order; nil: anything else
}

// call is the choke point: admission, token, send, classify. Orders and reads pass through here alike;
// only a read is sent a second time, once, after a 401.
func (c *Client) call(ctx context.Context, r request) (a Answer, result jsontext.Value, err error) {
	var report func(Outcome, Reason)
	if c.cfg.Admit != nil {
		if report, err = c.cfg.Admit(ctx, r.Call); err != nil {
			return c.conclude(Wire{Order: r.Order, AdmitErr: err}), nil, err
		}
	}
	if report != nil {
		// What a panic leaves behind is in doubt.
		a = Answer{Reason: ReasonBroken}
		defer func() { report(a.Outcome, a.Reason) }()
	}
	for again := false; ; again = true {
		t, err := c.token(ctx)
		if err != nil {
			return c.conclude(Wire{Order: r.Order, TokenErr: err}), nil, err
		}
		a, result, err = c.exchange(ctx, r, t)
		if a.Status == http.StatusUnauthorized {
			c.tokens.drop(t)
			if !r.Order && !again {
				continue
			}
		}
		return a, result, err
	}
}

// read makes one call that changes nothing and gives its result, or an *Error.
func (c *Client) read(ctx context.Context, endpoint, path string, query url.Values) (*node, Answer, error) {
	a, result, err := c.call(ctx, request{Call: Call{Endpoint: endpoint}, method: http.MethodGet, path: path, query: query})
	if a.Outcome != Done {
		return nil, a, &Error{Endpoint: endpoint, Answer: a, Err: err}
	}
	return parseTree(result), a, nil
}

// unreadable is the error of a read that the portal answered with something we cannot use.
func unreadable(endpoint string, a Answer, format string, args ...any) error {
	return &Error{Endpoint: endpoint, Answer: Wire{}.end(a, Unknown, ReasonBody, "cannot be read: "+format, args...)}
}

// exchange is one request and its answer, with the time of one call for both.
func (c *Client) exchange(ctx context.Context, r request, t token) (Answer, jsontext.Value, error) {
	started := c.now()
	call, cancel := context.WithTimeout(ctx, c.cfg.CallTimeout)
	defer cancel()
	w := c.onWire(call, r, t)
	w.CallerErr = ctx.Err()
	err := errors.Join(w.Err, w.ReadErr)
	if errors.Is(call.Err(), context.DeadlineExceeded) && w.CallerErr == nil {
		err = fmt.Errorf("not within %s: %w", c.cfg.CallTimeout, context.DeadlineExceeded)
		if w.Err != nil {
			w.Err = err
		} else if w.ReadErr != nil {
			w.ReadErr = err
		}
	}
	a := c.conclude(w, t.access, t.refresh)
	if r.Endpoint == EndpointToken {
		a.Raw = nil // it is made of secrets
	}
	if c.cfg.Observe != nil {
		c.cfg.Observe(r.Call, a, c.now().Sub(started))
	}
	if a.Outcome != Done {
		return a, nil, err
	}
	e, err := readEnvelope(w.Body)
	return a, e.Result, err
}

// onWire sends r and writes down what was seen.
func (c *Client) onWire(ctx context.Context, r request, t token) (w Wire) {
	w.Order = r.Order
	transport, limit := c.reads, maxRead
	if p := r.posting; p != nil {
		transport, limit = c.posts, MaxAnswer
		if p.tooLate() {
			w.Late = true
			return w
		}
		p.deadline, _ = ctx.Deadline()
		ctx = context.WithValue(ctx, postingKey{}, p)
		defer func() {
			begun, late := p.over()
			w.Late, w.Untouched = late, !begun
		}()
	}
	var got atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		got.Store(true)
		if r.posting != nil {
			r.posting.arm()
		}
	}})
	req, err := c.httpRequest(ctx, r, t)
	if err != nil {
		w.Err = err
		return w
	}
	resp, err := transport.RoundTrip(req)
	w.GotConn, w.At = got.Load(), c.now()
	if err != nil {
		w.Err = err
		return w
	}
	defer resp.Body.Close()
	w.Status, w.Header = resp.StatusCode, resp.Header
	if r.posting != nil {
		r.posting.answered()
	}
	if resp.StatusCode >= 200 { // 101's body is the connection: it never ends
		w.Body, w.Cut, w.ReadErr = readBody(resp.Body, limit)
	}
	return w
}

func (c *Client) httpRequest(ctx context.Context, r request, t token) (*http.Request, error) {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, err
	}
	req.GetBody = nil // nothing with a body is ever repeated by net/http
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	req.Header.Set("Accept", "application/json")
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if t.access != "" {
		req.Header.Set("Authorization", t.head+" "+t.access.Reveal())
	}
	return req, nil
}

// readBody reads at most limit bytes and says whether there were more.
func readBody(r io.Reader, limit int) (body []byte, more bool, err error) {
	body, err = io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(body) > limit {
		return body[:limit], true, nil
	}
	return body, false, err
}

// conclude classifies, and keeps our secrets out of the answer.
func (c *Client) conclude(w Wire, tokens ...Secret) Answer {
	w.secrets = append(secrets(tokens), c.cfg.ClientSecret)
	return Classify(w)
}

// late says whether the time for sending has come to its end. Both clocks are asked: the monotonic one
// stops while a machine sleeps, the wall clock can be set back.
func (s Submission) late(now time.Time) bool {
	if s.Within == 0 {
		return false
	}
	return max(now.Sub(s.From), now.Round(0).Sub(s.From.Round(0))) >= s.Within
}
