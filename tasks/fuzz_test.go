package tasks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzIntent: what Parse accepts is valid, has one spelling, keeps its id and its fingerprint through that
// spelling, and says to another reader of JSON what it says to us. What it refuses, it refuses in a few
// lines that a terminal can be shown.
func FuzzIntent(f *testing.F) {
	f.Add([]byte(contractExample))
	f.Add(wish().Canonical())
	f.Add([]byte(`{"reference":"r","kind":"subscribe_ha","productNo":" abcd1\t","serviceId":3048573759449317376,"billingId":" 5 "}`))
	f.Add([]byte(`{"reference":"a","kind":"expand_extensions","productNo":"ABCD","quantity":500,"notBefore":"2026-12-01T01:00:00.1239+01:00","labels":{"a":"","b":"<&>\u2028"}}`))
	f.Add([]byte(`{"reference":"\ud83d\ude00","billingContact":"\u212aELVIN@Example.com","plan":"a \u00a0 b","labels":{}}`))
	f.Add([]byte(`{"reference":"e","kind":"expand_extensions","productNo":"ABCD","ensure":50}`))
	f.Add([]byte(`{"reference":"e","kind":"expand_extensions","productNo":"ABCD","ensure":50,"quantity":1}`))
	f.Add([]byte(`{"\u001b[2J":1}`))
	f.Add([]byte(strings.Replace(contractExample, "1000", `1000,"quantity":5`, 1)))
	f.Add([]byte(strings.Replace(contractExample, `"plan"`, `"Plan"`, 1)))
	f.Add([]byte(strings.Replace(contractExample, "1000", "1e3", 1)))
	f.Add([]byte(contractExample + "{}"))
	f.Add([]byte(`{"` + strings.Repeat("x", 3000) + `":1,"labels":{"` + strings.Repeat("y", 3000) + `":1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := Parse(data)
		decoded, errDecode := Decode(data)
		if err != nil {
			if said := problems(t, err); len(said) > maxProblems*500 {
				t.Fatalf("%d bytes of error for %d of intent", len(said), len(data))
			}
			if errDecode == nil && decoded.Normalise().Validate() == nil {
				t.Fatalf("Parse refuses what Decode, Normalise and Validate take: %v", err)
			}
			return
		}
		if errDecode != nil {
			t.Fatalf("Parse takes what Decode refuses: %v", errDecode)
		}
		if err := in.Validate(); err != nil {
			t.Fatalf("accepted, and not valid: %v", err)
		}
		if diff := cmp.Diff(in, decoded.Normalise()) + cmp.Diff(in, in.Normalise()); diff != "" {
			t.Fatalf("not normalised: %s", diff)
		}
		again, err := Parse(in.Canonical())
		if err != nil {
			t.Fatalf("%s is not read back: %v", in.Canonical(), err)
		}
		if diff := cmp.Diff(in, again); diff != "" || !bytes.Equal(again.Canonical(), in.Canonical()) {
			t.Fatalf("two spellings: %s\n%s\n%s", diff, in.Canonical(), again.Canonical())
		}
		if again.Fingerprint() != in.Fingerprint() || decoded.Fingerprint() != in.Fingerprint() || again.ID() != in.ID() || again.Target() != in.Target() {
			t.Fatalf("%s is another order once it is read back", in.Canonical())
		}
		if decoded.Reference != in.Reference || !IsOrderID(in.ID()) {
			t.Fatalf("reference %q became %q", decoded.Reference, in.Reference)
		}
		sameElsewhere(t, data, decoded)
	})
}

// sameElsewhere fails where encoding/json, which forgives much, reads other values than ours did.
func sameElsewhere(t *testing.T, data []byte, in Intent) {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatalf("encoding/json does not read it: %v", err)
	}
	if !once(json.NewDecoder(bytes.NewReader(data))) {
		t.Fatal("it says something twice, and another reader may choose the other")
	}
	for name := range fields {
		if !slices.Contains(Fields(), name) {
			t.Fatalf("field %q was read over", name)
		}
	}
	for name, ours := range map[string]string{"reference": in.Reference, "account": in.Account, "kind": in.Kind, "productNo": in.ProductNo,
		"plan": in.Plan, "billingCycle": in.BillingCycle, "billingContact": in.BillingContact, "poNumber": in.PONumber} {
		theirs := ""
		if raw, ok := fields[name]; ok {
			if err := json.Unmarshal(raw, &theirs); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if theirs != ours {
			t.Fatalf("%s is %q here and %q to encoding/json", name, ours, theirs)
		}
	}
	for name, ours := range map[string]string{"connectionPlanId": in.ConnectionPlanID, "serviceId": in.ServiceID, "billingId": in.BillingID} {
		var digits json.Number // takes a string of digits too, and keeps what stands there
		var text string
		raw := fields[name]
		if json.Unmarshal(raw, &text) != nil && json.Unmarshal(raw, &digits) == nil {
			text = digits.String()
		}
		if strings.TrimSpace(text) != ours {
			t.Fatalf("%s is %q here and %s there", name, ours, raw)
		}
	}
	for name, ours := range map[string]int{"quantity": in.Quantity, "ensure": in.Ensure} {
		if raw, ok := fields[name]; ok && string(raw) != fmt.Sprint(ours) {
			t.Fatalf("%s %s was read as %d", name, raw, ours)
		}
	}
}

// once says whether no object of the value that comes next has a name twice.
func once(d *json.Decoder) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	open, nested := token.(json.Delim)
	if !nested {
		return true
	}
	seen := map[any]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil || seen[name] {
				return false
			}
			seen[name] = true
		}
		if !once(d) {
			return false
		}
	}
	_, err = d.Token()
	return err == nil
}

// FuzzReferences: in whatever text, exactly the references of orders of ours are found, and a reference
// that was sent in a poNumber is among them whatever stands around it.
func FuzzReferences(f *testing.F) {
	const ref = "oqkj4thvgdmn4trk6peltd7uvg-1"
	for _, text := range []string{ref, strings.ToUpper(ref) + "2", "oq" + ref, ref + ref, "-1" + ref + "-0", ref[:27] + "99999999999999999999", "\xff" + ref} {
		f.Add([]byte(text), []byte(" PO"), "crm-4711", 1, "PO-88")
	}
	f.Add([]byte("oq\u212aj4thvgdmn4trk6peltd7uvg-1"), []byte("oqkj4thvgdmn4trk6peltd7uv\u017f-1"), "", 7, "oq")
	f.Fuzz(func(t *testing.T, before, after []byte, reference string, attempt int, own string) {
		for _, text := range [][]byte{before, after} {
			if got, want := FindReferences(text), scanned(text); !slices.Equal(got, want) {
				t.Fatalf("%q: found %q, there are %q", text, got, want)
			}
		}
		in := wish()
		in.Reference, in.PONumber = reference, own
		in = in.Normalise()
		if attempt < 1 || in.Validate() != nil {
			return
		}
		sent := AttemptReference(in.ID(), attempt)
		number := SentPONumber(in.ID(), attempt, in.PONumber)
		if got := FindReferences([]byte(number)); !slices.Equal(got, []string{sent}) {
			t.Fatalf("sent %q, found %q in it", number, got)
		}
		if id, n, ok := SplitReference(sent); !ok || id != in.ID() || n != attempt {
			t.Fatalf("%q is taken apart into %q, %d, %v", sent, id, n, ok)
		}
		// A digit behind would make it another attempt's: the portal's texts end it with a quote or a space.
		shown := slices.Concat(before, []byte(number), []byte(`"`), after)
		if got := FindReferences(shown); !slices.Contains(got, sent) {
			t.Fatalf("%q is not found in %q", sent, shown)
		}
	})
}

// scanned is FindReferences by another way: byte for byte, without a pattern. It also takes each one apart
// and puts it together again.
func scanned(text []byte) []string {
	var out []string
	low := []byte(mapASCII(string(text), 'A', 'Z', 'a'-'A'))
	for i := 0; i+28 <= len(low); {
		id := low[i : i+26]
		end := i + 27
		if string(id[:2]) != "oq" || len(bytes.Trim(id, "abcdefghijklmnopqrstuvwxyz234567")) > 0 || low[i+26] != '-' || low[end] < '1' || low[end] > '9' {
			i++
			continue
		}
		for end < len(low) && low[end] >= '0' && low[end] <= '9' {
			end++
		}
		if ref := string(low[i:end]); !slices.Contains(out, ref) {
			if id, n, ok := SplitReference(ref); ok && (AttemptReference(id, n) != ref || !IsOrderID(id)) {
				return []string{fmt.Sprintf("%s was taken apart into %s and %d", ref, id, n)}
			}
			out = append(out, ref)
		}
		i = end
	}
	return out
}
