package sheet

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"orderq/tasks"
)

// defaults are the fields that rows may leave out, because they were said for all.
type defaults struct {
	intent tasks.Intent
	fields map[string]bool
}

// readDefaults reads values as cells are read. What they mean together with a row is checked row by row.
func readDefaults(o Options) (defaults, error) {
	d := defaults{fields: map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(o.Defaults)) {
		v := o.Defaults[name]
		if v == "" {
			continue
		}
		field := name
		if key, ok := labelOf(name); ok {
			field = "labels." + key
		} else if !slices.Contains(tasks.Fields(), name) || name == "reference" {
			return d, fmt.Errorf("%s cannot be said for all rows; what can is %s, and label.<key>", quote(name), strings.Join(tasks.Fields()[1:], ", "))
		}
		problem := spoilt(field, v)
		if problem == "" {
			problem = put(&d.intent, field, v)
		}
		if problem != "" {
			return d, fmt.Errorf("said for all rows: %w", &tasks.Invalid{Problems: []tasks.Problem{
				{Field: field, Value: tasks.Shown(v), Message: problem}}})
		}
		d.fields[field] = true
	}
	if d.intent.Account == "" {
		d.intent.Account = o.Account
	}
	d.intent = d.intent.Normalise()
	for _, p := range problemsOf(d.intent.Validate()) {
		if p.Value != "" { // what is missing may stand in the rows
			return d, fmt.Errorf("said for all rows: %w", &tasks.Invalid{Problems: []tasks.Problem{p}})
		}
	}
	return d, nil
}

func (d defaults) has(field string) bool { return d.fields[field] }

// needProductNo says whether there is no order without a serial number, with the kinds that rows can have.
func (d defaults) needProductNo(column bool) bool {
	if k, ok := tasks.KindOf(d.intent.Kind); ok && !column {
		return k.NeedsProductNo
	}
	return !slices.ContainsFunc(kinds, func(k names) bool { return !k.NeedsProductNo })
}

// fill gives a row what it left out. Of two ways to say one thing, a row that took the one has not left out
// the other.
func (d defaults) fill(in tasks.Intent) tasks.Intent {
	or := func(own *string, theirs string) {
		if *own == "" {
			*own = theirs
		}
	}
	or(&in.Account, d.intent.Account)
	or(&in.Kind, d.intent.Kind)
	or(&in.ProductNo, d.intent.ProductNo)
	or(&in.ServiceID, d.intent.ServiceID)
	or(&in.BillingCycle, d.intent.BillingCycle)
	or(&in.PONumber, d.intent.PONumber)
	if in.Quantity == 0 && in.Ensure == 0 {
		in.Quantity, in.Ensure = d.intent.Quantity, d.intent.Ensure
	}
	if in.Plan == "" && in.ConnectionPlanID == "" {
		in.Plan, in.ConnectionPlanID = d.intent.Plan, d.intent.ConnectionPlanID
	}
	if in.BillingContact == "" && in.BillingID == "" {
		in.BillingContact, in.BillingID = d.intent.BillingContact, d.intent.BillingID
	}
	if in.NotBefore.IsZero() {
		in.NotBefore = d.intent.NotBefore
	}
	in.AllowDuplicate = in.AllowDuplicate || d.intent.AllowDuplicate
	for key, v := range d.intent.Labels {
		if _, own := in.Labels[key]; !own {
			if in.Labels == nil {
				in.Labels = map[string]string{}
			}
			in.Labels[key] = v
		}
	}
	return in
}
