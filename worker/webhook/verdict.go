package webhook

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"orderq/store/hook"
)

// pauses are those behind the tries of one event: the last one is as long as all that follow.
var pauses = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 5 * time.Hour, 6 * time.Hour, 8 * time.Hour,
}

// tryFor is how long an event is tried, from when it became the first of its order.
const tryFor = 24 * time.Hour

// judge says what becomes of an event after a try. spread, from 0 to 1, is by chance: what failed together shall not
// come back together.
func judge(a Answer, d hook.Delivery, spread float64) (outcome hook.Outcome, pause time.Duration) {
	tried := d.Now.Sub(d.Since)
	switch {
	case a.ok():
		return hook.Delivered, 0
	case a.Status == http.StatusGone:
		return hook.Gone, 0
	case tried >= tryFor:
		return hook.GaveUp, 0
	}
	usual := pauses[min(max(d.Try, 1), len(pauses))-1]
	pause = usual*3/4 + time.Duration(spread*float64(usual/2))
	pause = min(pause, tryFor-tried) // the last try is a day after the first
	return hook.Failed, max(pause, a.Asked)
}

// mostAsked is the longest pause that a receiver can ask for: one that says a month by mistake is tried all the same.
const mostAsked = time.Hour

// retryAfter reads a Retry-After, seconds or a date (RFC 9110, 10.2.3): how long from now, from 0 to mostAsked. What
// cannot be read asks for nothing.
func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if text != "" && strings.Trim(text, "0123456789") == "" {
		n, err := strconv.Atoi(text)
		if err != nil || n > int(mostAsked/time.Second) { // more digits than an int has
			return mostAsked
		}
		return time.Duration(n) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), mostAsked)
}

// silence is for how long an answer speaks for the whole receiver, not of one event alone.
func silence(a Answer) time.Duration {
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		return a.Asked
	}
	return 0
}
