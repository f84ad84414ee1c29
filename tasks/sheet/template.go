package sheet

import (
	"strings"

	"orderq/tasks"
)

// A template's placeholders, to be replaced.
const (
	PlaceholderSerial  = "<serial number>"
	PlaceholderContact = "<billing e-mail>"
)

// Template is a file to start from, with a row for each kind as the portal's tutorials have it. Neither
// format has comments, so that the rows themselves must be harmless: with its placeholders in place, no row
// is an order.
func Template(f Format) string {
	var b strings.Builder
	if f != NDJSON {
		b.WriteString("kind,productNo,quantity,plan,billingCycle,billingContact,poNumber,label.customer\n")
	}
	for i, k := range tasks.Kinds() {
		quantity := example(k)
		if f == NDJSON {
			b.WriteString(`{"kind":"` + k.Name + `","productNo":"` + PlaceholderSerial + `",`)
			if quantity != "" {
				b.WriteString(`"quantity":` + quantity + `,`)
			}
			b.WriteString(`"plan":"Enterprise Plan","billingCycle":"annually","billingContact":"` + PlaceholderContact +
				`","labels":{"customer":"acme"}}` + "\n")
			continue
		}
		po := ""
		if i == 0 {
			po = "PO-88"
		}
		b.WriteString(strings.Join([]string{k.Name, PlaceholderSerial, quantity, "Enterprise Plan", "annually", PlaceholderContact, po, "acme"}, ",") + "\n")
	}
	return b.String()
}

// example is the tutorial's quantity. What the portal knows itself is left out.
func example(k tasks.Kind) string {
	switch {
	case k.Quantity != tasks.Increment:
		return ""
	case k.Unit == "minutes":
		return "1000"
	}
	return "10"
}
