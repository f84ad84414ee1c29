//go:build crashpoints

package crash

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Enabled tells whether this build can crash on command.
const Enabled = true

// env is read here and not by the commands' configuration, which reads all else: a point must be
// passable from packages that get no configuration, and this file is in no build that anybody runs.
const env = "ORDERQ_CRASH_AT"

var (
	chosen = sync.OnceValue(func() choice {
		c, err := parse(os.Getenv(env))
		if err != nil {
			panic(err)
		}
		return c
	})
	passed atomic.Int64 // how often the chosen point was passed
)

// choice is a point and the passing at which to die there, from 1. The zero value is no point.
type choice struct {
	point Point
	nth   int64
}

func parse(s string) (choice, error) {
	if s == "" {
		return choice{}, nil
	}
	name, nth, counted := strings.Cut(s, ":")
	c := choice{point: Point(name), nth: 1}
	if !slices.Contains(Points(), c.point) {
		return choice{}, fmt.Errorf("%s: no such point: %q: want one of %v", env, name, Points())
	}
	if counted {
		n, err := strconv.ParseInt(nth, 10, 64)
		if err != nil || n < 1 {
			return choice{}, fmt.Errorf("%s: passing %q of %s: want a number from 1", env, nth, name)
		}
		c.nth = n
	}
	return c, nil
}

// At kills this process when p is the chosen point and this its chosen passing. It does not return then.
func At(p Point) {
	c := chosen()
	if c.point == "" || c.point != p || passed.Add(1) != c.nth {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(fmt.Errorf("crash at %s: %w", p, err))
	}
	select {} // the signal is on its way; nothing of ours runs any more
}
