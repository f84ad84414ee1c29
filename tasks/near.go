package tasks

import (
	"slices"
	"strings"
)

// Near gives the words nearest to one that was not found, for "did you mean …?": at most best of them, at
// most within slips of the pen away (a letter wrong, missing, too many, or two swapped; case counts for
// nothing), the nearest first, equals in alphabetical order. Words far shorter or longer cost nothing.
func Near(word string, among []string, within, best int) []string {
	type candidate struct {
		word  string
		slips int
	}
	var found []candidate
	lower := []rune(strings.ToLower(word))
	for _, w := range among {
		if n := slips(lower, []rune(strings.ToLower(w)), within); n <= within {
			found = append(found, candidate{w, n})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		if a.slips != b.slips {
			return a.slips - b.slips
		}
		return strings.Compare(a.word, b.word)
	})
	var out []string
	for _, c := range found {
		if len(out) < best && !slices.Contains(out, c.word) {
			out = append(out, c.word)
		}
	}
	return out
}

// slips is the optimal string alignment distance, or within+1 where it is larger than within.
func slips(a, b []rune, within int) int {
	if d := len(a) - len(b); d > within || -d > within {
		return within + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > within {
			return within + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], within+1)
}
