package prove

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderq/cmd/internal/oracle"
	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// judge reads both sides, after the workers have gone, and compares.
func (r *run) judge(ctx context.Context) (Report, error) {
	r.crew.dismiss(20 * time.Second)
	records, err := r.store.List(ctx, store.Filter{})
	if err != nil {
		return Report{}, err
	}
	s, err := r.fleet.Read(ctx)
	if err != nil {
		return Report{}, err
	}
	ledger := r.portal.Ledger()
	v := oracle.Judge(r.producer.ids(), records, ledger)
	rep := Report{
		Seed: r.o.Seed, Orders: r.o.Orders, PBXs: r.o.PBXs, Workers: r.o.Workers, Echo: r.o.Echo, Hostile: r.o.Hostile, Names: r.o.Names, Lag: r.o.ListLag.String(), Schedule: Schedule(r.o),
		Kills: r.crew.kills, Attacks: r.attacks, Resumed: r.resumed, Decided: r.decided, Again: "", Repeated: r.producer.again, RepliesLost: r.wire.lost,
		Calls: ledger.Calls, Faults: map[yeastartest.Fault]int{}, Crashes: r.crew.crashes, Broken: r.crew.failed,
	}
	for _, o := range ledger.Orders {
		if o.Fault != "" {
			rep.Faults[o.Fault]++
		}
		if o.ByHand {
			rep.ByHand++
		}
	}
	for _, n := range ledger.Requests {
		rep.Most = max(rep.Most, n)
	}
	rep.Batches, rep.ApplyKilled, rep.ApplyTwice = len(r.batches.sheets), r.batches.killed, r.batches.again
	rep.Wrong = append(rep.Wrong, r.batches.wrongs(ctx)...)
	claims, err := r.server.line.HGetAll(ctx, r.store.Keys().Claims()).Result()
	if err != nil {
		return rep, err
	}
	rep.explain(v, records, claims, ledger, r.o.Echo != "none")
	wrong, err := misspent(ctx, r.store, records)
	if err != nil {
		return rep, err
	}
	rep.Wrong = append(rep.Wrong, wrong...)
	rep.Wrong = append(rep.Wrong, overshot(r.intents, r.pbxs, ledger.Orders)...)
	rep.Ensured, rep.Satisfied = ensures(records)
	id, secret := secrets(r.o.Seed)
	leaked, err := leaks(r.dir, id, secret)
	if err != nil {
		return rep, err
	}
	rep.Wrong, rep.Leaks = append(rep.Wrong, leaked...), len(leaked)
	if s.Duplicate > 0 && rep.Verdict.Count(oracle.Duplicate) == 0 {
		rep.Wrong = append(rep.Wrong, fmt.Sprintf("the fleet counts %d duplicates, and the portal has none", s.Duplicate))
	}
	histories := map[string][]store.Entry{}
	for _, o := range records {
		h, err := r.store.History(ctx, o.ID)
		if err != nil {
			return rep, err
		}
		histories[o.ID] = h
		if text := impossible(o, h); text != "" {
			rep.Wrong = append(rep.Wrong, "order "+o.ID+": "+text)
		}
		for _, e := range h {
			if e.To == store.Unknown && strings.Contains(e.Reason, "which Redis had forgotten") {
				rep.Recalled++
			}
		}
	}
	for _, f := range rep.Verdict.Findings {
		rep.Stories = append(rep.Stories, story(f.Order, histories[f.Order]))
	}
	rep.Recovered = recoveries(histories, r.crew.deaths)
	slices.Sort(r.opened)
	rep.GateOpened = spread(r.opened)
	rep.Clean = len(rep.Verdict.Findings) == 0 && len(rep.Wrong) == 0 && len(rep.Broken) == 0
	return rep, nil
}

// misspent says where the budgets' counters are not what the records have spent, or a record's is not what its state
// says. Redis may have forgotten and been told again in between.
func misspent(ctx context.Context, st *store.Store, records []store.Order) (wrong []string, err error) {
	spent := map[string]int{}
	var budgets []store.Budget
	for _, o := range records {
		if _, seen := spent[o.Kind]; !seen {
			budgets = append(budgets, store.Budget{Scope: store.ScopeAccount, Of: o.Kind, Limit: 1})
		}
		spent[o.Kind] += o.Spent
		if sent := o.State == store.Placed || o.State == store.Pending || o.State == store.Unknown || o.State == store.Submitting; sent && o.Spent == 0 ||
			(o.State == store.Accepted || o.State == store.Rejected || o.State == store.Cancelled) && o.Spent != 0 {
			wrong = append(wrong, fmt.Sprintf("order %s is %s and has spent %d units", o.ID, o.State, o.Spent))
		}
	}
	if err := st.SetLimits(ctx, store.LimitChange{Budgets: budgets, By: "prove"}); err != nil {
		return nil, err
	}
	l, err := st.Limits(ctx)
	for _, b := range l.Budgets {
		if b.Scope == store.ScopeAccount && b.Spent != spent[b.Of] {
			wrong = append(wrong, fmt.Sprintf("the budgets say that %d units of %s are spent, and the records %d", b.Spent, b.Of, spent[b.Of]))
		}
	}
	return wrong, err
}

