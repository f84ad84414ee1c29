package yeastar

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTheKernelForgetsAnUnackedOrder(t *testing.T) {
	t.Parallel()
	p := newPosting()
	accept(t, p)
	raw, err := p.conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var ms int
	var linger *unix.Linger
	err = raw.Control(func(fd uintptr) {
		ms, _ = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
		linger, _ = unix.GetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER)
	})
	if err != nil || ms != int(time.Second.Milliseconds()) {
		t.Errorf("TCP_USER_TIMEOUT is %d ms, %v", ms, err)
	}
	if linger == nil || linger.Onoff != 1 || linger.Linger != 0 {
		t.Errorf("SO_LINGER is %+v", linger)
	}
	if err := setUserTimeout(p.conn, time.Microsecond); err != nil {
		t.Error(err)
	}
	_ = raw.Control(func(fd uintptr) { ms, _ = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT) })
	if ms != 1 {
		t.Errorf("a tiny time-out became %d ms: 0 would be the system's 15 minutes", ms)
	}
}
