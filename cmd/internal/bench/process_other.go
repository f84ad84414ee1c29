//go:build !linux

package bench

import "syscall"

// diesWithUs: only Linux can say that.
func diesWithUs() *syscall.SysProcAttr { return nil }
