package fleet

import (
	"context"
	"time"
)

// Names of the things that one process at a time does.
const (
	Prober    = "prober"    // asks the portal whether it is well again
	Reader    = "reader"    // reads the portal's order list
	Releaser  = "releaser"  // lets rows of batches go to the queue
	Messenger = "messenger" // delivers webhooks
)

// Lease asks to be the one that does a thing for that long; d 0 gives it back. It saves work and protects
// nothing: whoever loses it without noticing only does the thing twice.
func (f *Fleet) Lease(ctx context.Context, name, holder string, d time.Duration) (bool, error) {
	cmd, err := f.run(ctx, "lease "+name, f.lua.lease, name, holder, d.Milliseconds())
	if err != nil {
		return false, err
	}
	n, err := cmd.Int()
	return n == 1, err
}
