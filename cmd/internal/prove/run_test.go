package prove

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"orderq/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A short proof: the whole pipeline with every attack at least once. `orderq prove --orders 10000` is the long one.
func TestAShortProofIsClean(t *testing.T) {
	t.Parallel()
	if !storetest.Available(t) {
		return // nothing to attack; with CI set Available fails instead
	}
	exe := filepath.Join(t.TempDir(), "orderq")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", exe, "orderq/cmd/orderq").CombinedOutput()
	if err != nil {
		t.Fatalf("build orderq: %v: %s", err, out)
	}
	o := Defaults()
	o.Orders, o.Duration, o.PBXs, o.Seed, o.Hostile = 150, 10*time.Second, 60, 20261125, true
	o.Dir, o.Exe = t.TempDir(), exe
	rep, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !rep.Clean {
		t.Fatal(rep.Text())
	}
	// All but those of the file that is taken back.
	if rep.Kills == 0 || rep.Verdict.Accepted != o.Orders*9/10 || rep.Verdict.Placed == 0 || rep.Batches != 2 {
		t.Errorf("nothing was proved: %+v", rep.Verdict)
	}
	t.Log(rep.Text())
}
