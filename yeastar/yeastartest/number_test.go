package yeastartest

import (
	"regexp"
	"strconv"
	"testing"
	"time"
)

func TestNumbersRiseAndNeverRepeatWhateverTheClockDoes(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^[A-Z]{2}[0-9]{19}$`)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, clock := range map[string]func(i int) time.Time{
		"running":       func(i int) time.Time { return start.Add(time.Duration(i) * time.Millisecond) },
		"standing":      func(int) time.Time { return start },
		"going back":    func(i int) time.Time { return start.Add(-time.Duration(i) * time.Minute) },
		"long ago":      func(i int) time.Time { return time.Unix(int64(i), 0) },
		"the zero time": func(int) time.Time { return time.Time{} },
	} {
		g := numbers{die: 1}
		var last int64
		for i := range 1000 {
			no := g.order(clock(i))
			if !shape.MatchString(no) {
				t.Fatalf("%s: %q", name, no)
			}
			n, err := strconv.ParseInt(no[2:], 10, 64)
			if err != nil || n <= last {
				t.Fatalf("%s: %q after %d", name, no, last)
			}
			last = n
		}
	}
}

func TestNumbersCountTheMillisecondsOfTheSamples(t *testing.T) {
	t.Parallel()
	// Both samples were ordered within the life of the one token they show, which ended at 1739717926.
	end := time.Unix(1739717926, 0)
	for _, sample := range []int64{3206246063826526208, 3206252408495661056} {
		at := numberEpoch.Add(time.Duration(sample>>22) * time.Millisecond)
		if at.After(end) || end.Sub(at) > 30*time.Minute {
			t.Errorf("%d: by our epoch it was ordered at %s, the token ended %s", sample, at, end)
		}
	}
}
