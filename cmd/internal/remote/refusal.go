package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/tasks"
)

// Said is a server's no in its own words.
type Said struct {
	Slug   string // of the problem's type; "": it was none of orderq's
	Status int
	Detail string // with the way out
	Cause  string

	order *store.Order
	retry time.Duration
}

func (e *Said) Error() string { return e.Detail }

// unready says that the server, or what is before it, cannot answer now.
func (e *Said) unready() bool {
	switch e.Slug {
	case "redis-away", "stopping":
		return true
	case "":
		return e.Status == http.StatusBadGateway || e.Status == http.StatusServiceUnavailable || e.Status == http.StatusGatewayTimeout
	}
	return false
}

// Silence says that nobody answered.
type Silence struct {
	URL  string
	Sent bool // something may have been sent; false: nothing was

	err error
}

func (e *Silence) Unwrap() error { return e.err }

func (e *Silence) Error() string {
	switch {
	case errors.Is(e.err, context.DeadlineExceeded) && !e.Sent:
		return fmt.Sprintf("server %s cannot be reached within %v: start orderq serve (or up) there, or set ORDERQ_SERVER to where it is", e.URL, reachWithin)
	case !e.Sent && strings.Contains(e.err.Error(), "certificate"):
		return fmt.Sprintf("server %s: %v: nothing was sent; its certificate has to be one that this machine trusts, for the name in the URL", e.URL, e.err)
	case !e.Sent:
		return fmt.Sprintf("server %s cannot be reached: %v: start orderq serve (or up) there, or set ORDERQ_SERVER to where it is", e.URL, e.err)
	}
	return fmt.Sprintf("server %s: the answer got lost: %v", e.URL, e.err)
}

// doubt is the last error of a question that was put before, and whose answer then got lost.
type doubt struct{ err error }

func (e *doubt) Error() string { return e.err.Error() }
func (e *doubt) Unwrap() error { return e.err }

// Undone says of an error that nothing was changed by what was asked.
func Undone(err error) bool {
	var said *Said
	var silence *Silence
	var before *doubt
	switch {
	case errors.As(err, &before):
		return false
	case errors.As(err, &said):
		return said.Status/100 == 4
	case errors.As(err, &silence):
		return !silence.Sent
	}
	return false
}

// stranger is an answer that orderq does not give.
func (o *Office) stranger(status int, why string) *Said {
	if why != "" {
		why = " (" + tasks.Shown(why) + ")"
	}
	return &Said{Status: status, Detail: fmt.Sprintf("server %s answers %d %s and not as orderq does%s: does ORDERQ_SERVER name an orderq serve, and its API?",
		o.cfg.URL, status, http.StatusText(status), why)}
}

// errorOf is what a problem means here.
func (o *Office) errorOf(p *api.Problem, retry time.Duration) error {
	said := &Said{Slug: strings.TrimPrefix(p.Type, "/problems/"), Status: p.Status, Detail: p.Detail, Cause: p.Cause, order: p.Order, retry: retry}
	switch said.Slug {
	case "invalid":
		if len(p.Errors) > 0 {
			return &tasks.Invalid{Problems: p.Errors}
		}
	case "other-intent":
		if p.Holder != nil {
			return &tasks.ConflictError{Holder: *p.Holder, Differences: p.Differences, Suggestion: p.Suggestion}
		}
	case "no-portal":
		return &office.NoPortalError{Err: fmt.Errorf("server %s knows no portal: %w", o.cfg.URL, said)}
	case "unauthorized":
		said.Detail = fmt.Sprintf("server %s does not know the token in ORDERQ_TOKEN: have its operator check ORDERQ_API_TOKENS there", o.cfg.URL)
		if o.cfg.Token == "" {
			said.Detail = fmt.Sprintf("server %s wants a token: put it into ORDERQ_TOKEN, or name its file by ORDERQ_TOKEN_FILE", o.cfg.URL)
		}
	case "forbidden", "too-many-requests", "redis-away", "stopping", "internal":
		said.Detail = fmt.Sprintf("server %s: %s", o.cfg.URL, p.Detail)
		if said.Slug == "internal" && p.RequestID != "" {
			said.Detail += " " + tasks.Shown(p.RequestID)
		}
	}
	return said
}

// slug is a Said's, or "".
func slug(err error) string {
	var said *Said
	if errors.As(err, &said) {
		return said.Slug
	}
	return ""
}

// orderError says of which order, in the words of the ledger.
func (o *Office) orderError(word, decision string, err error) error {
	var said *Said
	switch {
	case slug(err) == "not-found":
		return fmt.Errorf("order %q: %w at %s, neither by id nor by reference nor by order number; orderq order list shows what there is",
			tasks.Shown(word), store.ErrNotFound, o.cfg.URL)
	case decision != "" && errors.As(err, &said) && said.order != nil:
		return &office.StateError{Decision: decision, Order: *said.order}
	}
	return err
}
