package prove

import "time"

// The workers' times: short, so that hundreds of recoveries fit into minutes.
const (
	callTimeout = time.Second
	settle      = 2 * time.Second
	// sleepLeast is longer than every horizon of an attempt: its deadline (three call timeouts) and three
	// times the horizon more.
	sleepLeast = 3*callTimeout + 4*settle
)
