package storetest

import "syscall"

// diesWithUs lets a server not outlive a test binary that is killed.
func diesWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
