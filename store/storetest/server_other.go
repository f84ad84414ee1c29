//go:build !linux

package storetest

import "syscall"

// diesWithUs: only Linux can promise that.
func diesWithUs() *syscall.SysProcAttr { return nil }
