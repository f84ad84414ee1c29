package review

import (
	"fmt"
	"strings"
	"time"

	"orderq/store"
)

// Refusal is a decision that the evidence contradicts. Nothing was changed.
type Refusal struct {
	Cause    Cause  `json:"cause"`
	Evidence string `json:"evidence"` // what contradicts it, with the order's id
	WayOut   string `json:"wayOut"`
}

func (r *Refusal) Error() string { return r.Evidence + ": " + r.WayOut }

// Cause is why an answer is refused, in one word: stable, for programs.
type Cause string

const (
	CauseState          Cause = "state"          // the order is not in review
	CauseHorizon        Cause = "horizon"        // it may still turn up
	CauseSenderAlive    Cause = "senderAlive"    // its sender may send it yet
	CauseSenderUnproved Cause = "senderUnproved" // nobody can tell whether its sender is finished
	CauseAnswered       Cause = "answered"       // its sender's journal has the portal's answer
	CauseUnread         Cause = "unread"         // the portal could not be asked whether it is there
	CauseShown          Cause = "shown"          // the portal shows it: by its reference, or by the number on record
	CauseFits           Cause = "fits"           // the portal shows an order that may be it
	CauseNotAtPortal    Cause = "notAtPortal"    // there is no such order at the portal
	CauseTaken          Cause = "taken"          // the number belongs to another order
	CauseOtherPBX       Cause = "otherPbx"       // that one is for another PBX
	CauseOtherReference Cause = "otherReference" // that one bears another order's reference
	CauseTooOld         Cause = "tooOld"         // that one was there before anything was sent
)

// ClockText is how times stand in texts: UTC, to the second.
const ClockText = "2006-01-02 15:04:05Z"

func clock(t time.Time) string { return t.UTC().Format(ClockText) }

// refuseState is the refusal of whatever is decided about an order that is not in review; nil for one that
// is.
func refuseState(o store.Order) *Refusal {
	way := ""
	switch o.State {
	case store.Review:
		return nil
	case store.Unknown, store.Submitting:
		way = "orderq is still finding out what became of it; orderq order wait shows it"
	case store.Held, store.Accepted, store.Preparing:
		way = "nothing is in doubt; orderq order cancel takes it back"
	case store.Pending:
		way = "orderq asks the portal what becomes of it"
	case store.Placed:
		way = "to undo it, have it cancelled at the portal"
	default:
		way = "if it is wanted after all, place it under another reference"
	}
	state := string(o.State)
	if o.OrderNo != "" {
		state += " as " + o.OrderNo
	}
	return &Refusal{CauseState, fmt.Sprintf("order %s is %s, and only an order in review is decided about", o.ID, state), way}
}

// refuseResend says why the order may not be sent again; gone is a person's word that its sender is.
func refuseResend(c Card, gone bool) *Refusal {
	if r := refuseState(c.Order); r != nil {
		return r
	}
	if r := refuseEarly(c, gone); r != nil {
		return r
	}
	if r := refuseShown(c); r != nil {
		return r
	}
	id := c.Order.ID
	for _, at := range c.Candidates {
		if at.Fit == FitAlike {
			return &Refusal{CauseFits, fmt.Sprintf("portal order %s may be order %s (%s)", at.OrderNo, id, at.Why),
				"if it is, answer --placed " + at.OrderNo + "; if it is somebody else's, --drop this one and place it under another reference"}
		}
	}
	if c.Sent == nil && c.Order.OrderNo == "" {
		return nil // nothing was ever sent: there is nothing that the portal could show
	}
	return refuseUnread(c)
}

// refuseUnread is the refusal where the portal could not be read; nil where it was.
func refuseUnread(c Card) *Refusal {
	why := "not asked"
	if c.List != nil {
		why = c.List.Unread
	}
	if why == "" {
		return nil
	}
	return &Refusal{CauseUnread, fmt.Sprintf("the portal cannot be asked now whether it has order %s: %s", c.Order.ID, why),
		"try again when it answers; orderq doctor looks closer"}
}

// refuseEarly is what the clock and this host's journals say against sending again; it needs no portal.
func refuseEarly(c Card, gone bool) *Refusal {
	if c.Sent == nil {
		return nil
	}
	if r := refuseSender(c); r != nil {
		return r
	}
	id := c.Order.ID
	if h := c.Sent.Horizon; c.At.Before(h) {
		return &Refusal{CauseHorizon, fmt.Sprintf("order %s may still turn up at the portal until %s (its deadline and ORDERQ_SETTLE, %v)",
			id, clock(h), h.Sub(c.Sent.Deadline)), "look again in " + (h.Sub(c.At).Truncate(time.Second) + time.Second).String()}
	}
	if gone {
		return nil
	}
	const way = "decide on the host that has that journal, or make sure that the process is gone and add --sender-gone"
	switch {
	case !c.Sender.finished():
		return &Refusal{CauseSenderUnproved, fmt.Sprintf("nobody can tell from here whether the process that sent order %s, %s, is finished (%s)",
			id, c.Sender.Journal, either(c.Sender.Problem, "its journal is not on this host")), way}
	case c.Order.Evidence.Recalled:
		return &Refusal{CauseSenderUnproved, fmt.Sprintf("order %s was sent by %s, which is finished, but Redis had forgotten an attempt of it: another process may have sent it, too",
			id, c.Sender.Journal), "make sure that no process from before that still runs, and add --sender-gone"}
	}
	return nil
}

