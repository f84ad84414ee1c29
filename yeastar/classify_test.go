package yeastar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestWhatMayBeConcludedFromACall(t *testing.T) {
	t.Parallel()
	reset := &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	got := func(status int, body string) Wire {
		return Wire{Order: true, GotConn: true, Status: status, Body: []byte(body)}
	}
	read := func(status int, body string) Wire {
		w := got(status, body)
		w.Order = false
		return w
	}
	with := func(w Wire, f func(*Wire)) Wire { f(&w); return w }
	tokenDown := &Error{Endpoint: EndpointToken, Answer: Answer{Outcome: NotSent, Reason: ReasonDial, Detail: "no connection"}}
	creds := &Error{Endpoint: EndpointToken, Answer: Answer{Outcome: NotSent, Reason: ReasonToken}, Err: ErrCredentials}
	rate := &Error{Answer: Answer{Outcome: Done, Reason: ReasonRate, RetryAfter: time.Second}}

	for _, c := range []struct {
		name    string
		wire    Wire
		outcome Outcome
		reason  Reason
	}{
		// Nothing went out.
		{"nothing was recorded", Wire{}, Unknown, ReasonBroken},
		{"breaker open", Wire{Order: true, AdmitErr: errors.New("open")}, NotSent, ReasonBreaker},
		{"rate limited by the guard", Wire{AdmitErr: fmt.Errorf("limits: %w", rate)}, NotSent, ReasonRate},
		{"cancelled while waiting for the guard", Wire{AdmitErr: context.Canceled}, NotSent, ReasonCancelled},
		{"guard's own error without a reason", Wire{AdmitErr: &Error{}}, NotSent, ReasonBreaker},
		{"no token", Wire{Order: true, TokenErr: errors.New("none")}, NotSent, ReasonToken},
		{"credentials refused", Wire{TokenErr: creds}, NotSent, ReasonToken},
		{"token endpoint unreachable", Wire{TokenErr: tokenDown}, NotSent, ReasonDial},
		{"cancelled while waiting for a token", Wire{TokenErr: context.DeadlineExceeded}, NotSent, ReasonCancelled},
		{"late before dialing", Wire{Order: true, Late: true}, NotSent, ReasonLate},
		{"dial refused", Wire{Err: refused}, NotSent, ReasonDial},
		{"no such host", Wire{Err: &net.DNSError{Name: "x"}}, NotSent, ReasonDial},
		{"TLS failed", Wire{Err: errors.New("tls: bad certificate")}, NotSent, ReasonDial},
		{"no connection in time", Wire{Err: context.DeadlineExceeded}, NotSent, ReasonDial},
		{"caller cancelled while dialing", Wire{Err: context.Canceled, CallerErr: context.Canceled}, NotSent, ReasonCancelled},
		{"caller's deadline while dialing", Wire{Err: context.DeadlineExceeded, CallerErr: context.DeadlineExceeded}, NotSent, ReasonCancelled},

		// A connection was ours, and it saw every byte.
		{"late at the first byte", Wire{Order: true, GotConn: true, Late: true, Untouched: true, Err: errLate}, NotSent, ReasonLate},
		{"cancelled before the first byte", Wire{GotConn: true, Untouched: true, Err: context.Canceled, CallerErr: context.Canceled}, NotSent, ReasonCancelled},
		{"server closed before the first byte", Wire{GotConn: true, Untouched: true, Err: io.EOF}, NotSent, ReasonBroken},

		// A connection was ours and no answer came.
		{"reset", Wire{Order: true, GotConn: true, Err: reset}, Unknown, ReasonBroken},
		{"EOF", Wire{GotConn: true, Err: io.EOF}, Unknown, ReasonBroken},
		{"no answer in time", Wire{GotConn: true, Err: context.DeadlineExceeded}, Unknown, ReasonTimeout},
		{"socket's own deadline", Wire{GotConn: true, Err: os.ErrDeadlineExceeded}, Unknown, ReasonTimeout},
		{"kernel's time-out", Wire{GotConn: true, Err: &net.OpError{Op: "read", Err: syscall.ETIMEDOUT}}, Unknown, ReasonTimeout},
		{"caller cancelled after the first byte", Wire{GotConn: true, Err: context.Canceled, CallerErr: context.Canceled}, Unknown, ReasonCancelled},
		{"caller's deadline after the first byte", Wire{GotConn: true, Err: context.DeadlineExceeded, CallerErr: context.DeadlineExceeded}, Unknown, ReasonTimeout},
		{"connection and a token error contradict", Wire{GotConn: true, TokenErr: errors.New("none"), Err: io.EOF}, Unknown, ReasonBroken},
		{"connection and a closed gate contradict", Wire{GotConn: true, AdmitErr: errors.New("open"), Err: io.EOF}, Unknown, ReasonBroken},

		// The portal's own word.
		{"done", got(200, goodOrder), Done, ReasonOK},
		{"done with 201 in both", got(201, strings.Replace(goodOrder, `"status":200`, `"status":201`, 1)), Done, ReasonOK},
		{"done without a status in the envelope", got(200, strings.Replace(goodOrder, `,"status":200`, ``, 1)), Done, ReasonOK},
		{"done, and instanceId is something odd", got(200, strings.Replace(goodOrder, `"1282352"`, `{}`, 1)), Done, ReasonOK},
		{"read done without an orderNo", read(200, success(`[]`)), Done, ReasonOK},
		{"success without an orderNo", got(200, success(`{"orderStatus":"succeed"}`)), Unknown, ReasonNoNumber},
		{"success with a blank orderNo", got(200, success(`{"orderNo":"  "}`)), Unknown, ReasonNoNumber},
		{"success with null for an orderNo", got(200, success(`{"orderNo":null}`)), Unknown, ReasonNoNumber},
		{"success with the word null for an orderNo", got(200, success(`{"orderNo":"null"}`)), Unknown, ReasonNoNumber},
		{"success with zero for an orderNo", got(200, success(`{"orderNo":0}`)), Unknown, ReasonNoNumber},
		{"success with no result", got(200, `{"code":"success","status":200}`), Unknown, ReasonNoNumber},
		{"success with true for a result", got(200, success(`true`)), Unknown, ReasonNoNumber},
		{"refused 400", got(400, failure(400, "parameter_validation_failed")), Refused, ReasonCode},
		{"refused 404", got(404, failure(404, "x")), Refused, ReasonCode},
		{"refused 422", got(422, failure(422, "x")), Refused, ReasonCode},
		{"refused 400 inside HTTP 200", got(200, failure(400, "x")), Refused, ReasonCode},
		{"refused by HTTP status alone", got(400, `{"code":"x"}`), Refused, ReasonCode},
		{"token not taken", got(401, failure(401, "x")), NotSent, ReasonToken},
		{"token not taken inside HTTP 200", got(200, failure(401, "x")), NotSent, ReasonToken},
		{"forbidden", got(403, failure(403, "x")), NotSent, ReasonForbidden},
		{"too many", got(429, failure(429, "x")), NotSent, ReasonRate},

		// The portal's word, and a doubt.
		{"200 with a failure code", got(200, failure(200, "x")), Unknown, ReasonCode},
		{"200 with SUCCESS in capitals", got(200, strings.Replace(goodOrder, "success", "SUCCESS", 1)), Unknown, ReasonCode},
		{"read with a failure code", read(200, failure(200, "x")), Unknown, ReasonCode},
		{"400 with the code of success", got(400, failure(400, "success")), Unknown, ReasonStatus},
		{"401 with the code of success", got(401, failure(401, "success")), Unknown, ReasonStatus},
		{"refusal that names an order", got(400, `{"code":"x","status":400,"result":{"orderNo":"EK1"}}`), Unknown, ReasonCode},
		{"401 that names an order", got(401, `{"code":"x","status":401,"result":{"orderNo":"EK1"}}`), Unknown, ReasonCode},
		{"HTTP 400, envelope 200", got(400, goodOrder), Unknown, ReasonStatus},
		{"HTTP 201, envelope 400", got(201, failure(400, "x")), Unknown, ReasonStatus},
		{"HTTP 500, envelope 400", got(500, failure(400, "x")), Unknown, ReasonStatus},
		{"HTTP 401, envelope 403", got(401, failure(403, "x")), Unknown, ReasonStatus},
		{"HTTP 200, envelope 500", got(200, failure(500, "x")), Unknown, ReasonStatus},
		{"HTTP 200, envelope 302", got(200, failure(302, "x")), Unknown, ReasonRedirect},
		{"HTTP 200, envelope 999", got(200, failure(999, "x")), Unknown, ReasonBody},
		{"500", got(500, failure(500, "x")), Unknown, ReasonStatus},
		{"503", got(503, failure(503, "x")), Unknown, ReasonStatus},
		{"409", got(409, failure(409, "x")), Unknown, ReasonStatus},
		{"408", got(408, failure(408, "x")), Unknown, ReasonStatus},
		{"101", got(101, ""), Unknown, ReasonStatus},

		// Not the portal's word.
		{"302", got(302, goodOrder), Unknown, ReasonRedirect},
		{"307", got(307, ""), Unknown, ReasonRedirect},
		{"200 of a captive portal", got(200, "<html>welcome</html>"), Unknown, ReasonBody},
		{"200 and empty", got(200, ""), Unknown, ReasonBody},
		{"204", got(204, ""), Unknown, ReasonBody},
		{"400 from a proxy", got(400, "Bad Request"), Unknown, ReasonBody},
		{"401 from a proxy", got(401, "<h1>401</h1>"), Unknown, ReasonBody},
		{"403 from a firewall", got(403, "blocked"), Unknown, ReasonBody},
		{"404 from a gateway, code a number", got(404, `{"code":404,"message":"no route"}`), Unknown, ReasonBody},
		{"429 from a proxy", got(429, "slow down"), Unknown, ReasonBody},
		{"502 from a proxy", got(502, "bad gateway"), Unknown, ReasonStatus},
		{"a code twice", got(200, `{"code":"x",`+goodOrder[1:]), Unknown, ReasonBody},
		{"an orderNo twice", got(200, success(`{"orderNo":"A1","orderNo":"A2"}`)), Unknown, ReasonBody},
		{"invalid UTF-8", got(200, success("{\"orderNo\":\"A1\",\"x\":\"\xff\"}")), Unknown, ReasonBody},
		{"something after the envelope", got(200, goodOrder+goodOrder), Unknown, ReasonBody},
		{"an array around the envelope", got(200, "["+goodOrder+"]"), Unknown, ReasonBody},
		{"half an envelope", got(200, goodOrder[:len(goodOrder)/2]), Unknown, ReasonBody},
		{"a whole envelope, then a reset", with(got(200, goodOrder), func(w *Wire) { w.ReadErr = reset }), Unknown, ReasonBroken},
		{"a refusal that breaks off", with(got(400, failure(400, "x")), func(w *Wire) { w.ReadErr = io.ErrUnexpectedEOF }), Unknown, ReasonBroken},
		{"a body that hangs", with(got(200, ""), func(w *Wire) { w.ReadErr = context.DeadlineExceeded }), Unknown, ReasonTimeout},
		{"cancelled in the body", with(got(200, ""), func(w *Wire) { w.ReadErr, w.CallerErr = context.Canceled, context.Canceled }), Unknown, ReasonCancelled},
		{"a body without end", with(got(200, goodOrder), func(w *Wire) { w.Cut = true }), Unknown, ReasonBody},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := Classify(c.wire)
			if a.Outcome != c.outcome || a.Reason != c.reason {
				t.Errorf("got %s/%s (%s), want %s/%s", a.Outcome, a.Reason, a.Detail, c.outcome, c.reason)
			}
			if a.Detail == "" {
				t.Error("it does not say what happened")
			}
			if (a.Outcome == Done) != (a.Reason == ReasonOK) {
				t.Errorf("%s with reason %s", a.Outcome, a.Reason)
			}
		})
	}
}

