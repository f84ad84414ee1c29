package review

import (
	"fmt"
	"strings"
)

// What the evidence said, in the words that go into the history beside a person's note.

// said is about an order that is sent again or given up.
func (c Card) said(d Decision) string {
	if c.Sent == nil && c.Order.OrderNo == "" {
		return "nothing was ever sent for it"
	}
	parts := []string{c.List.said(c.Candidates)}
	if c.Sent != nil && c.At.Before(c.Sent.Horizon) {
		parts = append(parts, "before its horizon, "+clock(c.Sent.Horizon))
	}
	if c.Sender != nil {
		s := "sender " + c.Sender.Journal
		switch {
		case c.Sender.finished() && d.SenderGone && c.Order.Evidence.Recalled:
			s += " finished, and any other gone by " + d.By + "'s word"
		case c.Sender.finished():
			s += " finished"
		case d.SenderGone:
			s += " not proved finished, and gone by " + d.By + "'s word"
		default:
			s += " not proved finished"
		}
		if c.Sender.Outcome != nil {
			s += ", its journal says: " + c.Sender.Outcome.Result
		}
		parts = append(parts, s)
	}
	switch c.Echo {
	case EchoShown:
		parts = append(parts, "the portal shows our references")
	case EchoHidden:
		parts = append(parts, "the portal does not show our references")
	default:
		parts = append(parts, "not known whether the portal shows our references")
	}
	return strings.Join(parts, "; ")
}

func (l *List) said(candidates []Candidate) string {
	if l.Unread != "" {
		return "portal not read: " + l.Unread
	}
	s := fmt.Sprintf("portal's list at %s has %d orders", clock(l.Now.At), l.Now.Total)
	if l.Gate != nil {
		s += fmt.Sprintf(", %d when it was sent", l.Gate.Total)
	}
	for _, fit := range fits[:len(fits)-1] {
		var numbers []string
		for _, at := range candidates {
			if at.Fit == fit {
				numbers = append(numbers, at.OrderNo)
			}
		}
		switch {
		case len(numbers) > 0:
			s += fmt.Sprintf(", %s: %s", fit, strings.Join(numbers, ", "))
		case fit == FitReference:
			s += ", none bears its reference"
		case fit == FitAlike:
			s += ", none fits"
		}
	}
	if l.Why != "" {
		s += ", but " + l.Why
	}
	return s
}

// said is about the portal order that it was found to be.
func (c Candidate) said() string {
	parts := []string{"portal order " + c.OrderNo}
	if c.OrderStatus != "" {
		parts = append(parts, c.OrderStatus)
	}
	if !c.CreatedAt.IsZero() {
		parts = append(parts, "created "+clock(c.CreatedAt))
	}
	if c.ProductNo != "" {
		parts = append(parts, "PBX "+c.ProductNo)
	}
	if c.Quantity != 0 {
		parts = append(parts, fmt.Sprintf("quantity %d", c.Quantity))
	}
	return strings.Join(append(parts, string(c.Fit)+": "+c.Why), ", ")
}
