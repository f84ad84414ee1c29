package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"orderq/store"
	"orderq/worker/resolve"
	"orderq/yeastar"
)

// verdict is what an answer means for an order: exactly one of its fields is set. Pure and tabled.
type verdict struct {
	found   *store.Found   // the portal has an order
	refused *store.Refusal // it declined
	unsent  *store.Pause   // nothing happened; again after this
	doubt   string         // nobody knows; look for it
	close   string         // beside unsent: close the account, for this reason
}

// verdictOf says what to do after a POST. attempt is the one just made; tokenRefused says that the portal
// refused the attempt before for its token too.
func verdictOf(a yeastar.Answer, attempt int, tokenRefused bool) verdict {
	call := callText(a)
	switch a.Outcome {
	case yeastar.Done:
		f := foundIn(a.Order.OrderStatus)
		f.OrderNo, f.TransactionNo, f.OrderStatus = a.Order.OrderNo, a.Order.TransactionNo, a.Order.OrderStatus
		f.InstanceID, f.RequestID, f.Raw, f.Call = a.Order.InstanceID, a.RequestID, a.Raw, call
		f.Via = store.ViaAnswer
		return verdict{found: &f}
	case yeastar.Refused:
		return verdict{refused: &store.Refusal{
			Code: a.Code, Reason: "the portal refused it: " + either(a.Message, a.Code), RequestID: a.RequestID, Call: call, Raw: a.Raw,
		}}
	case yeastar.NotSent:
		p := store.Pause{For: store.WaitTime, Reason: "not sent: " + a.Detail, Call: call, After: backoff(attempt)}
		v := verdict{unsent: &p}
		switch a.Reason {
		case yeastar.ReasonToken:
			p.For, p.After = store.WaitAccount, 0
			if tokenRefused || a.Status != 401 { // the second time in a row, or none was to be had at all
				v.close, p.After = a.Detail, accountPause
			}
		case yeastar.ReasonForbidden:
			p.For, p.After, p.LookFirst = store.WaitAccount, accountPause, true
			v.close = a.Detail
		case yeastar.ReasonRate:
			p.For, p.LookFirst = store.WaitRate, a.Status == 429
			p.After = max(a.RetryAfter, time.Second)
		case yeastar.ReasonBreaker:
			p.For, p.After = store.WaitBreaker, time.Second
		case yeastar.ReasonLate, yeastar.ReasonCancelled:
			p.After = 0
		}
		return v
	}
	return verdict{doubt: "sent, and no answer that says what became of it: " + a.Detail}
}

// accountPause is how long orders wait where the portal refuses the credentials: somebody has to see to
// them, so it is no use to ask often.
const accountPause = 15 * time.Second

// foundIn says by the portal's word what an order that exists there is to us. Its enumeration is cut in
// the documentation, so a word we do not know is "exists, not final".
func foundIn(orderStatus string) store.Found {
	switch orderStatus {
	case yeastar.StatusSucceed:
		return store.Found{To: store.Placed}
	case yeastar.StatusFailed, yeastar.StatusInvalid, yeastar.StatusCancelled, yeastar.StatusRefunded:
		return store.Found{To: store.Rejected, Reason: "the portal has it as " + orderStatus}
	}
	return store.Found{To: store.Pending, Reason: fmt.Sprintf("the portal has it as %q: not final", orderStatus)}
}

// backoff is the pause after an attempt that provably was not sent: 5 s, doubling to 5 min.
func backoff(attempt int) time.Duration {
	return min(5*time.Second<<min(max(attempt-1, 0), 6), 5*time.Minute)
}

// preparation is what a failure before the gate means: the order cannot be ordered (refused), or it must
// wait (pause) and is tried again.
func preparation(err error) (refused *store.Refusal, pause *store.Pause, close string) {
	var no *resolve.Refusal
	if errors.As(err, &no) {
		return &store.Refusal{Code: no.Code, Reason: no.Error()}, nil, ""
	}
	if errors.Is(err, errStopping) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil, &store.Pause{For: store.WaitTime, Reason: "its delivery was cut short"}, ""
	}
	p := &store.Pause{For: store.WaitTime, After: 5 * time.Second, Reason: err.Error()}
	var e *yeastar.Error
	if errors.As(err, &e) {
		switch e.Reason {
		case yeastar.ReasonBreaker:
			p.For = store.WaitBreaker
		case yeastar.ReasonRate:
			p.For, p.After = store.WaitRate, max(e.RetryAfter, time.Second)
		case yeastar.ReasonToken, yeastar.ReasonForbidden:
			p.For, p.After, close = store.WaitAccount, accountPause, e.Detail
		}
	}
	return nil, p, close
}

// callText is what was seen on the wire, in one line for the history.
func callText(a yeastar.Answer) string {
	s := a.Outcome.String() + " (" + string(a.Reason) + ")"
	if a.Status != 0 {
		s += fmt.Sprintf(", HTTP %d", a.Status)
	}
	if a.Code != "" {
		s += ", code " + a.Code
	}
	if a.RequestID != "" {
		s += ", requestId " + a.RequestID
	}
	return s
}

// refusedToken says that the portal refused an order's last attempt for its token, by callText's word.
func refusedToken(o store.Order) bool {
	return strings.HasPrefix(o.Evidence.Call, callText(yeastar.Answer{Outcome: yeastar.NotSent, Reason: yeastar.ReasonToken, Status: 401}))
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
