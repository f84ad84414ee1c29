package embedded

import (
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func client(t *testing.T, s *Server) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr()})
	t.Cleanup(func() { c.Close() })
	return c
}

func TestItListensOnLoopbackAlone(t *testing.T) {
	t.Parallel()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	host, _, err := net.SplitHostPort(s.Addr())
	if err != nil || host != "127.0.0.1" {
		t.Fatalf("listens on %s, %v", s.Addr(), err)
	}
	if err := client(t, s).Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestKeysExpireAsTimePasses(t *testing.T) {
	t.Parallel()
	ticks, now := make(chan time.Time), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s, err := start(ticks, now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := client(t, s)
	if err := c.Set(t.Context(), "k", "v", time.Second).Err(); err != nil {
		t.Fatal(err)
	}
	alive := func() int64 {
		n, err := c.Exists(t.Context(), "k").Result()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	// A tick is taken only when the one before it is done with, so a second send is a barrier.
	pass := func(d time.Duration) {
		now = now.Add(d)
		ticks <- now
		ticks <- now
	}
	pass(900 * time.Millisecond)
	if alive() != 1 {
		t.Fatal("gone after 0.9 s of its 1 s")
	}
	ticks <- now.Add(-time.Hour) // a clock set back makes nothing younger, and nothing older
	ticks <- now.Add(-time.Hour)
	now = now.Add(-time.Hour)
	pass(50 * time.Millisecond)
	if alive() != 1 {
		t.Fatal("gone after 0.95 s of its 1 s")
	}
	pass(100 * time.Millisecond)
	if alive() != 0 {
		t.Fatal("still there after 1.05 s of its 1 s")
	}
}

func TestScriptsAndStreamsRun(t *testing.T) {
	t.Parallel()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := client(t, s)
	script := redis.NewScript(`
		redis.call('XADD', KEYS[1], '*', 'state', ARGV[1])
		local info = redis.pcall('INFO', 'server')
		return {redis.call('XLEN', KEYS[1]), #redis.call('TIME'), cjson.decode('{"a":1}').a}`)
	got, err := script.Run(t.Context(), c, []string{"events"}, "accepted").Int64Slice()
	if err != nil || len(got) != 3 || got[0] != 1 || got[1] != 2 || got[2] != 1 {
		t.Fatalf("got %v, %v, want [1 2 1]", got, err)
	}
}

func TestCloseMayBeCalledTwiceAndEndsIt(t *testing.T) {
	t.Parallel()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	addr := s.Addr()
	s.Close()
	s.Close()
	if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
		c.Close()
		t.Fatal("somebody still listens")
	}
}
