package tasks

import (
	"strings"
	"time"
)

// Normalise brings the spellings of one wish to one form: space around values trimmed, the serial number
// in upper case, cycle and e-mail address in lower case, the account filled in, the time in UTC to the
// millisecond, no labels rather than empty ones. The reference is compared by bytes and stays as it is.
// Applying it twice changes nothing more.
func (in Intent) Normalise() Intent {
	in.Account = strings.TrimSpace(in.Account)
	if in.Account == "" {
		in.Account = DefaultAccount
	}
	in.Kind = strings.TrimSpace(in.Kind)
	in.ProductNo = upperASCII(strings.TrimSpace(in.ProductNo))
	in.Plan = strings.Join(strings.Fields(in.Plan), " ")
	in.ConnectionPlanID = strings.TrimSpace(in.ConnectionPlanID)
	in.ServiceID = strings.TrimSpace(in.ServiceID)
	in.BillingCycle = lowerASCII(strings.TrimSpace(in.BillingCycle))
	in.BillingContact = strings.TrimSpace(in.BillingContact)
	if strings.Contains(in.BillingContact, "@") {
		in.BillingContact = lowerASCII(in.BillingContact)
	}
	in.BillingID = strings.TrimSpace(in.BillingID)
	in.PONumber = strings.TrimSpace(in.PONumber)
	if !in.NotBefore.IsZero() {
		in.NotBefore = time.UnixMilli(in.NotBefore.UnixMilli()).UTC()
	}
	if len(in.Labels) == 0 {
		in.Labels = nil
	}
	return in
}

// upperASCII and lowerASCII leave all other letters alone: Unicode's own mapping turns a dotless ı into I
// and a Kelvin sign into k, and one who looks like another must not become the other.
func upperASCII(s string) string { return mapASCII(s, 'a', 'z', 'A'-'a') }
func lowerASCII(s string) string { return mapASCII(s, 'A', 'Z', 'a'-'A') }

func mapASCII(s string, from, to rune, by int) string {
	b := []byte(s)
	for i, c := range b {
		if rune(c) >= from && rune(c) <= to {
			b[i] = byte(int(c) + by)
		}
	}
	return string(b)
}
