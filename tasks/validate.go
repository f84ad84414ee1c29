package tasks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of an intent's texts, in characters.
const (
	maxReference  = 200
	maxText       = 200 // plan, contact
	maxPONumber   = 64  // ours takes about 30 more; the portal's own limit is not documented
	maxLabels     = 20
	maxLabelValue = 256
)

var (
	accountPattern   = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	productNoPattern = regexp.MustCompile(`^[A-Z0-9-]{4,32}$`)
	labelPattern     = regexp.MustCompile(`^[a-z0-9_.-]{1,64}$`)
)

// Cycles are the billing cycles that the kinds in the table can have.
func Cycles() []string { return []string{"annually", "monthly"} }

// Validate says what about a normalised intent cannot be right whatever the portal says. The error is an
// *Invalid with every problem.
func (in Intent) Validate() error {
	bad := &Invalid{}
	in.check(bad)
	return bad.orNil()
}

// check adds what is wrong to the problems found so far. A field that has one already is left alone.
func (in Intent) check(bad *Invalid) {
	kind, known := KindOf(in.Kind)
	rules := []struct {
		field, value string
		problem      string
	}{
		{"reference", in.Reference, in.referenceProblem()},
		{"account", in.Account, accountProblem(in.Account)},
		{"kind", in.Kind, kindProblem(in.Kind, known)},
		{"productNo", in.ProductNo, productNoProblem(in.ProductNo, known && kind.NeedsProductNo)},
		{"quantity", quantityShown(in.Quantity), quantityProblem(in, kind, known)},
		{"ensure", quantityShown(in.Ensure), ensureProblem(in, kind, known)},
		{"plan", in.Plan, textProblem(in.Plan, maxText)},
		{"connectionPlanId", in.ConnectionPlanID, idProblem(in.ConnectionPlanID)},
		{"serviceId", in.ServiceID, idProblem(in.ServiceID)},
		{"billingCycle", in.BillingCycle, cycleProblem(in.BillingCycle)},
		{"billingContact", in.BillingContact, textProblem(in.BillingContact, maxText)},
		{"billingId", in.BillingID, idProblem(in.BillingID)},
		{"poNumber", in.PONumber, poNumberProblem(in.PONumber)},
		{"notBefore", in.NotBefore.String(), in.notBeforeProblem()},
	}
	for _, r := range rules {
		if r.field == "quantity" && bad.has("ensure") {
			continue // an ensure that cannot be read is no quantity left out
		}
		if r.problem != "" && !bad.has(r.field) {
			bad.add(r.field, r.value, "%s", r.problem)
		}
	}
	if in.Plan != "" && in.ConnectionPlanID != "" {
		bad.add("plan", in.Plan, "connectionPlanId is given too; say one of them")
	}
	if in.BillingContact != "" && in.BillingID != "" {
		bad.add("billingContact", in.BillingContact, "billingId is given too; say one of them")
	}
	in.checkLabels(bad)
}

func (in Intent) referenceProblem() string {
	n := utf8.RuneCountInString(in.Reference)
	switch {
	case n == 0:
		return "missing; give this order a name of your own, e.g. crm-4711, and the same name when you repeat it"
	case !utf8.ValidString(in.Reference):
		return "is not valid UTF-8"
	case n > maxReference:
		return fmt.Sprintf("has %d characters, at most %d are allowed", n, maxReference)
	case strings.ContainsFunc(in.Reference, unicode.IsControl):
		return "contains a control character; remove it"
	}
	return ""
}

func accountProblem(account string) string {
	if !accountPattern.MatchString(account) {
		return "must be 1 to 32 of a-z, 0-9 and -, e.g. " + DefaultAccount
	}
	return ""
}

func kindProblem(name string, known bool) string {
	switch {
	case known:
		return ""
	case name == "":
		return "missing; say " + strings.Join(kindNames(), ", ")
	}
	return unknownKind(name)
}

func productNoProblem(no string, needed bool) string {
	if no == "" {
		if needed {
			return "missing; give the PBX's serial number, e.g. 3658B431119665QJ"
		}
		return ""
	}
	if productNoPattern.MatchString(no) {
		return ""
	}
	for _, r := range no {
		if r >= 0x80 || !unicode.IsPrint(r) {
			return fmt.Sprintf("contains the character U+%04X, which no serial number has; type it anew", r)
		}
	}
	return "must be 4 to 32 of A-Z, 0-9 and -, e.g. 3658B431119665QJ"
}

