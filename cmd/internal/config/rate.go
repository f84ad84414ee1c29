package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is so many events in so much time.
type Rate struct {
	Events int           // 0: no limit
	Per    time.Duration // a second, a minute or an hour; 0 without a limit
}

// maxEvents keeps the pause between two events at a microsecond or more, which is what Redis's clock
// can tell apart.
const maxEvents = 1_000_000

// ParseRate reads 20/s, 300/m, 1000/h or unlimited.
func ParseRate(s string) (Rate, error) {
	if s == "unlimited" {
		return Rate{}, nil
	}
	events, unit, ok := strings.Cut(s, "/")
	per, known := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	n, err := strconv.Atoi(events)
	if !ok || !known || err != nil || n < 1 || n > maxEvents {
		return Rate{}, fmt.Errorf("want a rate such as 20/s, 300/m or 1000/h (from 1 to %d), or unlimited", maxEvents)
	}
	return Rate{Events: n, Per: per}, nil
}

// Unlimited tells that there is no limit.
func (r Rate) Unlimited() bool { return r.Events == 0 }

// Interval is the time from one event to the next when they are spread evenly; 0 without a limit.
func (r Rate) Interval() time.Duration {
	if r.Unlimited() {
		return 0
	}
	return r.Per / time.Duration(r.Events)
}

// String is what ParseRate reads.
func (r Rate) String() string {
	switch r.Per {
	case time.Second:
		return fmt.Sprintf("%d/s", r.Events)
	case time.Minute:
		return fmt.Sprintf("%d/m", r.Events)
	case time.Hour:
		return fmt.Sprintf("%d/h", r.Events)
	}
	return "unlimited"
}
