package cli

import (
	"fmt"
	"strconv"
	"strings"

	"orderq/store"
	"orderq/worker/review"
)

// showCard writes the evidence about an order for people.
func (a *app) showCard(c review.Card) {
	o := c.Order
	a.say("%-14s%s", "state", a.paint(o.State))
	a.field("reason", o.Reason)
	a.field("wants", wants(o))
	a.field("id", o.ID)
	a.field("reference", o.Reference)
	a.field("order no", o.OrderNo)
	a.field("waiting", behind(c.Waiting, c.WaitingTotal))
	a.field("seen at", clock(c.At))
	a.say("")
	a.showSent(c)
	a.say("")
	a.showList(c)
	for _, note := range c.Notes {
		a.field("note", note)
	}
	a.say("")
	a.showAnswers(c)
}

func (a *app) showSent(c review.Card) {
	if c.Sent == nil {
		a.field("sent", "nothing, ever")
		return
	}
	s := c.Sent
	a.field("sent", fmt.Sprintf("%s, attempt %d", clock(s.At), s.Attempt))
	may := "over by " + clock(s.Deadline) + "; may still turn up until " + clock(s.Horizon) + " (" + short(s.Horizon.Sub(c.At)) + " to go)"
	if !c.At.Before(s.Horizon) {
		may = "over by " + clock(s.Deadline) + "; could turn up until " + clock(s.Horizon) + " (" + short(c.At.Sub(s.Horizon)) + " ago)"
	}
	a.field("", may)
	a.field("po number", s.PONumber)
	a.field("body", strings.ReplaceAll(s.Body, ",", ", "))
	a.field("on the wire", s.Call)
	a.field("answer", strings.ReplaceAll(s.Answer, ",", ", "))
	a.field("sender", senderText(c.Sender))
}

// senderText says who sent it and whether they may send it yet.
func senderText(s *review.Sender) string {
	text := s.Journal + ", "
	switch {
	case s.Problem != "":
		text += s.Standing + ": " + s.Problem
	case s.Standing == "absent":
		text += "not known: its journal is not on this host"
	case s.Standing == "alive":
		text += "alive: it may send it yet"
	default:
		text += s.Standing
	}
	if out := s.Outcome; out != nil {
		text += "; its journal says: " + join(", ", out.Result, out.OrderNo, out.Code, out.Reason)
	}
	return text
}

func (a *app) showList(c review.Card) {
	l := c.List
	if l.Gate != nil {
		a.field("list then", fmt.Sprintf("%s (reading %d, %s)", count(int64(l.Gate.Total), "order"), l.Gate.Watermark, clock(l.Gate.At)))
	} else if c.Sent != nil {
		a.field("list then", "not known any more")
	}
	if l.Now != nil {
		a.field("list now", fmt.Sprintf("%s, %d new", count(int64(l.Now.Total), "order"), l.New))
	}
	a.field("", l.Why)
	if l.Unread != "" {
		a.field("NOT READ", l.Unread)
	}
	switch c.Echo {
	case review.EchoShown:
		a.field("references", "the portal shows ours (seen "+short(c.At.Sub(c.EchoAt))+" ago)")
	case review.EchoHidden:
		a.field("references", "the portal does not show ours (asked "+short(c.At.Sub(c.EchoAt))+" ago)")
	default:
		a.field("references", "not seen lately whether the portal shows ours")
	}
	if c.Extensions != nil {
		a.field("extensions", strconv.Itoa(*c.Extensions)+" now on this PBX")
	}
	switch {
	case len(c.Candidates) > 0:
		a.showCandidates(c.Candidates)
	case l.Unread == "":
		a.field("candidates", "none: no new order for this PBX")
	default:
		a.field("candidates", "not known")
	}
}

// unlikeShown is how many of the orders that cannot be it are listed; --json has all.
const unlikeShown = 10

func (a *app) showCandidates(all []review.Candidate) {
	cols := []column{{head: "CANDIDATE", width: 21}, {head: "CREATED", width: 20}, {head: "STATUS", width: 9}, {head: "QTY", width: 5, right: true}, {head: "IS IT"}}
	a.say("")
	a.head(cols)
	unlike := 0
	for _, c := range all {
		if c.Fit == review.FitUnlike {
			if unlike++; unlike > unlikeShown {
				continue
			}
		}
		quantity := ""
		if c.Quantity > 0 {
			quantity = strconv.Itoa(c.Quantity)
		}
		a.row(cols, []string{either(c.OrderNo, c.PortalID), clock(c.CreatedAt), c.OrderStatus, quantity, string(c.Fit)}, false)
		for _, line := range wrap(plain(c.Why), columns-2) {
			a.say("  %s", line)
		}
	}
	if more := unlike - unlikeShown; more > 0 {
		a.say("  and %d more that cannot be it", more)
	}
}

func (a *app) showAnswers(c review.Card) {
	if c.Order.State != store.Review {
		a.field("answers", c.Answers[0].Refused.Error())
		return
	}
	a.field("answers", "--placed ORDERNO, --resend or --drop, with --by NAME --note TEXT")
	unlike := map[string]bool{}
	for _, at := range c.Candidates {
		unlike[at.OrderNo] = at.Fit == review.FitUnlike
	}
	for _, v := range c.Answers {
		if v.Answer == review.Placed && (v.OrderNo == "" || unlike[v.OrderNo]) {
			continue // nothing to add to the list above
		}
		text := "may be given"
		if v.Refused != nil {
			text = "refused: " + v.Refused.Error()
		}
		a.field("  --"+string(v.Answer), join(": ", v.OrderNo, text))
	}
}

// waitersNamed is how many of those that wait for an order are named to people.
const waitersNamed = 6

// behind says who waits for an order in doubt; "" where nobody does.
func behind(ids []string, total int) string {
	if total == 0 {
		return ""
	}
	text := count(int64(total), "order") + " wait for it: "
	if total == 1 {
		text = "1 order waits for it: "
	}
	ids = ids[:min(waitersNamed, len(ids))]
	text += strings.Join(ids, ", ")
	if more := total - len(ids); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