func TestTheTutorialsAnswerIsReadToTheLetter(t *testing.T) {
	t.Parallel()
	a := Classify(Wire{Order: true, GotConn: true, Status: 200, Body: []byte(goodOrder)})
	want := OrderResult{InstanceID: "1282352", OrderNo: "EK3206246063826526208", OrderStatus: "succeed", ProductNo: "3658B431119665QJ", TransactionNo: "ER3206246064703135745"}
	if a.Order != want || a.RequestID != "8406e859b03831528275667afc5646ba" || a.Code != "success" || string(a.Raw) != goodOrder || !a.Connected {
		t.Errorf("got %+v", a)
	}
	b := Classify(Wire{Order: true, GotConn: true, Status: 200, Body: []byte(success(`{"orderNo":"EK3206246063826526209","instanceId":9007199254740993}`))})
	if b.Order.OrderNo != "EK3206246063826526209" || b.Order.InstanceID != "9007199254740993" {
		t.Errorf("numbers were harmed: %+v", b.Order)
	}
	c := Classify(Wire{Order: true, GotConn: true, Status: 200, Body: []byte(success(`{"orderNo":3206246063826526209}`))})
	if c.Outcome != Unknown || c.Reason != ReasonNoNumber {
		t.Errorf("a bare number as orderNo is %s (%s), want unknown", c.Outcome, c.Reason)
	}
}

