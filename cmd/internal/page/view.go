package page

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/batch"
)

const (
	mostWaiting = 500 // orders of which it is told what they wait for
	mostReview  = 20
	mostLatest  = 25
	mostBatches = 10
)

// batchesWithin is how long the counting of batches may take: large ones must not keep the verdict from being shown.
const batchesWithin = 2 * time.Second

// view is what the page shows.
type view struct {
	Account string
	Away    bool // Redis does not answer: nothing is known
	office.Report
	Tone    string // good, care or bad
	Counts  []count
	Facts   []fact
	Waiting []wait
	Some    bool // there are more that wait than were looked at
	Unknown *order
	Review  []order
	Latest  []order
	Budgets []office.Budget
	Window  string // what counts as a duplicate
	Batches []batchRow
	Slow    bool // batches could not be counted in time
}

type count struct {
	State  store.State
	N      int64
	Means  string
	Needs  bool // somebody has to know of it
	Oldest time.Duration
}

type fact struct {
	Name, Text string
	Bad        bool
}

// wait is what some orders wait for.
type wait struct {
	N       int
	For     string
	Command string // that lets them go; "": none does
	Goes    string // else: what does
}

type order struct {
	store.Order
	What, Why, Command string
	Age                time.Duration
}

type batchRow struct {
	office.BatchView
	Ended, Of int
	Counts    string
	Command   string
}

// read reads everything; at most some hundred records, however many there are.
func read(ctx context.Context, o *office.Office) (v view, err error) {
	if v.Report, err = o.Report(ctx); err != nil {
		return v, err
	}
	v.Account = v.Report.Account
	standings, err := o.Store.Standings(ctx)
	if err != nil {
		return v, err
	}
	limits, err := o.Limits(ctx)
	if err != nil {
		return v, err
	}
	v.Budgets = limits.Budgets
	if w, err := time.ParseDuration(limits.DuplicateWindow); err == nil && w > 0 {
		v.Window = ago(w)
	}
	v.Tone = toneOf(v.Report)
	v.Counts = v.countsOf(standings)
	v.Facts = v.factsOf()
	if at := standings[store.Unknown].Oldest; at.ID != "" {
		one, err := o.Store.Get(ctx, at.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return v, err
		}
		if err == nil && one.State == store.Unknown { // else it has moved on meanwhile
			shown := v.orderOf(one)
			v.Unknown = &shown
		}
	}
	for _, list := range []struct {
		to     *[]order
		filter store.Filter
	}{
		{&v.Review, store.Filter{States: []store.State{store.Review}, Limit: mostReview}},
		{&v.Latest, store.Filter{Limit: mostLatest}},
	} {
		some, _, _, err := o.Store.Page(ctx, list.filter, store.Place{})
		if err != nil {
			return v, err
		}
		for _, one := range some {
			*list.to = append(*list.to, v.orderOf(one))
		}
	}
	some, _, more, err := o.Store.Page(ctx, store.Filter{States: []store.State{store.Held, store.Accepted}, Limit: mostWaiting}, store.Place{})
	if err != nil {
		return v, err
	}
	v.Waiting, v.Some = waitsOf(some), more
	counting, cancel := context.WithTimeout(ctx, batchesWithin)
	defer cancel()
	if v.Batches, err = batchesOf(counting, o); err != nil {
		v.Batches, v.Slow = nil, true // the rest was read: it is told without them
	}
	return v, nil
}

func toneOf(r office.Report) string {
	switch {
	case r.Duplicate > 0:
		return "bad"
	case r.Safe:
		return "good"
	}
	return "care"
}

// means says what a state means for money, in a few words.
var means = map[store.State]string{
	store.Held: "waits for a person or its batch", store.Accepted: "nothing is on its way", store.Preparing: "only reads were sent",
	store.Submitting: "may be on its way now", store.Unknown: "may have been bought: being looked for", store.Pending: "at the portal, not final",
	store.Review: "may have been bought: a person decides", store.Placed: "bought, once", store.Rejected: "nothing was bought", store.Cancelled: "nothing was bought",
}

func (v view) countsOf(standings map[store.State]store.Standing) (all []count) {
	for _, state := range store.States() {
		c := count{State: state, N: standings[state].Count, Means: means[state]}
		c.Needs = c.N > 0 && (state == store.Unknown || state == store.Review)
		if at := standings[state].Oldest.At; !at.IsZero() && !state.Final() {
			c.Oldest = v.At.Sub(at)
		}
		all = append(all, c)
	}
	return all
}

