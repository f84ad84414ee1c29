package tasks

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anIntent draws valid, normalised intents, with text from all of Unicode where that is allowed.
func anIntent() *rapid.Generator[Intent] {
	printable := rapid.StringOf(rapid.RuneFrom(nil, unicode.L, unicode.N, unicode.P, unicode.S)).Filter(
		func(s string) bool { return len(s) < 120 && !idPattern.MatchString(s) })
	id := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[1-9][0-9]{0,17}`))
	return rapid.Custom(func(t *rapid.T) Intent {
		kind := rapid.SampledFrom(Kinds()).Draw(t, "kind")
		in := Intent{
			Reference:    "r" + printable.Draw(t, "reference"),
			Account:      rapid.StringMatching(`[a-z0-9-]{1,32}`).Draw(t, "account"),
			Kind:         kind.Name,
			ProductNo:    rapid.StringMatching(`[A-Z0-9-]{4,32}`).Draw(t, "productNo"),
			ServiceID:    id.Draw(t, "serviceId"),
			BillingCycle: rapid.SampledFrom(append(Cycles(), "")).Draw(t, "cycle"),
			PONumber:     rapid.StringMatching(`[!-~]{0,64}`).Draw(t, "poNumber"),
		}
		quantity := rapid.IntRange(kind.MinQuantity, kind.MaxQuantity).Draw(t, "quantity")
		if in.Quantity = quantity; kind.Ensures && rapid.Bool().Draw(t, "ensure") {
			in.Quantity, in.Ensure = 0, quantity
		}
		if rapid.Bool().Draw(t, "plan by id") {
			in.ConnectionPlanID = id.Draw(t, "connectionPlanId")
		} else {
			in.Plan = printable.Draw(t, "plan")
		}
		if rapid.Bool().Draw(t, "contact by id") {
			in.BillingID = id.Draw(t, "billingId")
		} else {
			in.BillingContact = printable.Draw(t, "contact")
		}
		if rapid.Bool().Draw(t, "later") {
			in.NotBefore = time.UnixMilli(rapid.Int64Range(946684800000, 7258118399999).Draw(t, "ms")).UTC()
		}
		for range rapid.IntRange(0, 4).Draw(t, "labels") {
			if in.Labels == nil {
				in.Labels = map[string]string{}
			}
			in.Labels[rapid.StringMatching(`[a-z0-9_.-]{1,64}`).Draw(t, "key")] = printable.Draw(t, "value")
		}
		return in.Normalise()
	}).Filter(func(in Intent) bool { return in.Validate() == nil })
}

func TestDecodeReadsWhatCanonicalWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := anIntent().Draw(t, "intent")
		for _, read := range []func([]byte) (Intent, error){Decode, Parse} {
			got, err := read(in.Canonical())
			if err != nil {
				t.Fatalf("%s: %v", in.Canonical(), err)
			}
			if diff := cmp.Diff(in, got); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestNormalisingTwiceChangesNothingMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		in := Intent{Reference: text.Draw(t, "r"), Account: text.Draw(t, "a"), Kind: text.Draw(t, "k"), ProductNo: text.Draw(t, "p"),
			Plan: text.Draw(t, "plan"), BillingCycle: text.Draw(t, "c"), BillingContact: text.Draw(t, "b"), PONumber: text.Draw(t, "po")}
		once := in.Normalise()
		if diff := cmp.Diff(once, once.Normalise()); diff != "" {
			t.Fatal(diff)
		}
		if once.Reference != in.Reference {
			t.Fatal("the reference was changed: it is compared by bytes")
		}
	})
}

func TestTheFingerprintSeesThroughSpelling(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := anIntent().Draw(t, "intent")
		other := in
		other.Reference = "another"
		other.Labels = map[string]string{"more": "labels"}
		other.ProductNo = " " + strings.ToLower(in.ProductNo) + "\t"
		other.BillingCycle = strings.ToUpper(in.BillingCycle) + " "
		other.PONumber = "  " + in.PONumber
		if strings.Contains(in.BillingContact, "@") {
			other.BillingContact = upperASCII(in.BillingContact)
		}
		if in.Account == DefaultAccount {
			other.Account = ""
		}
		if !in.NotBefore.IsZero() {
			other.NotBefore = in.NotBefore.In(time.FixedZone("", 3600)).Add(time.Microsecond)
		}
		if in.Fingerprint() != other.Fingerprint() {
			t.Fatalf("%s\n%s", in.Canonical(), other.Canonical())
		}
	})
}

func TestTheFingerprintSeesEveryOtherField(t *testing.T) {
	t.Parallel()
	seen := map[string]string{wish().Fingerprint(): "as it is"}
	for name, spoil := range map[string]func(*Intent){
		"account":          func(in *Intent) { in.Account = "other" },
		"kind":             func(in *Intent) { in.Kind = "expand_extensions" },
		"productNo":        func(in *Intent) { in.ProductNo = "3658B4311196K2ID" },
		"quantity":         func(in *Intent) { in.Quantity = 1001 },
		"ensure":           func(in *Intent) { in.Quantity, in.Ensure = 0, 1000 },
		"plan":             func(in *Intent) { in.Plan = "Ultimate Plan" },
		"connectionPlanId": func(in *Intent) { in.ConnectionPlanID = "1" },
		"serviceId":        func(in *Intent) { in.ServiceID = "1" },
		"billingCycle":     func(in *Intent) { in.BillingCycle = "monthly" },
		"billingContact":   func(in *Intent) { in.BillingContact = "accounts@example.com" },
		"billingId":        func(in *Intent) { in.BillingID = "1" },
		"poNumber":         func(in *Intent) { in.PONumber = "PO-89" },
		"notBefore":        func(in *Intent) { in.NotBefore = time.UnixMilli(1796083200000) },
		"notBefore + 1 ms": func(in *Intent) { in.NotBefore = time.UnixMilli(1796083200001) },
	} {
		in := wish()
		spoil(&in)
		if twin, ok := seen[in.Fingerprint()]; ok {
			t.Errorf("%s has the fingerprint of %s", name, twin)
		}
		seen[in.Fingerprint()] = name
	}
	if len(wish().Fingerprint()) != 64 {
		t.Error("not SHA-256 in hex")
	}
}

func TestCanonicalHasEveryFieldInTheContractsOrder(t *testing.T) {
	t.Parallel()
	in := Intent{"r", "a", "k", "p", 1, 5, "pl", "2", "3", "c", "b", "4", "po", time.UnixMilli(1796083200001), true, map[string]string{"z": "", "a": "1"}}
	want := `{"reference":"r","account":"a","kind":"k","productNo":"p","quantity":1,"ensure":5,"plan":"pl","connectionPlanId":"2","serviceId":"3",` +
		`"billingCycle":"c","billingContact":"b","billingId":"4","poNumber":"po","notBefore":"2026-12-01T00:00:00.001Z","allowDuplicate":true,"labels":{"a":"1","z":""}}`
	if got := string(in.Canonical()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	object, err := members(in.Canonical())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range object {
		names = append(names, m.name)
	}
	if !slices.Equal(names, Fields()) || len(readers) != len(names) {
		t.Errorf("written %q, documented %q, read %q", names, Fields(), slices.Collect(maps.Keys(readers)))
	}
	if got := string((Intent{}).Canonical()); got != "{}" {
		t.Error(got)
	}
}

func TestATimeIsKeptToTheMillisecondInUTC(t *testing.T) {
	t.Parallel()
	in, err := Parse([]byte(`{"reference":"r","kind":"subscribe_ha","productNo":"ABCD1","notBefore":"2026-12-01T01:00:00.1239+01:00"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(in.Canonical()); !strings.Contains(got, `"notBefore":"2026-12-01T00:00:00.123Z"`) {
		t.Error(got)
	}
}

func TestTheTargetIsThePBXOrWhatStandsForIt(t *testing.T) {
	t.Parallel()
	in := wish()
	in.ProductNo = " 3658b431119665qj"
	if got := in.Target(); got != "3658B431119665QJ" {
		t.Error(got)
	}
	in.ProductNo = ""
	if got := in.Target(); got != "product:13 contact:billing@example.com assignee:" {
		t.Error(got)
	}
}

func TestALookAlikeLetterDoesNotBecomeTheLetter(t *testing.T) {
	t.Parallel()
	for _, no := range []string{"3658B4311ı9665QJ", "3658B4311ſ9665QJ", "3658B431\u200b119665QJ", "3658B431119665Q\u202eJ", "З658B431119665QJ"} {
		in := wish()
		in.ProductNo = no
		if got := problems(t, in.Normalise().Validate()); !strings.Contains(got, "contains the character U+") {
			t.Errorf("%q: %s", no, got)
		}
	}
	in := wish()
	in.BillingContact = "\u212aelvin@example.com" // the Kelvin sign
	if got := in.Normalise().BillingContact; strings.HasPrefix(got, "k") {
		t.Errorf("became %q", got)
	}
}

func TestTheOrderOfLabelsDoesNotMatter(t *testing.T) {
	t.Parallel()
	keys := []string{"a", "b", "c", "d", "e", "f"}
	first := ""
	for range 20 {
		rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		in := Intent{Labels: map[string]string{}}
		for _, k := range keys {
			in.Labels[k] = k
		}
		if got := string(in.Canonical()); first == "" {
			first = got
		} else if got != first {
			t.Fatalf("%s\n%s", first, got)
		}
	}
}