func TestRetryAfterIsReadAndBounded(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		status      int
		value, date string
		at          time.Time
		want        time.Duration
	}{
		{429, "7", "", time.Time{}, 7 * time.Second},
		{503, "7", "", time.Time{}, 7 * time.Second},
		{500, "7", "", time.Time{}, 0},
		{429, "-7", "", time.Time{}, 0},
		{429, "soon", "", time.Time{}, 0},
		{429, "99999999", "", time.Time{}, maxRetryAfter},
		{429, date.Add(time.Minute).Format(http.TimeFormat), date.Format(http.TimeFormat), date.Add(time.Hour), time.Minute},
		{429, date.Add(time.Minute).Format(http.TimeFormat), "", date.Add(time.Second), 59 * time.Second},
		{429, date.Add(-time.Minute).Format(http.TimeFormat), "", date, 0},
		{429, date.Format(http.TimeFormat), "", time.Time{}, 0},
	} {
		h := http.Header{"Retry-After": {c.value}}
		if c.date != "" {
			h.Set("Date", c.date)
		}
		for _, body := range []string{failure(c.status, "x"), "not an envelope"} {
			a := Classify(Wire{GotConn: true, Status: c.status, Header: h, At: c.at, Body: []byte(body)})
			if a.RetryAfter != c.want {
				t.Errorf("%d %q (%s): got %s, want %s", c.status, c.value, body, a.RetryAfter, c.want)
			}
			if c.date != "" && !a.Date.Equal(date) {
				t.Errorf("the portal's clock was read as %s", a.Date)
			}
		}
	}
	if a := Classify(Wire{Status: 200, Body: []byte(failure(429, "x")), Header: http.Header{"Retry-After": {"3"}}}); a.RetryAfter != 3*time.Second || a.Status != 429 {
		t.Errorf("429 inside HTTP 200: %+v", a)
	}
	if a := Classify(Wire{TokenErr: &Error{Answer: Answer{Reason: ReasonRate, RetryAfter: time.Second}}}); a.RetryAfter != time.Second {
		t.Errorf("the token call's Retry-After was lost: %+v", a)
	}
}

