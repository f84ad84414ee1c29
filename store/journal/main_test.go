package journal

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// holderEnv makes this test binary a process that holds a journal in the folder it names: it begins
// the reference "r-open", begins and ends "r-ended", prints the journal's name and lives until its
// standard input is closed or it is killed.
const holderEnv = "JOURNAL_TEST_HOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holderEnv); dir != "" {
		if err := holdOne(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func holdOne(dir string) error {
	j, err := Open(dir, header())
	if err != nil {
		return err
	}
	for _, ref := range []string{"r-open", "r-ended"} {
		if err := j.Begin(context.Background(), attempt(ref)); err != nil {
			return err
		}
	}
	if err := j.End(Outcome{Reference: "r-ended", Result: "done", OrderNo: "3048571730026938368"}); err != nil {
		return err
	}
	fmt.Println(j.Name())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// holder starts such a process and returns its journal's name and a function that ends it by SIGKILL.
func holder(t *testing.T, dir string) (name string, kill func()) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), holderEnv+"="+dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dead := false
	kill = func() {
		if dead {
			return
		}
		dead = true
		cmd.Process.Kill()
		cmd.Wait()
		in.Close()
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the holder said nothing: %v", err)
	}
	return strings.TrimSpace(line), kill
}

func header() Header {
	return Header{Ledger: "l-1", BaseURL: "https://portal.test", Client: HashClient("client"), Account: "default"}
}

func attempt(reference string) Attempt {
	return Attempt{Order: "oqkj4thvgdmn4trk6peltd7uvg", Account: "default", Reference: reference, Nonce: "n", N: 1, Body: []byte(`{"productId":1}`)}
}

var day = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func at(now time.Time) Option { return WithNow(func() time.Time { return now }) }

func open(t *testing.T, dir string, opts ...Option) *Journal {
	t.Helper()
	j, err := Open(dir, header(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		j.mu.Lock()
		clear(j.inFlight)
		j.mu.Unlock()
		j.Close()
	})
	return j
}

func begin(t *testing.T, j *Journal, reference string) {
	t.Helper()
	if err := j.Begin(t.Context(), attempt(reference)); err != nil {
		t.Fatal(err)
	}
}

func end(t *testing.T, j *Journal, reference, result string) {
	t.Helper()
	if err := j.End(Outcome{Reference: reference, Result: result}); err != nil {
		t.Fatal(err)
	}
}
