package tasks

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// DefaultAccount is the account of an intent that names none.
const DefaultAccount = "default"

// Intent is what a caller wants, in the caller's words. Its JSON form (docs: contract.md, "Intent") is also
// the payload of a [TypePlace] task. The zero value of a field means "left out".
//
// The ids are decimal digits and not numbers, because they lie above 2^53, where whoever reads JSON
// numbers as floating point would change them.
type Intent struct {
	Reference        string            // the caller's idempotency key, compared by bytes
	Account          string            // whose credentials; "default" if left out
	Kind             string            // one of Kinds()
	ProductNo        string            // the PBX's serial number
	Quantity         int               // in the kind's unit; 0: left out
	Ensure           int               // bring the PBX to so many, instead of a quantity to add; 0: left out
	Plan             string            // the plan's name; or ConnectionPlanID, or neither
	ConnectionPlanID string            // digits
	ServiceID        string            // digits; left out: found by the kind's names
	BillingCycle     string            // annually or monthly; left out: the PBX's own
	BillingContact   string            // e-mail address, id, or an alias; or BillingID, or neither
	BillingID        string            // digits
	PONumber         string            // the caller's own purchase order number, sent behind ours
	NotBefore        time.Time         // not sent earlier; to the millisecond
	AllowDuplicate   bool              // it is not held for looking like another order
	Labels           map[string]string // for the caller's own filters; never sent
}

// Canonical is the intent as JSON with a fixed order of fields, labels sorted by key, and what is left out
// left out. Decode reads it back to an equal intent if the intent was normalised. It does not check:
// text that is not UTF-8 comes out with replacement characters, and Validate is what refuses it.
func (in Intent) Canonical() []byte {
	w := canonical{buf: append(make([]byte, 0, 256), '{')}
	w.text("reference", in.Reference)
	w.text("account", in.Account)
	w.text("kind", in.Kind)
	w.text("productNo", in.ProductNo)
	w.number("quantity", in.Quantity)
	w.number("ensure", in.Ensure)
	w.text("plan", in.Plan)
	w.text("connectionPlanId", in.ConnectionPlanID)
	w.text("serviceId", in.ServiceID)
	w.text("billingCycle", in.BillingCycle)
	w.text("billingContact", in.BillingContact)
	w.text("billingId", in.BillingID)
	w.text("poNumber", in.PONumber)
	if !in.NotBefore.IsZero() {
		w.text("notBefore", in.NotBefore.UTC().Format(time.RFC3339Nano))
	}
	if in.AllowDuplicate {
		w.name("allowDuplicate")
		w.buf = append(w.buf, "true"...)
	}
	if len(in.Labels) > 0 {
		w.name("labels")
		labels := canonical{buf: append(w.buf, '{')}
		for _, key := range slices.Sorted(maps.Keys(in.Labels)) {
			labels.name(key)
			labels.quote(in.Labels[key]) // an empty label is a label
		}
		w.buf = append(labels.buf, '}')
	}
	return append(w.buf, '}')
}

// MarshalJSON gives the canonical form, so that there is no second spelling of an intent.
func (in Intent) MarshalJSON() ([]byte, error) { return in.Canonical(), nil }

// UnmarshalJSON is Decode, so that there is no second, laxer reader.
func (in *Intent) UnmarshalJSON(data []byte) error {
	decoded, err := Decode(data)
	if err != nil {
		return err
	}
	*in = decoded
	return nil
}

// canonical writes the members of one object.
type canonical struct {
	buf  []byte
	some bool
}

func (w *canonical) name(name string) {
	if w.some {
		w.buf = append(w.buf, ',')
	}
	w.some = true
	w.quote(name)
	w.buf = append(w.buf, ':')
}

func (w *canonical) number(name string, value int) {
	if value != 0 {
		w.name(name)
		w.buf = strconv.AppendInt(w.buf, int64(value), 10)
	}
}

func (w *canonical) text(name, value string) {
	if value != "" {
		w.name(name)
		w.quote(value)
	}
}

func (w *canonical) quote(s string) {
	// The error says only that invalid UTF-8 was replaced, which Canonical's comment promises.
	w.buf, _ = jsontext.AppendQuote(w.buf, s)
}
