//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// hold is a lock on an open file. It has a descriptor of its own for the same open file, because a
// flock ends when the last descriptor is closed: an *os.File that nobody refers to any more is closed
// by the garbage collector, and would let the lock go under a request in flight.
type hold struct{ fd int }

// holdAlone takes the file for this process alone. It never waits.
func holdAlone(f *os.File) (*hold, error) { return take(f, unix.LOCK_EX) }

// holdShared takes the file together with other readers: it fails with errHeld while its writer lives,
// and two readers never take each other for the writer.
func holdShared(f *os.File) (*hold, error) { return take(f, unix.LOCK_SH) }

// waitAlone takes the file for this process alone once nobody else has it. Only for what is held for the
// length of a write.
func waitAlone(f *os.File) (*hold, error) { return flock(f, unix.LOCK_EX) }

func take(f *os.File, how int) (*hold, error) { return flock(f, how|unix.LOCK_NB) }

func flock(f *os.File, how int) (*hold, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(fd, how)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err == nil {
		return &hold{fd: fd}, nil
	}
	unix.Close(fd)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = errHeld
	}
	return nil, err
}

func (h *hold) release() error {
	if h == nil {
		return nil
	}
	return unix.Close(h.fd)
}
