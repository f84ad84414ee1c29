package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
	"orderq/store/fleet"
	"orderq/worker"
)

func (a *app) recover() *cobra.Command {
	var p person
	var without []string
	var first bool
	cmd := &cobra.Command{
		Use: "recover [--without-host ID --by NAME --note TEXT]", Short: "See to a Redis that may have forgotten", GroupID: groupRun, Args: none,
		Long: `See to a Redis that may have forgotten, and say what is waited for.

After each restart of Redis nothing is sent, because it may have come back older
than it was, without orders that it had recorded as sent: sending those again
would buy them twice. Workers see to that by themselves: each host holds its
send journals against the records, recalls what Redis has forgotten, and then
attests; when all hosts have, the gate opens. This command does the same for
this host, where no worker runs, and shows how far it is.

If Redis had forgotten anything, the account stays halted until a person has
looked and says orderq resume: cancels and decisions may be gone too.

A host that is gone for good is waited for until a named person says so with
--without-host. What that host had sent, and Redis has forgotten, is then known
to nobody but the portal.

A Redis that was never used looks like one that has lost everything. For a real
portal a person says once, with --first-use, that nothing was ever sent.

Exit: 0 the gate is open · 5 something is waited for · 1 failed.`,
		Example: `  orderq recover
  orderq recover --first-use --by anna --note 'new installation'
  orderq recover --without-host 5f3a… --by anna --note 'scrapped'`,
	}
	p.sign(cmd)
	cmd.Flags().BoolVar(&first, "first-use", false, "nothing was ever sent with these credentials: begin")
	cmd.Flags().StringSliceVar(&without, "without-host", nil, "the `id` of a host that is gone for good; may be repeated")
	set := a.settings(cmd, workerSettings()...)
	cmd.RunE = a.do(func(ctx context.Context, args []string) error {
		if len(without) > 0 || first {
			if err := p.needed(); err != nil {
				return err
			}
		}
		return set.withLedger(func(ctx context.Context, l *ledger, _ []string) error { return a.mend(ctx, l, p, without, first) })(ctx, args)
	})
	return cmd
}

// mend carries out one round of recovery for this host.
func (a *app) mend(ctx context.Context, l *ledger, p person, without []string, first bool) error {
	for _, id := range without {
		if err := l.fleet.RemoveHost(ctx, id, p.by, p.note); err != nil {
			if errors.Is(err, fleet.ErrNoHost) {
				return fmt.Errorf("--without-host %s: %w: orderq recover lists them", plain(id), err)
			}
			return err
		}
		if err := l.fleet.NoteRecovery(ctx, p.by, "without host "+id+": "+p.note); err != nil {
			return err
		}
		a.note("%s declares host %s gone for good (%s)", plain(p.by), plain(id), plain(p.note))
	}
	log := a.logger(l.cfg)
	defer log.Sync()
	wc, err := workerConfig(l.cfg, l.rdb, log)
	if err != nil {
		return err
	}
	w, err := worker.New(wc)
	if err != nil {
		return wrongUse(err)
	}
	if first {
		w.FirstUse()
		if err := l.fleet.NoteRecovery(ctx, p.by, "first use: "+p.note); err != nil {
			return err
		}
	}
	r, err := w.Recover(ctx)
	if err != nil {
		return err
	}
	report, err := l.recovery(ctx, r)
	if err != nil {
		return err
	}
	if a.json {
		err = a.emit(report)
	} else {
		for _, line := range report.lines() {
			a.say("%s", line)
		}
	}
	if err == nil && !report.Open {
		err = exit(exitNotFinal)
	}
	return err
}

