package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"orderq/store/fleet"
)

// oldestRedis is the oldest that asynq and our scripts run on (ZRANGE BYSCORE).
const oldestRedis = "6.2"

func (s *Subject) redis(ctx context.Context) Finding {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := s.Redis.Ping(ctx).Err(); err != nil {
		s.redisDown = true
		return fail(s.RedisAt+" does not answer: "+err.Error(), "start it, or set ORDERQ_REDIS_URL to where it is")
	}
	d, err := fleet.CheckLedger(ctx, s.Redis)
	switch {
	case err != nil:
		return fail(s.RedisAt+": "+err.Error(), "let this user run INFO")
	case d.Version == "":
		return good(s.RedisAt + " answers and tells no version")
	case older(d.Version, oldestRedis):
		return fail(s.RedisAt+" is version "+d.Version, "run "+oldestRedis+" or later: scripts and queue need it")
	}
	return good(s.RedisAt + " answers, version " + d.Version)
}

// older compares versions by their first two numbers. One that cannot be read is not older.
func older(version, than string) bool {
	numbers := func(v string) (n [2]int, ok bool) {
		parts := strings.Split(v, ".")
		for i := range n {
			if i >= len(parts) {
				break
			}
			var err error
			if n[i], err = strconv.Atoi(parts[i]); err != nil {
				return n, false
			}
		}
		return n, true
	}
	a, readable := numbers(version)
	b, _ := numbers(than)
	return readable && (a[0] < b[0] || a[0] == b[0] && a[1] < b[1])
}

func (s *Subject) durability(ctx context.Context) Finding {
	if s.redisDown {
		return skipped("Redis does not answer")
	}
	d, err := fleet.CheckLedger(ctx, s.Redis)
	switch {
	case err != nil:
		return fail(err.Error(), "let this user run INFO")
	case d.Proven:
		return good("an acknowledged order is not forgotten (appendonly yes, appendfsync always, noeviction)")
	case len(d.Problems) == 0:
		return warn("not proven", d.Unproven)
	case s.Toy:
		return warn("this Redis can forget orders; the portal is on loopback, so nothing is at stake", strings.Join(d.Problems, "; "))
	}
	return fail("this Redis can forget orders, and then they may be placed twice", strings.Join(d.Problems, "; "))
}

func (s *Subject) epoch(ctx context.Context) Finding {
	if s.redisDown {
		return skipped("Redis does not answer")
	}
	l, err := s.Fleet.Ledger(ctx)
	switch {
	case err != nil && !errors.Is(err, fleet.ErrRecovery):
		return fail(err.Error(), "look at Redis' log")
	case l.Epoch == "volatile":
		return warn("this ledger was declared volatile: it is for trying out", "use another Redis or database for real orders")
	case err == nil:
		return good("the gate is open for this run of Redis, ledger " + l.ID)
	case l.Run == "" && s.Toy:
		return warn("INFO cannot be asked inside a script, so that a restart of Redis would not be noticed; the portal is on loopback, so nothing is at stake", "")
	case l.Run == "":
		return fail("INFO cannot be asked inside a script, so that a restart of Redis would not be noticed: nothing is sent", "let this user run INFO")
	case l.Epoch == "":
		return good("the ledger has not been used yet; for a real portal a person says so once: orderq recover --first-use")
	}
	return warn("Redis has restarted since orders were last sent: nothing is sent before each host has held its journals against it",
		"start the workers; orderq recover shows what is waited for")
}

// mostSkew is how far clocks may be apart before it is said. Nothing depends on it but the reading of
// histories: deadlines and waits go by Redis' own clock.
const mostSkew = 2 * time.Second

func (s *Subject) redisClock(ctx context.Context) Finding {
	if s.redisDown {
		return skipped("Redis does not answer")
	}
	before := s.now()
	at, err := s.Redis.Time(ctx).Result()
	if err != nil {
		return fail(err.Error(), "let this user run TIME")
	}
	// The answer was made between the question and its arrival.
	ahead := at.Sub(before.Add(s.now().Sub(before) / 2))
	if ahead.Abs() > mostSkew {
		return warn(fmt.Sprintf("Redis' clock is %s", apart(ahead)), "have both hosts keep time (NTP)")
	}
	return good("Redis' clock agrees with this host's")
}

func apart(ahead time.Duration) string {
	if ahead < 0 {
		return ahead.Abs().Round(time.Second).String() + " behind this host's"
	}
	return ahead.Round(time.Second).String() + " ahead of this host's"
}

// journal tries to write where the send journal will be. A folder that is not there yet is made by the
// first worker, so the nearest one above it is tried.
func (s *Subject) journal(context.Context) Finding {
	remedy := "set ORDERQ_JOURNAL to a folder on a local disk that this user may write to"
	dir, missing := s.Journal, false
	for {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			return fail(dir+" is not a folder", remedy)
		}
		if err == nil {
			break
		}
		above := filepath.Dir(dir)
		if !errors.Is(err, os.ErrNotExist) || above == dir {
			return fail(err.Error(), remedy)
		}
		dir, missing = above, true
	}
	f, err := os.CreateTemp(dir, ".orderq-doctor-*")
	if err != nil {
		return fail(err.Error(), remedy)
	}
	_, err = f.WriteString("a send journal can be kept here\n")
	err = errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
	if err != nil {
		return fail(err.Error(), remedy)
	}
	if missing {
		return good(s.Journal + " can be made and written to")
	}
	return good(s.Journal + " can be written to")
}
