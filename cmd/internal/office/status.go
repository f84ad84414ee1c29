package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderq/cmd/internal/config"
	"orderq/store"
	"orderq/store/fleet"
)

// Report is the state of an account.
type Report struct {
	Verdict   string                `json:"verdict"`
	Safe      bool                  `json:"safe"`
	Account   string                `json:"account"`
	Counts    map[store.State]int64 `json:"counts"`
	Waiting   time.Time             `json:"oldestAccepted,omitzero"`
	Doubt     time.Time             `json:"oldestInDoubt,omitzero"`
	Duplicate int                   `json:"duplicates"`
	Sending   string                `json:"sending"` // "open", or why nothing is sent
	Halt      *Word                 `json:"halt,omitempty"`
	Forgot    *Word                 `json:"forgot,omitempty"` // what Redis was last found to have forgotten
	Closed    string                `json:"credentialsRefused,omitempty"`
	OpenUntil time.Time             `json:"breakerOpenUntil,omitzero"`
	Allowance int                   `json:"allowance,omitempty"` // orders in flight while the portal heals
	EchoAt    time.Time             `json:"echoAt,omitzero"`     // when it was last seen whether the portal shows our reference
	Echo      bool                  `json:"echo"`
	Workers   []string              `json:"workers"`
	Silent    []string              `json:"silentWorkers,omitempty"`
	Redis     string                `json:"redis"`
	Ledger    string                `json:"ledger,omitempty"` // its id
	Recovery  bool                  `json:"recoveryNeeded"`
	Problems  []string              `json:"ledgerProblems,omitempty"`
	Unproven  string                `json:"ledgerUnproven,omitempty"`
	At        time.Time             `json:"at"`
	Toy       bool                  `json:"-"` // the portal is a simulator: nothing is at stake
}

// Word is what a person, or a worker, has said of the account as a whole.
type Word struct {
	By   string    `json:"by"`
	Note string    `json:"note"`
	At   time.Time `json:"at"`
}

// WordOf is nil where nothing was said.
func WordOf(h *fleet.Halt) *Word {
	if h == nil {
		return nil
	}
	return &Word{By: h.By, Note: h.Note, At: h.At}
}

// silentAfter is when a worker counts as gone: its heartbeats come every two seconds unless it was told
// otherwise.
const silentAfter = 15 * time.Second

// Alive are the workers that were heard lately.
func Alive(s fleet.State) (ids []string) {
	for _, w := range s.Workers {
		if s.Now.Sub(w.Beat) < silentAfter {
			ids = append(ids, w.ID)
		}
	}
	return ids
}

// Report reads everything that status shows; a handful of round trips.
func (o *Office) Report(ctx context.Context) (Report, error) {
	s, err := o.Fleet.Read(ctx)
	if err != nil {
		return Report{}, err
	}
	counts, err := o.Store.Counts(ctx)
	if err != nil {
		return Report{}, err
	}
	r := Report{
		Account: o.Config.Account, Counts: counts, Duplicate: s.Duplicate, Halt: WordOf(s.Halt), Forgot: WordOf(s.Forgot), Closed: s.Closed,
		Allowance: s.Allowance, EchoAt: s.Echo.At, Echo: s.Echo.Shown, Workers: append([]string{}, Alive(s)...), Redis: o.Config.Redis.String(),
		Ledger: s.Ledger, At: s.Now, Toy: config.Loopback(o.Config.BaseURL),
	}
	if s.OpenUntil.After(s.Now) {
		r.OpenUntil = s.OpenUntil
	}
	for _, w := range s.Workers {
		if s.Now.Sub(w.Beat) >= silentAfter {
			r.Silent = append(r.Silent, w.ID)
		}
	}
	if r.Waiting, err = o.Store.Oldest(ctx, store.Accepted); err != nil {
		return r, err
	}
	for _, state := range []store.State{store.Unknown, store.Review} {
		at, err := o.Store.Oldest(ctx, state)
		if err != nil {
			return r, err
		}
		if !at.IsZero() && (r.Doubt.IsZero() || at.Before(r.Doubt)) {
			r.Doubt = at
		}
	}
	epoch, err := o.Fleet.Ledger(ctx)
	if err != nil && !errors.Is(err, fleet.ErrRecovery) {
		return r, err
	}
	r.Recovery = err != nil && epoch.Epoch != "" && epoch.Epoch != "volatile"
	d, err := fleet.CheckLedger(ctx, o.Redis)
	if err != nil {
		return r, err
	}
	r.Problems, r.Unproven = d.Problems, d.Unproven
	r.Sending = r.sending(epoch.Epoch != "")
	r.Verdict, r.Safe = r.verdict()
	return r, nil
}

// Doubtful is how many orders may have been sent without anybody knowing what became of them.
func (r Report) Doubtful() int64 { return r.Counts[store.Unknown] + r.Counts[store.Review] }

// verdict is the one sentence, the worst that is true.
func (r Report) verdict() (text string, safe bool) {
	switch unknown, review := r.Counts[store.Unknown], r.Counts[store.Review]; {
	case r.Duplicate > 0:
		return fmt.Sprintf("NOT SAFE: the portal has %s more than asked for.", Count(int64(r.Duplicate), "order")), false
	case review > 0:
		return fmt.Sprintf("%s %s a person: orderq order list --state review", Count(review, "order"), need(review)), false
	case unknown > 0:
		return fmt.Sprintf("%s in doubt: sent, and the answer is not known yet.", Count(unknown, "order")), false
	case r.Recovery:
		return "Nothing is in doubt and nothing is sent: Redis has restarted (orderq recover).", false
	case r.Forgot != nil && r.Halt != nil:
		return "Redis had forgotten what was sent; it is known again. Look, then orderq resume.", false
	case len(r.Problems) > 0 && !r.Toy:
		return "Nothing is in doubt, but this Redis can forget orders: orderq doctor", false
	}
	return "Money is safe: nothing is in doubt, and nothing was ordered twice.", true
}

// sending says whether orders leave, in the order in which the gate asks.
func (r Report) sending(used bool) string {
	switch {
	case !used && len(r.Workers) > 0:
		return "nothing, the ledger is being recovered: orderq recover shows how far"
	case !used:
		return "not yet: no worker has ever used this ledger"
	case r.Recovery:
		return "nothing, Redis has restarted: orderq recover shows what is waited for"
	case r.Halt != nil:
		return "nothing, halted by " + Plain(r.Halt.By) + " at " + Clock(r.Halt.At) + ": " + Plain(r.Halt.Note)
	case r.Closed != "":
		return "nothing, the portal refuses the credentials: " + Plain(r.Closed)
	case !r.OpenUntil.IsZero():
		return "nothing until " + Clock(r.OpenUntil) + ", the portal is not well"
	case r.Allowance > 0:
		return fmt.Sprintf("at most %d at once, the portal is healing", r.Allowance)
	case len(r.Workers) == 0:
		return "nothing, no worker is running"
	}
	return "open"
}

func need(n int64) string {
	if n == 1 {
		return "needs"
	}
	return "need"
}
