//go:build !linux

package yeastar

import (
	"net"
	"time"
)

// setUserTimeout does nothing here: the option is Linux's. Linger 0 alone covers a killed process; a
// living one closes the connection itself when the call's time is over.
func setUserTimeout(*net.TCPConn, time.Duration) error { return nil }