func (v view) factsOf() []fact {
	facts := []fact{{"Sending", v.Sending, v.Sending != "open"}}
	if v.Halt != nil {
		facts = append(facts, fact{"Halt", fmt.Sprintf("%s, by %s at %s: orderq resume", v.Halt.Note, v.Halt.By, office.Clock(v.Halt.At)), true})
	} else {
		facts = append(facts, fact{"Halt", "none", false})
	}
	breaker := fact{"Breaker", "closed: the portal is well", false}
	switch {
	case !v.OpenUntil.IsZero():
		breaker = fact{"Breaker", "open until " + office.Clock(v.OpenUntil) + ": the portal is not well", true}
	case v.Allowance > 0:
		breaker = fact{"Breaker", fmt.Sprintf("healing: at most %d on their way at once", v.Allowance), true}
	}
	workers := office.Count(int64(len(v.Workers)), "worker") + " alive"
	if len(v.Silent) > 0 {
		workers += fmt.Sprintf(", %d silent: %s", len(v.Silent), strings.Join(v.Silent, ", "))
	}
	ledger := fact{"Ledger", "durable", false}
	switch {
	case len(v.Problems) > 0:
		ledger = fact{"Ledger", "can forget: " + strings.Join(v.Problems, "; "), !v.Toy}
	case v.Unproven != "":
		ledger = fact{"Ledger", "not proven to be durable: " + v.Unproven, false}
	}
	echo := fact{"Portal", "not seen yet whether it shows our references", false}
	switch {
	case v.EchoAt.IsZero():
	case v.Echo:
		echo.Text = "shows our references: an order in doubt can be found"
	default:
		echo = fact{"Portal", "does not show our references: doubts need a person", true}
	}
	return append(facts, breaker, fact{"Workers", workers, len(v.Workers) == 0 || len(v.Silent) > 0}, ledger, echo)
}

func (v view) orderOf(o store.Order) order {
	out := order{Order: o, What: o.Kind, Why: o.Reason, Age: v.At.Sub(o.AcceptedAt)}
	switch {
	case o.Ensure > 0:
		out.What = fmt.Sprintf("%s to %d", o.Kind, o.Ensure)
	case o.Quantity > 0:
		out.What = fmt.Sprintf("%s %d", o.Kind, o.Quantity)
	}
	if w := office.Waits(o); w != "" && out.Why == "" {
		out.Why = "waits " + w
	}
	switch {
	case o.State == store.Review:
		out.Command = "orderq order resolve " + o.ID
	case o.State == store.Held && (o.WaitingFor == store.WaitDuplicate || o.WaitingFor == store.WaitApproval):
		out.Command = "orderq order release " + o.ID
	}
	return out
}

// reasons say what orders wait for, and what lets them go.
var reasons = map[store.Waiting]wait{
	"":                  {For: "for a worker to take them"},
	store.WaitStart:     {For: "for their time (notBefore)"},
	store.WaitTime:      {For: "for a moment: an attempt failed, and nothing was sent"},
	store.WaitRecovery:  {For: "until the ledger is known to be whole", Command: "orderq recover"},
	store.WaitHalt:      {For: "because the account is halted", Command: "orderq resume"},
	store.WaitAccount:   {For: "because the portal refuses the credentials", Command: "orderq doctor"},
	store.WaitBreaker:   {For: "for the portal, which is not well"},
	store.WaitClaim:     {For: "for another order for the same PBX, which is on its way or in doubt"},
	store.WaitBudget:    {For: "because a budget is spent", Command: "orderq limits set"},
	store.WaitRate:      {For: "for their turn: the rate of portal calls"},
	store.WaitBatch:     {For: "for their batch to release them", Goes: "their batch, see there"},
	store.WaitApproval:  {For: "for a person to approve them", Command: "orderq order release"},
	store.WaitDuplicate: {For: "for a person: they look like other orders", Command: "orderq order release"},
}

func waitsOf(orders []store.Order) (all []wait) {
	counts := map[store.Waiting]int{}
	for _, o := range orders {
		counts[o.WaitingFor]++
	}
	for what, n := range counts {
		w, known := reasons[what]
		if !known {
			w.For = "for " + string(what)
		}
		if w.N = n; w.Goes == "" {
			w.Goes = "goes on by itself"
		}
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b wait) int {
		if a.N != b.N {
			return b.N - a.N
		}
		return strings.Compare(a.For, b.For)
	})
	return all
}

// word is what a shell takes as it is.
var word = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:@+-]*$`)

// batchesOf are the batches that are not done, of the newest.
func batchesOf(ctx context.Context, o *office.Office) (rows []batchRow, err error) {
	all, err := batch.Of(o.Store).List(ctx, mostBatches)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if one.State == batch.Cancelled {
			continue
		}
		b, err := o.ViewBatch(ctx, one)
		if err != nil {
			return nil, err
		}
		if b.State == "done" {
			continue
		}
		row := batchRow{BatchView: b}
		var said []string
		for _, state := range store.States() {
			n := b.Counts[state]
			row.Of += n
			if state.Final() {
				row.Ended += n
			}
			if n > 0 {
				said = append(said, fmt.Sprintf("%d %s", n, state))
			}
		}
		row.Counts = strings.Join(said, ", ")
		name := b.ID
		if word.MatchString(b.Name) {
			name = b.Name
		}
		if b.State == "held" || b.State == "stopped" {
			row.Command = "orderq batch approve " + name
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// ago is a time span for people: its two largest units.
func ago(d time.Duration) string {
	switch {
	case d < time.Second:
		return "0s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm %ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh %dm", int(d.Hours()), int(d.Minutes())%60)
	case d == 24*time.Hour:
		return "24h"
	}
	return fmt.Sprintf("%dd %dh", int(d.Hours())/24, int(d.Hours())%24)
}
