package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"time"

	"orderq/cmd/internal/api"
)

// ask is one question.
type ask struct {
	method, path string
	query        url.Values
	body         any           // JSON; nil: none
	file         io.ReadSeeker // in its place; read from its beginning, and again where it is asked again
	kind         string        // of the file
	expect       bool          // the file is sent once the server wants it
	again        bool          // nothing happens twice if it is asked twice
}

const (
	// answerWithin is how long an answer that is no stream may take: the server gives itself two minutes.
	answerWithin = 150 * time.Second
	// maxAnswer bounds what is kept of one: five hundred orders of 64 KiB.
	maxAnswer = 64 << 20
	// patience is how long all pauses of one question may be together: a server restarts within that.
	patience = 30 * time.Second
	// firstPause is the first of them, where the server does not say; each is twice the one before.
	firstPause = 100 * time.Millisecond
)

// get asks for JSON.
func (o *Office) get(ctx context.Context, path string, query url.Values, into any) error {
	return o.json(ctx, ask{method: http.MethodGet, path: path, query: query, again: true}, into)
}

// post says something, once.
func (o *Office) post(ctx context.Context, path string, body, into any) error {
	return o.json(ctx, ask{method: http.MethodPost, path: path, body: body}, into)
}

// json asks, and reads the whole answer: one that breaks off has got lost as one that never came.
func (o *Office) json(ctx context.Context, a ask, into any) error {
	_, err := o.status(ctx, a, into)
	return err
}

func (o *Office) status(ctx context.Context, a ask, into any) (status int, err error) {
	p := o.patient(a.again)
	for {
		var text []byte
		status, text, err = o.whole(ctx, a)
		if err == nil {
			if err = json.Unmarshal(text, into); err != nil {
				return status, o.stranger(status, err.Error())
			}
			return status, nil
		}
		if err = p.wait(ctx, err); err != nil {
			return status, err
		}
	}
}

// whole asks once.
func (o *Office) whole(ctx context.Context, a ask) (status int, text []byte, err error) {
	if a.file == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, answerWithin)
		defer cancel()
	}
	resp, err := o.once(ctx, a)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	if text, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return 0, nil, &Silence{URL: o.cfg.URL, Sent: true, err: err}
	}
	return resp.StatusCode, text, nil
}

// stream asks for an answer of any length, once it is begun; the caller closes its body.
func (o *Office) stream(ctx context.Context, a ask) (*http.Response, error) {
	p := o.patient(a.again)
	for {
		resp, err := o.once(ctx, a)
		if err == nil {
			return resp, nil
		}
		if err = p.wait(ctx, err); err != nil {
			return nil, err
		}
	}
}

// once asks, and gives an answer of 2xx; anything else is an error.
func (o *Office) once(ctx context.Context, a ask) (*http.Response, error) {
	req, err := o.request(ctx, a)
	if err != nil {
		return nil, err
	}
	sent := false
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent = true }}
	resp, err := o.client.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		var of *url.Error
		if errors.As(err, &of) {
			err = of.Err // without the URL, which is said, and the query, which may be long
		}
		return nil, &Silence{URL: o.cfg.URL, Sent: sent, err: err}
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, o.refusal(resp)
}

func (o *Office) request(ctx context.Context, a ask) (*http.Request, error) {
	var body io.Reader
	kind := a.kind
	switch {
	case a.file != nil:
		if _, err := a.file.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		body = io.NopCloser(a.file) // ours to close
	case a.body != nil:
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(a.body); err != nil {
			return nil, err
		}
		body, kind = &text, "application/json"
	}
	at := o.cfg.URL + a.path
	if len(a.query) > 0 {
		at += "?" + a.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, a.method, at, body)
	if err != nil {
		return nil, fmt.Errorf("server %s: %w", o.cfg.URL, err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if o.cfg.Token != "" {
		req.Header.Set("Authorization", "Bearer "+o.cfg.Token.Reveal())
	}
	if a.expect {
		req.Header.Set("Expect", "100-continue")
	}
	req.Header.Set("User-Agent", "orderq/"+o.cfg.Version)
	return req, nil
}

// refusal reads an answer that is none of 2xx.
func (o *Office) refusal(resp *http.Response) error {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	var p api.Problem
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if kind != "application/problem+json" || err != nil || json.Unmarshal(text, &p) != nil {
		said := o.stranger(resp.StatusCode, "")
		if at := resp.Header.Get("Location"); resp.StatusCode/100 == 3 && at != "" {
			said.Detail = fmt.Sprintf("server %s says that it is elsewhere, and a token does not follow: give --server the URL that it is at", o.cfg.URL)
		}
		said.retry = retryAfter(resp.Header)
		return said
	}
	return o.errorOf(&p, retryAfter(resp.Header))
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(strings.TrimSpace(h.Get("Retry-After")))
	if err != nil || seconds < 0 || seconds > 3600 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// patient waits between two questions that are one, and knows when to stop.
type patient struct {
	office *Office
	again  bool
	sent   bool // an attempt before this one was: then a server that cannot be reached is one that restarts
	began  time.Time
	next   time.Duration
	waited time.Duration
}

func (o *Office) patient(again bool) patient {
	return patient{office: o, again: again, began: time.Now()}
}

// wait gives nil when it is time to ask again, or the error that it is left at.
func (p *patient) wait(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	before := p.sent
	told, may := p.mayAgain(err)
	if before {
		err = &doubt{err}
	}
	if !may {
		return err
	}
	p.next = max(firstPause, min(2*p.next, 4*time.Second))
	if told > 0 {
		p.next = told
	}
	if p.waited += p.next; p.waited > patience || time.Since(p.began) > patience {
		return err // the second of a server that does not answer and keeps the line
	}
	return p.office.pause(ctx, p.next)
}

// mayAgain says whether a question may be put again, and in what time where the server says that.
func (p *patient) mayAgain(err error) (time.Duration, bool) {
	var silence *Silence
	var said *Said
	switch {
	case errors.As(err, &silence):
		p.sent = p.sent || silence.Sent
		return 0, p.again && p.sent
	case errors.As(err, &said) && said.Status == http.StatusTooManyRequests:
		return said.retry, true // nothing was done
	case errors.As(err, &said) && said.unready():
		p.sent = true
		return said.retry, p.again
	}
	return 0, false
}
