package sheet

import (
	"strings"
	"testing"
	"time"

	"orderq/tasks"
)

// one reads a file of one row with one more column, and gives its intent and its problems.
func one(t *testing.T, column, cell string) (tasks.Intent, string) {
	t.Helper()
	cells := map[string]string{"SN": sn, "Type": "minutes pack", "Qty": "10"}
	cells["Type"] = "add_recording_minutes"
	cells[column] = cell
	var names, values []string
	for name, v := range cells {
		names = append(names, name)
		values = append(values, `"`+strings.ReplaceAll(v, `"`, `""`)+`"`)
	}
	_, rows := read(t, strings.Join(names, ",")+"\n"+strings.Join(values, ",")+"\n", Options{})
	if rows[0].Invalid != nil {
		return rows[0].Intent, rows[0].Invalid.Error()
	}
	return rows[0].Intent, ""
}

func TestQuantitiesAreDigitsAlone(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]int{"1": 1, " 1000 ": 1000, "1000.0": 1000, "1000,00": 1000, "'12": 12, "007": 7, "1000000": 1000000, "\u00a012\u00a0": 12} {
		if in, said := one(t, "Qty", cell); said != "" || in.Quantity != want {
			t.Errorf("%q is %d: %s", cell, in.Quantity, said)
		}
	}
	const two, plain, limits, short = "can be read in two ways", "must be a whole number in digits alone", "must be a whole number from 1 to 1000000", "has shortened this number"
	for cell, want := range map[string]string{"1,000": two, "1.000": two, "1 000": two, "1\u00a0000": two, "1\u202f000": two, "1'000": two, "1,000.00": two, "1.000.000": two,
		"1,00,000": two, "12.5": plain, "-5": plain, "+5": plain, "1e3": plain, "10 min": plain, "ten": plain, "１２": plain, "0x10": plain, "0": limits, "1000001": limits,
		"99999999999999999999": limits, "1E+03": short, "3.65E+15": short, "3,65E+15": short, "=5": "is a formula", "#N/A": "a spreadsheet's error", "####": "a spreadsheet's error", "1\u200b0": "U+200B"} {
		if in, said := one(t, "Qty", cell); !strings.HasPrefix(said, "quantity ") || !strings.Contains(said, `in column "Qty": `) || !strings.Contains(said, want) {
			t.Errorf("%q is %d: %q, want %q", cell, in.Quantity, said, want)
		}
	}
}

func TestKindsAreKnownByTheirNames(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{"expand_extensions": "expand_extensions", "Expand extensions": "expand_extensions", "EXPAND-EXTENSIONS": "expand_extensions",
		"extensions": "expand_extensions", "Extension Expansion": "expand_extensions", "recording minutes": "add_recording_minutes", "Add call recording minutes": "add_recording_minutes",
		"HA": "subscribe_ha", "high availability": "subscribe_ha", " Subscribe to High Availability ": "subscribe_ha", "'HA": "subscribe_ha"} {
		if in, said := one(t, "Type", cell); said != "" || in.Kind != want {
			t.Errorf("%q is %q: %s", cell, in.Kind, said)
		}
	}
	for cell, want := range map[string]string{"minutes": "no such kind; say expand_extensions, add_recording_minutes, subscribe_ha", "expand_extension": "did you mean expand_extensions?",
		"": `kind: in column "Type": missing; say expand_extensions`, "\u212aind": "no such kind"} {
		if in, said := one(t, "Type", cell); !strings.Contains(said, want) {
			t.Errorf("%q is %q: %q, want %q", cell, in.Kind, said, want)
		}
	}
}

func TestAnotherKindsUnitInTheHeaderIsAContradiction(t *testing.T) {
	t.Parallel()
	_, rows := read(t, "SN,Type,Extensions\n"+sn+",extensions,10\n"+sn+",recording minutes,1000\n"+sn+",HA,10\n", Options{})
	if rows[0].Invalid != nil || rows[2].Invalid != nil {
		t.Errorf("rows say %q", verdicts(rows))
	}
	wantProblem(t, rows, `row 2 (line 3): quantity: the column "Extensions" counts extensions, and add_recording_minutes counts minutes; call the column quantity`)
}

func TestAStartIsADayOrATimeWithItsZone(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]time.Time{
		"2026-12-01":                time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		"2026-12-01T09:30:00Z":      time.Date(2026, 12, 1, 9, 30, 0, 0, time.UTC),
		"2026-12-01T09:30:00+01:00": time.Date(2026, 12, 1, 8, 30, 0, 0, time.UTC),
		"'2026-12-01":               time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
	} {
		if in, said := one(t, "Start", cell); said != "" || !in.NotBefore.Equal(want) {
			t.Errorf("%q is %s: %s", cell, in.NotBefore, said)
		}
	}
	const two, zone = "can be read in two ways, day or month first", "does not say in which time zone"
	for cell, want := range map[string]string{"12/01/2026": two, "01.12.2026": two, "1-12-26": two, "2026/12/01": two, "12/01/2026 09:30": two, "2026-12-01 00:00:00": zone,
		"2026-12-01T09:30": zone, "46357": "a spreadsheet's day number", "46357.5": "day number", "2026-02-30": "is no day of the calendar", "1 Dec 2026": "or a day, e.g. 2026-12-01",
		"tomorrow": "must be a time with its zone", "1926-12-01": "between the years 2000 and 2199", "2026-12-01T9:30:00Z": "must be a time with its zone"} {
		if _, said := one(t, "Start", cell); !strings.HasPrefix(said, "notBefore ") || !strings.Contains(said, want) {
			t.Errorf("%q: %q, want %q", cell, said, want)
		}
	}
}

