package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/office"
	"orderq/store/batch"
	"orderq/tasks"
)

// Report is the state of the account.
func (o *Office) Report(ctx context.Context) (r office.Report, err error) {
	return r, o.get(ctx, "/v1/status", nil, &r)
}

// Limits are what bounds the sending of orders, as the server reads its settings.
func (o *Office) Limits(ctx context.Context) (l office.Limits, err error) {
	return l, o.get(ctx, "/v1/limits", nil, &l)
}

// newLimits is what POST /v1/limits takes.
type newLimits struct {
	Budgets    []string `json:"budgets,omitempty"`
	Duplicates string   `json:"duplicates,omitempty"`
	Events     string   `json:"events,omitempty"`
	By         string   `json:"by,omitempty"`
	Note       string   `json:"note,omitempty"`
}

// SetLimits changes limits, and says how many orders ask again. *office.WrongLimitError where something cannot be meant.
func (o *Office) SetLimits(ctx context.Context, n office.NewLimits) (woken int, err error) {
	var got api.LimitsSet
	err = o.post(ctx, "/v1/limits", newLimits{n.Budgets, n.Duplicates, n.Events, n.By, n.Note}, &got)
	var bad *tasks.Invalid
	switch {
	case errors.As(err, &bad) && slices.Contains([]string{"budgets", "duplicates", "events"}, bad.Problems[0].Field):
		p := bad.Problems[0]
		if p.Field == "budgets" {
			p.Field = "budget"
		}
		err = &office.WrongLimitError{Field: p.Field, Value: p.Value, Message: p.Message}
	case slug(err) == "not-found":
		err = fmt.Errorf("%w at %s; orderq batch list shows what there is", batch.ErrNotFound, o.cfg.URL)
	}
	return got.Woken, err
}

// Workers is how many were heard lately.
func (o *Office) Workers(ctx context.Context) (int, error) {
	l, err := o.Limits(ctx)
	return l.Workers, err
}

// Halt says whether the account is halted, and by whom.
func (o *Office) Halt(ctx context.Context) (h office.Halt, err error) {
	return h, o.get(ctx, "/v1/halt", nil, &h)
}

// HaltBy lets nothing more be sent. It may be asked again: a halt twice is a halt.
func (o *Office) HaltBy(ctx context.Context, by, note string) error {
	return o.json(ctx, ask{method: http.MethodPost, path: "/v1/halt", body: decision{by, note}, again: true}, &office.Halt{})
}

// Resume lets a halted account send again.
func (o *Office) Resume(ctx context.Context, by, note string) error {
	return o.json(ctx, ask{method: http.MethodDelete, path: "/v1/halt", body: decision{by, note}}, &office.Halt{})
}
