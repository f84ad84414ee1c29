package plan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"orderq/store"
	"orderq/tasks"
	"orderq/tasks/sheet"
	"orderq/worker/resolve"
)

// Row is what would come of a row.
type Row struct {
	N         int      `json:"n"`    // from 1
	Line      int      `json:"line"` // where it begins in the file
	Cells     []string `json:"cells,omitempty"`
	Reference string   `json:"reference,omitempty"`
	ID        string   `json:"id,omitempty"` // its order's
	Order     *Order   `json:"order,omitempty"`
	State     string   `json:"state"`            // new, satisfied, invalid, refused, ordered, conflict
	Reason    string   `json:"reason,omitempty"` // why not, or in what state its order is
	Twin      int      `json:"twin,omitempty"`   // the row before it that asks for the same for the same PBX
	Alike     string   `json:"alike,omitempty"`  // the order of late that it looks like: it would be held
	Notes     []string `json:"notes,omitempty"`  // what could not be checked

	intent tasks.Intent
}

// What comes of a row.
const (
	New       = "new"       // an order
	Satisfied = "satisfied" // its PBX has what it asks for: nothing to order
	Invalid   = "invalid"   // no intent
	Refused   = "refused"   // an intent that could not be ordered as things are
	Ordered   = "ordered"   // its order is there already
	Conflict  = "conflict"  // its reference belongs to another intent
)

// Order is what would be ordered, in the portal's words: what an apply, and whoever sends it, holds it to.
type Order = resolve.Planned

// Total is what the rows of one kind come to. The portal's API shows no prices, so there are none.
type Total struct {
	Kind     string `json:"kind"`
	Orders   int    `json:"orders"`
	Quantity int    `json:"quantity"`
}

// Summary is what a file comes to.
type Summary struct {
	Name   string         `json:"name"`
	Rows   int            `json:"rows"`
	States map[string]int `json:"states"`
	Twins  int            `json:"twins"`  // new rows that ask for what a row before them asks for
	Alike  int            `json:"alike"`  // new rows that would be held, for looking like an order of late or a row before them
	Totals []Total        `json:"totals"` // of new rows
	Prices string         `json:"prices"` // "not shown": the portal's API has none
	Hash   string         `json:"hash,omitempty"`
}

// Planner resolves rows by reads.
type Planner struct {
	store    *store.Store
	resolver *resolve.Resolver
	seen     map[twin]int
	sum      Summary
	totals   map[string]*Total
}

// twin is what two rows have in common that ask for the same.
type twin struct {
	kind, target string
	quantity     int
}

// NewPlanner makes one for a file.
func NewPlanner(name string, st *store.Store, r *resolve.Resolver) *Planner {
	return &Planner{store: st, resolver: r, seen: map[twin]int{}, totals: map[string]*Total{},
		sum: Summary{Name: name, States: map[string]int{}, Prices: "not shown"}}
}

// chunk is how many rows' records are looked for in one round trip.
const chunk = 200

// All plans every row of a file, in order. The error is Redis', the portal's, or says where the file cannot be read on:
// a plan of half a file is none.
func (p *Planner) All(ctx context.Context, r *sheet.Reader, do func(Row) error) error {
	var some []sheet.Row
	flush := func() error {
		rows, err := p.some(ctx, some)
		if err != nil {
			return err
		}
		some = some[:0]
		for _, row := range rows {
			if err := do(row); err != nil {
				return err
			}
		}
		return nil
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return flush()
		}
		if err != nil {
			return err
		}
		if some = append(some, row); len(some) == chunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
}

func (p *Planner) some(ctx context.Context, in []sheet.Row) ([]Row, error) {
	var ids []string
	for _, r := range in {
		if r.Invalid == nil {
			ids = append(ids, r.Intent.ID())
		}
	}
	there, err := p.store.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := map[string]store.Order{}
	for _, o := range there {
		byID[o.ID] = o
	}
	rows := make([]Row, len(in))
	for i, r := range in {
		row := Row{N: r.N, Line: r.Line, Cells: slices.Clone(r.Cells), intent: r.Intent}
		if r.Invalid != nil {
			row.State, row.Reason = Invalid, r.Invalid.Error()
		} else {
			row.Reference, row.ID = r.Intent.Reference, r.Intent.ID()
			if err := p.one(ctx, &row, byID[row.ID]); err != nil {
				return nil, fmt.Errorf("row %d (line %d): %w", r.N, r.Line, err)
			}
		}
		rows[i] = row
	}
	if err := p.alike(ctx, rows); err != nil {
		return nil, err
	}
	for _, row := range rows {
		p.count(row)
	}
	return rows, nil
}

// alike finds the orders of late that new rows look like.
func (p *Planner) alike(ctx context.Context, rows []Row) error {
	var asked []store.New
	var of []int
	for i, row := range rows {
		if row.State == New && !row.intent.AllowDuplicate {
			asked, of = append(asked, tasks.NewOrder(row.intent, tasks.QueueBulk)), append(of, i)
		}
	}
	found, err := p.store.LookAlike(ctx, asked)
	for k, a := range found {
		if a != nil {
			rows[of[k]].Alike = a.ID
		}
	}
	return err
}

// one says what would come of an intent; o is the order under its reference, where there is one.
func (p *Planner) one(ctx context.Context, row *Row, o store.Order) error {
	in := row.intent
	switch {
	case o.ID != "" && o.Fingerprint == in.Fingerprint():
		row.State, row.Reason = Ordered, join("it is "+string(o.State), o.OrderNo)
		return nil
	case o.ID != "":
		row.State, row.Reason = Conflict, tasks.Conflict(in, &store.ConflictError{Holder: o}).Error()
		return nil
	}
	res, err := p.resolver.Resolve(ctx, in)
	var no *resolve.Refusal
	if errors.As(err, &no) {
		if row.State = Refused; no.Code == resolve.CodeSatisfied {
			row.State = Satisfied
		}
		row.Reason = no.Error()
		return nil
	}
	if err != nil {
		return err
	}
	row.State, row.Notes = New, res.Notes
	order := resolve.PlannedOf(in, res)
	row.Order = &order
	t := twin{in.Kind, in.Target(), res.Quantity}
	if first, met := p.seen[t]; met {
		row.Twin = first
	} else {
		p.seen[t] = row.N
	}
	return nil
}

func (p *Planner) count(row Row) {
	p.sum.Rows++
	p.sum.States[row.State]++
	if row.Twin > 0 {
		p.sum.Twins++
	}
	if row.Alike != "" || row.Twin > 0 && row.intent.Like() != "" && !row.intent.AllowDuplicate {
		p.sum.Alike++
	}
	if row.Order == nil {
		return
	}
	t := p.totals[row.Order.Kind]
	if t == nil {
		t = &Total{Kind: row.Order.Kind}
		p.totals[row.Order.Kind] = t
	}
	t.Orders++
	t.Quantity += row.Order.Quantity
}

// Summary is what has come of the rows so far.
func (p *Planner) Summary() Summary {
	s := p.sum
	s.Totals = nil
	for _, t := range p.totals {
		s.Totals = append(s.Totals, *t)
	}
	slices.SortFunc(s.Totals, func(a, b Total) int { return strings.Compare(a.Kind, b.Kind) })
	return s
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + ", " + b
}
