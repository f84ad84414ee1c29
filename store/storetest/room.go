package storetest

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"orderq/store"
	"orderq/store/fleet"
)

// Room is a Redis for one test.
type Room struct {
	Store   *store.Store
	Fleet   *fleet.Fleet
	Redis   *redis.Client
	Options *redis.Options // for clients of the test's own
	Real    bool
	Mini    *miniredis.Miniredis // nil where Real
	line    *line
	server  *server
}

// Both runs a test on a real Redis and on the embedded one.
func Both(t *testing.T, test func(t *testing.T, r *Room)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) { t.Parallel(); test(t, Embedded(t)) })
	if Available(t) {
		t.Run("redis", func(t *testing.T) { t.Parallel(); test(t, Real(t)) })
	}
}

// Best is a room on a real Redis where there is one, else on the embedded one.
func Best(t testing.TB) *Room {
	t.Helper()
	if Available(t) {
		return Real(t)
	}
	return Embedded(t)
}

// Available says whether redis-server is on the PATH. With CI set it must be.
func Available(t testing.TB) bool {
	t.Helper()
	_, err := exec.LookPath("redis-server")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("redis-server is not on the PATH; in CI it must be: apt-get install redis-server")
	}
	return err == nil
}

// Embedded is a room on miniredis.
func Embedded(t testing.TB) *Room {
	t.Helper()
	m := miniredis.RunT(t)
	r := room(t, &redis.Options{Addr: m.Addr()})
	r.Mini = m
	if _, err := r.Fleet.Volatile(context.Background()); err != nil {
		t.Fatal(err)
	}
	return r
}

// Real is a room on a redis-server of its own with an append-only file; args are further settings.
func Real(t testing.TB, args ...string) *Room {
	t.Helper()
	// Not t.TempDir: a test's name is part of that, and a socket's path ends after 107 bytes.
	dir, err := os.MkdirTemp("", "orderq")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, dir: dir, args: args}
	t.Cleanup(func() { s.stop(); _ = os.RemoveAll(dir) })
	s.start()
	r := room(t, &redis.Options{Network: "unix", Addr: s.socket()})
	r.Real, r.server = true, s
	s.await(r.Redis)
	r.Open()
	return r
}

// Open opens the gate for the run that answers, as a recovery does in which every host has attested.
func (r *Room) Open() {
	ctx := context.Background()
	l, err := r.Fleet.Ledger(ctx)
	if err == nil {
		return
	}
	if !errors.Is(err, fleet.ErrRecovery) || l.Run == "" {
		r.server.t.Fatal(err)
	}
	if l.ID == "" {
		l.ID = fleet.NewLedgerID()
	}
	if err := r.Redis.HSet(ctx, r.Store.Keys().Fleet(), "epoch", l.Run, "ledger", l.ID).Err(); err != nil {
		r.server.t.Fatal(err)
	}
}

func room(t testing.TB, o *redis.Options) *Room {
	r := &Room{Options: o, line: &line{}}
	o.Dialer = r.line.dial
	o.DisableIdentity = true
	// A loaded machine's delay is not a lost reply: whoever asks again is told that it is there already. Replies are lost on
	// command alone.
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = time.Minute, time.Minute, time.Minute
	o.DialerRetries = 1 // a line that is cut stays cut: five tries a dial only make tests slow
	// After as many failed dials as it has places, counted from its beginning, go-redis' pool answers with the last error
	// for up to a second without dialing: a healed line would look cut. A loaded machine's cuts are long.
	o.PoolSize = 20_000
	// As in config: no server of ours is moved under its clients. Else each client has a queue of ten times its pool's places.
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	r.Redis = redis.NewClient(o)
	t.Cleanup(func() { _ = r.Redis.Close() })
	r.Store = store.Open(r.Redis, store.DefaultPrefix, "default")
	r.Fleet = fleet.Of(r.Store)
	return r
}

// Cut severs every connection and lets none be made, until it is called with false.
func (r *Room) Cut(cut bool) { r.line.cut(cut) }

// LoseReply lets the next command that contains the text reach the server, which carries it out, and breaks
// the connection in place of its reply. A script must be known to the server by then: the reply that says
// it is not is let through. Lost tells that it happened.
func (r *Room) LoseReply(text string) { r.line.loseNext(text, false) }

// LoseReplyAndCut is LoseReply and Cut in one: nobody can ask again.
func (r *Room) LoseReplyAndCut(text string) { r.line.loseNext(text, true) }

// Lost says how many replies were lost so far.
func (r *Room) Lost() int { return r.line.count() }

// Restart kills a real server with SIGKILL and starts it on the same files: another run, nothing lost that
// was synced.
func (r *Room) Restart() {
	r.server.stop()
	r.server.start()
	r.server.await(r.Redis)
}

// Backup copies what a real server has on its disk, as it is at this moment.
func (r *Room) Backup() (folder string) {
	folder = r.server.t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(r.server.files())); err != nil {
		r.server.t.Fatal(err)
	}
	return folder
}

// RestartFrom is Restart on an older copy: a Redis that has forgotten what came since.
func (r *Room) RestartFrom(backup string) {
	r.server.stop()
	err := os.RemoveAll(r.server.files())
	if err == nil {
		err = os.CopyFS(r.server.files(), os.DirFS(backup))
	}
	if err != nil {
		r.server.t.Fatal(err)
	}
	r.server.start()
	r.server.await(r.Redis)
}

type server struct {
	t    testing.TB
	dir  string
	args []string
	cmd  *exec.Cmd
}

func (s *server) socket() string { return filepath.Join(s.dir, "redis.sock") }

// files is where the append-only file is kept, in parts.
func (s *server) files() string { return filepath.Join(s.dir, "appendonlydir") }

func (s *server) start() {
	s.t.Helper()
	args := append([]string{"--port", "0", "--unixsocket", s.socket(), "--dir", s.dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "everysec", "--loglevel", "warning"}, s.args...)
	s.cmd = exec.Command("redis-server", args...)
	s.cmd.SysProcAttr = diesWithUs()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("start redis-server: %v", err)
	}
}

func (s *server) stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
	_ = os.Remove(s.socket())
}

// await asks until the server answers. It polls: a redis-server has no other way to say that it is ready
// on a socket of its own, and this is no wait for something under test.
func (s *server) await(c *redis.Client) {
	s.t.Helper()
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for c.Ping(context.Background()).Err() != nil {
		select {
		case <-deadline.C:
			s.t.Fatalf("redis-server in %s did not answer within 2m", s.dir)
		case <-again.C:
		}
	}
}

// dial is the plain dialer; line stands in front of it.
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, addr)
}
