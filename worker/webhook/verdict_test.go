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
