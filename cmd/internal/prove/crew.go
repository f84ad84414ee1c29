package prove

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"orderq/store/crash"
)

// crew is the workers, each a process that is started again whenever it has ended.
type crew struct {
	exe, dir string
	env      []string
	mu       sync.Mutex
	crew     []*hand
	deaths   map[int]time.Time // pid → when it was killed, or found dead
	told     map[int]bool      // pid → it was told to stop
	kills    int
	crashes  map[crash.Point]int
	refused  int      // starts that found no Redis
	failed   []string // starts that ended by themselves, and not by a crash point
	closing  bool
	now      func() time.Time
	all      sync.WaitGroup
}

// hand is one worker's place.
type hand struct {
	n     int
	cmd   *exec.Cmd
	point crash.Point // at which it dies of itself; "": at none
	ended chan struct{}
	log   *os.File
}

func newCrew(exe, dir string, env []string, now func() time.Time) *crew {
	return &crew{exe: exe, dir: dir, env: env, deaths: map[int]time.Time{}, told: map[int]bool{}, crashes: map[crash.Point]int{}, now: now}
}

// hire starts n workers.
func (c *crew) hire(n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range n {
		log, err := os.Create(filepath.Join(c.dir, fmt.Sprintf("worker-%d.log", i)))
		if err != nil {
			return err
		}
		h := &hand{n: i, log: log}
		c.crew = append(c.crew, h)
		if err := c.start(h); err != nil {
			return err
		}
	}
	return nil
}

// host is the journal folder of a worker: the last one has a host of its own.
func (c *crew) host(n int) string {
	if n > 0 && n%3 == 2 {
		return filepath.Join(c.dir, "host-b")
	}
	return filepath.Join(c.dir, "host-a")
}

// start is called with mu held.
func (c *crew) start(h *hand) error {
	h.cmd = exec.Command(c.exe, "worker")
	h.cmd.Env = append(append([]string{}, c.env...), "ORDERQ_JOURNAL="+c.host(h.n))
	if h.point != "" {
		h.cmd.Env = append(h.cmd.Env, "ORDERQ_CRASH_AT="+string(h.point))
	}
	h.cmd.Stdout, h.cmd.Stderr = h.log, h.log
	h.cmd.SysProcAttr = diesWithUs()
	if err := h.cmd.Start(); err != nil {
		return fmt.Errorf("start a worker: %w", err)
	}
	h.ended = make(chan struct{})
	cmd, ended := h.cmd, h.ended
	c.all.Go(func() { c.watch(h, cmd, ended) })
	return nil
}

// watch waits for a worker's end and puts another in its place.
func (c *crew) watch(h *hand, cmd *exec.Cmd, ended chan struct{}) {
	err := cmd.Wait()
	if cmd.ProcessState.ExitCode() == 1 {
		c.rest()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(ended)
	pid := cmd.Process.Pid
	switch _, killed := c.deaths[pid]; {
	case killed || err == nil:
	case h.point != "" && cmd.ProcessState.ExitCode() == -1: // of a signal: its own
		c.deaths[pid] = c.now()
		c.crashes[h.point]++
	case c.told[pid] && cmd.ProcessState.ExitCode() == -1: // before it could listen: the signal's own effect
		c.deaths[pid] = c.now()
	case cmd.ProcessState.ExitCode() == 1:
		c.deaths[pid] = c.now() // it found no Redis at its start, and said so: whoever runs it starts it again
		c.refused++
	default:
		c.deaths[pid] = c.now()
		c.failed = append(c.failed, fmt.Sprintf("worker %d (pid %d): %v", h.n, pid, err))
	}
	h.point = ""
	if !c.closing {
		if err := c.start(h); err != nil {
			c.failed = append(c.failed, err.Error())
		}
	}
}

// restAfter is how long whoever runs a worker that found no Redis lets it rest, as any supervisor does: to start it
// over and over would take the machine from the Redis that it waits for.
const restAfter = 300 * time.Millisecond

func (c *crew) rest() {
	t := time.NewTimer(restAfter)
	defer t.Stop()
	<-t.C
}

// kill ends a worker in the middle of whatever it does; point is where the one after it dies of itself.
func (c *crew) kill(n int, point crash.Point) {
	c.mu.Lock()
	h := c.crew[n]
	ended := h.ended
	c.deaths[h.cmd.Process.Pid] = c.now()
	c.kills++
	_ = h.cmd.Process.Kill()
	c.mu.Unlock()
	<-ended
	if point != "" {
		c.arm(n, point)
	}
}

// arm starts a worker anew, as one that dies in a gap.
func (c *crew) arm(n int, point crash.Point) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.crew[n]
	if c.closing {
		return
	}
	// The one that has just been started makes room for one that knows where to die.
	c.deaths[h.cmd.Process.Pid] = c.now()
	_ = h.cmd.Process.Kill()
	h.point = point
	ended := h.ended
	c.mu.Unlock()
	<-ended
	c.mu.Lock()
}

// terminate tells a worker to stop in good order.
func (c *crew) terminate(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.crew[n].cmd.Process
	c.told[p.Pid] = true
	_ = terminate(p)
}

// suspend stops a worker for a while, unless it dies meanwhile.
func (c *crew) suspend(n int, d time.Duration, until <-chan struct{}) {
	c.mu.Lock()
	p, ended := c.crew[n].cmd.Process, c.crew[n].ended
	_ = suspend(p)
	c.mu.Unlock()
	c.all.Go(func() {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ended:
		case <-until:
		}
		_ = wakeUp(p)
	})
}

// dismiss stops all in good order, and kills what does not go.
func (c *crew) dismiss(within time.Duration) {
	c.mu.Lock()
	c.closing = true
	for _, h := range c.crew {
		c.told[h.cmd.Process.Pid] = true
		_ = wakeUp(h.cmd.Process)
		_ = terminate(h.cmd.Process)
	}
	c.mu.Unlock()
	gone := make(chan struct{})
	go func() { c.all.Wait(); close(gone) }()
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-gone:
	case <-t.C:
		c.mu.Lock()
		for _, h := range c.crew {
			c.failed = append(c.failed, fmt.Sprintf("worker %d did not stop within %v", h.n, within))
			_ = h.cmd.Process.Kill()
		}
		c.mu.Unlock()
		<-gone
	}
	for _, h := range c.crew {
		_ = h.log.Close()
	}
}
