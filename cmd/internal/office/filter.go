package office

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"orderq/store"
	"orderq/tasks"
)

// Words are a filter as it was asked for; empty ones ask nothing.
type Words struct {
	States                           []string
	ProductNo, Reference, OrderNo    string
	Kind, Batch, Label, Since, Until string
	Limit                            int // 0: all
}

// StateNames lists the states' names, in the order of an order's life.
func StateNames() []string {
	var all []string
	for _, s := range store.States() {
		all = append(all, string(s))
	}
	return all
}

// KindNames lists the kinds of orders.
func KindNames() []string {
	var all []string
	for _, k := range tasks.Kinds() {
		all = append(all, k.Name)
	}
	return all
}

var batchID = regexp.MustCompile(`^ob[a-z2-7]{24}$`)

// Filter checks the words, for an account: a filter with a slip in it must not look like an empty list. The error is a
// *tasks.Invalid, with the fields in camelCase.
func (w Words) Filter(account string, now time.Time) (store.Filter, error) {
	var bad []tasks.Problem
	add := func(field, value, format string, args ...any) {
		bad = append(bad, tasks.Problem{Field: field, Value: tasks.Shown(value), Message: fmt.Sprintf(format, args...)})
	}
	f := store.Filter{Reference: w.Reference, OrderNo: w.OrderNo, Kind: w.Kind, Batch: w.Batch, Label: w.Label, Limit: w.Limit}
	for _, s := range w.States {
		if !slices.Contains(StateNames(), s) {
			add("state", s, "%s", wantOneOf(s, StateNames()))
		}
		f.States = append(f.States, store.State(s))
	}
	if w.Kind != "" && !slices.Contains(KindNames(), w.Kind) {
		add("kind", w.Kind, "%s", wantOneOf(w.Kind, KindNames()))
	}
	if w.Label != "" && !strings.Contains(w.Label, "=") {
		add("label", w.Label, "want key=value")
	}
	if w.Limit < 0 {
		add("limit", fmt.Sprint(w.Limit), "want a whole number, 0 for all")
	}
	if w.Batch != "" && !batchID.MatchString(w.Batch) {
		f.Batch = tasks.BatchID(account, w.Batch)
	}
	for _, m := range []struct {
		field, text string
		to          *time.Time
	}{{"since", w.Since, &f.Since}, {"until", w.Until, &f.Until}} {
		at, ok := moment(m.text, now)
		if *m.to = at; !ok {
			add(m.field, m.text, "want a day (2026-12-01, UTC), a time (2026-12-01T08:00:00Z), or how long ago (24h)")
		}
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && f.Until.Before(f.Since) {
		add("until", Clock(f.Until), "lies before %s, since when they are asked for: nothing can be between", Clock(f.Since))
	}
	f.ProductNo = (tasks.Intent{ProductNo: w.ProductNo}).Normalise().ProductNo
	if bad != nil {
		return f, &tasks.Invalid{Problems: bad}
	}
	return f, nil
}

func wantOneOf(word string, words []string) string {
	text := "want one of " + strings.Join(words, ", ")
	if near := tasks.Near(word, words, 3, 1); len(near) > 0 {
		text += "; did you mean " + near[0] + "?"
	}
	return text
}

// moment reads a time: RFC 3339, a day (UTC), or a duration that lies so far back; "" is none.
func moment(text string, now time.Time) (at time.Time, ok bool) {
	if text == "" {
		return time.Time{}, true
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			if t.IsZero() { // the least time of many a language is a time, and not none
				t = t.Add(1)
			}
			return t, true
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(-d), true
	}
	return time.Time{}, false
}

// Page is store.Page, and looks a reference or an order number up instead of reading the list for it.
func (o *Office) Page(ctx context.Context, f store.Filter, after store.Place) (orders []store.Order, next store.Place, more bool, err error) {
	var one store.Order
	switch {
	case f.Reference != "":
		one, err = o.Store.Get(ctx, tasks.OrderID(o.Config.Account, f.Reference))
	case f.OrderNo != "":
		one, err = o.Store.ByNumber(ctx, f.OrderNo)
	default:
		return o.Store.Page(ctx, f, after)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, after, false, nil
	case err != nil:
		return nil, after, false, err
	case after.ID == "" && f.Fits(one):
		orders = []store.Order{one}
	}
	return orders, after, false, nil
}
