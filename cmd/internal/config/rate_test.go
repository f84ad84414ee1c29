package config

import (
	"testing"
	"time"
)

func TestARateIsReadAndPrintedTheSame(t *testing.T) {
	t.Parallel()
	for s, interval := range map[string]time.Duration{
		"20/s": 50 * time.Millisecond, "300/m": 200 * time.Millisecond, "3600/h": time.Second, "1000000/s": time.Microsecond, "unlimited": 0,
	} {
		r, err := ParseRate(s)
		if err != nil || r.String() != s || r.Interval() != interval || r.Unlimited() != (s == "unlimited") {
			t.Errorf("%s: got %v every %v, %v", s, r, r.Interval(), err)
		}
	}
}

func TestARateThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "20", "/s", "20/", "0/s", "-1/s", "1.5/s", "20/d", "20/S", "20/s/s", " 20/s", "1000001/s", "Unlimited", "99999999999999999999/s"} {
		if r, err := ParseRate(s); err == nil {
			t.Errorf("%q: got %v", s, r)
		}
	}
}
