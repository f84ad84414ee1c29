package bench

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/embedded"
)

// prefix keeps our keys apart from those of a ledger that is in use.
const prefix = "orderq-bench"

// server is the Redis that all sides use.
type server struct {
	at       config.Redis
	line     *redis.Client // for looking, not for the sides
	what     string        // for the report
	version  string        // "": the built-in one, which cannot be asked
	embedded bool
	close    func() error
}

// openServer takes the Redis that was named, or brings one: a redis-server where there is one on the PATH,
// else the built-in one.
func openServer(ctx context.Context, o Options, folder string) (*server, error) {
	url := o.Redis
	if url == "" {
		path, err := exec.LookPath("redis-server")
		if err == nil {
			return ownServer(ctx, path, o.Fsync, folder)
		}
		url = "embedded://"
	}
	at, err := config.ParseRedis(url)
	if err != nil {
		return nil, fmt.Errorf("--redis: %w", err)
	}
	if at.Embedded() {
		m, err := embedded.Start()
		if err != nil {
			return nil, err
		}
		s := newServer(at.At(m.Addr()), "built-in Redis")
		s.embedded = true
		s.close = func() error { err := s.line.Close(); m.Close(); return err }
		return s, nil
	}
	s := newServer(at, "Redis at "+at.String())
	s.close = s.line.Close
	if err := s.mustBeEmpty(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func newServer(at config.Redis, what string) *server {
	return &server{at: at, line: redis.NewClient(at.Options()), what: what}
}

// mustBeEmpty: the queue's keys carry no prefix, so another's tasks would be drained and deleted with ours.
func (s *server) mustBeEmpty(ctx context.Context) error {
	n, err := s.line.DBSize(ctx).Result()
	if err != nil {
		return fmt.Errorf("ask %s for its size: %w", s.what, err)
	}
	if n > 0 {
		return fmt.Errorf("%s holds %d keys: name an empty database (…/15, say), because bench uses and deletes asynq's keys", s.what, n)
	}
	s.version = s.info(ctx)["redis_version"]
	set, err := s.line.ConfigGet(ctx, "append*").Result()
	switch {
	case err != nil:
		s.what += ", append-only file not known"
	case set["appendonly"] == "yes":
		s.what += ", appendfsync " + set["appendfsync"]
	default:
		s.what += ", no append-only file"
	}
	return nil
}

// startWithin is how long a redis-server may take to answer.
const startWithin = 20 * time.Second

// ownServer runs a redis-server in the folder, on a socket there, until close.
func ownServer(ctx context.Context, path, fsync, folder string) (*server, error) {
	socket := filepath.Join(folder, "redis.sock")
	// No rewriting of the append-only file: it would fall on one side's run and not on another's.
	cmd := exec.Command(path, "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", "", "--appendonly", "yes",
		"--appendfsync", fsync, "--auto-aof-rewrite-percentage", "0", "--maxmemory-policy", "noeviction", "--loglevel", "warning")
	cmd.SysProcAttr = diesWithUs()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	at, err := config.ParseRedis("unix://" + socket)
	if err != nil {
		return nil, errors.Join(err, cmd.Process.Kill(), ended(cmd.Wait()))
	}
	s := newServer(at, "own redis-server, appendfsync "+fsync)
	s.close = func() error { return errors.Join(s.line.Close(), cmd.Process.Kill(), ended(cmd.Wait())) }
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.version = s.info(ctx)["redis_version"]
	return s, nil
}

// ended forgets that a process was killed: we did that.
func ended(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

// await asks until the server answers: it has no other way to say that it does.
func (s *server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		err := s.line.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the redis-server did not answer within %v: %w", startWithin, err)
		case <-again.C:
		}
	}
}

// clear deletes our keys and asynq's, and nobody else's.
func (s *server) clear(ctx context.Context) error {
	return errors.Join(s.drop(ctx, "asynq:*"), s.drop(ctx, prefix+":*"))
}

// drop deletes at once and not in the background: what is measured next is the memory.
func (s *server) drop(ctx context.Context, pattern string) error {
	keys := s.line.Scan(ctx, 0, pattern, 1000).Iterator()
	var batch []string
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := s.line.Del(ctx, batch...).Err()
		batch = batch[:0]
		return err
	}
	for keys.Next(ctx) {
		if batch = append(batch, keys.Val()); len(batch) == 1000 {
			if err := flush(); err != nil {
				return fmt.Errorf("delete %s: %w", pattern, err)
			}
		}
	}
	if err := errors.Join(keys.Err(), flush()); err != nil {
		return fmt.Errorf("delete %s: %w", pattern, err)
	}
	return nil
}

// info reads INFO with its command statistics; empty where it cannot be asked, as of the built-in one.
func (s *server) info(ctx context.Context) map[string]string {
	fields := map[string]string{}
	text, err := s.line.InfoMap(ctx, "everything").Result()
	if err != nil {
		return fields
	}
	for _, section := range text {
		for name, value := range section {
			fields[name] = value
		}
	}
	return fields
}

// gauges is what a Redis says of itself at one moment.
type gauges struct {
	commands int64         // carried out ever, those inside scripts included
	memory   int64         // bytes
	cpu      time.Duration // user and system
}

func (s *server) read(ctx context.Context) (g gauges) {
	fields := s.info(ctx)
	for name, value := range fields {
		if strings.HasPrefix(name, "cmdstat_") {
			g.commands += numberAfter(value, "calls=")
		}
	}
	g.memory, _ = strconv.ParseInt(fields["used_memory"], 10, 64) // "": the built-in one has none
	for _, name := range []string{"used_cpu_user", "used_cpu_sys"} {
		seconds, _ := strconv.ParseFloat(fields[name], 64)
		g.cpu += time.Duration(seconds * float64(time.Second))
	}
	return g
}

// numberAfter reads "calls=12" out of "calls=12,usec=34,…".
func numberAfter(text, name string) int64 {
	_, rest, ok := strings.Cut(text, name)
	if !ok {
		return 0
	}
	digits, _, _ := strings.Cut(rest, ",")
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}
