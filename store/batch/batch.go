package batch

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store"
)

// State is what a person, or a stop condition, has said of a batch. What its orders have come to is in their records.
type State string

const (
	Open      State = "open"      // its rows are released as the window allows
	Held      State = "held"      // somebody has to approve it first
	Stopped   State = "stopped"   // one of its brakes has: somebody has to look, and approve or cancel it
	Cancelled State = "cancelled" // its unsent orders are cancelled; it takes no rows any more
)

var (
	// ErrNotFound: there is no such batch.
	ErrNotFound = errors.New("no such batch")
	// ErrState: the batch's state does not allow that; nothing was changed.
	ErrState = errors.New("the batch's state does not allow that")
	// ErrOwn: who applied a batch that is held, be it the last or not, does not approve it.
	ErrOwn = errors.New("who applied a batch does not approve it")
)

// Batch is what is known of a batch beside its rows.
type Batch struct {
	ID      string
	Account string
	Name    string
	State   State
	By      string   // who moved it last
	Note    string   // what they said
	Maker   string   // who applied it last
	Format  string   // of the file last applied: csv or ndjson
	Columns []string // its header, in its own words
	Sum     string   // SHA-256 of the file last applied to its end, hex; "": none was yet
	Rows    int      // of that file
	At      time.Time
	Applied time.Time // when a file was last applied to its end; zero while one is being applied
	Brakes
	Canaries []string // the first orders to be released, by id; none before they are
	Proven   bool     // they are placed and were seen at the portal, or somebody has approved of going on

	spared tally // what had come out when somebody approved of going on
	move   int   // how often its state was moved
}

// Batches are an account's batches. Safe for concurrent use.
type Batches struct {
	store *store.Store
	rdb   redis.UniversalClient
	key   store.Keys
	lua   scripts
}

// Of gives the batches of a store's account.
func Of(s *store.Store) *Batches {
	return &Batches{store: s, rdb: s.Redis(), key: s.Keys(), lua: loadScripts()}
}

// Begin is what an apply starts with.
type Begin struct {
	ID, Name string
	By       string
	Format   string
	Columns  []string
	Hold     bool // the batch is held until another person approves it, also one that is taken up
	Brakes        // one that is taken up keeps its canaries, and what is 0 here
	Budget   int  // units, of a batch that has none yet; 0: none
}

// Begin makes a batch, or takes up the one of that id for another file, and gives the token with which rows are
// accepted; whoever had one before has none now. ErrState where the batch is cancelled.
func (b *Batches) Begin(ctx context.Context, n Begin) (token string, fresh bool, err error) {
	token = nonce()
	columns, err := json.Marshal(n.Columns)
	if err != nil {
		return "", false, fmt.Errorf("begin batch %s: %w", n.Name, err)
	}
	if n.Budget > 0 { // before there is a batch that could do without
		if err := b.store.SetNew(ctx, store.Budget{Scope: store.ScopeBatch, Of: n.ID, Limit: n.Budget}); err != nil {
			return "", false, err
		}
	}
	state := Open
	if n.Hold {
		state = Held
	}
	reply, err := b.lua.begin.Run(ctx, b.rdb, []string{b.key.Batch(n.ID), b.key.Batches(), b.key.Braked()},
		n.ID, token, string(state), n.Name, n.By, n.Format, columns, n.Canary, n.StopRefused, n.StopUnknown).Slice()
	if err != nil {
		return "", false, fmt.Errorf("begin batch %s: %w", n.Name, err)
	}
	if reply[0] == "no" {
		return "", false, fmt.Errorf("batch %s is %v: %w", n.Name, reply[1], ErrState)
	}
	return token, reply[0] == "new", nil
}

// Finish notes that a file was read to its end. store.ErrRowsRefused where somebody else applies the batch by now.
func (b *Batches) Finish(ctx context.Context, id, token, sum string, rows int) error {
	ok, err := b.lua.finish.Run(ctx, b.rdb, []string{b.key.Batch(id), b.key.BatchRows(id)}, token, sum, rows).Int()
	if err != nil {
		return fmt.Errorf("finish batch %s: %w", id, err)
	}
	if ok == 0 {
		return fmt.Errorf("finish batch %s: %w", id, store.ErrRowsRefused)
	}
	return nil
}

