package tasks

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTheContractsTestVectorGivesItsId(t *testing.T) {
	t.Parallel()
	const want = "oqkj4thvgdmn4trk6peltd7uvg"
	if got := OrderID("default", "crm-4711"); got != want {
		t.Errorf("got %s", got)
	}
	if got := (Intent{Reference: "crm-4711"}).ID(); got != want {
		t.Errorf("the default account is not default: %s", got)
	}
	if !IsOrderID(want) || IsOrderID(want+"a") || IsOrderID(strings.ToUpper(want)) || IsOrderID("crm-4711") {
		t.Error("IsOrderID")
	}
}

func TestAccountAndReferenceCannotRunIntoEachOther(t *testing.T) {
	t.Parallel()
	if OrderID("ab", "c") == OrderID("a", "bc") {
		t.Error("two orders share an id")
	}
}

func TestWhatIsSentIsFoundAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := anIntent().Draw(t, "intent")
		attempt := rapid.IntRange(1, 1000).Draw(t, "attempt")
		sent := SentPONumber(in.ID(), attempt, in.PONumber)
		got := FindReferences([]byte(`{"poNumber":"` + sent + `","x":1}`))
		if want := []string{AttemptReference(in.ID(), attempt)}; !slices.Equal(got, want) {
			t.Fatalf("sent %q, found %q", sent, got)
		}
		id, n, ok := SplitReference(got[0])
		if !ok || id != in.ID() || n != attempt {
			t.Fatalf("split into %q, %d, %v", id, n, ok)
		}
	})
}

func TestReferencesAreFoundInAnyText(t *testing.T) {
	t.Parallel()
	const a, b = "oqkj4thvgdmn4trk6peltd7uvg", "oqaaaaaaaaaaaaaaaaaaaaaaaa"
	cases := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"an id without an attempt", a, nil},
		{"an id with another dash", a + "-x", nil},
		{"attempt 0", a + "-0", nil},
		{"alone", a + "-1", []string{a + "-1"}},
		{"two digits", a + "-12 PO", []string{a + "-12"}},
		{"two orders", a + "-1," + b + "-3", []string{a + "-1", b + "-3"}},
		{"two attempts", a + "-2 " + a + "-1", []string{a + "-2", a + "-1"}},
		{"twice", a + "-1 " + a + "-1", []string{a + "-1"}},
		{"in capitals", strings.ToUpper(a) + "-1", []string{a + "-1"}},
		{"behind an oq", "oq" + a + "-1", []string{a + "-1"}},
		{"in a number", "PO" + a + "-1", []string{a + "-1"}},
		{"with a digit that base32 lacks", "oqkj4thvgdmn4trk6peltd7uv1-1", nil},
		{"too short", "oqkj4thvgdmn4trk6peltd7uv-1", nil},
		{"beside raw bytes", "\xff\x00" + a + "-1\xff", []string{a + "-1"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := FindReferences([]byte(c.text)); !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestOnlyAReferenceIsTakenApart(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "oq", "oqkj4thvgdmn4trk6peltd7uvg", "oqkj4thvgdmn4trk6peltd7uvg-1 PO", "x oqkj4thvgdmn4trk6peltd7uvg-1", "oqkj4thvgdmn4trk6peltd7uvg-99999999999999999999"} {
		if id, n, ok := SplitReference(s); ok {
			t.Errorf("%q was split into %q and %d", s, id, n)
		}
	}
}

func TestThePONumberCarriesTheCallersOwnBehindOurs(t *testing.T) {
	t.Parallel()
	if got := SentPONumber("oqkj4thvgdmn4trk6peltd7uvg", 1, "PO-88"); got != "oqkj4thvgdmn4trk6peltd7uvg-1 PO-88" {
		t.Error(got)
	}
	if got := SentPONumber("oqkj4thvgdmn4trk6peltd7uvg", 2, ""); got != "oqkj4thvgdmn4trk6peltd7uvg-2" {
		t.Error(got)
	}
}
