package fleet

import (
	"context"
	"time"
)

// Open tells the fleet that the portal is sick: no order passes the gate for that long, and after that
// none until Heal says that a probe was answered.
func (f *Fleet) Open(ctx context.Context, d time.Duration) error {
	_, err := f.run(ctx, "open the breaker", f.lua.open, "open", d.Milliseconds())
	return err
}

// Heal tells the fleet that the portal answers again: one order goes through, and each success doubles
// how many may be on their way.
func (f *Fleet) Heal(ctx context.Context) error {
	_, err := f.run(ctx, "close the breaker", f.lua.open, "close", 0)
	return err
}