// explain takes out of the verdict what the scenario makes ambiguous. An order that is left to a person is such a
// case where nobody could know: where the portal shows our references, one that the portal has is not.
func (rep *Report) explain(v oracle.Verdict, records []store.Order, claims map[string]string, ledger yeastartest.Ledger, echo bool) {
	byID := map[string]store.Order{}
	for _, o := range records {
		byID[o.ID] = o
	}
	people := leftToPeople(claims, records)
	explained := func(o store.Order) bool {
		return o.State == store.Review && o.Reason != "" && !(echo && len(ledger.Committed(o.ID)) > 0)
	}
	keep := v.Findings[:0]
	for _, f := range v.Findings {
		o := byID[f.Order]
		if first, waits := people.before(o); f.Wrong == oracle.Open && waits && explained(first) {
			rep.Behind++
			continue
		}
		if f.Wrong == oracle.Open && explained(o) {
			rep.Review = append(rep.Review, Reviewed{Order: o.ID, Attempts: o.Attempt, AtPortal: len(ledger.Committed(o.ID)), Reason: o.Reason})
			continue
		}
		keep = append(keep, f)
	}
	v.Findings = keep
	rep.Verdict = v
}

// left are the orders that are left to a person, and that others of their targets wait for.
type left struct {
	holders map[string]store.Order // by target: who has the claim now, whatever its state
	sent    map[string]store.Order // by target: one that may have added to what the PBX has
}

func leftToPeople(claims map[string]string, records []store.Order) left {
	l := left{map[string]store.Order{}, map[string]store.Order{}}
	byID := map[string]store.Order{}
	for _, o := range records {
		byID[o.ID] = o
		if k, _ := tasks.KindOf(o.Kind); k.Ensures && o.State == store.Review && o.Attempt > 0 {
			l.sent[o.Target] = o
		}
	}
	for target, id := range claims {
		l.holders[target] = byID[id]
	}
	return l
}

// before gives the order in review that an order waits for: one that has the claim by now, which may be another than when
// it joined the line, or, where it names what its PBX shall have, one of which nobody knows what it added.
func (l left) before(o store.Order) (store.Order, bool) {
	holder := l.holders[o.Target]
	switch {
	case o.State != store.Accepted:
	case o.WaitingFor == store.WaitClaim && holder.State == store.Review:
		return holder, true
	case o.WaitingFor == store.WaitTime && o.Ensure > 0 && l.sent[o.Target].ID != "":
		return l.sent[o.Target], true
	}
	return store.Order{}, false
}

// impossible says why a history is no way through the table; "": it is one.
func impossible(o store.Order, h []store.Entry) string {
	state := store.State("")
	for i, e := range h {
		stays := e.From == e.To
		if e.From != state || !stays && !store.Allowed(e.From, e.To) {
			return fmt.Sprintf("entry %d of its history goes from %q to %q, and it stood in %q", i+1, e.From, e.To, state)
		}
		state = e.To
	}
	if state != o.State {
		return fmt.Sprintf("its history ends in %q, and it is %q", state, o.State)
	}
	return ""
}

// story is a history in words.
func story(id string, h []store.Entry) string {
	var b strings.Builder
	b.WriteString(id + "\n")
	for _, e := range h {
		fmt.Fprintf(&b, "  %s  %s → %s  #%d  %s  %s\n", e.At.Format("15:04:05.000"), e.From, e.To, e.Attempt, e.Reason, e.Call)
	}
	return b.String()
}

// ofWorker finds the process in the reason that an order was taken from it.
var ofWorker = regexp.MustCompile(`its worker \S+-(\d+)-[0-9a-f]{8} is gone`)

// recoveries are the times from a worker's death to the moment at which an order that it had in hand moved again.
func recoveries(histories map[string][]store.Entry, deaths map[int]time.Time) Spread {
	var all []time.Duration
	for _, h := range histories {
		for _, e := range h {
			m := ofWorker.FindStringSubmatch(e.Reason)
			if m == nil {
				continue
			}
			pid, err := strconv.Atoi(m[1])
			died, known := deaths[pid]
			if err == nil && known && e.At.After(died) {
				all = append(all, e.At.Sub(died))
			}
		}
	}
	slices.Sort(all)
	return spread(all)
}

// Spread is a distribution of times, in seconds.
type Spread struct {
	N      int     `json:"n"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Max    float64 `json:"max"`
}

// spread sums up sorted times.
func spread(sorted []time.Duration) Spread {
	if len(sorted) == 0 {
		return Spread{}
	}
	at := func(q float64) float64 {
		return sorted[int(q*float64(len(sorted)-1))].Round(time.Millisecond).Seconds()
	}
	return Spread{N: len(sorted), Median: at(0.5), P95: at(0.95), Max: at(1)}
}