func TestWhatSpreadsheetsDoToIdsIsSaid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ column, cell, want string }{
		{"SN", "3.65E+15", "has shortened this number"}, {"SN", "3,65E+15", "has shortened"}, {"SN", "3E+15", "has shortened"},
		{"Ref", "4.71E+11", "has shortened"}, {"PO", "4.5E+10", "has shortened"}, {"Service ID", "3.05E+18", "has shortened"}, {"Contact", "3.2E+18", "has shortened"},
		{"Service ID", "3048573759449310000", "has kept 15 digits of this id"}, {"Billing ID", "300000000000000000", "has kept 15 digits"},
		{"Service ID", "3,048,573", "must be one of the portal's ids"}, {"SN", "=A1", "is a formula"}, {"SN", "'=A1", "is a formula"}, {"label.a", "=A1", "is a formula"},
		{"SN", "ABCD\u00a0EFG", "U+00A0"}, {"SN", "\ufeff" + sn, "U+FEFF"}, {"Plan", "Enter\u00adprise", "U+00AD"}, {"Cycle", "annually\u200b", "U+200B, which does not print; type the value anew"},
		{"Plan", "“Enterprise Plan”", "has the curly quote “ at its end"}, {"Ref", "crm-1’", "has the curly quote ’"},
		{"Ref", "crm-1 ", "has space around it, which would make it another order"}, {"Ref", "\u00a0crm-1", "has space around it"}, {"Ref", "a\nb", "U+000A"},
		{"Cycle", "yearly", "the portal says annually"}, {"label.A!", "x", "the key must be 1 to 64"}, {"labels", "a=b", "must be a JSON object of strings"}, {"labels", `{"a":1}`, "must be a string"},
		{"labels", `{"a":"1","a":"2"}`, "must be a JSON object"}, {"labels", `{}} `, "must be a JSON object"}, {"SN", "ABC", `in column "SN": must be 4 to 32`},
	} {
		if _, said := one(t, c.column, c.cell); !strings.Contains(said, c.want) {
			t.Errorf("%s %q: %q, want %q", c.column, c.cell, said, c.want)
		}
	}
}

func TestWhatIsOnlyOddIsTaken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		column, cell string
		got          func(tasks.Intent) string
		want         string
	}{
		{"SN", "'" + strings.ToLower(sn), func(in tasks.Intent) string { return in.ProductNo }, sn},
		{"SN", "\u00a0" + sn + "\t", func(in tasks.Intent) string { return in.ProductNo }, sn},
		{"SN", "3658E12", func(in tasks.Intent) string { return in.ProductNo }, "3658E12"},
		{"Service ID", "'3048573759449317376", func(in tasks.Intent) string { return in.ServiceID }, "3048573759449317376"},
		{"Ref", "'-7", func(in tasks.Intent) string { return in.Reference }, "-7"},
		{"Ref", "-7", func(in tasks.Intent) string { return in.Reference }, "-7"},
		{"PO", "'088", func(in tasks.Intent) string { return in.PONumber }, "088"},
		{"label.city", "'s-Hertogenbosch", func(in tasks.Intent) string { return in.Labels["city"] }, "'s-Hertogenbosch"},
		{"label.city", "'@home", func(in tasks.Intent) string { return in.Labels["city"] }, "@home"},
		{"label.n", "1.5E+3", func(in tasks.Intent) string { return in.Labels["n"] }, "1.5E+3"},
		{"labels", `{"a":"b"}`, func(in tasks.Intent) string { return in.Labels["a"] }, "b"},
		{"Plan", "Miller’s  own Plan", func(in tasks.Intent) string { return in.Plan }, "Miller’s own Plan"},
		{"Email", "Billing@Example.com", func(in tasks.Intent) string { return in.BillingContact }, "billing@example.com"},
		{"Cycle", "Monthly", func(in tasks.Intent) string { return in.BillingCycle }, "monthly"},
	} {
		if in, said := one(t, c.column, c.cell); said != "" || c.got(in) != c.want {
			t.Errorf("%s %q is %q: %s", c.column, c.cell, c.got(in), said)
		}
	}
}

func TestRowsThatAQuoteSwallowedAreMissed(t *testing.T) {
	t.Parallel()
	_, rows := read(t, "SN,Type,Note\n"+sn+",HA,\"Rack\n"+sn+",HA,x\n"+sn+",HA,Rack\"\n"+sn+",HA,\"one, two\nthree, four\"\n", Options{})
	if len(rows) != 2 || rows[1].Invalid != nil || rows[1].Line != 5 {
		t.Errorf("rows say %q", verdicts(rows))
	}
	orders(t, "SN,Note\n"+sn+",\"one, two\nthree, four\"\n", Options{Defaults: map[string]string{"kind": "HA"}})
	wantProblem(t, rows, `row 1 (line 2): intent: column "Note" holds several lines that look like rows (lines 2 to 4)`)
}
