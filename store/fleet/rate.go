package fleet

import (
	"context"
	"time"

	"orderq/store"
)

// Spend asks for one portal call that is not an order: 0 means go, anything else is when to ask again.
func (f *Fleet) Spend(ctx context.Context, r store.Rate) (time.Duration, error) {
	if r.Interval <= 0 {
		return 0, nil
	}
	cmd, err := f.run(ctx, "ask for a call", f.lua.rate, r.Interval.Microseconds(), r.Tolerance.Microseconds())
	if err != nil {
		return 0, err
	}
	ms, err := cmd.Int64()
	return time.Duration(ms) * time.Millisecond, err
}
