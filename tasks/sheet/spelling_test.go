package sheet

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"orderq/tasks"
)

// drawIntent is an intent as tasks takes it, without a reference.
func drawIntent(t *rapid.T) tasks.Intent {
	maybe := func(what, pattern string) string {
		if rapid.Bool().Draw(t, what+"?") {
			return rapid.StringMatching(pattern).Draw(t, what)
		}
		return ""
	}
	k := rapid.SampledFrom(tasks.Kinds()).Draw(t, "kind")
	in := tasks.Intent{Kind: k.Name, ProductNo: rapid.StringMatching(`[A-Z0-9]{4,16}`).Draw(t, "sn"), Account: maybe("account", `[a-z]{1,8}`),
		Quantity: rapid.IntRange(k.MinQuantity, k.MaxQuantity).Draw(t, "quantity"), Plan: maybe("plan", `[A-Za-zä,;"' ]{1,20}[a-z]`),
		ServiceID: maybe("service", `[1-9][0-9]{0,14}`), BillingCycle: maybe("cycle", `monthly|annually`), BillingContact: maybe("contact", `[a-z]{1,5}@[a-z]{1,5}\.com`),
		PONumber: maybe("po", `[A-Z][A-Z0-9-]{0,10}`)}
	if k.Ensures && rapid.Bool().Draw(t, "ensure?") {
		in.Quantity, in.Ensure = 0, in.Quantity
	}
	if rapid.Bool().Draw(t, "later") {
		in.NotBefore = time.Date(2026, 12, rapid.IntRange(1, 31).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
	}
	if label := maybe("label", "[a-z=@'+,;\"\u00e4-]{1,10}"); label != "" && !strings.HasPrefix(label, "=") && !strings.HasPrefix(label, "'") {
		in.Labels = map[string]string{"customer": label}
	}
	return in.Normalise()
}

// cellOf is one of the spellings of a field.
func cellOf(t *rapid.T, in tasks.Intent, field string) string {
	one := func(spellings ...string) string { return rapid.SampledFrom(spellings).Draw(t, field) }
	switch field {
	case "kind":
		k, _ := tasks.KindOf(in.Kind)
		return one(k.Name, k.Title, strings.ToUpper(k.Name), strings.ReplaceAll(k.Name, "_", " "), k.ServiceNames[0], " "+k.Name+"\u00a0")
	case "productNo":
		return one(in.ProductNo, strings.ToLower(in.ProductNo), "'"+in.ProductNo, " "+in.ProductNo+" ")
	case "quantity", "ensure":
		n := fmt.Sprint(map[string]int{"quantity": in.Quantity, "ensure": in.Ensure}[field])
		if n == "0" {
			return one("", " ")
		}
		return one(n, n+".0", n+",00", "'"+n, " "+n)
	case "notBefore":
		if in.NotBefore.IsZero() {
			return one("", " ")
		}
		return one(in.NotBefore.Format(time.DateOnly), in.NotBefore.Format(time.RFC3339), in.NotBefore.In(time.FixedZone("", 3600)).Format(time.RFC3339))
	case "account":
		if in.Account == tasks.DefaultAccount {
			return one("", tasks.DefaultAccount)
		}
		return in.Account
	case "labels":
		if len(in.Labels) == 0 {
			return ""
		}
		return guard(in.Labels["customer"])
	}
	return guard(map[string]string{"plan": in.Plan, "serviceId": in.ServiceID, "billingCycle": in.BillingCycle,
		"billingContact": in.BillingContact, "poNumber": in.PONumber}[field])
}

// TestEverySpellingOfAnIntentIsThatIntent: whatever the order of columns and rows, their names, the
// delimiter, the line ends, the quotes and the spelling of each value, the orders are the same, and so are
// their references.
func TestEverySpellingOfAnIntentIsThatIntent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wishes := rapid.SliceOfN(rapid.Custom(drawIntent), 1, 6).Draw(t, "wishes")
		wishes = append(wishes, wishes[0]) // an equal one
		refs, err := newReferences("december")
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for i, in := range wishes {
			in.Reference = refs.make(in, i+1)
			want = append(want, in.Reference)
		}
		comma := rapid.SampledFrom([]string{",", ";", "\t"}).Draw(t, "comma")
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "end")
		fields := rapid.Permutation(tasks.Fields()[1:]).Draw(t, "columns")
		fields = slices.DeleteFunc(fields, func(f string) bool { return f == "connectionPlanId" || f == "billingId" })
		var text strings.Builder
		line := func(cells []string) {
			for i, cell := range cells {
				if strings.ContainsAny(cell, `"`+comma+"\r\n") || rapid.Bool().Draw(t, "quoted") {
					cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
				}
				cells[i] = cell
			}
			text.WriteString(strings.Join(cells, comma) + end)
			if rapid.Bool().Draw(t, "an empty line") {
				text.WriteString(strings.Repeat(comma, rapid.IntRange(0, 12).Draw(t, "commas")) + end)
			}
		}
		head := make([]string, len(fields))
		for i, field := range fields {
			names := append([]string{field, strings.ToUpper(field)}, synonyms[slices.Index(tasks.Fields(), field)].also...)
			if head[i] = rapid.SampledFrom(names).Draw(t, "name"); field == "quantity" && unitOf(head[i]) != "" {
				head[i] = "Qty" // a unit would contradict some kinds
			}
			if field == "labels" {
				head[i] = "Label.Customer"
			}
		}
		line(head)
		for _, in := range rapid.Permutation(wishes).Draw(t, "rows") {
			cells := make([]string, len(fields))
			for i, field := range fields {
				cells[i] = cellOf(t, in, field)
			}
			line(cells)
		}
		r, err := NewReader(strings.NewReader(text.String()), Options{Batch: "december"})
		if err != nil {
			t.Fatalf("%v: %q", err, text.String())
		}
		rows, err := rest(r)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range rows {
			if row.Invalid != nil {
				t.Fatalf("%s: %v: %q", row.Where(), row.Invalid, text.String())
			}
			got = append(got, row.Intent.Reference)
			bare := row.Intent
			bare.Reference = ""
			if !slices.ContainsFunc(wishes, func(in tasks.Intent) bool { return string(in.Canonical()) == string(bare.Canonical()) }) {
				t.Fatalf("nobody wished %s: %q", bare.Canonical(), text.String())
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}
