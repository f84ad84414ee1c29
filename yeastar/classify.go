package yeastar

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// Wire is everything that was seen of one call: the whole input of Classify. A Wire of which nothing
// is set is Unknown.
type Wire struct {
	Order     bool        // Create an Order; every other call is a read, or a token call
	AdmitErr  error       // Config.Admit said no: nothing was tried
	TokenErr  error       // no token was to be had: the request was not tried
	GotConn   bool        // the transport handed the request a connection (httptrace.GotConn)
	Late      bool        // the time for sending was over; after GotConn: our connection refused the first byte
	Untouched bool        // our connection was closed for good before the first byte of the request was begun
	CallerErr error       // the error of the caller's context, nil while it lived
	Err       error       // the transport's error, if no head of an answer was read
	Status    int         // HTTP status, 0: none came
	Header    http.Header // of the answer
	Body      []byte      // of the answer, as far as it was read
	Cut       bool        // the body went on beyond what we read
	ReadErr   error       // the body broke off
	At        time.Time   // when the head of the answer came, by our clock

	secrets secrets // to be hidden in whatever the answer repeats
}

// Classify says what may be concluded from a call. It is the only place that does, and it is pure.
//
// NotSent after a connection was ours needs either the portal's own word for it (401, 403, 429 in its
// envelope) or the word of our own connection, which saw every byte (Late, Untouched). Whatever
// contradicts itself is Unknown: it costs a look-up, the other mistake costs an order.
func Classify(w Wire) Answer {
	a := Answer{
		Status:    w.Status,
		Connected: w.GotConn || w.Status != 0,
		Raw:       w.raw(),
		Date:      w.date(),
	}
	if w.Status == 0 {
		return w.withoutAnswer(a)
	}
	if w.Status == http.StatusTooManyRequests || w.Status == http.StatusServiceUnavailable {
		a.RetryAfter = w.retryAfter()
	}
	switch {
	case w.Status >= 300 && w.Status < 400:
		return w.end(a, Unknown, ReasonRedirect, "the portal redirected (status %d), which is not followed", w.Status)
	case w.ReadErr != nil:
		return w.end(a, Unknown, w.broken(w.ReadErr), "the answer broke off (status %d): %v", w.Status, w.ReadErr)
	case w.Cut:
		return w.end(a, Unknown, ReasonBody, "the answer (status %d) goes on beyond %d bytes", w.Status, len(w.Body))
	}
	e, err := readEnvelope(w.Body)
	if err != nil {
		reason := ReasonBody
		if !knownStatus(w.Status) {
			reason = ReasonStatus
		}
		return w.end(a, Unknown, reason, "the answer (status %d) is not the portal's envelope: %v", w.Status, err)
	}
	for _, text := range []*string{&e.Code, &e.Message, &e.RequestID} {
		*text = oneLine(w.secrets.hide(*text), maxMessage)
	}
	a.Code, a.Message, a.RequestID = e.Code, e.Message, e.RequestID
	return w.withEnvelope(a, e)
}

// withEnvelope judges an answer in the portal's own words.
func (w Wire) withEnvelope(a Answer, e envelope) Answer {
	if e.Status != 0 {
		if w.Status != e.Status && w.Status != http.StatusOK {
			return w.end(a, Unknown, ReasonStatus, "HTTP says status %d, the envelope %d (%s)", w.Status, e.Status, e)
		}
		a.Status = e.Status
	}
	s := a.Status
	if s == http.StatusTooManyRequests || s == http.StatusServiceUnavailable {
		a.RetryAfter = w.retryAfter()
	}
	var order OrderResult
	var named string
	if w.Order {
		order, named = readOrderResult(e.Result), orderNamed(e.Result)
	}
	switch {
	case s >= 200 && s < 300 && e.success():
		if w.Order && order.OrderNo == "" {
			return w.end(a, Unknown, ReasonNoNumber, "success without an orderNo (%s)", e)
		}
		a.Order = order
		return w.end(a, Done, ReasonOK, "status %d", s)
	case s >= 200 && s < 300:
		return w.end(a, Unknown, ReasonCode, "status %d with a failure code: %s", s, e)
	case s >= 300 && s < 400:
		return w.end(a, Unknown, ReasonRedirect, "the envelope says status %d: %s", s, e)
	case e.success():
		return w.end(a, Unknown, ReasonStatus, "status %d with the code of success (%s)", s, e)
	case named != "":
		// Not in the portal's pages. A refusal that names an order is no proof that there is none.
		return w.end(a, Unknown, ReasonCode, "a refusal that names the order %s: %s", named, e)
	case s == http.StatusUnauthorized:
		return w.end(a, NotSent, ReasonToken, "the portal did not take the token: %s", e)
	case s == http.StatusForbidden:
		return w.end(a, NotSent, ReasonForbidden, "the portal forbids it to this account or address: %s", e)
	case s == http.StatusTooManyRequests:
		return w.end(a, NotSent, ReasonRate, "the portal says too many requests: %s", e)
	case s == http.StatusBadRequest || s == http.StatusNotFound || s == http.StatusUnprocessableEntity:
		return w.end(a, Refused, ReasonCode, "the portal declined: %s", e)
	}
	return w.end(a, Unknown, ReasonStatus, "status %d: %s", s, e)
}