// Get reads a batch. ErrNotFound where there is none.
func (b *Batches) Get(ctx context.Context, id string) (Batch, error) {
	m, err := b.rdb.HGetAll(ctx, b.key.Batch(id)).Result()
	if err != nil {
		return Batch{}, fmt.Errorf("read batch %s: %w", id, err)
	}
	if len(m) == 0 {
		return Batch{}, ErrNotFound
	}
	out := Batch{
		ID: id, Account: b.store.Account(), Name: m["name"], State: State(m["state"]), By: m["by"], Note: m["note"], Maker: m["maker"],
		Format: m["format"], Sum: m["sum"], At: moment(m["at"]), Applied: moment(m["applied"]),
		Proven: m["proven"] != "",
	}
	if m["canaries"] != "" {
		out.Canaries = strings.Fields(m["canaries"])
	}
	// Written by our own scripts; what is not there is none.
	out.Rows, _ = strconv.Atoi(m["rows"])
	out.Canary, _ = strconv.Atoi(m["canary"])
	out.StopRefused, _ = strconv.ParseFloat(m["stopRefused"], 64)
	out.StopUnknown, _ = strconv.ParseFloat(m["stopUnknown"], 64)
	out.move, _ = strconv.Atoi(m["move"])
	out.spared = readTally(m["spared"])
	if err := json.Unmarshal([]byte(m["columns"]), &out.Columns); err != nil {
		return Batch{}, fmt.Errorf("read batch %s: its columns: %w", id, err)
	}
	return out, nil
}

// StateOf reads a batch's state alone; "" where there is none.
func (b *Batches) StateOf(ctx context.Context, id string) (State, error) {
	state, err := b.rdb.HGet(ctx, b.key.Batch(id), "state").Result()
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	return State(state), wrap("read batch "+id, err)
}

// List gives the newest batches first; limit 0 is all.
func (b *Batches) List(ctx context.Context, limit int) ([]Batch, error) {
	ids, err := b.rdb.ZRevRange(ctx, b.key.Batches(), 0, int64(limit)-1).Result()
	if err != nil {
		return nil, fmt.Errorf("list batches: %w", err)
	}
	var all []Batch
	for _, id := range ids {
		one, err := b.Get(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// Approve opens a batch that is held or was stopped: whoever does has looked, so its canaries need prove nothing any
// more, and its brakes count from here on. ErrState where it is neither, ErrOwn where it is held and they applied it.
func (b *Batches) Approve(ctx context.Context, id, by, note string) error {
	one, err := b.Get(ctx, id)
	if err != nil {
		return err
	}
	spared := ""
	if one.State == Stopped {
		c, err := b.Count(ctx, id)
		if err != nil {
			return err
		}
		spared = tallyOf(c).String()
	}
	return b.set(ctx, id, change{to: Open, by: by, note: note, spared: spared}, Stopped, Held)
}

// Stop ends the release of an open batch until somebody approves of going on. ErrState where it is not open any more,
// or somebody has moved it since it was read: what was read then is no reason any more.
func (b *Batches) Stop(ctx context.Context, read Batch, why string) error {
	return b.set(ctx, read.ID, change{to: Stopped, by: "orderq", note: why, at: strconv.Itoa(read.move)}, Open)
}

// Prove notes that a batch's canaries are well.
func (b *Batches) Prove(ctx context.Context, id string) error {
	return wrap("prove batch "+id, b.rdb.HSet(ctx, b.key.Batch(id), "proven", "1").Err())
}

// Cancel closes a batch for good: no row is accepted or released any more. Its orders are cancelled by CancelRows.
// ErrState where it was cancelled before.
func (b *Batches) Cancel(ctx context.Context, id, by, note string) error {
	return b.set(ctx, id, change{to: Cancelled, by: by, note: note}, Open, Held, Stopped)
}

// change is a batch's next state, and whose word that is.
type change struct {
	to       State
	by, note string
	spared   string // what its brakes let be from now on
	at       string // the move that it has to stand at; "": any
}

func (b *Batches) set(ctx context.Context, id string, c change, from ...State) error {
	args := []any{string(c.to), c.by, c.note, c.spared, c.at, nonce()}
	for _, s := range from {
		args = append(args, string(s))
	}
	was, err := b.lua.state.Run(ctx, b.rdb, []string{b.key.Batch(id)}, args...).Text()
	switch {
	case err != nil:
		return fmt.Errorf("batch %s → %s: %w", id, c.to, err)
	case was == "":
		return ErrNotFound
	case was == "own":
		return ErrOwn
	case was != "ok":
		return fmt.Errorf("batch %s is %s: %w", id, was, ErrState)
	}
	return nil
}

// nonce is said by nobody else.
func nonce() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	return hex.EncodeToString(raw[:])
}

func moment(ms string) time.Time {
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil || n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}
