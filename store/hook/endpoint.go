package hook

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store"
)

var (
	// ErrNotFound: there is no such endpoint.
	ErrNotFound = errors.New("no such webhook")
	// ErrTooMany: the account has MostEndpoints already.
	ErrTooMany = fmt.Errorf("the account has %d webhooks already: remove one, or let one receiver pass events on", MostEndpoints)
	// ErrNotKept: the stream does not have the event any more, or never had it.
	ErrNotKept = errors.New("the stream has no such event (any more)")
)

const (
	// MostEndpoints bounds what one account's deliveries cost a worker.
	MostEndpoints = 50
	// TripAfter is how many failures in a row make a worker try an endpoint only now and then.
	TripAfter = 5
	// Most is how many events wait per endpoint, at most; then its cursor is held back.
	Most = 1000
	// Hold is for how long a worker takes an event: longer than a delivery lasts.
	Hold = 30 * time.Second
)

// Endpoint is whom to tell of what. The JSON names are what the API and the commands show; no field is a secret.
type Endpoint struct {
	ID          string        `json:"id"`
	URL         string        `json:"url"`
	States      []store.State `json:"states,omitempty"` // only moves to these; none: all
	Kinds       []string      `json:"kinds,omitempty"`  // only orders of these; none: all
	Description string        `json:"description,omitempty"`
	Enabled     bool          `json:"enabled"`
	Why         string        `json:"why,omitempty"` // why it is not enabled
	By          string        `json:"by,omitempty"`  // who added it
	CreatedAt   time.Time     `json:"createdAt,omitzero"`
	Cursor      string        `json:"cursor"`  // the last event that was looked at
	Pending     int           `json:"pending"` // events that wait for their delivery

	Failures    int       `json:"failures,omitempty"`   // tries of this URL in a row that were no delivery
	PausedUntil time.Time `json:"pausedUntil,omitzero"` // the receiver wants no delivery before (Retry-After)
}

// endpointID is what Add gives. Anything else must not become a part of a key: the keys beside an endpoint's are named
// after it.
var endpointID = regexp.MustCompile(`^wh[a-z2-7]{16}$`)

// Hooks are an account's endpoints. Safe for concurrent use.
type Hooks struct {
	store *store.Store
	rdb   redis.UniversalClient
	key   store.Keys
	lua   scripts
}

// Of gives the endpoints of a store's account.
func Of(s *store.Store) *Hooks {
	return &Hooks{store: s, rdb: s.Redis(), key: s.Keys(), lua: loadScripts()}
}

// Add keeps an endpoint, which is told of what happens from now on, and gives the secret that signs for it: this once.
// ErrTooMany where there are many.
func (h *Hooks) Add(ctx context.Context, e Endpoint) (Endpoint, Secret, error) {
	id := "wh" + strings.ToLower(rand.Text()[:16])
	secret := NewSecret()
	r, err := h.lua.add.Run(ctx, h.rdb, []string{h.key.Hooks(), h.key.Hook(id), h.key.HookSecrets(id), h.key.Events()},
		id, MostEndpoints, secret.Reveal(), "url", e.URL, "states", joined(e.States), "kinds", strings.Join(e.Kinds, ","),
		"description", e.Description, "enabled", flag(e.Enabled), "why", e.Why, "by", e.By).Text()
	if err != nil {
		return Endpoint{}, "", fmt.Errorf("add webhook: %w", err)
	}
	if r == "" {
		return Endpoint{}, "", ErrTooMany
	}
	e, err = h.Get(ctx, id)
	return e, secret, err
}

// Get reads an endpoint. ErrNotFound where there is none.
func (h *Hooks) Get(ctx context.Context, id string) (Endpoint, error) {
	all, err := h.get(ctx, []string{id})
	if err != nil {
		return Endpoint{}, err
	}
	if len(all) == 0 {
		return Endpoint{}, ErrNotFound
	}
	return all[0], nil
}

// List gives them all, the oldest first.
func (h *Hooks) List(ctx context.Context) ([]Endpoint, error) {
	ids, err := h.rdb.ZRange(ctx, h.key.Hooks(), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	return h.get(ctx, ids)
}

// Some says whether there are any.
func (h *Hooks) Some(ctx context.Context) (bool, error) {
	n, err := h.rdb.ZCard(ctx, h.key.Hooks()).Result()
	if err != nil {
		return false, fmt.Errorf("count webhooks: %w", err)
	}
	return n > 0, nil
}

// get reads endpoints in one round trip; ids without one are left out.
func (h *Hooks) get(ctx context.Context, ids []string) ([]Endpoint, error) {
	ids = slices.DeleteFunc(ids, func(id string) bool { return !endpointID.MatchString(id) })
	if len(ids) == 0 {
		return nil, nil
	}
	records, waiting := make([]*redis.MapStringStringCmd, len(ids)), make([]*redis.IntCmd, len(ids))
	_, err := h.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			records[i], waiting[i] = p.HGetAll(ctx, h.key.Hook(id)), p.HLen(ctx, h.key.HookEvents(id))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read webhooks: %w", err)
	}
	var all []Endpoint
	for i, id := range ids {
		if m := records[i].Val(); len(m) > 0 {
			all = append(all, endpointOf(id, m, int(waiting[i].Val())))
		}
	}
	return all, nil
}

