package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/config"
	"orderq/store"
	"orderq/store/fleet"
)

func (a *app) status() *cobra.Command {
	cmd := &cobra.Command{
		Use: "status", Short: "Is the money safe? Ten lines", GroupID: groupCheck, Args: none,
		Long: `Is the money safe? The first line says it; nine more say what there is, whether
anything is sent, and what the ledger is worth.

Exit: 0 nothing is in doubt · 4 orders are in doubt or need a person · 1 the
portal has more orders than were asked for, or Redis does not answer.`,
		Example: "  orderq status\n  orderq status --json",
	}
	set := a.settings(cmd, append(ledgerSettings(), "YEASTAR_BASE_URL")...)
	cmd.RunE = a.do(set.withLedger(func(ctx context.Context, l *ledger, _ []string) error {
		r, err := l.report(ctx)
		if err != nil {
			return err
		}
		if a.json {
			err = a.emit(r)
		} else {
			for _, line := range r.lines() {
				a.say("%s", line)
			}
		}
		if err != nil {
			return err
		}
		return exit(r.code())
	}))
	return cmd
}

// report is the state of an account.
type report struct {
	Verdict   string                `json:"verdict"`
	Safe      bool                  `json:"safe"`
	Account   string                `json:"account"`
	Counts    map[store.State]int64 `json:"counts"`
	Waiting   time.Time             `json:"oldestAccepted,omitzero"`
	Doubt     time.Time             `json:"oldestInDoubt,omitzero"`
	Duplicate int                   `json:"duplicates"`
	Sending   string                `json:"sending"` // "open", or why nothing is sent
	Halt      *haltWord             `json:"halt,omitempty"`
	Forgot    *haltWord             `json:"forgot,omitempty"` // what Redis was last found to have forgotten
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
	toy       bool                  // the portal is a simulator: nothing is at stake
}

// haltWord is a halt as JSON.
type haltWord struct {
	By   string    `json:"by"`
	Note string    `json:"note"`
	At   time.Time `json:"at"`
}

func wordOf(h *fleet.Halt) *haltWord {
	if h == nil {
		return nil
	}
	return &haltWord{By: h.By, Note: h.Note, At: h.At}
}

// silentAfter is when a worker counts as gone: its heartbeats come every two seconds unless it was told
// otherwise.
const silentAfter = 15 * time.Second

func alive(s fleet.State) (ids []string) {
	for _, w := range s.Workers {
		if s.Now.Sub(w.Beat) < silentAfter {
			ids = append(ids, w.ID)
		}
	}
	return ids
}

// report reads everything that status shows; a handful of round trips.
func (l *ledger) report(ctx context.Context) (report, error) {
	s, err := l.fleet.Read(ctx)
	if err != nil {
		return report{}, err
	}
	counts, err := l.store.Counts(ctx)
	if err != nil {
		return report{}, err
	}
	r := report{
		Account: l.cfg.Account, Counts: counts, Duplicate: s.Duplicate, Halt: wordOf(s.Halt), Forgot: wordOf(s.Forgot), Closed: s.Closed,
		Allowance: s.Allowance, EchoAt: s.Echo.At, Echo: s.Echo.Shown, Workers: alive(s), Redis: l.cfg.Redis.String(),
		Ledger: s.Ledger, At: s.Now, toy: config.Loopback(l.cfg.BaseURL),
	}
	if s.OpenUntil.After(s.Now) {
		r.OpenUntil = s.OpenUntil
	}
	for _, w := range s.Workers {
		if s.Now.Sub(w.Beat) >= silentAfter {
			r.Silent = append(r.Silent, w.ID)
		}
	}
	if r.Waiting, err = l.store.Oldest(ctx, store.Accepted); err != nil {
		return r, err
	}
	for _, state := range []store.State{store.Unknown, store.Review} {
		at, err := l.store.Oldest(ctx, state)
		if err != nil {
			return r, err
		}
		if !at.IsZero() && (r.Doubt.IsZero() || at.Before(r.Doubt)) {
			r.Doubt = at
		}
	}
	epoch, err := l.fleet.Ledger(ctx)
	if err != nil && !errors.Is(err, fleet.ErrRecovery) {
		return r, err
	}
	r.Recovery = err != nil && epoch.Epoch != "" && epoch.Epoch != "volatile"
	d, err := fleet.CheckLedger(ctx, l.rdb)
	if err != nil {
		return r, err
	}
	r.Problems, r.Unproven = d.Problems, d.Unproven
	r.Sending = r.sending(epoch.Epoch != "")
	r.Verdict, r.Safe = r.verdict()
	return r, nil
}

