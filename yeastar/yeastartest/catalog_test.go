package yeastartest

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheCatalogHoldsTheTutorialsPBXsFirst(t *testing.T) {
	t.Parallel()
	s := New(Options{Seed: 7})
	all := s.PBXs()
	if len(all) != 400 || all[0].ProductNo != "3658B431119665QJ" || all[1].ProductNo != "3658B4311196K2ID" {
		t.Fatalf("got %d PBXs, first %v", len(all), all[:2])
	}
	if p := all[0]; p.Plan != "Enterprise Plan" || p.BillingCycle != "annually" || p.Extensions != 20 {
		t.Errorf("got %+v", p)
	}
	if p := all[1]; p.Plan != "Enterprise Plan" || p.BillingCycle != "annually" || p.Extensions != 10 || p.HA {
		t.Errorf("got %+v", p)
	}
}

func TestPBXsDifferInAllThatAnOrderDependsOn(t *testing.T) {
	t.Parallel()
	serial := regexp.MustCompile(`^3658B4311[0-9A-Z]{7}$`)
	seen := map[string]int{}
	numbers := map[string]bool{}
	for _, p := range New(Options{Seed: 7}).PBXs() {
		if !serial.MatchString(p.ProductNo) || numbers[p.ProductNo] {
			t.Errorf("serial number %q is malformed or comes twice", p.ProductNo)
		}
		numbers[p.ProductNo] = true
		if p.Extensions < 5 || p.Extensions > 400 {
			t.Errorf("%s has %d extensions", p.ProductNo, p.Extensions)
		}
		for _, kind := range []string{p.Plan, p.BillingCycle, fmt.Sprint("HA ", p.HA)} {
			seen[kind]++
		}
	}
	for _, kind := range []string{"Enterprise Plan", "Ultimate Plan", "annually", "monthly", "HA true", "HA false"} {
		if seen[kind] < 40 {
			t.Errorf("only %d of 400 PBXs: %s", seen[kind], kind)
		}
	}
}

func TestTheSeedDecidesTheCatalog(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(New(Options{Seed: 3}).PBXs(), New(Options{Seed: 3}).PBXs()); diff != "" {
		t.Errorf("same seed, other catalog: %s", diff)
	}
	if cmp.Equal(New(Options{Seed: 3}).PBXs(), New(Options{Seed: 4}).PBXs()) {
		t.Error("another seed gives the same catalog")
	}
}

func TestExtensionsCanBeSetAtTheStart(t *testing.T) {
	t.Parallel()
	s := New(Options{PBXs: 3, Extensions: func(no string, seeded int) int {
		if no == TutorialHAPBX {
			return 499
		}
		return seeded
	}})
	if p, found := s.PBX(TutorialHAPBX); !found || p.Extensions != 499 {
		t.Errorf("got %+v", p)
	}
	if p, _ := s.PBX(TutorialExpandPBX); p.Extensions != 20 {
		t.Errorf("got %+v", p)
	}
	if _, found := s.PBX("nowhere"); found {
		t.Error("a PBX that is not there was found")
	}
}

func TestImpossibleOptionsAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"too few PBXs":        {PBXs: 1},
		"relative base path":  {BasePath: "portal"},
		"base path with a /":  {BasePath: "/portal/"},
		"unknown fault":       {Faults: Faults{"drop_sometimes": 0.1}},
		"more than certainty": {Faults: Faults{DropAfter: 0.7, DropBefore: 0.7}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: taken", name)
				}
			}()
			New(o)
		}()
	}
}
