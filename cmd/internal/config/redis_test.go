package config

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"orderq/cmd/internal/embedded"
)

func TestARedisURLIsUnderstood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		url, network, addr, user, password string
		db                                 int
		tls                                bool
	}{
		{url: "redis://h", network: "tcp", addr: "h:6379"},
		{url: "redis://h:1/2", network: "tcp", addr: "h:1", db: 2},
		{url: "redis://h:1/?db=3", network: "tcp", addr: "h:1", db: 3},
		{url: "redis://:p%40%2F@[::1]:1", network: "tcp", addr: "[::1]:1", password: "p@/"},
		{url: "rediss://ann:pw@h/0?read_timeout=3s", network: "tcp", addr: "h:6379", user: "ann", password: "pw", tls: true},
		{url: "unix:///run/redis.sock?db=1", network: "unix", addr: "/run/redis.sock", db: 1},
		{url: "unix://ann:pw@/run/redis.sock", network: "unix", addr: "/run/redis.sock", user: "ann", password: "pw"},
	} {
		r, err := ParseRedis(c.url)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		o := r.Options()
		if o.Network != c.network || o.Addr != c.addr || o.Username != c.user || o.Password != c.password || o.DB != c.db || (o.TLSConfig != nil) != c.tls {
			t.Errorf("%s: network %s addr %s user %s db %d", c.url, o.Network, o.Addr, o.Username, o.DB)
		}
		if again, err := ParseRedis(r.String()); err != nil || again.String() != r.String() {
			t.Errorf("%s prints as %s, which reads as %s, %v", c.url, r, again, err)
		}
		if r.Embedded() {
			t.Errorf("%s counts as embedded", c.url)
		}
	}
}

func TestARedisURLIsRefusedWithItsWayOut(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                        "scheme is not known",
		"localhost:6379":          "scheme is not known",
		"http://h":                "want redis://",
		"redis://":                "names no host",
		"redis:h":                 "names no host",
		"redis://::1/0":           "an IPv6 address stands in brackets",
		"redis://h:99999":         "port",
		"redis://h/zero":          "%2F",
		"redis://h/-1":            "from 0",
		"redis://h/0/1":           "not a database",
		"redis://h?db=-1":         "from 0",
		"redis://h?nonsense=1":    "option nonsense",
		"redis://h?pool_size=big": "option pool_size",
		"redis://u:p%zz@h":        "percent-encoded",
		"redis://u:p#q@h":         "",
		"unix://run/redis.sock":   "absolute path",
		"unix://":                 "absolute path",
		"embedded://x":            "takes nothing",
		"redis-sentinel://h":      "redis-sentinel:// does not work yet",
		"redis-cluster://h":       "redis-cluster:// does not work yet",
	} {
		if _, err := ParseRedis(url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", url, err, want)
		}
	}
}

func TestClientsGetOptionsOfTheirOwn(t *testing.T) {
	t.Parallel()
	r, err := ParseRedis("rediss://h")
	if err != nil {
		t.Fatal(err)
	}
	a, b := r.Options(), r.Options()
	a.Addr, a.TLSConfig.ServerName = "changed:1", "changed"
	if b.Addr != "h:6379" || b.TLSConfig.ServerName != "h" || r.Options().Addr != "h:6379" {
		t.Error("a change to one client's options reached another's")
	}
}

func TestAsynqTalksToTheSameRedis(t *testing.T) {
	t.Parallel()
	s, err := embedded.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := ParseRedis("embedded://")
	if err != nil || !r.Embedded() {
		t.Fatal(r, err)
	}
	r = r.At(s.Addr())
	ours := redis.NewClient(r.Options())
	defer ours.Close()
	theirs, ok := r.Asynq().MakeRedisClient().(redis.UniversalClient)
	if !ok {
		t.Fatal("asynq takes a redis.UniversalClient and nothing else")
	}
	defer theirs.Close()
	if err := ours.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := theirs.Get(t.Context(), "k").Result(); got != "v" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	if r.String() != "embedded://" {
		t.Errorf("prints as %s", r)
	}
}

func TestLoopbackIsOnlyWhatPlainlyIs(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"http://127.0.0.1:9000/base": true, "http://localhost": true, "https://LOCALHOST:1": true, "http://[::1]:9": true, "http://127.9.9.9": true,
		"https://openapi.partner.yeastar.com": false, "http://localhost.example.com": false, "http://10.0.0.1": false,
		"http://127.0.0.1.nip.io": false, "http://127.0.0.1@evil.test": false, "": false, "localhost": false, "http://0.0.0.0": false, "::": false,
	} {
		if Loopback(url) != want {
			t.Errorf("%q: got %v", url, !want)
		}
	}
}

// FuzzParseRedis: whatever the URL, its error has no piece of the password, and what is understood can
// be printed and read again without it.
func FuzzParseRedis(f *testing.F) {
	f.Add("redis://ann:", "@h:6379/0")
	f.Add("redis://", "")
	f.Add("rediss://a:12/", "@h")
	f.Add("unix://u:", "@/s?db=1")
	f.Add("redis://h/0?", "=1")
	f.Add("redis://h/0?x=%zz", "")
	f.Add("redis://[", "]")
	f.Fuzz(func(t *testing.T, before, after string) {
		r, err := ParseRedis(before + canary + after)
		if err != nil {
			if strings.Contains(err.Error(), canary) {
				t.Fatalf("the error shows it: %v", err)
			}
			return
		}
		o := r.Options()
		if strings.Contains(r.String(), canary) && !strings.Contains(o.Addr, canary) {
			t.Fatalf("printing shows it: %s", r)
		}
		if !r.Embedded() && o.Addr == "" {
			t.Fatal("no address")
		}
	})
}
