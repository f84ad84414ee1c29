//go:build !crashpoints

package crash

// Enabled tells whether this build can crash on command.
const Enabled = false

// At does nothing in this build.
func At(Point) {}
