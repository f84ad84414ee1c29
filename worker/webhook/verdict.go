package webhook

import (
	"net/http"
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
	return hook.Failed, min(pause, tryFor-tried) // the last try is a day after the first
}
