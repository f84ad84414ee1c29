package fleet

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store"
)

// Fleet is one account's shared state.
type Fleet struct {
	rdb redis.UniversalClient
	key store.Keys
	lua scripts
}

// Of gives the shared state of a store's account.
func Of(s *store.Store) *Fleet {
	return &Fleet{rdb: s.Redis(), key: s.Keys(), lua: loadScripts()}
}

// State is one reading of everything that is shared.
type State struct {
	Now       time.Time // Redis' clock at the reading
	Ledger    string    // random id of this ledger, given when it was first used
	Epoch     string    // the run_id that the gate is open for; "volatile": the gate does not ask
	Halt      *Halt
	Resumed   *Halt     // who ended the last halt; nil: there was none
	Recovered *Halt     // who last decided something about a recovery; nil: nobody
	Forgot    *Halt     // what Redis was last found to have forgotten; nil: nothing, ever
	Closed    string    // why the portal refuses this account's credentials; "": it does not
	OpenUntil time.Time // the breaker is open until then; zero: closed
	Allowance int       // orders in flight while the portal heals; 0: no limit
	Echo      Echo
	Workers   []Worker
	Mark      int64     // the current reading of the portal's order list; 0: none
	MarkAt    time.Time // when it was taken
	Duplicate int       // portal orders beyond the first for one intent, ever
}

// Halt is a word that stays until the next: that nothing may be sent, that it may again, what was recovered.
type Halt struct {
	By, Note string
	At       time.Time
}

// Echo says whether the portal shows our reference in its list or details.
type Echo struct {
	At    time.Time // when it was last asked of an order known to be ours; zero: never
	Shown bool
	Ask   string // an order number of ours that it can be asked of next
}

// Worker is a process that takes orders.
type Worker struct {
	ID   string
	Beat time.Time
}

// Read reads it all in one round trip. Duplicates are counted where they are recorded.
func (f *Fleet) Read(ctx context.Context) (State, error) {
	var (
		fields  *redis.MapStringStringCmd
		workers *redis.ZSliceCmd
		clock   *redis.TimeCmd
	)
	_, err := f.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		fields = p.HGetAll(ctx, f.key.Fleet())
		workers = p.ZRangeWithScores(ctx, f.key.Workers(), 0, -1)
		clock = p.Time(ctx)
		return nil
	})
	if err != nil {
		return State{}, fmt.Errorf("read the fleet's state: %w", err)
	}
	m := fields.Val()
	s := State{
		Now: clock.Val().UTC(), Ledger: m["ledger"], Epoch: m["epoch"], Closed: m["closedNote"],
		OpenUntil: at(m["openUntil"]), Allowance: number(m["allowance"]),
		Echo: Echo{At: at(m["echoAt"]), Shown: m["echo"] == "1", Ask: m["echoAsk"]},
		Mark: int64(number(m["mark"])), MarkAt: at(m["markAt"]), Duplicate: number(m["duplicates"]),
	}
	if m["closed"] != "" && s.Closed == "" {
		s.Closed = "the portal refuses the credentials"
	}
	word := func(field string) *Halt {
		if m[field] == "" {
			return nil
		}
		return &Halt{By: m[field+"By"], Note: m[field+"Note"], At: at(m[field])}
	}
	s.Halt, s.Resumed, s.Recovered = word("halt"), word("resumed"), word("recovered")
	s.Forgot = word("forgot")
	for _, z := range workers.Val() {
		s.Workers = append(s.Workers, Worker{ID: fmt.Sprint(z.Member), Beat: time.UnixMilli(int64(z.Score)).UTC()})
	}
	return s, nil
}

func (f *Fleet) run(ctx context.Context, what string, script *redis.Script, args ...any) (*redis.Cmd, error) {
	cmd := script.Run(ctx, f.rdb, []string{f.key.Fleet(), f.key.Workers(), f.key.Hosts()}, args...)
	if err := cmd.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return cmd, nil
}

func at(ms string) time.Time {
	n, _ := strconv.ParseInt(ms, 10, 64) // written by our own scripts; "" is none
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
