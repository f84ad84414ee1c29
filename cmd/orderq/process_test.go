//go:build crashpoints && linux

package main_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// folder holds the binary under test. TestMain makes and removes it.
var folder string

func TestMain(m *testing.M) {
	logging.Disable() // go-redis complains of a redis-server that has not started yet
	flag.Parse()
	// These tests wait, for deadlines of seconds, and hardly compute: two at a time would take minutes.
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	var err error
	if folder, err = os.MkdirTemp("", "orderq"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(folder)
		os.Exit(code)
	}))
}

// binary builds orderq once, with its crash points.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "orderq")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-tags", "crashpoints", "-o", path, "orderq/cmd/orderq").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build orderq: %w: %s", err, out)
	}
	return path, nil
})

// process is one running orderq.
type process struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	out  *output
	done chan struct{} // closed when it has ended and was waited for
}

// run starts orderq. It is killed when the test ends, if it still runs, and when this process dies.
func run(t testing.TB, name string, env []string, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, name: name, out: newOutput(), done: make(chan struct{})}
	p.cmd = exec.Command(path, args...)
	p.cmd.Env = env
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // the state says all; a process killed on purpose is an "error" too
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("what %s said:\n%s", name, p.out.text())
		}
	})
	return p
}

// kill ends it with SIGKILL and waits for its end. One that has ended already stays as it is.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

func (p *process) signal(s syscall.Signal) {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("%s to %s: %v", s, p.name, err)
	}
}

// stop pauses it. It stands still when stop returns.
func (p *process) stop() {
	p.t.Helper()
	p.signal(syscall.SIGSTOP)
	for {
		err := unix.Waitid(unix.P_PID, p.cmd.Process.Pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil)
		if err == nil {
			return
		}
		if !errors.Is(err, unix.EINTR) {
			p.t.Fatalf("%s did not stop: %v", p.name, err)
		}
	}
}

// status is how it ended. It waits for that.
func (p *process) status(within time.Duration) syscall.WaitStatus {
	p.t.Helper()
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	select {
	case <-p.done:
	case <-timeout.C:
		p.t.Fatalf("%s still runs after %v", p.name, within)
	}
	return p.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

// crashed waits until it has died of SIGKILL, by its own hand.
func (p *process) crashed() {
	p.t.Helper()
	if s := p.status(time.Minute); !s.Signaled() || s.Signal() != syscall.SIGKILL {
		p.t.Fatalf("%s ended with %v (exit %d), want SIGKILL", p.name, s.Signal(), s.ExitStatus())
	}
}

// says waits until it has written the text.
func (p *process) says(text string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 3*time.Minute)
	defer cancel()
	for {
		more := p.out.changed()
		if strings.Contains(p.out.text(), text) {
			return
		}
		select {
		case <-more:
		case <-p.done:
			if !strings.Contains(p.out.text(), text) {
				p.t.Fatalf("%s ended without saying %q", p.name, text)
			}
			return
		case <-ctx.Done():
			p.t.Fatalf("%s has not said %q: %v", p.name, text, ctx.Err())
		}
	}
}

// output keeps what a process writes, and wakes those who wait for more.
type output struct {
	mu   sync.Mutex
	b    bytes.Buffer
	wake chan struct{}
}

func newOutput() *output { return &output{wake: make(chan struct{})} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.wake)
	o.wake = make(chan struct{})
	return o.b.Write(b)
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func (o *output) changed() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.wake
}
