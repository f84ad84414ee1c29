package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

var (
	// ErrBroken: a write or an fsync failed earlier, or the file was removed. Nothing more may be sent
	// under this journal; a new process may, under a new one.
	ErrBroken = errors.New("the send journal is broken for good: restart the process when the disk is well")
	// ErrClosed: Close was called.
	ErrClosed = errors.New("the send journal is closed")
	// ErrInFlight: an attempt is still in flight, so the lock stays.
	ErrInFlight = errors.New("attempts are in flight")
	// ErrNotBegun: End names a reference that is not in flight here.
	ErrNotBegun = errors.New("not in flight in this journal")
)

// Journal is this process's file of sends. Its methods may be called from any goroutine.
type Journal struct {
	name string
	path string
	now  func() time.Time
	file *os.File
	lock *hold

	// write, sync and alive are the disk, one function each, so that a test can make it fail.
	write func([]byte) (int, error)
	sync  func() error
	alive func() error

	mu       sync.Mutex
	inFlight map[string]string // reference → nonce
	size     int64
	written  uint64        // records written so far
	synced   uint64        // records of them that are durable
	group    chan struct{} // not nil: an fsync runs, and this is closed when it is over
	broken   error
	closing  bool
	closed   bool
}

// Option changes how a journal is opened.
type Option func(*Journal)

// WithNow sets the clock that fills in missing times. Default: time.Now.
func WithNow(now func() time.Time) Option { return func(j *Journal) { j.now = now } }

// WithSync wraps every fsync of the journal's file, the header's included: hook gets the real one. For
// tests that count, hold or fail it.
func WithSync(hook func(sync func() error) error) Option {
	return func(j *Journal) {
		real := j.sync
		j.sync = func() error { return hook(real) }
	}
}

// Open starts a journal in dir, which it makes (0700) where it is missing. The file is new in every
// case, 0600, locked and durable when Open returns.
func Open(dir string, h Header, opts ...Option) (*Journal, error) {
	if err := h.validate(); err != nil {
		return nil, err
	}
	j := &Journal{now: time.Now, inFlight: map[string]string{}}
	j.write = func(b []byte) (int, error) { return j.file.Write(b) }
	j.sync = func() error { return j.file.Sync() }
	j.alive = j.InPlace
	for _, o := range opts {
		o(j)
	}
	if err := h.complete(j.now); err != nil {
		return nil, err
	}
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	if err := j.create(dir, h); err != nil {
		return nil, fmt.Errorf("open journal in %s: %w", dir, err)
	}
	return j, nil
}

// create makes the file under a passing name, locks it, writes the header, and only then gives it the
// name that others look for: whoever finds that name finds a lock on it and a header in it.
func (j *Journal) create(dir string, h Header) (err error) {
	if j.name, err = newName(h.Host, h.PID); err != nil {
		return err
	}
	path := filepath.Join(dir, j.name+suffix)
	if j.path, err = filepath.Abs(path); err != nil {
		return err
	}
	fresh := path + passing
	if j.file, err = os.OpenFile(fresh, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			j.file.Close()
			j.lock.release()
			os.Remove(fresh)
		}
	}()
	if j.lock, err = holdAlone(j.file); err != nil {
		return fmt.Errorf("lock it: %w", err)
	}
	line, err := record{Open: &h}.encode()
	if err != nil {
		return err
	}
	if _, err = j.write(line); err != nil {
		return err
	}
	if err = j.sync(); err != nil {
		return fmt.Errorf("fsync: %w", err)
	}
	if err = os.Rename(fresh, path); err != nil {
		return err
	}
	j.size = int64(len(line))
	if err = syncFolder(dir); err != nil {
		os.Remove(path)
	}
	return err
}

// complete fills in what the process knows of itself.
func (h *Header) complete(now func() time.Time) error {
	h.Version = Version
	if h.Host == "" {
		host, err := os.Hostname()
		if err != nil {
			return fmt.Errorf("open journal: %w", err)
		}
		h.Host = host
	}
	if h.PID == 0 {
		h.PID = os.Getpid()
	}
	if h.Started.IsZero() {
		h.Started = now()
	}
	return nil
}

// Name is what a record keeps as its sender: "host-pid-random", the file's name without its ending.
func (j *Journal) Name() string { return j.name }

// InPlace fails where the file is not what is found under its name any more: removed, or moved with its folder. It may
// be durable all the same, and is of no use to anybody who looks for it.
func (j *Journal) InPlace() error {
	is, err := os.Stat(j.path)
	if err != nil {
		return fmt.Errorf("somebody removed or moved the file: %w", err)
	}
	held, err := j.file.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(is, held) {
		return fmt.Errorf("somebody put another file in the place of %s", j.path)
	}
	return nil
}

// Size is the file's length in bytes.
func (j *Journal) Size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size
}

// InFlight is the number of attempts that began and have not ended.
func (j *Journal) InFlight() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.inFlight)
}

// Close flushes the outcomes and lets the lock go, which tells everybody that this sender is finished.
// While attempts are in flight that would be a lie: then Close refuses with [ErrInFlight], Begin
// refuses from now on, End still works, and Close may be called again. A process that cannot wait just
// exits; the lock goes with it.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil
	}
	j.closing = true
	if n := len(j.inFlight); n > 0 {
		return fmt.Errorf("close journal %s: %d %w: end them first", j.name, n, ErrInFlight)
	}
	// With nothing in flight an fsync may still run, for an attempt that ended by its context.
	for j.group != nil {
		running := j.group
		j.mu.Unlock()
		<-running
		j.mu.Lock()
	}
	if j.closed {
		return nil
	}
	var err error
	if j.broken == nil && j.synced < j.written {
		if err = j.sync(); err != nil {
			err = fmt.Errorf("close journal %s: fsync: %w", j.name, err)
		}
	}
	j.closed = true
	return errors.Join(err, j.file.Close(), j.lock.release())
}