// recovery is what `orderq recover` prints.
type recovery struct {
	Account   string         `json:"account"`
	Ledger    string         `json:"ledger,omitempty"`
	Run       string         `json:"run,omitempty"`
	Epoch     string         `json:"epoch,omitempty"`
	Open      bool           `json:"open"`
	Unused    bool           `json:"unused,omitempty"` // a person has to say that this is a beginning
	Hosts     []recoveryHost `json:"hosts,omitempty"`
	Gone      []recoveryGone `json:"gone,omitempty"`
	Processes []string       `json:"processesNotVouched,omitempty"`
	Busy      bool           `json:"busy,omitempty"` // another process of this host compares now
	Recalled  int            `json:"recalled"`       // attempts that Redis had forgotten, found now
	Replayed  int            `json:"replayed"`       // answers that only the journals had, recorded now
	Lost      []string       `json:"lost,omitempty"`
	Halt      *office.Word   `json:"halt,omitempty"`
	Forgot    *office.Word   `json:"forgot,omitempty"` // what was last found forgotten
}

type recoveryHost struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Attested bool   `json:"attested"`
	Noted    bool   `json:"noted"` // all hosts have it on their disks
}

type recoveryGone struct {
	ID   string    `json:"id"`
	By   string    `json:"by"`
	Note string    `json:"note"`
	At   time.Time `json:"at"`
}

func (l *ledger) recovery(ctx context.Context, r worker.Recovery) (recovery, error) {
	hosts, err := l.fleet.Hosts(ctx)
	if err != nil {
		return recovery{}, err
	}
	s, err := l.fleet.Read(ctx)
	if err != nil {
		return recovery{}, err
	}
	out := recovery{
		Account: l.cfg.Account, Ledger: s.Ledger, Run: r.Run, Epoch: r.Epoch, Open: r.Open, Unused: r.Unused, Processes: r.Processes, Busy: r.Busy,
		Recalled: r.Recalled, Replayed: r.Replayed, Lost: r.Lost, Halt: office.WordOf(s.Halt), Forgot: office.WordOf(s.Forgot),
	}
	for _, h := range hosts.Known {
		out.Hosts = append(out.Hosts, recoveryHost{h.ID, h.Name, h.Attested == r.Run, len(hosts.Unaware(h.ID)) == 0})
	}
	for _, g := range hosts.Gone {
		out.Gone = append(out.Gone, recoveryGone(g))
	}
	return out, nil
}

func (r recovery) lines() []string {
	first := "The gate is open: what was sent is known."
	switch {
	case r.Epoch == "volatile":
		first = "Nothing to recover: this ledger was declared volatile, it is for trying out."
	case r.Unused:
		first = "Nothing is sent: nobody here knows of any order ever. The beginning? Say --first-use."
	case !r.Open && r.Busy:
		first = "Nothing is sent yet: another process of this host compares its send journals now."
	case !r.Open && len(r.Processes) > 0:
		first = "Nothing is sent: a live process of this host has not vouched for its journal."
	case !r.Open:
		first = "Nothing is sent: hosts have not attested their send journals."
	case r.Halt != nil:
		first = "The gate is open, and the account is halted."
	}
	out := []string{first}
	add := func(name, format string, args ...any) {
		out = append(out, fmt.Sprintf("%-11s", name)+fmt.Sprintf(format, args...))
	}
	for _, h := range r.Hosts {
		word := "has not attested"
		switch {
		case h.Attested && h.Noted:
			word = "attested"
		case h.Attested:
			word = "attested; others have not noted it yet"
		}
		add("host", "%s  %s: %s", plain(h.ID), plain(h.Name), word)
	}
	for _, g := range r.Gone {
		add("gone", "%s  by %s at %s: %s", plain(g.ID), plain(g.By), clock(g.At), plain(g.Note))
	}
	for _, p := range r.Processes {
		add("process", "%s: if it is stopped for good, kill it", plain(p))
	}
	if n := r.Recalled + len(r.Lost); n > 0 || r.Replayed > 0 {
		add("found", "%s that Redis had forgotten, %s that only the journals had", count(int64(n), "attempt"), count(int64(r.Replayed), "answer"))
	}
	if len(r.Lost) > 0 {
		add("lost", "no record could be made of %s", strings.Join(r.Lost, ", "))
	}
	if r.Halt != nil {
		add("halted", "by %s at %s: %s", plain(r.Halt.By), clock(r.Halt.At), plain(r.Halt.Note))
	}
	return out
}
