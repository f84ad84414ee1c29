//go:build crashpoints

package crash

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// walkEnv makes this test binary a process that passes every point twice, printing each before it.
const walkEnv = "CRASH_TEST_WALK"

func TestMain(m *testing.M) {
	if os.Getenv(walkEnv) != "" {
		for range 2 {
			for _, p := range Points() {
				fmt.Println(p)
				At(p)
			}
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// walk returns the points that the process came to, and how it ended.
func walk(t *testing.T, at string) (came []string, stderr string, status syscall.WaitStatus) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), walkEnv+"=1", env+"="+at)
	var errText strings.Builder
	cmd.Stderr = &errText
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return strings.Fields(string(out)), errText.String(), cmd.ProcessState.Sys().(syscall.WaitStatus)
}

func TestTheProcessDiesAtTheNamedPassing(t *testing.T) {
	t.Parallel()
	for _, p := range Points() {
		for _, nth := range []int{1, 2} {
			at := string(p)
			if nth > 1 {
				at = fmt.Sprintf("%s:%d", p, nth)
			}
			came, _, status := walk(t, at)
			if !status.Signaled() || status.Signal() != syscall.SIGKILL {
				t.Errorf("%s: ended with %v, want SIGKILL", at, status)
			}
			passings := 0
			for _, c := range came {
				if c == string(p) {
					passings++
				}
			}
			if passings != nth || came[len(came)-1] != string(p) {
				t.Errorf("%s: it passed the point %d times and came last to %v", at, passings, came[len(came)-1])
			}
		}
	}
}

func TestWithoutAChosenPointNothingHappens(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"", "gate-after:3"} {
		if came, _, status := walk(t, at); status.ExitStatus() != 0 || len(came) != 2*len(Points()) {
			t.Errorf("%q: ended with %v after %d points", at, status, len(came))
		}
	}
}

func TestAMisspeltPointIsNotSilent(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"after-gate":   "no such point",
		"gate-after:0": "want a number from 1",
		"gate-after:x": "want a number from 1",
		"gate-after:":  "want a number from 1",
	} {
		if _, stderr, status := walk(t, at); status.ExitStatus() != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%q: ended with %v and %.200q, want a panic with %q", at, status, stderr, want)
		}
	}
}
