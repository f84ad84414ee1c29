package store

import (
	"context"
	"fmt"
	"time"
)

// Delivery says who takes an order.
type Delivery struct {
	Worker  string        // as in its heartbeats
	Nonce   string        // of this delivery alone
	Silence time.Duration // a worker silent for longer counts as gone
	Within  time.Duration // the sweeper looks after it then
}

// Take takes an accepted order to prepare it. mine is false where it waits, is another delivery's, or
// stands in a state that is not prepared: the record says which. ErrNotFound where there is none.
func (s *Store) Take(ctx context.Context, id string, d Delivery) (o Order, mine bool, err error) {
	k := s.key
	reply, err := s.lua.take.Run(ctx, s.rdb,
		[]string{k.Order(id), k.History(id), k.In(Accepted), k.In(Preparing), k.Due(), k.Workers(), k.Events(), k.Moves()},
		id, d.Worker, d.Nonce, d.Silence.Milliseconds(), d.Within.Milliseconds(),
		tail(Entry{From: Accepted, To: Preparing}),
		tail(Entry{From: Preparing, To: Preparing, Reason: "its worker is gone; taken again"}),
	).Slice()
	if err != nil {
		return Order{}, false, fmt.Errorf("take %s: %w", id, err)
	}
	if reply[0] == "none" {
		return Order{}, false, fmt.Errorf("take %s: %w", id, ErrNotFound)
	}
	o, err = decode(s.account, id, flatten(reply[1]))
	return o, reply[0] == "mine", err
}
