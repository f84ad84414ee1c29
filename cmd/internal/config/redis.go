package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Redis is where the ledger and the queue are. It prints without user and password.
type Redis struct {
	embedded bool
	// options is a pointer because fmt follows none inside a struct, wherever a Redis is kept.
	options *redis.Options
}

const schemes = "want redis://, rediss://, unix:// or embedded://"

// ParseRedis reads redis://user:password@host:port/db, rediss:// (TLS), unix://user:password@/path?db=1
// or embedded://, with go-redis's options behind a question mark. Its errors never quote the URL, nor
// any part of it that could be a piece of a password with a character unescaped.
func ParseRedis(s string) (Redis, error) {
	u, err := url.Parse(s)
	if err != nil {
		return Redis{}, errors.New("it is not a URL: want redis://user:password@host:port/db, with special characters in user and password percent-encoded (/ is %2F, @ is %40)")
	}
	switch u.Scheme {
	case "embedded":
		if s != "embedded://" {
			return Redis{}, errors.New("embedded:// takes nothing behind it: leave the rest away")
		}
		return Redis{embedded: true}.At(""), nil
	case "redis", "rediss":
		if err := tcp(u); err != nil {
			return Redis{}, err
		}
	case "unix":
		if u.Host != "" || !strings.HasPrefix(u.Path, "/") || u.Path == "/" {
			return Redis{}, errors.New("unix:// wants the absolute path of a socket: unix:///run/redis.sock, a database as ?db=1")
		}
	case "redis-sentinel", "redis-cluster":
		return Redis{}, fmt.Errorf("%s:// does not work yet: %s, of the primary itself", u.Scheme, schemes)
	default:
		return Redis{}, errors.New("its scheme is not known: " + schemes)
	}
	if u.Fragment != "" {
		return Redis{}, errors.New("it has a #: write it %23")
	}
	// go-redis reads over an option that it cannot read, and a ?db= of those is another ledger.
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return Redis{}, errors.New("its options cannot be read: want name=value with & between them, special characters percent-encoded")
	}
	o, err := redis.ParseURL(s)
	if err != nil {
		return Redis{}, blame(u)
	}
	if o.DB < 0 {
		return Redis{}, errors.New("its database is negative: want a number from 0")
	}
	if o.ClientName == "" {
		o.ClientName = "orderq"
	}
	// A caller's deadline must hold for the socket too, or a stopping worker hangs on a dead Redis.
	o.ContextTimeoutEnabled = true
	// The handshake's question for maintenance notices is an error line in the log of every Redis that
	// has none, one per connection.
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return Redis{options: o}, nil
}

// tcp checks what go-redis would complain about by quoting it, or take without a word.
func tcp(u *url.URL) error {
	if u.Opaque != "" || u.Hostname() == "" {
		return errors.New("it names no host: want redis://host:port/db")
	}
	if strings.ContainsFunc(u.Hostname(), func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return errors.New("its host has characters that no host's name or address has: want redis://host:port/db")
	}
	if strings.Contains(u.Hostname(), ":") && !strings.HasPrefix(u.Host, "[") {
		return errors.New("its host has a colon: an IPv6 address stands in brackets, as in redis://[::1]:6379/0")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return errors.New("its port is not one: want a number from 1 to 65535")
		}
	}
	if db := strings.Trim(u.Path, "/"); db != "" {
		if n, err := strconv.Atoi(db); err != nil || n < 0 {
			return errors.New("its path is not a database: want a number from 0, as in redis://host:6379/0 (a / in a password is written %2F)")
		}
	}
	return nil
}

// optionName is what a go-redis option looks like; nothing else of a query is ever shown.
var optionName = regexp.MustCompile(`^[a-z_]{1,30}$`)

// blame finds the option that go-redis does not take, by trying each alone.
func blame(u *url.URL) error {
	query := u.Query()
	for _, key := range slices.Sorted(maps.Keys(query)) {
		alone := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawQuery: url.Values{key: query[key]}.Encode()}
		if _, err := redis.ParseURL(alone.String()); err != nil && optionName.MatchString(key) {
			return fmt.Errorf("its option %s is not known or has a wrong value: see go-redis's ParseURL for the list", key)
		}
	}
	return errors.New("its options cannot be read: see go-redis's ParseURL for the list")
}

// Embedded tells that the built-in Redis is wanted; its address is known once it runs: see At.
func (r Redis) Embedded() bool { return r.embedded }

// At is the same Redis, found at host:port: for the built-in one.
func (r Redis) At(addr string) Redis {
	o := &redis.Options{Network: "tcp", Addr: addr, ClientName: "orderq", ContextTimeoutEnabled: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}}
	return Redis{embedded: r.embedded, options: o}
}

// Options is a copy for one client: a client keeps and changes what it is given. Of an embedded Redis
// that At did not place it has no address.
func (r Redis) Options() *redis.Options {
	o := *r.options
	if o.TLSConfig != nil {
		o.TLSConfig = o.TLSConfig.Clone()
	}
	if o.MaintNotificationsConfig != nil {
		m := *o.MaintNotificationsConfig
		o.MaintNotificationsConfig = &m
	}
	return &o
}

// Asynq is the same for asynq, whose own URL parser drops the user name and knows few options.
func (r Redis) Asynq() asynq.RedisConnOpt { return conn{r} }

type conn struct{ redis Redis }

// MakeRedisClient returns a redis.UniversalClient, which is what asynq asks of it.
func (c conn) MakeRedisClient() any { return redis.NewClient(c.redis.Options()) }

// String says where it is, and nothing secret. ParseRedis reads it.
func (r Redis) String() string {
	if r.embedded {
		return "embedded://"
	}
	db := strconv.Itoa(r.options.DB)
	u := url.URL{Scheme: "redis", Host: r.options.Addr, Path: "/" + db}
	switch {
	case r.options.Network == "unix":
		u = url.URL{Scheme: "unix", Path: r.options.Addr, RawQuery: "db=" + db}
	case r.options.TLSConfig != nil:
		u.Scheme = "rediss"
	}
	return u.String()
}

// GoString keeps %#v from showing the password; MarshalText does it for encoders.
func (r Redis) GoString() string { return r.String() }

func (r Redis) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
