package yeastar

import "time"

// Outcome is what the caller may conclude from one call to the portal. For Create an Order it decides
// whether money may have moved.
type Outcome int

const (
	// Unknown: bytes may have reached the portal and no answer proves what became of them.
	// The zero value, so that whatever is forgotten is in doubt.
	Unknown Outcome = iota
	// NotSent: provably without effect. It may be tried again.
	NotSent
	// Refused: the portal read the request and declined it, in its own envelope. Final.
	Refused
	// Done: the portal answered with success, and what the call is for is in the answer.
	Done
)

func (o Outcome) String() string {
	return [...]string{"unknown", "not sent", "refused", "done"}[o]
}

// Reason says in one word why an Outcome was concluded; stable, fit for metrics and tests.
type Reason string

const (
	ReasonOK        Reason = "ok"
	ReasonBreaker   Reason = "breaker"   // not admitted: the breaker is open
	ReasonRate      Reason = "rate"      // not admitted, or 429
	ReasonLate      Reason = "late"      // our own clocks: the time for sending was over, nothing was written
	ReasonToken     Reason = "token"     // no token to be had, or 401
	ReasonForbidden Reason = "forbidden" // 403
	ReasonDial      Reason = "dial"      // refused, unreachable, DNS, TLS: no connection was ours
	ReasonCancelled Reason = "cancelled" // our own context ended
	ReasonTimeout   Reason = "timeout"   // no answer in time
	ReasonBroken    Reason = "broken"    // reset, EOF, half a body
	ReasonRedirect  Reason = "redirect"  // 3xx
	ReasonStatus    Reason = "status"    // 5xx, a 4xx we do not know, or statuses that disagree
	ReasonBody      Reason = "body"      // an answer that is not the portal's envelope
	ReasonCode      Reason = "code"      // an envelope with a failure code: Refused with 400/404/422, Unknown with 2xx
	ReasonNoNumber  Reason = "orderNo"   // success without an orderNo
)

// MaxAnswer is the length in bytes from which on the answer to an order is not believed, and the most that
// Answer.Raw holds. The tutorials' answers have some 300 bytes.
const MaxAnswer = 64 << 10

// Answer is the whole outcome of one Create an Order.
type Answer struct {
	Outcome    Outcome
	Reason     Reason
	Detail     string        // for people: what happened, no secrets, one line
	Status     int           // the envelope's status where it could be read and agrees, else HTTP's; 0: none came
	Code       string        // the envelope's code
	Message    string        // the envelope's detailMessage
	RequestID  string        // the envelope's requestId
	RetryAfter time.Duration // from 429 or 503, 0: none given
	Order      OrderResult   // with Done
	Raw        []byte        // the answer's body as it came, at most MaxAnswer bytes
	Date       time.Time     // the portal's clock (Date header), zero: none
	Connected  bool          // a connection was handed to the request (httptrace.GotConn)
}
