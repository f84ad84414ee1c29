package prove

import (
	"time"

	"orderq/yeastar/yeastartest"
)

// hostile makes the portal as hard to read as its documents allow: others order for the same PBXs at the same time,
// rows shift pages while they are read, and its clock is not ours. A shift is an order of somebody's at each two hundredth
// page that is read: more would be a portal where more is ordered the more one looks, and no look would ever end.
func hostile(o *yeastartest.Options) {
	o.Strangers, o.PageShift = 0.05, 0.005
	o.ClockOffset = 47 * time.Second
}