func TestForeignTextIsOneShortLine(t *testing.T) {
	t.Parallel()
	body := `{"code":"x\u001b[2J","detailMessage":"a\nb\u202ec` + strings.Repeat("é", 5000) + `","status":400}`
	a := Classify(Wire{Order: true, GotConn: true, Status: 400, Body: []byte(body)})
	if strings.ContainsAny(a.Code+a.Message+a.Detail, "\x1b\n\u202e") || len([]rune(a.Message)) > maxMessage || len([]rune(a.Detail)) > maxDetail {
		t.Errorf("got %q", a.Detail)
	}
}

// FuzzClassify: whatever a portal or something in between answers, no order is taken for placed without its
// number, and none for unsent or refused without the portal's own word.
func FuzzClassify(f *testing.F) {
	for _, s := range []int{0, 101, 200, 201, 302, 400, 401, 403, 404, 408, 422, 429, 500, 503} {
		for _, b := range []string{"", goodOrder, failure(400, "x"), failure(401, "x"), failure(200, "success"), goodOrder[:60], `{"code":"success","code":"x"}`} {
			f.Add(s, []byte(b), "3", true, false, false)
			f.Add(s, []byte(b), "Fri, 02 Jan 2026 03:04:05 GMT", true, true, true)
			f.Add(s, []byte(b), "", false, false, true)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte, retry string, order, cut, broken bool) {
		w := Wire{Order: order, GotConn: true, Status: status, Body: body, Cut: cut, Header: http.Header{"Retry-After": {retry}, "Date": {retry}}}
		if broken || status == 0 {
			w.Err, w.ReadErr = io.ErrUnexpectedEOF, io.ErrUnexpectedEOF
		}
		a := Classify(w)
		_, err := readEnvelope(body)
		whole := status != 0 && err == nil && !cut && w.ReadErr == nil
		switch {
		case a.Outcome != Unknown && !whole:
			t.Errorf("%s from an answer that cannot be read", a.Outcome)
		case a.Outcome == Done && (a.Code != codeSuccess || order && a.Order.OrderNo == ""):
			t.Error("done without success or without a number")
		case a.Outcome == Refused && a.Status != 400 && a.Status != 404 && a.Status != 422:
			t.Errorf("refused with status %d", a.Status)
		case a.Outcome == NotSent && a.Status != 401 && a.Status != 403 && a.Status != 429:
			t.Errorf("not sent with status %d", a.Status)
		case a.Outcome != Done && a.Code == codeSuccess && (a.Outcome == Refused || a.Outcome == NotSent):
			t.Errorf("%s with the code of success", a.Outcome)
		case a.RetryAfter < 0 || a.RetryAfter > maxRetryAfter || len(a.Raw) > MaxAnswer:
			t.Error("out of bounds")
		}
	})
}
