//go:build !unix

package prove

import (
	"errors"
	"os"
)

func suspend(*os.Process) error   { return errors.ErrUnsupported }
func wakeUp(*os.Process) error    { return errors.ErrUnsupported }
func terminate(*os.Process) error { return errors.ErrUnsupported }
