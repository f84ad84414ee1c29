package webhook

import (
	"bytes"
	"encoding/json"
	"time"

	"orderq/store"
	"orderq/store/hook"
)

// Message is a delivery's body.
type Message struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // when it happened
	Event     *Moved    `json:"event,omitempty"`
	Data      any       `json:"data"` // the order as it is at the delivery
}

// Moved is the move that is told. Data may have moved on since.
type Moved struct {
	ID      string      `json:"id"` // on the account's stream
	State   store.State `json:"state"`
	Version int64       `json:"version"`
}

// typeOf is a delivery's type.
func typeOf(e hook.Event) string { return "order." + string(e.State) }

// idOf is the header webhook-id: the same however often an event is delivered, and to whomever.
func idOf(account string, e hook.Event) string { return "evt_" + account + "_" + e.ID }

func messageOf(e hook.Event, o store.Order) Message {
	return Message{Type: typeOf(e), Timestamp: e.At(), Event: &Moved{e.ID, e.State, e.Version}, Data: o}
}

// text is the body, byte for byte as it is signed.
func (m Message) text() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // this is no web page, and references contain &
	if err := enc.Encode(m); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
