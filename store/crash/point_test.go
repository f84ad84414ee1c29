package crash

import (
	"regexp"
	"testing"
)

func TestEveryPointHasItsOwnPlainName(t *testing.T) {
	t.Parallel()
	plain, seen := regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`), map[Point]bool{}
	for _, p := range Points() {
		if !plain.MatchString(string(p)) {
			t.Errorf("%q: want lower-case words joined by hyphens", p)
		}
		if seen[p] {
			t.Errorf("%q is listed twice", p)
		}
		seen[p] = true
	}
	if len(seen) != 17 {
		t.Errorf("%d points are listed, 17 are declared", len(seen))
	}
}
