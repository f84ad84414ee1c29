package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/journal"
	"orderq/worker/resolve"
	"orderq/yeastar"
)

func TestVerdictOf(t *testing.T) {
	t.Parallel()
	done := func(status string) yeastar.Answer {
		return yeastar.Answer{Outcome: yeastar.Done, Reason: yeastar.ReasonOK, Status: 200, RequestID: "r",
			Order: yeastar.OrderResult{OrderNo: "EK1", TransactionNo: "ER1", OrderStatus: status, InstanceID: "1"}}
	}
	unsent := func(r yeastar.Reason, status int, after time.Duration) yeastar.Answer {
		return yeastar.Answer{Outcome: yeastar.NotSent, Reason: r, Status: status, RetryAfter: after, Detail: "detail"}
	}
	type want struct {
		to     store.State // found
		refuse bool
		wait   store.Waiting
		after  time.Duration
		look   bool
		close  bool
		doubt  bool
	}
	cases := []struct {
		name         string
		answer       yeastar.Answer
		attempt      int
		tokenRefused bool
		want         want
	}{
		{"succeed", done("succeed"), 1, false, want{to: store.Placed}},
		{"pending", done("pending"), 1, false, want{to: store.Pending}},
		{"a word that the documentation cuts", done("con…"), 1, false, want{to: store.Pending}},
		{"no word", done(""), 1, false, want{to: store.Pending}},
		{"failed", done("failed"), 1, false, want{to: store.Rejected}},
		{"invalid", done("invalid"), 1, false, want{to: store.Rejected}},
		{"cancelled", done("cancelled"), 1, false, want{to: store.Rejected}},
		{"refunded", done("refunded"), 1, false, want{to: store.Rejected}},
		{"refused", yeastar.Answer{Outcome: yeastar.Refused, Reason: yeastar.ReasonCode, Status: 400, Code: "c", Message: "m"}, 1, false, want{refuse: true}},
		{"timed out", yeastar.Answer{Outcome: yeastar.Unknown, Reason: yeastar.ReasonTimeout}, 1, false, want{doubt: true}},
		{"the zero answer", yeastar.Answer{}, 1, false, want{doubt: true}},
		{"first 401: at once, with a new token", unsent(yeastar.ReasonToken, 401, 0), 1, false, want{wait: store.WaitAccount}},
		{"second 401: the account is closed", unsent(yeastar.ReasonToken, 401, 0), 2, true, want{wait: store.WaitAccount, after: accountPause, close: true}},
		{"no token to be had", unsent(yeastar.ReasonToken, 0, 0), 1, false, want{wait: store.WaitAccount, after: accountPause, close: true}},
		{"403", unsent(yeastar.ReasonForbidden, 403, 0), 1, false, want{wait: store.WaitAccount, after: accountPause, close: true, look: true}},
		{"429 with Retry-After", unsent(yeastar.ReasonRate, 429, 7*time.Second), 1, false, want{wait: store.WaitRate, after: 7 * time.Second, look: true}},
		{"429 without", unsent(yeastar.ReasonRate, 429, 0), 1, false, want{wait: store.WaitRate, after: time.Second, look: true}},
		{"not connected", unsent(yeastar.ReasonDial, 0, 0), 1, false, want{wait: store.WaitTime, after: 5 * time.Second}},
		{"not connected for the third time", unsent(yeastar.ReasonDial, 0, 0), 3, false, want{wait: store.WaitTime, after: 20 * time.Second}},
		{"not connected for the hundredth time", unsent(yeastar.ReasonDial, 0, 0), 100, false, want{wait: store.WaitTime, after: 5 * time.Minute}},
		{"the breaker opened in between", unsent(yeastar.ReasonBreaker, 0, 0), 1, false, want{wait: store.WaitBreaker, after: time.Second}},
		{"too late by our own clock", unsent(yeastar.ReasonLate, 0, 0), 1, false, want{wait: store.WaitTime}},
	}
	for _, c := range cases {
		v := verdictOf(c.answer, c.attempt, c.tokenRefused)
		var got want
		said := 0
		if v.found != nil {
			got.to = v.found.To
			said++
			if v.found.OrderNo != "EK1" || v.found.TransactionNo != "ER1" || v.found.Via != store.ViaAnswer {
				t.Errorf("%s: the numbers are lost: %+v", c.name, v.found)
			}
		}
		if v.refused != nil {
			got.refuse = true
			said++
		}
		if v.unsent != nil {
			got.wait, got.after, got.look = v.unsent.For, v.unsent.After, v.unsent.LookFirst
			said++
		}
		got.doubt, got.close = v.doubt != "", v.close != ""
		if got.doubt {
			said++
		}
		if said != 1 || got != c.want {
			t.Errorf("%s: %+v (%d verdicts), want %+v", c.name, got, said, c.want)
		}
	}
}

// The word by which a second refusal of the token is known is the one that the first left in the record.
func TestARefusedTokenIsRememberedInTheRecord(t *testing.T) {
	t.Parallel()
	a := yeastar.Answer{Outcome: yeastar.NotSent, Reason: yeastar.ReasonToken, Status: 401, Code: "token_invalid"}
	var o store.Order
	o.Evidence.Call = verdictOf(a, 1, false).unsent.Call
	if !refusedToken(o) {
		t.Errorf("%q is not recognised", o.Evidence.Call)
	}
	o.Evidence.Call = callText(yeastar.Answer{Outcome: yeastar.NotSent, Reason: yeastar.ReasonRate, Status: 429})
	if refusedToken(o) {
		t.Errorf("%q is taken for a refused token", o.Evidence.Call)
	}
}

