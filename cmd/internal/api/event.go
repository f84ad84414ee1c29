package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/redis/go-redis/v9"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store"
)

const (
	// heartbeat is how often a silent stream says that it is alive: proxies cut what says nothing for a minute.
	heartbeat = 15 * time.Second
	// eventChunk is how many events one round trip reads.
	eventChunk = 100
	// mostListeners is how many streams of events may stand open at once.
	mostListeners = 200
)

// eventID is a Redis stream's.
var eventID = regexp.MustCompile(`^[0-9]{1,18}-[0-9]{1,18}$`)

// eventRoutes are what happens, as it happens.
func (a *API) eventRoutes() []route {
	example := "id: 1764057600000-0\nevent: order.accepted\ndata: "
	if text, err := json.Marshal(exampleOrder()); err == nil {
		example += string(text) + "\n\n"
	}
	return []route{{
		method: http.MethodGet, path: "/v1/events", id: "listEvents", summary: "Follow orders as they move, as server-sent events", role: config.Viewer, streams: true,
		about: "One event a move: id is its place in the account's stream, event is order. and the state that it moved to, data is the order as it is now. Without Last-Event-ID or after, from now on. The stream keeps moves for a week, or as limits say (events): where what was asked for is gone, the first event is missed; list the orders then. Behind 0-0 is all that is kept. At least once: after a break, events may come again.",
		params: []*huma.Param{
			{Name: "Last-Event-ID", In: "header", Description: "Go on behind this event", Schema: text()},
			query("after", "The same, for clients that cannot set headers", text()),
			query("state", "Only moves to these states", listOf(oneOf(office.StateNames()...))), query("kind", "Only of this kind", oneOf(office.KindNames()...)),
			query("batch", "Only of this batch, by name or id", text()), query("reference", "Only of this order, by its reference", text()),
		},
		gives: map[int]*huma.Response{http.StatusOK: {Description: "Events", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: text(), Example: example}}}},
		fails: []string{"stopping", "too-many-requests"}, serve: a.follow,
	}}
}

// follow tells a listener of every move that it asks for, until it goes or the server stops.
func (a *API) follow(c *call) error {
	f, cursor, err := a.eventFilter(c)
	if err != nil {
		return err
	}
	if c.r.Method == http.MethodHead { // it would never end, and keep the connection that its client takes for free
		c.w.Header().Set("Content-Type", "text/event-stream")
		c.w.WriteHeader(http.StatusOK)
		return nil
	}
	leave, err := a.news.join(a.closing)
	if err != nil {
		return err
	}
	defer leave()
	ctx, stop := context.WithCancel(c.r.Context())
	defer stop()
	defer context.AfterFunc(a.closing, stop)()
	l := &listener{api: a, c: c, rc: http.NewResponseController(c.w), filter: f, cursor: cursor}
	missed, err := l.begin(ctx)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.WriteHeader(http.StatusOK)
	text := ": orderq events\nretry: 2000\n\n"
	if missed {
		text += "event: missed\ndata: {\"detail\":\"events behind " + cursor + " are not kept any more: GET /v1/orders has the orders as they are\"}\n\n"
	}
	for l.say(text) == nil {
		heard := a.news.next() // before the reading: what comes after it wakes us
		if err := l.tell(ctx); err != nil {
			break // the listener comes again and says where it was
		}
		if text, err = l.wait(ctx, heard); err != nil {
			break
		}
	}
	return nil
}

// eventFilter reads what was asked for.
func (a *API) eventFilter(c *call) (f store.Filter, cursor string, err error) {
	words := office.Words{Kind: c.query.Get("kind"), Batch: c.query.Get("batch"), Reference: c.query.Get("reference")}
	for _, some := range c.query["state"] {
		words.States = append(words.States, strings.Split(some, ",")...)
	}
	if f, err = words.Filter(a.office.Config.Account, time.Now()); err != nil {
		return f, "", err
	}
	name := "Last-Event-ID"
	if cursor = c.r.Header.Get(name); cursor == "" {
		name, cursor = "after", c.query.Get("after")
	}
	if cursor != "" && !eventID.MatchString(cursor) {
		return f, "", invalid(field(name, cursor, "is no event's id; take it from an event's id line"))
	}
	return f, cursor, nil
}

