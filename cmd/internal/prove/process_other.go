//go:build !linux

package prove

import "syscall"

// diesWithUs: only Linux can say that.
func diesWithUs() *syscall.SysProcAttr { return nil }
