package prove

import "syscall"

// diesWithUs lets a child not outlive a bench that is killed.
func diesWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
