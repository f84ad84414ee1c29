package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/fleet"
)

// ledger is an account's records, for one command.
type ledger struct {
	*office.Office
	cfg   config.Config
	rdb   *redis.Client
	store *store.Store
	fleet *fleet.Fleet
}

// reachWithin is how long a Redis may take to answer a command's first question. People wait.
const reachWithin = 5 * time.Second

// errEmbedded: every process has a built-in Redis of its own, so there is nothing to look at from outside.
var errEmbedded = errors.New("embedded:// is a Redis inside one process: start `orderq up --redis embedded://` " +
	"and give this command the address that it prints")

// connect opens the ledger and makes sure that it answers.
func (s settings) connect(ctx context.Context) (*ledger, error) {
	cfg, err := s.load()
	if err != nil {
		return nil, err
	}
	if cfg.Redis.Embedded() {
		return nil, wrongUse(errEmbedded)
	}
	return open(ctx, cfg)
}

func open(ctx context.Context, cfg config.Config) (*ledger, error) {
	rdb := redis.NewClient(cfg.Redis.Options())
	if err := reach(ctx, rdb); err != nil {
		_ = rdb.Close()
		return nil, unreachable(cfg.Redis, err)
	}
	o := office.Of(cfg, rdb)
	return &ledger{Office: o, cfg: cfg, rdb: rdb, store: o.Store, fleet: o.Fleet}, nil
}

func reach(ctx context.Context, rdb *redis.Client) error {
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	return rdb.Ping(ctx).Err()
}

func (l *ledger) close() { _ = l.rdb.Close() }

// queue is the client that puts tasks into asynq. Close it.
func (l *ledger) queue() *asynq.Client { return asynq.NewClient(l.cfg.Redis.Asynq()) }

// withLedger is a command's work on the ledger.
func (s settings) withLedger(work func(ctx context.Context, l *ledger, args []string) error) func(context.Context, []string) error {
	return func(ctx context.Context, args []string) error {
		l, err := s.connect(ctx)
		if err != nil {
			return err
		}
		defer l.close()
		return work(ctx, l, args)
	}
}

// unreachable says which Redis did not answer and what to do about it, in one line and without a password.
func unreachable(at config.Redis, err error) error {
	way := "start it, or set ORDERQ_REDIS_URL to where it is (to try orderq without one: orderq up --redis embedded:// --sim)"
	var refused redis.Error
	if errors.As(err, &refused) {
		switch word, _, _ := strings.Cut(refused.Error(), " "); word {
		case "NOAUTH", "WRONGPASS":
			way = "put the right user and password into ORDERQ_REDIS_URL, or the file that ORDERQ_REDIS_URL_FILE names"
		case "NOPERM":
			way = "let this user run the commands and keys of orderq (ACL SETUSER)"
		case "LOADING":
			way = "it is still reading its data: try again in a while"
		default:
			way = "look at its log"
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %v", reachWithin)
	}
	return fmt.Errorf("redis at %s: %w: %s", at, err, way)
}
