package yeastartest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// FuzzParseFaults: what is taken names faults that there are, each once, with probabilities that one throw can
// decide; it is read the same when it is written again; and whatever says so little is taken.
func FuzzParseFaults(f *testing.F) {
	for _, s := range []string{"", "drop_after:0.1,500_before:0.05", " 401:0.5 , 429:0.5, ", "late_commit:1", "drop_after:NaN", "drop_after:Inf", "drop_after:-0",
		"drop_after:0x1p-2", "drop_after:1e-400", "drop_after:0.6,hang_before:0.6", "drop_after:0.1,drop_after:0", "x:1", "drop_after", ":", "drop_after:0.1:2"} {
		f.Add(s, uint16(1), uint16(500))
	}
	all := FaultNames()
	f.Fuzz(func(t *testing.T, s string, which, thousandths uint16) {
		if got, err := ParseFaults(s); err == nil {
			sum, parts := 0.0, []string{}
			for _, name := range slices.Sorted(maps.Keys(got)) {
				p := got[name]
				if !slices.Contains(all, name) || !(p >= 0 && p <= 1) || !strings.Contains(s, string(name)) {
					t.Fatalf("%q gives %s with %v", s, name, p)
				}
				sum += p
				parts = append(parts, fmt.Sprintf("%s:%v", name, p))
			}
			if sum > 1.0001 || strings.Count(s, ":") != len(got) {
				t.Fatalf("%q gives %d faults that add up to %v", s, len(got), sum)
			}
			again, err := ParseFaults(strings.Join(parts, ","))
			if err != nil || !maps.Equal(again, got) {
				t.Fatalf("%q is %v, written again %v, %v", s, got, again, err)
			}
		} else if len(err.Error()) > 2000+6*len(s) {
			t.Fatalf("%d bytes of error", len(err.Error()))
		}
		name, p := all[int(which)%len(all)], float64(thousandths%1001)/1000
		one, err := ParseFaults(fmt.Sprintf(" %s:%v ,", name, p))
		if err != nil || len(one) != 1 || one[name] != p {
			t.Fatalf("%s with %v is read as %v, %v", name, p, one, err)
		}
		if _, err := ParseFaults(fmt.Sprintf("%s:%v,%s:%v", name, p, name, p)); err == nil {
			t.Fatalf("%s twice is taken", name)
		}
	})
}
