package api

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"go.uber.org/zap"

	"orderq/tasks"
)

// call is one request on its way.
type call struct {
	w     *tracked
	r     *http.Request
	id    string // of the request
	who   bearer // the zero value where there are no tokens
	kind  string // of the body
	query url.Values
	path  string // the route's pattern
	began time.Time
	err   error // what serving came to
}

// tracked remembers what was answered.
type tracked struct {
	http.ResponseWriter
	status int
}

func (t *tracked) WriteHeader(status int) {
	if t.status == 0 {
		t.status = status
		// What took long to find out has as long to be taken as anything else.
		_ = http.NewResponseController(t.ResponseWriter).SetWriteDeadline(time.Now().Add(still)) // not every writer has one
	}
	t.ResponseWriter.WriteHeader(status)
}

func (t *tracked) Write(p []byte) (int, error) {
	if t.status == 0 {
		t.WriteHeader(http.StatusOK)
	}
	return t.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// requestID is what a caller may name its requests by.
var requestID = regexp.MustCompile(`^[A-Za-z0-9._:/+=@-]{1,128}$`)

// ServeHTTP answers one request: it alone writes problems, and the one log line.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{w: &tracked{ResponseWriter: w}, r: r, id: r.Header.Get("X-Request-Id"), path: "none", began: time.Now()}
	if !requestID.MatchString(c.id) {
		c.id = "req-" + strings.ToLower(rand.Text())
	}
	secure(w.Header(), c.id)
	defer func() {
		v := recover()
		switch {
		case v == nil:
			return
		case v == http.ErrAbortHandler: //nolint:errorlint // net/http compares it so
			panic(v)
		}
		a.log.Error("a request ended in a panic", zap.String("requestId", c.id), zap.String("path", c.path), zap.Any("panic", v), zap.ByteString("stack", debug.Stack()))
		a.finish(c, problem("internal", "something is wrong here, and the log says more: tell the operator the requestId"))
	}()
	a.finish(c, a.carry(c))
}

// carry lets a request through to its route, which answers it.
func (a *API) carry(c *call) error {
	if err := a.check(c); err != nil {
		return err
	}
	if here, err := a.signs(c); here {
		return err
	}
	if page := a.pageAt(c.r); page != nil {
		return a.show(c, page)
	}
	r, p := a.find(c.r)
	if p != nil {
		return p
	}
	c.path = r.pattern()
	if err := a.pass(c, r); err != nil {
		return err
	}
	a.mux.ServeHTTP(c.w, c.r.WithContext(context.WithValue(c.r.Context(), callKey{}, c)))
	return c.err
}

type callKey struct{}

// plainWithin is how long a request may take that streams nothing: the portal is asked by some, page by page.
const plainWithin = 2 * time.Minute

// answer carries a request out whose route and bearer are known. It runs behind the mux, which knows the path's values.
func (a *API) answer(r *route, req *http.Request) {
	c := req.Context().Value(callKey{}).(*call) // carry alone comes here
	if c.r = req; !r.streams {
		ctx, cancel := context.WithTimeout(req.Context(), plainWithin)
		defer cancel()
		c.r = req.WithContext(ctx)
	}
	if c.err = c.prepare(r); c.err == nil {
		c.err = r.serve(c)
	}
}

// statusGone stands in the log for a client that went before it had its answer.
const statusGone = 499

// finish writes the problem, where there is one, and the log's line: no query, no body, no name that a client made up.
func (a *API) finish(c *call, err error) {
	var p *Problem
	begun := c.w.status != 0
	if err != nil {
		p = a.problemOf(c.r.Context(), err)
		switch {
		case c.r.Context().Err() != nil && errors.Is(err, context.Canceled):
			c.w.status = statusGone
		case !begun:
			p.write(c.w, c.id)
		}
	}
	say := a.log.Debug
	switch {
	case c.w.status >= 500:
		say = a.log.Warn
	case c.r.Method != http.MethodGet && c.r.Method != http.MethodHead:
		say = a.log.Info
	}
	fields := []zap.Field{
		zap.String("path", c.path), zap.Int("status", c.w.status), zap.Duration("took", time.Since(c.began)), zap.String("requestId", c.id),
	}
	if c.who.name != "" {
		fields = append(fields, zap.String("by", c.who.name))
	}
	if p != nil {
		fields = append(fields, zap.String("problem", strings.TrimPrefix(p.Type, "/problems/")))
		if p.cause != nil {
			fields = append(fields, zap.Error(p.cause))
		}
	}
	say("http request", fields...)
	if p != nil && begun {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
}

// secure sets the headers of every answer.
func secure(h http.Header, id string) {
	h.Set("X-Request-Id", id)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// give answers with JSON. That the client is gone by then is no error.
func (c *call) give(status int, v any) error {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	_ = writeJSON(c.w, v)
	return nil
}

// by is who asks, for an order's history: the token's name; without tokens whoever is said to, or "http".
func (a *API) by(c *call, said string) string {
	switch {
	case c.who.name != "":
		return c.who.name
	case said != "":
		return said
	}
	return "http"
}

// onBehalf keeps a name that was given beside a token's in the note.
func (c *call) onBehalf(said, note string) string {
	if c.who.name == "" || said == "" || said == c.who.name {
		return note
	}
	return strings.TrimSpace(note + " (said to be by " + tasks.Shown(said) + ")")
}
