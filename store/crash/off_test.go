//go:build !crashpoints

package crash

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Not parallel: it sets the environment.
func TestANormalBuildNeverCrashes(t *testing.T) {
	for _, p := range Points() {
		t.Setenv("ORDERQ_CRASH_AT", string(p))
		At(p)
	}
	if Enabled {
		t.Error("a normal build says that it can crash")
	}
}

func TestANormalBuildPaysNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { At(GateAfter) }); n != 0 {
		t.Errorf("%v allocations per point", n)
	}
}
