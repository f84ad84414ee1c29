//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package journal

import (
	"errors"
	"os"
)

// hold stands for a lock that this system does not have. Whoever needs the journal is told so by Open.
type hold struct{}

func holdAlone(*os.File) (*hold, error)  { return nil, errors.ErrUnsupported }
func waitAlone(*os.File) (*hold, error)  { return nil, errors.ErrUnsupported }
func holdShared(*os.File) (*hold, error) { return nil, errors.ErrUnsupported }

func (*hold) release() error { return nil }