// refuseSender is what this host's journals say against its never having been placed.
func refuseSender(c Card) *Refusal {
	switch {
	case c.Sender == nil:
	case c.Sender.Outcome != nil && c.Sender.Outcome.OrderNo != "" && c.Sender.Outcome.OrderNo != c.Order.OrderNo:
		// One that the record has is no news: whether it is there still, the portal says.
		no := c.Sender.Outcome.OrderNo
		return &Refusal{CauseAnswered, fmt.Sprintf("order %s was answered: the journal of its sender has it as portal order %s", c.Order.ID, no),
			"answer --placed " + no + ", or let a worker of this host record it"}
	case c.Sender.alive():
		return &Refusal{CauseSenderAlive, fmt.Sprintf("order %s: the process that sends it, %s, still runs and may send it yet", c.Order.ID, c.Sender.Journal),
			"stop that process first"}
	}
	return nil
}

// refuseShown is what the portal says against the order's not being there.
func refuseShown(c Card) *Refusal {
	var bearing []string
	for _, at := range c.Candidates {
		// A failed order that the record had before is accounted for.
		known := at.ClaimedBy == c.Order.ID && at.nothingBought()
		switch {
		case known:
		case at.Fit == FitReference:
			bearing = append(bearing, at.OrderNo)
		case at.Fit == FitRecorded:
			return &Refusal{CauseShown, fmt.Sprintf("the portal shows %s, which order %s has on record (%s)", at.OrderNo, c.Order.ID, either(at.OrderStatus, "status not readable")),
				"answer --placed " + at.OrderNo}
		}
	}
	if len(bearing) > 0 {
		return &Refusal{CauseShown, fmt.Sprintf("portal order %s bears the reference of order %s: it was placed", strings.Join(bearing, ", "), c.Order.ID),
			"answer --placed " + bearing[0]}
	}
	return nil
}

// refuseDrop says why the order may not be given up. Neither the horizon nor a portal that cannot be asked
// forbids it: if it turns up after all, that raises the alarm and orders nothing. But the portal is asked for one that it
// gave a number to: of that number nobody would be told.
func refuseDrop(c Card) *Refusal {
	if r := refuseState(c.Order); r != nil {
		return r
	}
	if r := refuseSender(c); r != nil {
		return r
	}
	if r := refuseShown(c); r != nil || c.Order.OrderNo == "" || c.List == nil { // before it is asked, what needs no portal
		return r
	}
	return refuseUnread(c)
}

// refusePlaced says why the order cannot be that one of the portal's.
func refusePlaced(c Card, at Candidate) *Refusal {
	if r := refuseState(c.Order); r != nil {
		return r
	}
	id, no := c.Order.ID, at.OrderNo
	bearer := owner(at.Bears)
	switch {
	case at.ClaimedBy != "" && at.ClaimedBy != id:
		return &Refusal{CauseTaken, fmt.Sprintf("portal order %s belongs to order %s already, so it is not order %s", no, at.ClaimedBy, id),
			"orderq order history " + at.ClaimedBy + " shows how it came to it"}
	case c.elsewhere(at):
		return &Refusal{CauseOtherPBX, fmt.Sprintf("portal order %s is for PBX %s and order %s for %s", no, at.ProductNo, id, c.Order.ProductNo),
			"it is another one; orderq order resolve " + id + " lists those for the same PBX"}
	case bearer != "" && bearer != id:
		return &Refusal{CauseOtherReference, fmt.Sprintf("portal order %s bears the reference of order %s, so it is not order %s", no, bearer, id),
			"it is that one's"}
	case at.early && bearer != id:
		return &Refusal{CauseTooOld, fmt.Sprintf("portal order %s was created at %s, and order %s was first sent at %s", no, clock(at.CreatedAt), id, clock(c.first)),
			"it is an older one; orderq order resolve " + id + " lists those created since"}
	case c.Sender != nil && c.Sender.Outcome != nil && c.Sender.Outcome.OrderNo != "" && c.Sender.Outcome.OrderNo != no:
		return &Refusal{CauseAnswered, fmt.Sprintf("order %s was answered: the journal of its sender has it as portal order %s, not %s", id, c.Sender.Outcome.OrderNo, no),
			"answer --placed " + c.Sender.Outcome.OrderNo}
	}
	return nil
}

// verdicts says of each answer whether it may be given.
func verdicts(c Card) []Verdict {
	var all []Verdict
	for _, at := range c.Candidates {
		all = append(all, Verdict{Placed, at.OrderNo, refusePlaced(c, at)})
	}
	if len(all) == 0 {
		all = append(all, Verdict{Placed, "", refuseState(c.Order)})
	}
	return append(all, Verdict{Resend, "", refuseResend(c, false)}, Verdict{Drop, "", refuseDrop(c)})
}

func (c Card) elsewhere(at Candidate) bool {
	return wanted{productNo: c.Order.ProductNo}.elsewhere(at.ProductNo)
}