func endpointOf(id string, m map[string]string, pending int) Endpoint {
	e := Endpoint{
		ID: id, URL: m["url"], Kinds: split(m["kinds"]), Description: m["description"], Enabled: m["enabled"] == "1", Why: m["why"],
		By: m["by"], CreatedAt: moment(m["created"]), Cursor: m["cursor"], Pending: pending, PausedUntil: moment(m["resume"]),
	}
	e.Failures, _ = strconv.Atoi(m["failures"]) // written by our own scripts; not there: none
	for _, s := range split(m["states"]) {
		e.States = append(e.States, store.State(s))
	}
	return e
}

// Remove forgets an endpoint, its secrets, what waits for it, and its log. ErrNotFound where there is none.
func (h *Hooks) Remove(ctx context.Context, id string) error {
	if !endpointID.MatchString(id) {
		return ErrNotFound
	}
	var was *redis.IntCmd
	_, err := h.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		was = p.Del(ctx, h.key.Hook(id))
		p.ZRem(ctx, h.key.Hooks(), id)
		p.Del(ctx, h.key.HookSecrets(id), h.key.HookEvents(id), h.key.HookLanes(id), h.key.HookDue(id), h.key.HookLog(id))
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove webhook %s: %w", id, err)
	}
	if was.Val() == 0 {
		return ErrNotFound
	}
	return nil
}

// Enable lets deliveries go on where they stopped. ErrNotFound where there is no such endpoint.
func (h *Hooks) Enable(ctx context.Context, id, by string) error {
	return h.set(ctx, id, Entry{Outcome: Noted, Reason: "enabled by " + by}, "enabled", "1", "why", "")
}

// Disable stops deliveries; what happens meanwhile waits on the stream. ErrNotFound likewise.
func (h *Hooks) Disable(ctx context.Context, id, by string) error {
	return h.set(ctx, id, Entry{Outcome: Noted, Reason: "disabled by " + by}, "enabled", "", "why", "disabled by "+by)
}

// Note puts a line into an endpoint's log. ErrNotFound likewise.
func (h *Hooks) Note(ctx context.Context, id string, e Entry) error { return h.set(ctx, id, e) }

// Change is what becomes another of an endpoint. nil stays as it is.
type Change struct {
	URL         *string
	States      *[]store.State // none in it: all
	Kinds       *[]string      // likewise
	Description *string
}

// Change changes an endpoint in one step; its secrets, its cursor, what waits for it and its log stay. What was
// admitted before is delivered although it would not be asked for any more. Another URL begins without failures and
// without a pause, and what was put off is due within Hold. ErrNotFound likewise.
func (h *Hooks) Change(ctx context.Context, id string, c Change, by string) (Endpoint, error) {
	var fields []any
	var names []string
	set := func(name, value string) {
		fields, names = append(fields, name, value), append(names, name)
	}
	if c.URL != nil {
		set("url", *c.URL)
	}
	if c.States != nil {
		set("states", joined(*c.States))
	}
	if c.Kinds != nil {
		set("kinds", strings.Join(*c.Kinds, ","))
	}
	if c.Description != nil {
		set("description", *c.Description)
	}
	// The log names them alone: a URL may have keys in it.
	e := Entry{Outcome: Noted, Reason: strings.Join(names, ", ") + " changed by " + by}
	if err := h.set(ctx, id, e, fields...); err != nil {
		return Endpoint{}, err
	}
	return h.Get(ctx, id)
}

func (h *Hooks) set(ctx context.Context, id string, e Entry, fields ...any) error {
	if !endpointID.MatchString(id) {
		return ErrNotFound
	}
	n, err := h.lua.set.Run(ctx, h.rdb, []string{h.key.Hook(id), h.key.HookLog(id), h.key.HookDue(id)}, append([]any{e.tail(), Hold.Milliseconds()}, fields...)...).Int()
	return found(n, err, "change", id)
}

// Rotate draws a new secret and gives it: this once. What signed so far signs on beside it for the time of keep; 0: it
// ends at once. ErrNotFound likewise.
func (h *Hooks) Rotate(ctx context.Context, id string, keep time.Duration, by string) (Secret, error) {
	if !endpointID.MatchString(id) {
		return "", ErrNotFound
	}
	secret := NewSecret()
	e := Entry{Outcome: Noted, Reason: fmt.Sprintf("secret rotated by %s; the one before signs too for %v", by, keep)}
	n, err := h.lua.rotate.Run(ctx, h.rdb, []string{h.key.Hook(id), h.key.HookSecrets(id), h.key.HookLog(id)},
		secret.Reveal(), keep.Milliseconds(), e.tail()).Int()
	return secret, found(n, err, "rotate the secret of", id)
}

// Secrets gives those that sign now, the newest first.
func (h *Hooks) Secrets(ctx context.Context, id string) ([]Secret, error) {
	texts, err := h.lua.secrets.Run(ctx, h.rdb, []string{h.key.HookSecrets(id)}).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("read the secrets of webhook %s: %w", id, err)
	}
	all := make([]Secret, len(texts))
	for i, text := range texts {
		all[i] = Secret(text)
	}
	return all, nil
}

// found turns a script's 0 into ErrNotFound.
func found(n int, err error, what, id string) error {
	if err != nil {
		return fmt.Errorf("%s webhook %s: %w", what, id, err)
	}
	if n == 0 {
		return ErrNotFound
	}
	return nil
}

func joined(states []store.State) string {
	words := make([]string, len(states))
	for i, s := range states {
		words[i] = string(s)
	}
	return strings.Join(words, ",")
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return ""
}

func moment(ms string) time.Time {
	n, _ := strconv.ParseInt(ms, 10, 64) // written by our own scripts
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}
