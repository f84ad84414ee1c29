package sheet

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"orderq/tasks"
)

func TestAMadeReferenceNamesWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	in := orders(t, "SN,Type,Qty,label.a\n"+sn+",extensions,10,x\n", Options{Batch: "december"})[0]
	bare := in
	bare.Reference, bare.Labels = "", nil
	if want := "december/" + bare.Fingerprint()[:16] + "/1"; in.Reference != want {
		t.Errorf("%s, want %s", in.Reference, want)
	}
}

func TestTheSameWishesHaveTheSameReferencesWhereverTheyStand(t *testing.T) {
	t.Parallel()
	a, b := sn+",extensions,10,\n", "3658B431119665QK,extensions,10,\n"
	_, rows := read(t, head+a+b+a, Options{})
	want := refs(rows)
	if !strings.HasSuffix(want[0], "/1") || !strings.HasSuffix(want[1], "/1") || want[2] != strings.TrimSuffix(want[0], "1")+"2" {
		t.Errorf("%q", want)
	}
	for name, text := range map[string]string{
		"sorted":               "Type,SN,Start,Qty,Note\nHA,,,,\nextensions," + sn + ",,10,x\nextensions, " + strings.ToLower(sn) + ",,10.0,\nExpand Extensions,3658B431119665QK,,'10,\n",
		"with a label":         "SN,Type,Qty,label.a\n" + sn + ",extensions,10,x\n" + sn + ",extensions,10,y\n3658B431119665QK,extensions,10,\n",
		"with a bad row above": head + sn + ",extensions,ten,\n" + a + a + b,
	} {
		_, rows := read(t, text, Options{})
		var got []string
		for _, row := range rows {
			if row.Invalid == nil {
				got = append(got, row.Intent.Reference)
			}
		}
		slices.Sort(got)
		sorted := slices.Sorted(slices.Values(want))
		if !slices.Equal(got, sorted) {
			t.Errorf("%s: %q, want %q", name, got, sorted)
		}
	}
	_, lines := read(t, fmt.Sprintf(`{"kind":"expand_extensions","productNo":%q,"quantity":10}`+"\n", sn), Options{})
	if lines[0].Intent.Reference != want[0] {
		t.Errorf("NDJSON has %s, CSV %s", lines[0].Intent.Reference, want[0])
	}
}

func TestAnotherWishHasAnotherReference(t *testing.T) {
	t.Parallel()
	cols := "SN,Type,Qty,Start,Account,PO\n"
	_, rows := read(t, cols+sn+",extensions,10,,,\n"+sn+",extensions,11,,,\n"+sn+",HA,10,,,\n"+sn+",extensions,10,2026-12-01,,\n"+sn+",extensions,10,,acme,\n"+sn+",extensions,10,,,PO-1\n", Options{})
	got := refs(rows)
	for i, r := range got {
		if slices.Contains(got[:i], r) || rows[i].Invalid != nil || rows[i].Own || !strings.HasSuffix(r, "/1") {
			t.Errorf("%q: %v", got, verdicts(rows))
		}
	}
}

func TestOneReferenceIsOneRow(t *testing.T) {
	t.Parallel()
	_, rows := read(t, "Ref,Account,SN,Type,Qty\nr1,,"+sn+",extensions,10\nr1,,"+sn+",extensions,10\nr1,,"+sn+",extensions,20\nr1,acme,"+sn+",extensions,10\nR1,default,"+sn+",extensions,10\nr1,default,"+sn+",extensions,10\nr2,,"+sn+",extensions,0\nr2,,"+sn+",extensions,10\n", Options{})
	for i, want := range []string{"", "row 1 has this", "row 1 has this", "", "", "row 1 has this", "quantity", "row 7 has this"} {
		if got := verdicts(rows)[i]; (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("row %d says %q, want %q", i+1, got, want)
		}
		if !rows[i].Own {
			t.Errorf("row %d has its own reference", i+1)
		}
	}
}

func TestAMadeReferencePassesOverThoseThatRowsHave(t *testing.T) {
	t.Parallel()
	cols, wish := "Ref,SN,Type,Qty\n", ","+sn+",extensions,10\n"
	made := orders(t, cols+wish, Options{})[0].Reference
	second := strings.TrimSuffix(made, "1") + "2"
	_, rows := read(t, cols+made+wish+wish, Options{})
	if got := refs(rows); !slices.Equal(got, []string{made, second}) || rows[0].Own == rows[1].Own {
		t.Errorf("%q", got)
	}
	_, rows = read(t, cols+wish+made+wish, Options{})
	wantProblem(t, rows, "row 1 has this reference already")
}

func TestWithoutABatchNoReferenceIsMade(t *testing.T) {
	t.Parallel()
	_, rows, err := all(t, "Ref,SN,Type\nr1,"+sn+",HA\n,"+sn+",HA\n", Options{})
	if err != nil || rows[0].Invalid != nil {
		t.Fatalf("%v %q", err, verdicts(rows))
	}
	wantProblem(t, rows, `row 2 (line 3): reference: in column "Ref": missing; give this order a name`)
}

func TestTheLongestBatchNameLeavesRoom(t *testing.T) {
	t.Parallel()
	r, err := newReferences(strings.Repeat("ä", maxBatch))
	if err != nil {
		t.Fatal(err)
	}
	in := tasks.Intent{Account: "default", Kind: "subscribe_ha", ProductNo: sn}
	var key [8]byte
	if _, err := hex.Decode(key[:], []byte(in.Fingerprint()[:hashDigits])); err != nil {
		t.Fatal(err)
	}
	r.times[key] = 1<<32 - 2
	in.Reference = r.make(in, 1)
	if err := in.Validate(); err != nil || utf8.RuneCountInString(in.Reference) != maxReference {
		t.Errorf("%q: %v", in.Reference, err)
	}
}
