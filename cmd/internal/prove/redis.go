package prove

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// server is a redis-server of our own, set as a real portal asks for it.
type server struct {
	path, dir string
	cmd       *exec.Cmd
	line      *redis.Client // straight to it, not by the wire
	backups   []string
	log       *os.File
}

func startServer(ctx context.Context, dir string) (*server, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("redis-server is not on the PATH, and the built-in one keeps nothing that could be attacked: install it (apt-get install redis-server)")
	}
	s := &server{path: path, dir: dir}
	if s.log, err = os.Create(filepath.Join(dir, "redis.log")); err != nil {
		return nil, err
	}
	s.line = redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket(), MaxRetries: -1, DialerRetries: 1, DisableIdentity: true})
	return s, s.start(ctx)
}

func (s *server) socket() string { return filepath.Join(s.dir, "r.sock") }
func (s *server) files() string  { return filepath.Join(s.dir, "appendonlydir") }

func (s *server) dial() (net.Conn, error) { return net.Dial("unix", s.socket()) }

// startWithin is how long it may take to load and answer.
const startWithin = 30 * time.Second

func (s *server) start(ctx context.Context) error {
	s.cmd = exec.Command(s.path, "--port", "0", "--unixsocket", s.socket(), "--dir", s.dir, "--save", "", "--appendonly", "yes",
		"--appendfsync", "always", "--maxmemory-policy", "noeviction", "--auto-aof-rewrite-percentage", "0")
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = diesWithUs()
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.path, err)
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		err := s.line.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		if wait(ctx, 3*time.Millisecond) != nil {
			return fmt.Errorf("the redis-server did not answer within %v: %w", startWithin, err)
		}
	}
}

// stop kills it.
func (s *server) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // it was killed: an "error"
	_ = os.Remove(s.socket())
}

func (s *server) close() error {
	s.stop()
	return errors.Join(s.line.Close(), s.log.Close())
}

// backup copies its files as they are. The last three copies are kept.
func (s *server) backup(n int) error {
	to := filepath.Join(s.dir, fmt.Sprint("backup-", n))
	if err := os.CopyFS(to, os.DirFS(s.files())); err != nil {
		return fmt.Errorf("copy Redis' files: %w", err)
	}
	s.backups = append(s.backups, to)
	if len(s.backups) > 3 {
		if err := os.RemoveAll(s.backups[0]); err != nil {
			return err
		}
		s.backups = s.backups[1:]
	}
	return nil
}

// restore puts the oldest copy in the place of its files. Call it while it is stopped.
func (s *server) restore() error {
	if len(s.backups) == 0 {
		return nil // no copy yet: a restart
	}
	if err := os.RemoveAll(s.files()); err != nil {
		return err
	}
	return os.CopyFS(s.files(), os.DirFS(s.backups[0]))
}

// compactFrom is the size of the append-only file from which it is written anew: what a Redis of that size loads is
// there in a moment, and a run is about restarts, not about loading.
const compactFrom = 12 << 20

// compact lets Redis write its file anew where that has grown, and waits for it. Redis would do that by itself, in the
// middle of a copy or a cut; so it is done between attacks.
func (s *server) compact(ctx context.Context) {
	if _, size, err := s.growing(); err != nil || size < compactFrom || s.line.BgRewriteAOF(ctx).Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for wait(ctx, 20*time.Millisecond) == nil {
		info, err := s.line.Info(ctx, "persistence").Result()
		if err != nil || strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0") {
			return
		}
	}
}

// growing is the append-only file that is written to, and its size.
func (s *server) growing() (path string, size int64, err error) {
	entries, err := os.ReadDir(s.files())
	if err != nil {
		return "", 0, err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".incr.aof") {
			path = filepath.Join(s.files(), e.Name()) // sorted: the last is the newest
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", 0, err
	}
	return path, info.Size(), nil
}

// wait is a pause that the end of ctx cuts short.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
