package store

import (
	"context"
	"slices"
	"strings"
)

// The moves that a named person makes. By and note go into the history.

// Made says whether a person's move of a record as it was read is in its history, and gives the record as it is now. It
// is for whoever makes such a move and is told ErrStale: where the reply to the move was lost, go-redis repeats it, and
// the second finds the first's work done. A person must not be told then that nothing came of it. note is what the
// entry's reason begins with, to are the states that the move may lead to.
func (s *Store) Made(ctx context.Context, was Order, by, note string, to ...State) (Order, bool, error) {
	now, err := s.Get(ctx, was.ID)
	if err != nil {
		return was, false, err
	}
	history, err := s.History(ctx, was.ID)
	if err != nil {
		return now, false, err
	}
	return now, slices.ContainsFunc(history, func(e Entry) bool {
		return e.From == was.State && slices.Contains(to, e.To) && e.By == by && strings.HasPrefix(e.Reason, note) && !e.At.Before(was.UpdatedAt)
	}), nil
}

// Cancel takes an order back before anything was sent. ErrNoMove where it has gone too far, ErrStale where
// it has moved on since it was read.
func (s *Store) Cancel(ctx context.Context, o Order, by, note string) (Order, error) {
	to := o
	to.State, to.By, to.Reason, to.WaitingFor, to.WaitingOn = Cancelled, by, note, "", ""
	return s.move(ctx, o, to, step{from: []State{Held, Accepted, Preparing}, entry: Entry{Reason: note}, claim: "free"})
}

// Unhold lets a held order go on, not before its NotBefore, whatever it looks like: a person has looked.
func (s *Store) Unhold(ctx context.Context, o Order, by, note string) (Order, error) {
	return s.unhold(ctx, o, by, note, "enter")
}

func (s *Store) unhold(ctx context.Context, o Order, by, note, like string) (Order, error) {
	to := o
	to.State, to.By, to.Reason, to.WaitingFor, to.WaitingOn = Accepted, by, note, "", ""
	return s.move(ctx, o, to, step{from: []State{Held}, entry: Entry{Reason: note}, schedule: start, at: o.NotBefore, like: like})
}

// Resend lets an order be sent again: from unknown by a machine, once absence is proved (by is ""); from
// review by a person. It counts against the once that a machine may.
func (s *Store) Resend(ctx context.Context, o Order, by, reason string) (Order, error) {
	to := o
	to.State, to.By, to.Reason = Accepted, by, reason
	if by == "" {
		to.Evidence.Resends++
	}
	if o.OrderNo != "" {
		// The number stays this order's in the index of numbers, and is told in the history: on the record
		// it would make the next answer look like a duplicate.
		reason += " (it was " + o.OrderNo + ")"
		to.Reason = reason
		to.OrderNo, to.TransactionNo, to.OrderStatus, to.InstanceID, to.Via = "", "", "", "", ""
	}
	return s.move(ctx, o, to, step{from: []State{Unknown, Review}, entry: Entry{Reason: reason}, schedule: due, claim: "free"})
}

// Drop ends an order in review that a person knows was not placed and does not want any more.
func (s *Store) Drop(ctx context.Context, o Order, by, note string) (Order, error) {
	to := o
	to.State, to.By, to.Reason = Cancelled, by, note
	return s.move(ctx, o, to, step{from: []State{Review}, entry: Entry{Reason: note}, claim: "free"})
}

// Duplicate notes a further portal order that bears this order's reference: the promise is broken, by the
// portal or by us. The loudest alarm there is; the record keeps its state, its place
// in the lists and its claim.
func (s *Store) Duplicate(ctx context.Context, o Order, orderNo, how string) (Order, error) {
	to := o
	to.Duplicates = append(append([]string(nil), o.Duplicates...), orderNo)
	to.Reason = "DUPLICATE: portal order " + orderNo + " bears this order's reference too"
	return s.move(ctx, o, to, step{entry: Entry{Reason: to.Reason, Call: how}, schedule: keep})
}
