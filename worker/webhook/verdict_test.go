package webhook

import (
	"errors"
	"testing"
	"time"

	"orderq/store/hook"
)

func TestOnly2xxIsAYes(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]hook.Outcome{
		200: hook.Delivered, 204: hook.Delivered, 299: hook.Delivered, 0: hook.Failed, 199: hook.Failed, 300: hook.Failed, 301: hook.Failed,
		304: hook.Failed, 307: hook.Failed, 400: hook.Failed, 404: hook.Failed, 410: hook.Gone, 429: hook.Failed, 500: hook.Failed, 503: hook.Failed, 999: hook.Failed,
	} {
		a := Answer{Status: status}
		if status == 0 {
			a.Err = errors.New("no answer")
		}
		if got, _ := judge(a, hook.Delivery{Try: 1}, 0.5); got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
		if want != hook.Delivered && a.why() == "" {
			t.Errorf("%d: no reason", status)
		}
	}
}

func TestTriesAreSpreadOverADay(t *testing.T) {
	t.Parallel()
	for _, spread := range []float64{0, 0.5, 1} {
		d := hook.Delivery{Since: time.UnixMilli(1_764_057_600_000)}
		d.Now = d.Since
		var last time.Duration
		for d.Try = 1; ; d.Try++ {
			outcome, pause := judge(Answer{Status: 500}, d, spread)
			if outcome == hook.GaveUp {
				break
			}
			left := d.Since.Add(24 * time.Hour).Sub(d.Now)
			if outcome != hook.Failed || pause <= 0 || pause < last && pause != left {
				t.Fatalf("spread %v, try %d: %s, pause %v after %v", spread, d.Try, outcome, pause, last)
			}
			last = pause
			d.Now = d.Now.Add(pause)
		}
		if took := d.Now.Sub(d.Since); took != 24*time.Hour || d.Try < 8 || d.Try > 20 {
			t.Errorf("spread %v: given up at try %d, after %v", spread, d.Try, took)
		}
	}
	_, soon := judge(Answer{}, hook.Delivery{Try: 4}, 0)
	_, late := judge(Answer{}, hook.Delivery{Try: 4}, 1)
	if soon != 10*time.Minute*3/4 || late != 10*time.Minute*5/4 {
		t.Errorf("pauses from %v to %v, want a quarter to both sides of 10m", soon, late)
	}
}

func TestARetryAfterIsReadAsSecondsOrADate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, " 120 ": 2 * time.Minute, "3600": time.Hour, "3601": time.Hour, "99999999999999999999999": time.Hour,
		"-1": 0, "+5": 0, "1.5": 0, "5s": 0, "soon": 0, "١": 0,
		"Tue, 24 Nov 2026 08:20:00 GMT": 20 * time.Minute, "Tuesday, 24-Nov-26 08:20:00 GMT": 20 * time.Minute, "Tue Nov 24 08:20:00 2026": 20 * time.Minute,
		"Tue, 24 Nov 2026 07:59:59 GMT": 0, "Tue, 24 Nov 2099 08:00:00 GMT": time.Hour,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestAReceiversPauseIsKeptAndShortensNoneOfOurs(t *testing.T) {
	t.Parallel()
	since := time.UnixMilli(1_764_057_600_000)
	for _, c := range []struct {
		try   int
		tried time.Duration
		asked time.Duration
		want  time.Duration
	}{
		{1, 0, 0, 5 * time.Second},
		{1, 0, time.Second, 5 * time.Second},
		{1, 0, 20 * time.Minute, 20 * time.Minute},
		{5, time.Hour, 20 * time.Minute, 30 * time.Minute},
		{10, 23 * time.Hour, time.Minute, time.Hour},           // the last try is a day after the first
		{10, 24*time.Hour - time.Minute, time.Hour, time.Hour}, // or later, if the receiver says so
	} {
		for _, status := range []int{429, 503, 500, 404, 302} {
			outcome, pause := judge(Answer{Status: status, Asked: c.asked}, hook.Delivery{Try: c.try, Since: since, Now: since.Add(c.tried)}, 0.5)
			if outcome != hook.Failed || pause != c.want {
				t.Errorf("%d at try %d after %v asking for %v: %s, pause %v, want %v", status, c.try, c.tried, c.asked, outcome, pause, c.want)
			}
			whole := time.Duration(0)
			if status == 429 || status == 503 {
				whole = c.asked
			}
			if got := silence(Answer{Status: status, Asked: c.asked}); got != whole {
				t.Errorf("%d: silence for %v, want %v", status, got, whole)
			}
		}
	}
}
