package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Outcome is what a line of an endpoint's log tells of.
type Outcome string

const (
	Delivered Outcome = "delivered" // answered 2xx
	Failed    Outcome = "failed"    // tried, and to be tried again
	GaveUp    Outcome = "gaveUp"    // tried for a day; the event is not delivered any more, and the order's next one is
	Gone      Outcome = "gone"      // answered 410: the endpoint is disabled
	Tested    Outcome = "test"      // a test button's
	Missed    Outcome = "missed"    // events that the stream did not keep until they could be delivered
	Noted     Outcome = "note"      // somebody has changed something
)

// Entry is one line of an endpoint's log.
type Entry struct {
	At        time.Time `json:"at"`
	Outcome   Outcome   `json:"outcome"`
	Event     string    `json:"event,omitempty"` // its id on the stream
	Type      string    `json:"type,omitempty"`
	Order     string    `json:"order,omitempty"`
	WebhookID string    `json:"webhookId,omitempty"` // the header that the receiver saw
	Attempt   int       `json:"attempt,omitempty"`
	Status    int       `json:"status,omitempty"` // of the answer; left out: there was none
	Took      int64     `json:"took,omitempty"`   // milliseconds
	Answer    string    `json:"answer,omitempty"` // its first bytes
	Reason    string    `json:"reason,omitempty"`
	Next      time.Time `json:"next,omitzero"` // when it is tried again
}

// Lines is how many lines a log keeps (lua/lane.lua).
const Lines = 200

// tail is the entry without its time and its opening brace: the script puts Redis' own time in front.
func (e Entry) tail() string {
	b, err := json.Marshal(struct {
		Entry
		At *int `json:"at,omitempty"` // shadows Entry.At
	}{Entry: e})
	if err != nil { // strings, numbers and times only: cannot be
		panic(err)
	}
	return strings.TrimPrefix(string(b), "{")
}

// Log gives an endpoint's newest lines, the newest first. ErrNotFound where there is no such endpoint.
func (h *Hooks) Log(ctx context.Context, id string, limit int) ([]Entry, error) {
	if _, err := h.Get(ctx, id); err != nil {
		return nil, err
	}
	lines, err := h.rdb.LRange(ctx, h.key.HookLog(id), 0, int64(limit)-1).Result()
	if err != nil {
		return nil, fmt.Errorf("read the log of webhook %s: %w", id, err)
	}
	entries := make([]Entry, len(lines))
	for i, line := range lines {
		var e struct {
			Entry
			At int64 `json:"at"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return nil, fmt.Errorf("log of webhook %s, line %d: %w", id, i+1, err)
		}
		e.Entry.At = time.UnixMilli(e.At).UTC()
		entries[i] = e.Entry
	}
	return entries, nil
}