func TestPreparation(t *testing.T) {
	t.Parallel()
	portal := func(r yeastar.Reason, o yeastar.Outcome) error {
		return fmt.Errorf("resolve: %w", &yeastar.Error{Endpoint: "product list", Answer: yeastar.Answer{Outcome: o, Reason: r, Detail: "d"}})
	}
	cases := []struct {
		name    string
		err     error
		refused bool
		wait    store.Waiting
		close   bool
	}{
		{"cannot be ordered", &resolve.Refusal{Code: "unknown_product", Field: "productNo", Value: "X", Message: "no such PBX"}, true, "", false},
		{"portal unreachable", portal(yeastar.ReasonDial, yeastar.NotSent), false, store.WaitTime, false},
		{"a read timed out", portal(yeastar.ReasonTimeout, yeastar.Unknown), false, store.WaitTime, false},
		{"the portal's 500 to a read", portal(yeastar.ReasonStatus, yeastar.Unknown), false, store.WaitTime, false},
		{"a read refused is not an order refused", portal(yeastar.ReasonCode, yeastar.Refused), false, store.WaitTime, false},
		{"breaker", portal(yeastar.ReasonBreaker, yeastar.NotSent), false, store.WaitBreaker, false},
		{"429", portal(yeastar.ReasonRate, yeastar.NotSent), false, store.WaitRate, false},
		{"wrong credentials", portal(yeastar.ReasonToken, yeastar.NotSent), false, store.WaitAccount, true},
		{"403", portal(yeastar.ReasonForbidden, yeastar.NotSent), false, store.WaitAccount, true},
		{"shutting down", fmt.Errorf("x: %w", errStopping), false, store.WaitTime, false},
		{"delivery cut short", context.DeadlineExceeded, false, store.WaitTime, false},
		{"anything else", errors.New("what?"), false, store.WaitTime, false},
	}
	for _, c := range cases {
		refused, pause, closed := preparation(c.err)
		if (refused != nil) != c.refused || (closed != "") != c.close || (pause == nil) != c.refused || pause != nil && pause.For != c.wait {
			t.Errorf("%s: refused %+v, pause %+v, close %q", c.name, refused, pause, closed)
		}
		if refused != nil && !strings.Contains(refused.Reason, "productNo") {
			t.Errorf("%s: the reason %q does not name the field", c.name, refused.Reason)
		}
	}
}

func TestVerdictOfJournal(t *testing.T) {
	t.Parallel()
	if _, ok := verdictOfJournal(nil); ok {
		t.Error("a journal without an outcome settles the order")
	}
	v, ok := verdictOfJournal(&journal.Outcome{Result: "done", OrderNo: "EK1", OrderStatus: "succeed"})
	if !ok || v.found == nil || v.found.To != store.Placed || v.found.OrderNo != "EK1" || v.found.Via != store.ViaJournal {
		t.Errorf("done: %+v", v)
	}
	if v, ok := verdictOfJournal(&journal.Outcome{Result: "refused", Code: "c"}); !ok || v.refused == nil {
		t.Errorf("refused: %+v", v)
	}
	if v, ok := verdictOfJournal(&journal.Outcome{Result: "not sent"}); !ok || v.unsent == nil {
		t.Errorf("not sent: %+v", v)
	}
	for _, word := range []string{"unknown", "", "a word of a later version"} {
		if v, ok := verdictOfJournal(&journal.Outcome{Result: word}); ok {
			t.Errorf("%q settles the order: %+v", word, v)
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	cases := []struct {
		o    yeastar.Outcome
		r    yeastar.Reason
		want error
	}{
		{yeastar.Done, yeastar.ReasonOK, nil}, {yeastar.Refused, yeastar.ReasonCode, nil},
		{yeastar.Unknown, yeastar.ReasonTimeout, errSick}, {yeastar.Unknown, yeastar.ReasonStatus, errSick}, {yeastar.Unknown, yeastar.ReasonBroken, errSick},
		{yeastar.Unknown, yeastar.ReasonCancelled, errExcluded},
		{yeastar.NotSent, yeastar.ReasonDial, errSick}, {yeastar.NotSent, yeastar.ReasonTimeout, errSick}, {yeastar.NotSent, yeastar.ReasonStatus, errSick},
		{yeastar.NotSent, yeastar.ReasonToken, errExcluded}, {yeastar.NotSent, yeastar.ReasonRate, errExcluded}, {yeastar.NotSent, yeastar.ReasonForbidden, errExcluded},
		{yeastar.NotSent, yeastar.ReasonLate, errExcluded}, {yeastar.NotSent, yeastar.ReasonCancelled, errExcluded}, {yeastar.NotSent, yeastar.ReasonBreaker, errExcluded},
	}
	for _, c := range cases {
		if got := health(c.o, c.r); !errors.Is(got, c.want) {
			t.Errorf("%s, %s: %v, want %v", c.o, c.r, got, c.want)
		}
	}
}