// listener is one client on the stream.
type listener struct {
	api    *API
	c      *call
	rc     *http.ResponseController
	filter store.Filter
	cursor string // the last event that was read
}

// begin finds out where to begin, and whether events in between are gone.
func (l *listener) begin(ctx context.Context) (missed bool, err error) {
	rdb, key := l.api.office.Redis, l.api.office.Store.Keys().Events()
	if l.cursor == "" {
		l.cursor, err = lastEvent(ctx, rdb, key)
		return false, err
	}
	first, err := rdb.XRangeN(ctx, key, "-", "+", 1).Result()
	if err != nil {
		return false, fmt.Errorf("read events: %w", err)
	}
	return l.cursor != "0-0" && len(first) > 0 && earlier(l.cursor, first[0].ID), nil
}

// lastEvent is the id of the newest event.
func lastEvent(ctx context.Context, rdb redis.UniversalClient, key string) (string, error) {
	last, err := rdb.XRevRangeN(ctx, key, "+", "-", 1).Result()
	if err != nil {
		return "", fmt.Errorf("read events: %w", err)
	}
	if len(last) == 0 {
		return "0-0", nil
	}
	return last[0].ID, nil
}

// earlier compares two events' ids.
func earlier(a, b string) bool {
	number := func(id string) (ms, n uint64) {
		_, _ = fmt.Sscanf(id, "%d-%d", &ms, &n) // both have the form
		return ms, n
	}
	ms, n := number(a)
	than, m := number(b)
	return ms < than || ms == than && n < m
}

// tell writes every event that there is behind the last.
func (l *listener) tell(ctx context.Context) error {
	for {
		some, err := l.api.office.Redis.XRangeN(ctx, l.api.office.Store.Keys().Events(), "("+l.cursor, "+", eventChunk).Result()
		if err != nil {
			return err
		}
		text, err := l.textOf(ctx, some)
		if err != nil {
			return err
		}
		if text != "" {
			if err := l.say(text); err != nil {
				return err
			}
		}
		if len(some) > 0 {
			l.cursor = some[len(some)-1].ID
		}
		if len(some) < eventChunk {
			return nil
		}
	}
}

// textOf is what a listener is told of some events.
func (l *listener) textOf(ctx context.Context, some []redis.XMessage) (string, error) {
	var ids []string
	for _, m := range some {
		if id := fmt.Sprint(m.Values["id"]); l.wants(m) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	orders, err := l.api.office.Store.GetMany(ctx, ids)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	any := l.filter
	any.States = nil // the event's state counts, which the order may have left by now
	for _, m := range some {
		i := slices.IndexFunc(orders, func(o store.Order) bool { return o.ID == m.Values["id"] })
		if i < 0 || !l.wants(m) || !any.Fits(orders[i]) {
			continue
		}
		fmt.Fprintf(&b, "id: %s\nevent: order.%s\ndata: ", m.ID, m.Values["state"])
		if err := writeJSON(&b, orders[i]); err != nil {
			return "", err
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

// wants says whether a move to this state was asked for.
func (l *listener) wants(m redis.XMessage) bool {
	return len(l.filter.States) == 0 || slices.Contains(l.filter.States, store.State(fmt.Sprint(m.Values["state"])))
}

// say writes and sends text.
func (l *listener) say(text string) error {
	_ = l.rc.SetWriteDeadline(time.Now().Add(still)) // not every connection has one
	if _, err := l.c.w.Write([]byte(text)); err != nil {
		return err
	}
	return l.rc.Flush()
}

// wait waits for news, and gives what is to be said first: nothing, or a heartbeat.
func (l *listener) wait(ctx context.Context, heard <-chan struct{}) (string, error) {
	timer := time.NewTimer(l.api.news.heartbeat)
	defer timer.Stop()
	select {
	case <-heard:
		return "", nil
	case <-timer.C:
		return ": still here\n\n", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
