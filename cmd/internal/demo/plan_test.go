package demo

import (
	"reflect"
	"slices"
	"testing"

	"orderq/yeastar/yeastartest"
)

func catalog(n int) []yeastartest.PBX {
	return yeastartest.New(yeastartest.Options{Seed: 1, PBXs: n}).PBXs()
}

func TestAPlanIsTheSameForTheSameSeedAndAnotherForAnother(t *testing.T) {
	t.Parallel()
	pbxs := catalog(120)
	a, b, c := plan(7, 200, pbxs), plan(7, 200, pbxs), plan(8, 200, pbxs)
	if !reflect.DeepEqual(a, b) {
		t.Error("same seed, another plan")
	}
	if reflect.DeepEqual(a, c) {
		t.Error("another seed, the same plan")
	}
}

func TestAPlanIsMadeOfOrdersThatCanBeRight(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ orders, pbxs int }{{leastOrders, leastPBXs}, {200, 120}, {1000, 40}} {
		pbxs := catalog(size.pbxs)
		byNo := map[string]yeastartest.PBX{}
		for _, p := range pbxs {
			byNo[p.ProductNo] = p
		}
		kinds, references, ha, grown := map[string]int{}, map[string]bool{}, map[string]int{}, map[string]int{}
		alike := map[string]bool{}
		all := plan(3, size.orders, pbxs)
		for n, p := range all {
			in := p.intent.Normalise()
			if err := in.Validate(); err != nil {
				t.Errorf("order %d: %v", n, err)
			}
			if look := in.Target() + " " + in.Like(); alike[look] && !in.AllowDuplicate {
				t.Errorf("order %d would be held for ever: it looks like another, %s", n, look)
			} else {
				alike[look] = true
			}
			kinds[in.Kind]++
			references[in.Reference] = true
			switch in.Kind {
			case "subscribe_ha":
				ha[in.ProductNo]++
			case "expand_extensions":
				grown[in.ProductNo] += in.Quantity
			}
			if n >= tutorialOrders && (in.ProductNo == yeastartest.TutorialExpandPBX || in.ProductNo == yeastartest.TutorialHAPBX) {
				t.Errorf("order %d takes a tutorial's PBX", n)
			}
			if slices.Contains(pbxs[len(pbxs)-byHand:], byNo[in.ProductNo]) {
				t.Errorf("order %d takes a PBX that is kept for others", n)
			}
		}
		if len(all) != size.orders || len(references) != size.orders || len(kinds) != 3 {
			t.Errorf("%+v: %d orders, %d references, kinds %v", size, len(all), len(references), kinds)
		}
		for no, n := range ha {
			if n > 1 || byNo[no].HA || grown[no] > 0 {
				t.Errorf("HA for %s %d times, has it %v, grown by %d", no, n, byNo[no].HA, grown[no])
			}
		}
	}
}

func TestFaultsAreSpreadSoThatEachKindIsSeenAndNoneOpensTheBreaker(t *testing.T) {
	t.Parallel()
	all := plan(DefaultSeed, 200, catalog(120))
	seen := map[yeastartest.Fault]int{}
	last := -faultEvery
	pbx := map[string]bool{}
	for n, p := range all {
		before := slices.Contains(faultsBefore(), p.fault)
		if before && pbx[p.intent.ProductNo] {
			t.Errorf("order %d is not the first of its PBX: its fault would strike another", n)
		}
		pbx[p.intent.ProductNo] = true
		if p.fault == "" {
			continue
		}
		if n < tutorialOrders || n == repeatedOrder {
			t.Errorf("order %d must not be struck", n)
		}
		if n-last < faultEvery {
			t.Errorf("faults at %d and %d", last, n)
		}
		last = n
		seen[p.fault]++
		if before != (n-tutorialOrders < early(200)) {
			t.Errorf("order %d: fault %s", n, p.fault)
		}
	}
	for _, f := range slices.Concat(faultsBefore(), faultsAfter()) {
		if seen[f] == 0 {
			t.Errorf("fault %s never strikes", f)
		}
		if means(f) == string(f) || len(means(f)) > 28 {
			t.Errorf("fault %s means %q", f, means(f))
		}
	}
}

func TestEveryMistakeIsOne(t *testing.T) {
	t.Parallel()
	pbxs := catalog(120)
	known := map[string]bool{}
	for _, p := range pbxs {
		known[p.ProductNo] = true
	}
	all := mistakes(pbxs)
	if len(all) != 7 {
		t.Fatalf("%d mistakes", len(all))
	}
	unknown, references := 0, map[string]bool{}
	for _, m := range all {
		references[m.intent.Reference] = true
		if !known[m.intent.ProductNo] {
			unknown++
		}
	}
	if unknown != 1 || len(references) != len(all) {
		t.Errorf("%d unknown PBXs, references %v", unknown, references)
	}
}
