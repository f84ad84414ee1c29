package tasks

import (
	"slices"
	"testing"
)

func TestTheNearestWordsComeFirst(t *testing.T) {
	t.Parallel()
	pbxs := []string{"3658B431119665QJ", "3658B4311196K2ID", "3658B431119665QK", "3658B431119665RK", "9999"}
	cases := []struct {
		name, word   string
		within, best int
		want         []string
	}{
		{"one letter wrong", "3658B431119665QI", 1, 3, []string{"3658B431119665QJ", "3658B431119665QK"}},
		{"only the best", "3658B431119665QI", 2, 1, []string{"3658B431119665QJ"}},
		{"two letters wrong", "3658B431119665QI", 2, 3, []string{"3658B431119665QJ", "3658B431119665QK", "3658B431119665RK"}},
		{"swapped", "3658B43111966Q5J", 1, 3, []string{"3658B431119665QJ"}},
		{"one missing", "3658B4311966QJ", 2, 1, []string{"3658B431119665QJ"}},
		{"one too many", "99999", 1, 3, []string{"9999"}},
		{"another case", "3658b431119665qj", 0, 3, []string{"3658B431119665QJ"}},
		{"far off", "coffee", 2, 3, nil},
		{"nothing", "", 2, 3, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Near(c.word, pbxs, c.within, c.best); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSlipsAreCountedOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abcd", "badc", 2},
		{"kitten", "sitting", 3}, {"ca", "abc", 3}, {"ä", "a", 1},
	} {
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if got := slips([]rune(pair[0]), []rune(pair[1]), 9); got != c.want {
				t.Errorf("%q to %q: %d, want %d", pair[0], pair[1], got, c.want)
			}
		}
		if c.want > 1 {
			if got := slips([]rune(c.a), []rune(c.b), 1); got != 2 {
				t.Errorf("%q to %q within 1: %d", c.a, c.b, got)
			}
		}
	}
}
