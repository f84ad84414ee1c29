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

// Rows are some rows of a batch, written out for the script that takes them in.
type Rows struct {
	batch, token string
	rows         []Row
	keys         []string
	args         []any
}

// AcceptRows notes rows of a batch and makes their records, in one script: all of them, or none with ErrRowsRefused.
// A hundred or two at a time are as fast as they come; whole files would keep Redis from its other work. token is the
// caller's, from package batch. A record that is there already stays as it is, whatever its row asks for: compare the
// fingerprints.
func (s *Store) AcceptRows(ctx context.Context, batch, token string, rows []Row) ([]Lodged, error) {
	all, err := s.WriteRows(batch, token, rows)
	if err != nil {
		return nil, err
	}
	return s.Accepted(ctx, all)
}

// WriteRows is AcceptRows' work before it asks Redis, for a caller who does it while Redis works on other rows.
func (s *Store) WriteRows(batch, token string, rows []Row) (Rows, error) {
	k := s.key
	all := Rows{batch: batch, token: token, rows: rows,
		keys: []string{k.Batch(batch), k.BatchRows(batch), k.BatchHeld(batch), k.Unreleased(), k.In(Held), k.Moves()},
		args: []any{batch, token, len(rows)}}
	for _, r := range rows {
		if r.Of != "" {
			all.args = append(all.args, "next:"+r.Of)
		} else {
			all.args = append(all.args, r.N)
		}
	}
	for _, r := range rows {
		if r.New == nil {
			all.args = append(all.args, r.Text, "")
			continue
		}
		n := *r.New
		if len(n.Intent) > 0 && !json.Valid(n.Intent) {
			return Rows{}, fmt.Errorf("accept row %d of batch %s: its intent is not JSON", r.N, batch)
		}
		n.Batch, n.HoldFor, n.HoldOn = batch, WaitBatch, batch
		state, set, tail, _ := n.record()
		if state != Held { // HoldFor is set
			return Rows{}, fmt.Errorf("accept row %d of batch %s: it is not held", r.N, batch)
		}
		all.args = append(append(all.args, r.Text, n.ID, n.Kind, tail, len(set)), set...)
		all.keys = append(all.keys, k.Order(n.ID), k.PBX(n.Target))
	}
	return all, nil
}

// Accepted takes rows in that were written out, as AcceptRows does.
func (s *Store) Accepted(ctx context.Context, all Rows) ([]Lodged, error) {
	if len(all.rows) == 0 {
		return nil, nil
	}
	reply, err := s.lua.acceptRows.Run(ctx, s.rdb, all.keys, all.args...).Slice()
	if err != nil {
		return nil, fmt.Errorf("accept %d rows of batch %s: %w", len(all.rows), all.batch, err)
	}
	if len(reply) == 3 && reply[0] == "no" {
		state := fmt.Sprint(reply[1])
		return nil, fmt.Errorf("accept rows of batch %s: %w", all.batch,
			&RowsRefusedError{State: state, Other: state != "" && state != "cancelled" && fmt.Sprint(reply[2]) != all.token})
	}
	lodged := make([]Lodged, len(all.rows))
	for i, r := range all.rows {
		if r.New == nil {
			continue
		}
		if lodged[i], err = lodgedOf(reply[0]); err != nil {
			return nil, fmt.Errorf("accept row %d of batch %s: %w", r.N, all.batch, err)
		}
		lodged[i].ID, reply = r.New.ID, reply[1:]
		if lodged[i].Fresh {
			lodged[i].State, lodged[i].Batch, lodged[i].Fingerprint = Held, all.batch, r.New.Fingerprint
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
