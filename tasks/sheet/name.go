package sheet

import (
	"strings"
	"unicode"
)

// input is how the columns begin that a results file has from its own input and whose names it needs itself.
// A column that begins so is carried and never understood, whatever follows.
const input = "input."

// synonym is what people call a field in the head of a column. The field's own name need not be said.
type synonym struct {
	field string
	also  []string
}

// synonyms has every field of an intent, in the contract's order (a test compares).
//
// Not here: "ID", which may be the caller's number, the portal's or ours (in our results files it is ours;
// see [Row.Intent]); "Service", which may be a kind or a service id; "Name" and "Customer", which are
// nobody's but the caller's; "Order No", which is the portal's.
var synonyms = []synonym{
	{"reference", []string{"Ref", "Ref No", "Reference No", "Order Ref", "Order Reference"}},
	{"account", []string{"Partner Account"}},
	{"kind", []string{"Type", "Operation", "Order Type", "Order Kind", "Action"}},
	{"productNo", []string{"SN", "Serial", "Serial No", "Serial Number", "Product Number", "PBX", "PBX SN",
		"PBX Serial", "PBX Serial No", "PBX Serial Number", "Device SN", "Device Serial Number"}},
	{"quantity", []string{"Qty", "Amount", "Count", "Extensions", "Number of Extensions", "No of Extensions",
		"Minutes", "Number of Minutes", "No of Minutes", "Recording Minutes"}},
	{"ensure", []string{"Target", "Target Extensions", "Bring to", "Bring up to", "Ensure Extensions"}},
	{"plan", []string{"Plan Name", "Connection Plan", "Subscription Plan"}},
	{"connectionPlanId", []string{"Plan ID"}},
	{"serviceId", nil},
	{"billingCycle", []string{"Cycle", "Billing", "Period", "Billing Period"}},
	{"billingContact", []string{"Contact", "Email", "Mail", "Billing Email", "Billing Mail", "Contact Email"}},
	{"billingId", []string{"Billing Contact ID", "Contact ID"}},
	{"poNumber", []string{"PO", "PO No", "Purchase Order", "Purchase Order No", "Purchase Order Number"}},
	{"notBefore", []string{"Start", "Start Date", "Start Time", "Date", "Not Before Date"}},
	{"allowDuplicate", []string{"Allow Duplicates", "Duplicate Allowed", "Duplicates Allowed"}},
	{"labels", nil},
}

// byName finds the field of a folded name.
var byName = func() map[string]string {
	m := map[string]string{}
	for _, s := range synonyms {
		m[fold(s.field)] = s.field
		for _, name := range s.also {
			m[fold(name)] = s.field
		}
	}
	return m
}()

// fold brings the spellings of a name together: "Serial No.", "serial_no" and "SERIAL-NO" are one. Only
// ASCII changes its case, for tasks' reason: letters that look alike must not become each other.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Cf, r), strings.ContainsRune("_-.#:*/'", r):
			return -1
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// labelOf is the key in the head of a column "label.customer". Keys have dots, dashes and underscores of
// their own, so that only case and space around are forgiven.
func labelOf(name string) (key string, ok bool) {
	name = lower(strings.TrimSpace(name))
	for _, prefix := range []string{"labels.", "label."} {
		if key, ok := strings.CutPrefix(name, prefix); ok {
			return key, true
		}
	}
	return "", false
}

// fieldOf is the field that a column's head means, "" for one that is only carried.
func fieldOf(name string) string {
	if isInput(name) {
		return ""
	}
	if key, ok := labelOf(name); ok {
		return "labels." + key
	}
	return byName[fold(name)]
}

func isInput(name string) bool { return strings.HasPrefix(lower(strings.TrimSpace(name)), input) }

// unitOf is what a quantity column counts by its own name, "" where it does not say.
func unitOf(name string) string {
	for _, unit := range []string{"extensions", "minutes"} {
		if strings.HasSuffix(fold(name), unit) {
			return unit
		}
	}
	return ""
}

func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
