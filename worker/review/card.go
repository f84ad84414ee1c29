package review

import (
	"time"

	"orderq/store"
	"orderq/store/journal"
)

// Card is the evidence about one order whose POST may have left, as a person needs it to decide. Names are
// the contract's, ids are strings, absent fields are left out, times RFC 3339 UTC.
type Card struct {
	Order store.Order `json:"order"`
	At    time.Time   `json:"at"` // Redis' clock when the evidence was gathered

	Sent   *Sent   `json:"sent,omitempty"`   // absent: no attempt ever passed the gate
	Sender *Sender `json:"sender,omitempty"` // of the last attempt; absent with Sent
	List   *List   `json:"list,omitempty"`   // the portal's order list; absent: it was not asked

	// Candidates are the portal's orders that this order may be, or that a person may take for it: those
	// for the same PBX since the watermark, and any that bears its reference. Those most like it first.
	Candidates []Candidate `json:"candidates,omitempty"`

	// Echo says whether the portal is known to show our reference, and since when that is known.
	Echo   Echo      `json:"echo"`
	EchoAt time.Time `json:"echoAt,omitzero"`

	// Extensions is how many the PBX has now; absent where the portal does not show it.
	Extensions *int `json:"extensions,omitempty"`

	// Waiting are ids of our orders that wait for this one (their waitingOn), the next to go first, at most
	// waitingShown of WaitingTotal.
	Waiting      []string `json:"waiting,omitempty"`
	WaitingTotal int      `json:"waitingTotal,omitempty"`

	Answers []Verdict `json:"answers"` // which answers may be given now
	Notes   []string  `json:"notes,omitempty"`

	first time.Time // Redis' clock when the first attempt passed the gate; zero: none did, or it is not known
}

// Sent is what the last attempt sent, and when.
type Sent struct {
	Attempt  int       `json:"attempt"`
	PONumber string    `json:"poNumber"`
	Body     string    `json:"body"`           // the exact bytes, as text: the ids in it are numbers above 2^53
	At       time.Time `json:"at"`             // it passed the gate
	Deadline time.Time `json:"deadline"`       // nothing is sent after it by a sender that keeps its promise
	Horizon  time.Time `json:"horizon"`        // deadline and ORDERQ_SETTLE: before it, absence proves nothing
	Call     string    `json:"call,omitempty"` // what was seen on the wire
	Answer   string    `json:"answer,omitempty"`
	Resends  int       `json:"resends,omitempty"` // how often a machine sent it again
}

// Sender is who sent the last attempt, as far as this host's journals tell.
type Sender struct {
	Journal  string           `json:"journal"`
	Standing string           `json:"standing"`          // "finished", "alive", or "absent": its journal is not on this host
	Problem  string           `json:"problem,omitempty"` // why its journal could not be read
	Outcome  *journal.Outcome `json:"outcome,omitempty"` // what its journal says came of the call
}

func (s *Sender) finished() bool { return s.Standing == journal.SenderFinished.String() }
func (s *Sender) alive() bool    { return s.Standing == journal.SenderAlive.String() }

// List is what the portal's order list showed before the attempt and shows now.
type List struct {
	Gate *Reading `json:"gate,omitempty"` // the watermark; absent: it is gone
	Now  *Reading `json:"now,omitempty"`  // absent: it could not be read
	New  int      `json:"new"`            // orders seen now that the watermark does not have
	// Whole says that the list grew by exactly the orders seen and that all of them were looked into.
	Whole bool   `json:"whole"`
	Why   string `json:"why,omitempty"` // where it is not
	// Unread is why the portal could not be read to the end; what is on the card was seen before that.
	Unread string `json:"unread,omitempty"`
}

// Reading is one reading of the list.
type Reading struct {
	Watermark int64     `json:"watermark,omitempty"`
	At        time.Time `json:"at"`
	Total     int       `json:"total"` // the list's own count
}

// Echo is what is known of the portal's habit of showing our reference.
type Echo string

const (
	EchoShown   Echo = "shown"   // seen lately on an order known to be ours
	EchoHidden  Echo = "hidden"  // looked for lately on such an order, and not there
	EchoUnknown Echo = "unknown" // not known, or not lately
)

// Verdict says whether an answer may be given now.
type Verdict struct {
	Answer  Answer   `json:"answer"`
	OrderNo string   `json:"orderNo,omitempty"` // with Placed: of a candidate
	Refused *Refusal `json:"refused,omitempty"` // absent: it may be given
}
