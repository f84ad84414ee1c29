package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"orderq/cmd/internal/office"
	"orderq/tasks"
	"orderq/worker/resolve"
)

// Rehearsal is what a dry run found out; office.Rehearsal, with what a program needs beside it.
type Rehearsal struct {
	Reference string   `json:"reference"`
	ID        string   `json:"id"`
	Request   string   `json:"request,omitempty" doc:"The body of the first attempt, JSON as text. Absent: there is nothing to order, or it would be rejected."`
	Kind      string   `json:"kind"`
	ProductNo string   `json:"productNo,omitempty"`
	Quantity  int      `json:"quantity,omitempty"`
	Ensure    int      `json:"ensure,omitempty"`
	Plan      string   `json:"plan,omitempty"`
	Service   string   `json:"service,omitempty"`
	Cycle     string   `json:"billingCycle,omitempty"`
	Contact   string   `json:"billingContact,omitempty"`
	Has       *int     `json:"extensions,omitempty" doc:"That the PBX has now."`
	Notes     []string `json:"notes,omitempty" doc:"What could not be checked."`
	Refused   *Refused `json:"refused,omitempty" doc:"Why it would be rejected. Absent: it would not."`
}

// Refused is why an order would be rejected.
type Refused struct {
	Code    string   `json:"code"`
	Field   string   `json:"field,omitempty"`
	Value   string   `json:"value,omitempty"`
	Message string   `json:"message"`
	Choices []string `json:"choices,omitempty"`
}

// RehearsedLine is the answer to one line of a stream.
type RehearsedLine struct {
	Line      int        `json:"line"` // from 1; blank lines count
	Status    int        `json:"status"`
	Rehearsal *Rehearsal `json:"rehearsal,omitempty"`
	Problem   *Problem   `json:"problem,omitempty"`
}

// rehearse answers what an intent would send, or each of a stream.
func (a *API) rehearse(c *call) error {
	if a.nobody != nil {
		return a.nobody
	}
	if err := a.reserveRead(); err != nil {
		return err
	}
	resolver, err := office.Resolver(a.office.Config, a.portal)
	if err != nil {
		return err
	}
	if c.kind == typeNDJSON {
		return a.rehearseMany(c, resolver)
	}
	in, err := a.intent(c)
	if err != nil {
		return err
	}
	r, err := a.rehearsed(c.r.Context(), resolver, in)
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, r)
}

// reserveRead takes one from what may be asked of the portal.
func (a *API) reserveRead() error {
	if wait := reserve(a.reads); wait > 0 {
		p := problem("too-many-requests", "the portal was asked often enough just now, and the orders need its rate: wait a moment")
		p.retry = wait
		return p
	}
	return nil
}

func (a *API) rehearsed(ctx context.Context, resolver *resolve.Resolver, in tasks.Intent) (Rehearsal, error) {
	ctx, cancel := context.WithTimeout(ctx, plainWithin)
	defer cancel()
	r, err := office.Rehearse(ctx, resolver, in)
	var no *resolve.Refusal
	if errors.As(err, &no) {
		return Rehearsal{Reference: in.Reference, ID: in.ID(), Kind: in.Kind, ProductNo: in.ProductNo, Quantity: in.Quantity, Ensure: in.Ensure,
			Refused: &Refused{no.Code, no.Field, tasks.Shown(no.Value), no.Message, no.Choices}}, nil
	}
	if err != nil {
		return Rehearsal{}, a.portalError(err)
	}
	out := Rehearsal{
		Reference: r.Reference, ID: r.ID, Kind: r.Kind, ProductNo: r.ProductNo, Quantity: r.Quantity, Ensure: r.Ensure, Plan: r.Plan, Service: r.Service,
		Cycle: r.Cycle, Contact: r.Contact, Has: r.Has, Notes: r.Notes,
	}
	if r.Request != nil {
		body, err := json.Marshal(r.Request)
		if err != nil {
			return Rehearsal{}, err
		}
		out.Request = string(body)
	}
	return out, nil
}

// rehearseMany answers every line, in order. A portal that does not answer ends it.
func (a *API) rehearseMany(c *call, resolver *resolve.Resolver) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(c.r.Context())) // as with placeMany
	defer stop()
	defer context.AfterFunc(a.closing, stop)()
	rc := c.beginLines()
	for line := range office.NewLines(c.r.Body).All(ctx) {
		in, err := office.ReadLine(line, a.office.Config.Account)
		mine := err != nil
		var r Rehearsal
		if err == nil {
			r, err = a.rehearsed(ctx, resolver, in)
		}
		answer := RehearsedLine{Line: line.N, Status: http.StatusOK, Rehearsal: &r}
		if err != nil {
			p := *a.problemOf(ctx, err)
			p.RequestID = c.id
			answer = RehearsedLine{Line: line.N, Status: p.Status, Problem: &p}
		}
		_ = rc.SetWriteDeadline(time.Now().Add(still)) // not every connection has one
		if writeJSON(c.w, answer) != nil {
			return context.Canceled
		}
		_ = rc.Flush()
		if err != nil && !mine {
			break // the lines behind would fare no better
		}
	}
	return a.ended(ctx)
}
