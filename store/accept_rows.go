package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Row is a row of a batch as it enters the ledger.
type Row struct {
	N    int    // its number in the file, from 1
	Of   string // not "": the order whose place this one takes; N is not looked at
	Text []byte // the row as its batch keeps it; opaque here
	New  *New   // the order that it asks for, held until its batch releases it; nil: none
}

// Lodged is what became of a row's order.
type Lodged struct {
	ID    string // "": the row asked for none
	Fresh bool   // a new record; else what follows was there already
	State State
	Batch string // the batch that the record came with; "": none

	Fingerprint string
}

// ErrRowsRefused: the batch takes no rows from this caller: it was cancelled, or somebody else applies it
// now. Nothing was written.
var ErrRowsRefused = errors.New("the batch takes no rows")

// RowsRefusedError says why; it unwraps to ErrRowsRefused.
type RowsRefusedError struct {
	State string // of the batch; "": there is no such batch
	Other bool   // somebody else applies it now
}

func (e *RowsRefusedError) Error() string {
	switch {
	case e.State == "":
		return "there is no such batch"
	case e.Other:
		return "somebody else applies this batch now"
	}
	return "the batch is " + e.State
}

func (e *RowsRefusedError) Unwrap() error { return ErrRowsRefused }

// AcceptRows notes rows of a batch and makes their records, in one script: all of them, or none with ErrRowsRefused.
// A hundred or two at a time are as fast as they come; whole files would keep Redis from its other work. token is the
// caller's, from package batch. A record that is there already stays as it is, whatever its row asks for: compare the
// fingerprints.
func (s *Store) AcceptRows(ctx context.Context, batch, token string, rows []Row) ([]Lodged, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	k := s.key
	keys := []string{k.Batch(batch), k.BatchRows(batch), k.BatchHeld(batch), k.Unreleased(), k.In(Held), k.Events()}
	args := []any{batch, token, len(rows)}
	for _, r := range rows {
		if r.Of != "" {
			args = append(args, "next:"+r.Of)
		} else {
			args = append(args, r.N)
		}
	}
	for _, r := range rows {
		if r.New == nil {
			args = append(args, r.Text, "")
			continue
		}
		n := *r.New
		if len(n.Intent) > 0 && !json.Valid(n.Intent) {
			return nil, fmt.Errorf("accept row %d of batch %s: its intent is not JSON", r.N, batch)
		}
		n.Batch, n.HoldFor, n.HoldOn = batch, WaitBatch, batch
		state, set, tail, _ := n.record()
		if state != Held { // HoldFor is set
			return nil, fmt.Errorf("accept row %d of batch %s: it is not held", r.N, batch)
		}
		args = append(append(args, r.Text, n.ID, tail, len(set)), set...)
		keys = append(keys, k.Order(n.ID), k.History(n.ID), k.PBX(n.Target))
	}
	reply, err := s.lua.acceptRows.Run(ctx, s.rdb, keys, args...).Slice()
	if err != nil {
		return nil, fmt.Errorf("accept %d rows of batch %s: %w", len(rows), batch, err)
	}
	if len(reply) == 3 && reply[0] == "no" {
		state := fmt.Sprint(reply[1])
		return nil, fmt.Errorf("accept rows of batch %s: %w", batch,
			&RowsRefusedError{State: state, Other: state != "" && state != "cancelled" && fmt.Sprint(reply[2]) != token})
	}
	lodged := make([]Lodged, len(rows))
	for i, r := range rows {
		if r.New == nil {
			continue
		}
		if lodged[i], err = lodgedOf(reply[0]); err != nil {
			return nil, fmt.Errorf("accept row %d of batch %s: %w", r.N, batch, err)
		}
		lodged[i].ID, reply = r.New.ID, reply[1:]
		if lodged[i].Fresh {
			lodged[i].State, lodged[i].Batch, lodged[i].Fingerprint = Held, batch, r.New.Fingerprint
		}
	}
	return lodged, nil
}

func lodgedOf(reply any) (Lodged, error) {
	there, was := reply.([]any)
	if !was {
		return Lodged{Fresh: true}, nil
	}
	var d doc
	if err := json.Unmarshal([]byte(fmt.Sprint(there[1])), &d); err != nil {
		return Lodged{}, fmt.Errorf("the record that is there cannot be read: %w", err)
	}
	return Lodged{State: State(fmt.Sprint(there[0])), Batch: d.Batch, Fingerprint: d.Fingerprint}, nil
}
