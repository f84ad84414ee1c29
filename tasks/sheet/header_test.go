package sheet

import (
	"slices"
	"strings"
	"testing"

	"orderq/tasks"
)

func TestEveryFieldOfAnIntentHasItsColumn(t *testing.T) {
	t.Parallel()
	var fields []string
	owner := map[string]string{}
	for _, s := range synonyms {
		fields = append(fields, s.field)
		for _, name := range append([]string{s.field}, s.also...) {
			if other := owner[fold(name)]; other != "" {
				t.Errorf("%q means %s and %s", name, other, s.field)
			}
			owner[fold(name)] = s.field
		}
	}
	if !slices.Equal(fields, tasks.Fields()) {
		t.Errorf("columns for %q, the fields are %q", fields, tasks.Fields())
	}
	// The value of each field arrives in the intent: what put does not know, it would make a label.
	for field, v := range map[string]string{"reference": "crm-1", "account": "acme", "kind": "subscribe_ha", "productNo": sn, "quantity": "7",
		"plan": "P", "connectionPlanId": "1", "serviceId": "2", "billingCycle": "monthly", "billingContact": "c", "billingId": "3",
		"poNumber": "PO", "notBefore": "2026-12-01", "labels": `{"a":"b"}`} {
		var in tasks.Intent
		if problem := put(&in, field, v); problem != "" || !strings.Contains(string(in.Canonical()), `"`+field+`":`) || len(in.Labels) > 0 && field != "labels" {
			t.Errorf("%s %q: %s %s", field, v, problem, in.Canonical())
		}
	}
}

func TestColumnsAreKnownByTheNamesPeopleWrite(t *testing.T) {
	t.Parallel()
	for name, field := range map[string]string{
		"productNo": "productNo", "Product No.": "productNo", "PRODUCT_NO": "productNo", "SN": "productNo", "S/N": "productNo", "SN#": "productNo",
		"Serial": "productNo", "Serial Number": "productNo", "serial-no": "productNo", "PBX": "productNo", "PBX SN": "productNo", "Device SN": "productNo",
		"'SN": "productNo", "\u00a0SN\u200b": "productNo", "Serial\nNumber": "productNo", "SN*": "productNo", "SN:": "productNo",
		"Qty": "quantity", "Amount": "quantity", "Count": "quantity", "Extensions": "quantity", "MINUTES": "quantity", "Number of extensions": "quantity", "No. of Extensions": "quantity",
		"Type": "kind", "Operation": "kind", "Order Type": "kind", "Action": "kind", "Plan Name": "plan", "Plan ID": "connectionPlanId", "service_id": "serviceId",
		"Cycle": "billingCycle", "Billing": "billingCycle", "Period": "billingCycle", "Contact": "billingContact", "E-Mail": "billingContact", "Billing Email": "billingContact",
		"Billing ID": "billingId", "PO": "poNumber", "PO No": "poNumber", "PO#": "poNumber", "Purchase Order": "poNumber",
		"Start": "notBefore", "Not Before": "notBefore", "not_before": "notBefore", "Date": "notBefore", "Ref": "reference", "Order Ref": "reference", "Reference": "reference",
		"label.customer": "labels.customer", "Labels.Customer": "labels.customer", " label.a.b_c ": "labels.a.b_c", "labels": "labels", "Account": "account",
		"ID": "", "id": "", "Name": "", "Customer": "", "Note": "", "": "", "Service": "", "Order No": "", "input.reference": "", "Input.SN": "", "label": "",
	} {
		if got := fieldOf(name); got != field {
			t.Errorf("%q means %q, want %q", name, got, field)
		}
	}
}

func TestAHeaderThatCannotBeRightIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, head, want string }{
		{"two serial numbers", "SN,Type,PBX", `line 1: the columns "SN" and "PBX" both mean productNo; keep one, and call the other "input.PBX"`},
		{"two labels", "SN,Type,label.a,Labels.A", `the columns "label.a" and "Labels.A" both mean labels.a`},
		{"a slip of the pen", "SN,Type,Quantiy", `the column "Quantiy" is not known, did you mean quantity? Name it so, or "input.Quantiy" where it is only to be carried`},
		{"an order sent too early", "SN,Type,notBefor", `the column "notBefor" is not known, did you mean notBefore?`},
		{"no kind", "SN,Qty", `none is kind; the columns found are "SN", "Qty". Name a column kind`},
		{"a near kind", "SN,Typ,Qty", `Did you mean kind by "Typ"? Name a column kind`},
		{"a near serial number", "Seriall,Type", `Did you mean productNo by "Seriall"? Name a column productNo (or SN`},
		{"extensions do not say the kind", "SN,Extensions", `What the quantity counts (extensions) does not say what to order`},
		{"one column", "SN", "(columns are separated by comma, semicolon or tab)"},
		{"very many", strings.Repeat("x,", 300), `"x", …`},
		{"a bell", "SN\a,Type,\x1b[2J", `"\u001b[2J"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := all(t, c.head+"\n"+sn+",1,1,1\n", Options{Batch: "b"})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\x1b\a\n") {
				t.Errorf("it says %v, want %q", err, c.want)
			}
		})
	}
}

func TestColumnsNobodyUnderstandsAreCarried(t *testing.T) {
	t.Parallel()
	r, rows := read(t, "Customer,SN,ID,Type,Product,input.Quantiy,,Contract,Lapels\nacme,"+sn+",7,HA,P-Series,3,x,y,\n", Options{})
	if want := []string{"Customer", "ID", "Product", "input.Quantiy", "Contract", "Lapels"}; !slices.Equal(r.Ignored(), want) {
		t.Errorf("ignored %q, want %q", r.Ignored(), want)
	}
	if want := []string{"acme", sn, "7", "HA", "P-Series", "3", "x", "y", ""}; !slices.Equal(rows[0].Cells, want) || rows[0].Invalid != nil || rows[0].Intent.Quantity != 0 {
		t.Errorf("%+v", rows[0])
	}
}

func TestWhatIsSaidForAllRowsNeedsNoColumn(t *testing.T) {
	t.Parallel()
	o := Options{Batch: "b", Account: "acme", Defaults: map[string]string{"kind": "recording minutes", "billingCycle": "Annually", "plan": "Enterprise Plan",
		"quantity": "1000", "label.site": "b1", "notBefore": "2026-12-01", "billingContact": "", "serviceId": "5"}}
	got := orders(t, "SN,Qty,Plan ID,Account,label.site\n"+sn+",,,,\n"+sn+",5,77,other,b2\n", o)
	if a := string(got[0].Canonical()); a != `{"reference":"`+got[0].Reference+`","account":"acme","kind":"add_recording_minutes","productNo":"`+sn+
		`","quantity":1000,"plan":"Enterprise Plan","serviceId":"5","billingCycle":"annually","notBefore":"2026-12-01T00:00:00Z","labels":{"site":"b1"}}` {
		t.Error(a)
	}
	if b := got[1]; b.Account != "other" || b.Quantity != 5 || b.Plan != "" || b.ConnectionPlanID != "77" || b.Labels["site"] != "b2" {
		t.Errorf("%s", b.Canonical())
	}
	got = orders(t, "Note\nx\n", Options{Defaults: map[string]string{"kind": "HA", "productNo": sn}})
	if got[0].ProductNo != sn {
		t.Errorf("%s", got[0].Canonical())
	}
}

func TestDefaultsAreCheckedOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ field, value, want string }{
		{"quantity", "1,000", `said for all rows: quantity "1,000": can be read in two ways`},
		{"billingCycle", "yearly", `said for all rows: billingCycle "yearly": the portal says annually`},
		{"kind", "coffee", `said for all rows: kind "coffee": no such kind; say expand_extensions`},
		{"reference", "x", `"reference" cannot be said for all rows; what can is account, kind`},
		{"qty", "5", `"qty" cannot be said for all rows`},
		{"labels", "a=b", `labels "a=b": must be a JSON object of strings`},
	} {
		_, _, err := all(t, head+good, Options{Batch: "b", Defaults: map[string]string{c.field: c.value}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: %v, want %q", c.field, c.value, err, c.want)
		}
	}
	for _, o := range []Options{{Account: "ACME"}, {Batch: strings.Repeat("ä", maxBatch+1)}, {Batch: "a\nb"}, {Batch: " a"}, {Batch: "=a"}, {Batch: "\xff"}, {Format: "xls"}} {
		if _, _, err := all(t, head+good, o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
