package fleet

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Durability is what a Redis says about whether it can forget what it has acknowledged.
type Durability struct {
	Version        string // redis_version; "" where it gives none, as the built-in one
	AOF            string // appendonly: "yes", "no"; "" not known, as are the next three
	Fsync          string // appendfsync: "always", "everysec", "no"
	Policy         string // maxmemory-policy
	RewriteNoFsync string // no-appendfsync-on-rewrite: "yes", "no"

	// Problems are the ways in which it can forget, each with what to set. Such a Redis is no ledger for
	// real orders.
	Problems []string
	// Proven: every question was answered, and it does not forget.
	Proven bool
	// Unproven says, where there is no problem and no proof either, what could not be asked and what that
	// means.
	Unproven string
}

// CheckLedger asks a Redis for its settings. An error means that it could not be reached or would not
// answer; what its answers mean is in the Durability.
func CheckLedger(ctx context.Context, rdb redis.UniversalClient) (Durability, error) {
	text, err := rdb.Info(ctx).Result()
	var refused redis.Error
	if err != nil && !errors.As(err, &refused) {
		return Durability{}, fmt.Errorf("ask Redis for INFO: %w", err)
	}
	info := infoFields(text)
	if err == nil && info["redis_version"] == "" {
		return Durability{Problems: []string{
			"the built-in Redis keeps nothing: run a redis-server with `appendonly yes` and `appendfsync always`, and point ORDERQ_REDIS_URL at it",
		}}, nil
	}
	settings, denied, err := settings(ctx, rdb)
	if err != nil {
		return Durability{}, err
	}
	return judgeDurability(info, settings, denied), nil
}

// The settings that decide, by their names in redis.conf.
const (
	aof            = "appendonly"
	fsync          = "appendfsync"
	policy         = "maxmemory-policy"
	rewriteNoFsync = "no-appendfsync-on-rewrite"
)

// settings reads them; denied is Redis' own word where CONFIG may not be asked (managed services rename it,
// ACLs forbid it).
func settings(ctx context.Context, rdb redis.UniversalClient) (found map[string]string, denied string, err error) {
	found = map[string]string{}
	for _, name := range []string{aof, fsync, policy, rewriteNoFsync} {
		got, err := rdb.ConfigGet(ctx, name).Result()
		var refused redis.Error
		if errors.As(err, &refused) {
			return map[string]string{}, refused.Error(), nil
		}
		if err != nil {
			return nil, "", fmt.Errorf("ask Redis for its setting %s: %w", name, err)
		}
		found[name] = got[name]
	}
	return found, "", nil
}

// judgeDurability says what INFO's fields and the settings mean.
func judgeDurability(info, set map[string]string, denied string) Durability {
	d := Durability{
		Version: info["redis_version"], AOF: set[aof], Fsync: set[fsync], Policy: set[policy], RewriteNoFsync: set[rewriteNoFsync],
	}
	if d.AOF == "" { // INFO knows these two where CONFIG is denied
		d.AOF = map[string]string{"0": "no", "1": "yes"}[info["aof_enabled"]]
	}
	if d.Policy == "" {
		d.Policy = info["maxmemory_policy"]
	}
	wanted := []struct{ name, is, want string }{
		{aof, d.AOF, "yes"}, {fsync, d.Fsync, "always"}, {policy, d.Policy, "noeviction"}, {rewriteNoFsync, d.RewriteNoFsync, "no"},
	}
	known := true
	for _, w := range wanted {
		switch {
		case w.is == "":
			known = false
		case w.name == fsync && d.AOF == "no":
			// Says nothing while there is no file; the problem above is the one to solve.
		case w.is != w.want:
			d.Problems = append(d.Problems, fmt.Sprintf("%s is %s: set `%s %s` in redis.conf, or CONFIG SET %s %s",
				w.name, w.is, w.name, w.want, w.name, w.want))
		}
	}
	if s := info["aof_last_write_status"]; s != "" && s != "ok" && d.AOF == "yes" {
		d.Problems = append(d.Problems, "Redis could not write its append-only file (aof_last_write_status is "+s+"): look at its disk and its log")
	}
	if info["role"] == "slave" {
		d.Problems = append(d.Problems, "this Redis is a replica: point ORDERQ_REDIS_URL at its primary")
	}
	if len(d.Problems) > 0 {
		return d
	}
	d.Proven = known
	switch {
	case known:
	case denied != "":
		d.Unproven = "CONFIG is denied (" + denied + "), so that nobody can say whether this Redis forgets: " +
			"have its service keep an append-only file fsynced always, without eviction; the send journal is a must here"
	default:
		d.Unproven = "this Redis does not tell all of its settings, so that nobody can say whether it forgets; the send journal is a must here"
	}
	return d
}

// infoFields reads INFO's lines, "name:value".
func infoFields(text string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && !strings.HasPrefix(name, "#") {
			fields[name] = value
		}
	}
	return fields
}
