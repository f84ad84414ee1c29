//go:build unix

package prove

import (
	"os"
	"syscall"
)

func suspend(p *os.Process) error   { return p.Signal(syscall.SIGSTOP) }
func wakeUp(p *os.Process) error    { return p.Signal(syscall.SIGCONT) }
func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }
