package office

import (
	"fmt"
	"strings"
	"time"

	"orderq/store"
)

// TimeText is how times are shown to people: UTC, to the second.
const TimeText = "2006-01-02 15:04:05Z"

// Clock is a time for people; "" for none.
func Clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(TimeText)
}

// Plain keeps what others wrote from steering a terminal: no control characters get through.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '·'
		}
		return r
	}, s)
}

// Count says "1 order", "2 orders".
func Count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Waits says what an order waits for, as what follows "waits".
func Waits(o store.Order) string {
	until := ""
	if !o.WaitingUntil.IsZero() {
		until = " until " + Clock(o.WaitingUntil)
	}
	switch o.WaitingFor {
	case "":
		return ""
	case store.WaitStart, store.WaitTime:
		return strings.TrimPrefix(until, " ")
	case store.WaitRecovery:
		return "until the ledger is known to be whole (orderq recover)"
	case store.WaitHalt:
		return "because the account is halted (orderq status)"
	case store.WaitAccount:
		return "because the portal refuses the credentials (orderq doctor)"
	case store.WaitBreaker:
		return "for the portal, which is not well" + until
	case store.WaitClaim:
		return "for order " + o.WaitingOn + ", in doubt for the same PBX"
	case store.WaitRate:
		return "for its turn: the rate of portal calls is used up"
	case store.WaitBudget:
		return "because the budget is spent"
	case store.WaitBatch:
		return "for its batch to release it"
	case store.WaitApproval:
		return "for a person to release it (orderq order release)"
	case store.WaitDuplicate:
		return "for a person to release it: it looks like order " + o.WaitingOn
	case store.WaitPayment:
		return "for the portal: the order exists and is not final (payment?)"
	}
	return "for " + string(o.WaitingFor) + until
}