func (r report) doubtful() int64 { return r.Counts[store.Unknown] + r.Counts[store.Review] }

func (r report) code() int {
	switch {
	case r.Duplicate > 0:
		return exitFailed
	case r.doubtful() > 0:
		return exitUnknown
	}
	return exitDone
}

// verdict is the one sentence, the worst that is true.
func (r report) verdict() (text string, safe bool) {
	switch unknown, review := r.Counts[store.Unknown], r.Counts[store.Review]; {
	case r.Duplicate > 0:
		return fmt.Sprintf("NOT SAFE: the portal has %s more than asked for.", count(int64(r.Duplicate), "order")), false
	case review > 0:
		return fmt.Sprintf("%s %s a person: orderq order list --state review", count(review, "order"), need(review)), false
	case unknown > 0:
		return fmt.Sprintf("%s in doubt: sent, and the answer is not known yet.", count(unknown, "order")), false
	case r.Recovery:
		return "Nothing is in doubt and nothing is sent: Redis has restarted (orderq recover).", false
	case r.Forgot != nil && r.Halt != nil:
		return "Redis had forgotten what was sent; it is known again. Look, then orderq resume.", false
	case len(r.Problems) > 0 && !r.toy:
		return "Nothing is in doubt, but this Redis can forget orders: orderq doctor", false
	}
	return "Money is safe: nothing is in doubt, and nothing was ordered twice.", true
}

// sending says whether orders leave, in the order in which the gate asks.
func (r report) sending(used bool) string {
	switch {
	case !used && len(r.Workers) > 0:
		return "nothing, the ledger is being recovered: orderq recover shows how far"
	case !used:
		return "not yet: no worker has ever used this ledger"
	case r.Recovery:
		return "nothing, Redis has restarted: orderq recover shows what is waited for"
	case r.Halt != nil:
		return "nothing, halted by " + plain(r.Halt.By) + " at " + clock(r.Halt.At) + ": " + plain(r.Halt.Note)
	case r.Closed != "":
		return "nothing, the portal refuses the credentials: " + plain(r.Closed)
	case !r.OpenUntil.IsZero():
		return "nothing until " + clock(r.OpenUntil) + ", the portal is not well"
	case r.Allowance > 0:
		return fmt.Sprintf("at most %d at once, the portal is healing", r.Allowance)
	case len(r.Workers) == 0:
		return "nothing, no worker is running"
	}
	return "open"
}

// lines is the report for people: ten lines, the verdict first.
func (r report) lines() []string {
	n := func(s store.State) string { return fmt.Sprintf("%d %s", r.Counts[s], s) }
	since := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return " (oldest " + short(r.At.Sub(t)) + ")"
	}
	echo := "not seen yet whether it shows our references"
	switch {
	case r.EchoAt.IsZero():
	case r.Echo:
		echo = "shows our references (seen " + short(r.At.Sub(r.EchoAt)) + " ago)"
	default:
		echo = "does not show our references (" + short(r.At.Sub(r.EchoAt)) + " ago): doubts need a person"
	}
	workers := count(int64(len(r.Workers)), "worker") + " alive"
	if len(r.Silent) > 0 {
		workers += fmt.Sprintf(", %d silent: %s", len(r.Silent), strings.Join(r.Silent, ", "))
	}
	ledger := "durable"
	switch {
	case len(r.Problems) > 0:
		ledger = "can forget: " + join("; ", r.Problems...)
	case r.Unproven != "":
		ledger = "not proven to be durable"
	}
	out := []string{r.Verdict}
	for _, f := range [][2]string{
		{"ended", strings.Join([]string{n(store.Placed), n(store.Rejected), n(store.Cancelled)}, ", ")},
		{"under way", strings.Join([]string{n(store.Preparing), n(store.Submitting), n(store.Pending)}, ", ")},
		{"waiting", n(store.Accepted) + since(r.Waiting) + ", " + n(store.Held)},
		{"in doubt", n(store.Unknown) + ", " + n(store.Review) + since(r.Doubt)},
		{"sending", r.Sending},
		{"portal", echo},
		{"workers", workers},
		{"ledger", ledger},
		{"at", clock(r.At) + ", account " + r.Account + ", " + r.Redis},
	} {
		out = append(out, cut(fmt.Sprintf("%-11s%s", f[0], f[1]), columns))
	}
	return out
}

// count says "1 order", "2 orders".
func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func need(n int64) string {
	if n == 1 {
		return "needs"
	}
	return "need"
}
