package worker

import (
	"fmt"
	"strings"
	"time"

	"orderq/store"
	"orderq/store/journal"
)

// sight is all that judge may look at: an order in doubt, and what was seen of it.
type sight struct {
	order  store.Order
	now    time.Time // Redis' clock
	settle time.Duration
	absent OnAbsent

	bearing []string // portal order numbers of rows that bear this order's reference
	fits    []string // numbers of unclaimed new rows without a reference of ours that fit in all that is readable
	maybe   []string // numbers of such rows of which too little is readable to say
	counts  bool     // the reading may be concluded from
	why     string   // where it does not
	echo    echo     // whether the portal shows our reference
	rivals  int      // other orders of ours for the same target whose outcome since the watermark is not proved
	sender  journal.Standing
}

// echo is what is known of the portal's habit of showing our poNumber.
type echo int

const (
	echoUnknown echo = iota
	echoShown        // seen lately on an order known to be ours
	echoHidden       // looked for lately on such an order, and not there
)

// finding is what a sight amounts to.
type finding int

const (
	again     finding = iota // look again later
	found                    // the row that bears our reference is it
	several                  // more than one row bears our reference: the duplicate alarm
	matched                  // the only row that fits is it
	isAbsent                 // it is not there, and may be sent again
	forPerson                // cannot tell: review
)

func (f finding) String() string {
	return [...]string{"again", "found", "several", "matched", "absent", "for a person"}[f]
}

// horizon is when absence may be judged: the attempt's deadline and the time to settle.
func (s sight) horizon() time.Time { return s.order.Evidence.Deadline.Add(s.settle) }

// judge says what a sight amounts to, and why. It is the only place where an order's absence is concluded;
// pure, so that every case is a row of a table.
func judge(s sight) (finding, string) {
	switch len(s.bearing) {
	case 0:
	case 1:
		return found, "its reference is in the portal's list"
	default:
		return several, "its reference is in the portal's list more than once: " + strings.Join(s.bearing, ", ")
	}
	if s.order.State == store.Review {
		return again, s.order.Reason
	}
	if s.now.Before(s.horizon()) {
		return again, "not in the portal's list so far; looked for until " + s.horizon().UTC().Format(time.RFC3339)
	}
	if !s.counts {
		if s.now.Before(s.lastCall()) {
			return again, "the portal's list could not be read reliably: " + s.why
		}
		return forPerson, "the portal's list could not be read reliably: " + s.why
	}
	if len(s.fits)+len(s.maybe) > 0 {
		return resembling(s)
	}
	return missing(s)
}

// patience is how many further horizons an unreliable list, or a sender that is not proved finished, is
// borne with before a person is asked.
const patience = 3

// lastCall is when patience ends.
func (s sight) lastCall() time.Time { return s.horizon().Add(patience * s.settle) }

// resembling judges rows that look like the order and bear no reference.
func resembling(s sight) (finding, string) {
	rows := strings.Join(append(append([]string(nil), s.fits...), s.maybe...), ", ")
	switch {
	case s.echo == echoShown:
		return forPerson, "the portal shows our reference elsewhere, and these orders for the same PBX lack it: " + rows
	case len(s.maybe) > 0:
		return forPerson, "too little of these new orders is readable to say whether one is it: " + rows
	case len(s.fits) > 1:
		return forPerson, "more than one new order fits: " + rows
	case s.order.Evidence.Recalled:
		// With the attempt Redis forgot its watermark: what is new since is told by clocks alone, and over a long time.
		return forPerson, rows + " fits, but Redis had forgotten the attempt, and which orders were there before it"
	case s.rivals > 0:
		return forPerson, fmt.Sprintf("%s fits, but %d other orders of ours for the same PBX are not accounted for", rows, s.rivals)
	}
	return matched, "the only new order that fits: same PBX, product, service, quantity, and after the gate"
}

// missing judges that nothing fits.
func missing(s sight) (finding, string) {
	const not = "not in the portal's list at the horizon"
	switch {
	case s.absent == ToReview:
		return forPerson, not + "; a person decides (on-absent is review)"
	case s.sender != journal.SenderFinished && s.now.Before(s.lastCall()):
		// Another host's journal may have the proof, and that host's worker reads the list too, now and
		// then; or the sender is slow, and ends.
		return again, fmt.Sprintf("%s, and its sender %s is not proved finished yet (%s)", not, s.order.Evidence.Sender, s.sender)
	case s.sender != journal.SenderFinished:
		return forPerson, fmt.Sprintf("%s, but its sender %s is not proved finished (%s)", not, s.order.Evidence.Sender, s.sender)
	case s.order.Evidence.Recalled:
		// Its other passages may have senders that only another journal knows.
		return forPerson, not + ", and Redis had forgotten an attempt of it: nobody can tell that all of its senders are finished"
	case s.order.Evidence.Resends > 0:
		return forPerson, not + ", and it was sent again once already"
	case s.echo != echoShown && s.absent != Resubmit:
		return forPerson, not + ", but the portal was not seen to show our reference lately, so that proves little"
	}
	return isAbsent, not + "; its sender is finished, so it is sent again"
}

// nextLook spreads looks over the horizon: right away, then after fractions of it, then at its end; an
// order past it is looked at as often as the last fraction allows.
func nextLook(now, deadline time.Time, settle time.Duration) time.Duration {
	const soon = 100 * time.Millisecond
	if now.Before(deadline) {
		// An answer that never came before its deadline: a first look early, then one at the deadline.
		return max(min(settle/8, deadline.Sub(now), 5*time.Second), soon)
	}
	for _, part := range []time.Duration{64, 16, 8, 4, 2, 1} {
		if at := deadline.Add(settle / part); now.Before(at) {
			return max(at.Sub(now), soon)
		}
	}
	return max(settle/4, soon)
}