func quantityShown(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func quantityProblem(in Intent, kind Kind, known bool) string {
	switch n := in.Quantity; {
	case !known && (n < 0 || n > maxQuantity):
		return fmt.Sprintf("must be a whole number from 1 to %d, e.g. 12", maxQuantity)
	case !known:
		return ""
	case n == 0 && (kind.Quantity == CurrentExtensions || in.Ensure != 0):
		return ""
	case n == 0:
		return fmt.Sprintf("missing; say how many %s to add, %d to %d", kind.Unit, kind.MinQuantity, kind.MaxQuantity)
	case n > kind.MaxQuantity && kind.Unit == "extensions":
		return fmt.Sprintf("a PBX holds at most %d extensions", MaxExtensions)
	case n < kind.MinQuantity || n > kind.MaxQuantity:
		return fmt.Sprintf("must be a whole number from %d to %d", kind.MinQuantity, kind.MaxQuantity)
	}
	return ""
}

func ensureProblem(in Intent, kind Kind, known bool) string {
	switch n := in.Ensure; {
	case n == 0:
		return ""
	case in.Quantity != 0:
		return "quantity is given too; say one of them: quantity adds so many, ensure brings the PBX to so many"
	case !known && (n < 0 || n > maxQuantity):
		return fmt.Sprintf("must be a whole number from 1 to %d, e.g. 50", maxQuantity)
	case !known:
		return ""
	case kind.Quantity == CurrentExtensions:
		return kind.Name + " always is for the extensions that the PBX has; leave it out"
	case !kind.Ensures:
		return fmt.Sprintf("the portal does not show how many %s a PBX has, so that what is missing cannot be computed; say quantity, how many to add", kind.Unit)
	case n > kind.MaxQuantity && kind.Unit == "extensions":
		return fmt.Sprintf("a PBX holds at most %d extensions", MaxExtensions)
	case n < kind.MinQuantity || n > kind.MaxQuantity:
		return fmt.Sprintf("must be a whole number from %d to %d", kind.MinQuantity, kind.MaxQuantity)
	}
	return ""
}

func textProblem(s string, limit int) string {
	switch n := utf8.RuneCountInString(s); {
	case !utf8.ValidString(s):
		return "is not valid UTF-8"
	case n > limit:
		return fmt.Sprintf("has %d characters, at most %d are allowed", n, limit)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return fmt.Sprintf("contains the character U+%04X, which does not print; remove it", r)
		}
	}
	return ""
}

func idProblem(s string) string {
	if s == "" || isID(s) {
		return ""
	}
	return "must be one of the portal's ids: 1 to 19 digits"
}

func cycleProblem(cycle string) string {
	if cycle == "" || slices.Contains(Cycles(), cycle) {
		return ""
	}
	switch cycle {
	case "yearly", "annual", "year", "anually", "annualy", "12 months":
		return "the portal says annually; say that, or leave it out for the PBX's own"
	case "month", "per month", "montly":
		return "the portal says monthly; say that, or leave it out for the PBX's own"
	}
	return "must be annually or monthly; it must be the PBX's own, and may be left out"
}

func poNumberProblem(own string) string {
	if problem := textProblem(own, maxPONumber); problem != "" {
		return problem
	}
	if idPattern.MatchString(own) {
		return "contains an order id of ours, which would be mistaken for that order; use another number"
	}
	return ""
}

func (in Intent) notBeforeProblem() string {
	if in.NotBefore.IsZero() {
		return ""
	}
	// A year outside these is a slip of the pen, and RFC 3339 ends at 9999.
	if y := in.NotBefore.UTC().Year(); y < 2000 || y > 2199 {
		return "must lie between the years 2000 and 2199, e.g. 2026-12-01T00:00:00Z"
	}
	return ""
}

func (in Intent) checkLabels(bad *Invalid) {
	if n := len(in.Labels); n > maxLabels {
		bad.add("labels", "", "has %d labels, at most %d are allowed", n, maxLabels)
		return
	}
	keys := make([]string, 0, len(in.Labels))
	for key := range in.Labels {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		field := "labels." + Shown(key)
		if bad.has(field) {
			continue
		}
		if !labelPattern.MatchString(key) {
			bad.add(field, in.Labels[key], "the key must be 1 to 64 of a-z, 0-9, _, . and -")
			continue
		}
		value := in.Labels[key]
		switch n := utf8.RuneCountInString(value); {
		case !utf8.ValidString(value):
			bad.add(field, value, "is not valid UTF-8")
		case n > maxLabelValue:
			bad.add(field, value, "has %d characters, at most %d are allowed", n, maxLabelValue)
		case strings.ContainsFunc(value, unicode.IsControl):
			bad.add(field, value, "contains a control character; remove it")
		}
	}
}