// withoutAnswer judges a call of which no answer's head was read.
func (w Wire) withoutAnswer(a Answer) Answer {
	if w.GotConn {
		switch {
		case w.Late:
			return w.end(a, NotSent, ReasonLate, "the time for sending was over before the first byte: nothing was written")
		case w.Untouched:
			return w.end(a, NotSent, w.broken(w.Err), "the call ended before the first byte, nothing was written: %v", w.Err)
		}
		return w.end(a, Unknown, w.broken(w.Err), "no answer: %v", w.Err)
	}
	switch {
	case w.AdmitErr != nil:
		return w.because(a, w.AdmitErr, ReasonBreaker, "not admitted: ")
	case w.TokenErr != nil:
		return w.because(a, w.TokenErr, ReasonToken, "no token: ")
	case w.Late:
		return w.end(a, NotSent, ReasonLate, "the time for sending was over before dialing: nothing was written")
	case w.Err == nil:
		return w.end(a, Unknown, ReasonBroken, "nothing is known of this call")
	case w.CallerErr != nil:
		return w.end(a, NotSent, ReasonCancelled, "ended by the caller before there was a connection: %v", w.Err)
	}
	return w.end(a, NotSent, ReasonDial, "no connection: %v", w.Err)
}

// because takes over what a call that had to come first (or a guard) knew.
func (w Wire) because(a Answer, err error, reason Reason, prefix string) Answer {
	detail := err.Error()
	var below *Error
	switch {
	case errors.As(err, &below):
		if below.Reason != "" {
			reason = below.Reason
		}
		if below.Detail != "" {
			detail = below.Detail
		}
		a.Status, a.Code, a.Message = below.Status, below.Code, below.Message
		a.RequestID, a.RetryAfter, a.Date = below.RequestID, below.RetryAfter, below.Date
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		reason = ReasonCancelled
	}
	return w.end(a, NotSent, reason, "%s%s", prefix, detail)
}

func (w Wire) end(a Answer, o Outcome, r Reason, format string, args ...any) Answer {
	a.Outcome, a.Reason = o, r
	a.Detail = oneLine(w.secrets.hide(fmt.Sprintf(format, args...)), maxDetail)
	return a
}

func (w Wire) raw() []byte {
	if len(w.Body) == 0 {
		return nil
	}
	hide := w.secrets.hide
	if w.Cut {
		hide = w.secrets.hideCut
	}
	raw := hide(string(w.Body))
	return []byte(raw[:min(len(raw), MaxAnswer)])
}

// broken names why an exchange ended without a whole answer. A deadline is the portal's slowness,
// whoever set it, and counts against it; a cancellation is ours.
func (w Wire) broken(err error) Reason {
	var timeout net.Error
	switch {
	case errors.Is(w.CallerErr, context.Canceled):
		return ReasonCancelled
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), w.CallerErr != nil,
		errors.As(err, &timeout) && timeout.Timeout():
		return ReasonTimeout
	}
	return ReasonBroken
}

// knownStatus lists the statuses that mean something here once there is an envelope.
func knownStatus(s int) bool {
	switch s {
	case 400, 401, 403, 404, 422, 429:
		return true
	}
	return s >= 200 && s < 300
}

func (w Wire) date() time.Time {
	t, err := http.ParseTime(w.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}

// maxRetryAfter bounds what the portal can make us wait: a day is a mistake of either side.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads seconds or a date (RFC 9110 §10.2.3); a date counts from the portal's own clock.
func (w Wire) retryAfter() time.Duration {
	h := w.Header.Get("Retry-After")
	if n, err := strconv.ParseUint(h, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, maxRetryAfter)
	}
	t, err := http.ParseTime(h)
	if err != nil {
		return 0
	}
	from := w.date()
	if from.IsZero() {
		from = w.At
	}
	if from.IsZero() {
		return 0
	}
	return max(0, min(t.Sub(from), maxRetryAfter))
}
