package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"orderq/store/crash"
	"orderq/store/fleet"
	"orderq/store/journal"
)

// trust is what this process believes of the ledger: under which run of Redis the gate's word counts, and
// whether it may send at all. The gate asks for itself; this is what keeps a permission from a run that is over.
type trust struct {
	host journal.Host // this process' journal folder
	book string

	epoch   atomic.Pointer[string] // the run whose permissions count; "volatile"
	shut    atomic.Pointer[string] // why nothing is sent; nil: the ledger does not stand in the way
	weak    atomic.Pointer[string] // how this Redis can forget, found by a check since the start; nil: it cannot
	beats   atomic.Int64           // of the last heartbeat
	roster  atomic.Int64           // the change of the list of hosts that this folder last noted
	checked time.Time              // when durability was last checked, by recoverLoop alone

	// passing is held shared from before the gate is asked until the journal has the attempt. Whoever has held
	// it alone knows that all that passed before is in the journal.
	passing sync.RWMutex
	one     sync.Mutex // one recovery at a time
	said    string     // why nothing is sent, as the log has it; "": nothing was in the way. Under one
	telling sync.Mutex // of what the lanes of one comparison have found
}

// tell lets one lane at a time say what it has found.
func (t *trust) tell(found func()) {
	t.telling.Lock()
	defer t.telling.Unlock()
	found()
}

func (t *trust) of() string {
	if e := t.epoch.Load(); e != nil {
		return *e
	}
	return ""
}

func (t *trust) open(epoch string) (was bool) {
	t.epoch.Store(&epoch)
	return t.shut.Swap(nil) == nil
}

func (t *trust) close(why string) { t.shut.Store(&why) }

// refuses says why the ledger lets nothing be sent; "": it does not stand in the way.
func (t *trust) refuses() string {
	if why := t.shut.Load(); why != nil {
		return *why
	}
	if why := t.weak.Load(); why != nil {
		return "this Redis can forget orders now: " + *why
	}
	return ""
}

// Recovery is what one round of it came to.
type Recovery struct {
	Run       string   // the run of Redis that answers
	Epoch     string   // the run that the gate is open for
	Open      bool     // for the run that answers, or volatile
	Hosts     []string // that have not attested under this run, by id
	Processes []string // journals of this host whose live process has not vouched under this run
	Busy      bool     // another process of this host compares its journals with the records now
	Unaware   []string // hosts that have not yet noted this one; it sends nothing before they have
	Recalled  int      // attempts that Redis had forgotten, by this host's journals
	Replayed  int      // answers that only this host's journals had
	Unused    bool     // Redis and this host know of no order ever: a person has to say that this is a beginning
	Lost      []string // orders of such attempts of which nothing can be recorded

	halted bool // because of the first of them
}

// settled says that there is nothing to wait for.
func (r Recovery) settled() bool { return r.Open && len(r.Unaware) == 0 }

// waits says what a recovery waits for, for people.
func (r Recovery) waits() string {
	switch {
	case r.Unused:
		return "this Redis and this host know of no order ever sent. If this is the beginning: orderq recover --first-use"
	case r.Busy:
		return "another process of this host holds its send journals against the records"
	case len(r.Processes) > 0:
		return "live processes of this host have not vouched for their send journals (stopped? then kill them): " + strings.Join(r.Processes, ", ")
	case !r.Open && len(r.Hosts) > 0:
		return "hosts have not attested their send journals (start a worker there, or orderq recover --without-host): " + strings.Join(r.Hosts, ", ")
	case len(r.Unaware) > 0:
		return "hosts have not noted this one yet (start a worker there, or orderq recover --without-host): " + strings.Join(r.Unaware, ", ")
	}
	return "the ledger is being recovered"
}

// durabilityEvery is how often a worker asks whether its Redis can forget by now.
const durabilityEvery = 30 * time.Second

// recoverLoop sees to the ledger whenever there is something to see to.
func (w *Worker) recoverLoop(ctx context.Context) {
	w.every(ctx, w.cfg.HeartbeatEvery, w.mend, "recover the ledger", func(ctx context.Context) error {
		if w.trust.of() == volatileEpoch {
			return nil
		}
		if now := w.cfg.Now(); now.Sub(w.trust.checked) >= durabilityEvery {
			if err := w.checkDurability(ctx); err != nil {
				return err
			}
			w.trust.checked = now
		}
		if w.trust.shut.Load() == nil {
			return nil
		}
		_, err := w.Recover(ctx)
		return err
	})
}

const volatileEpoch = "volatile"

// heard takes in what a heartbeat brought: another run, a Redis that went back, a longer list of hosts.
func (w *Worker) heard(ctx context.Context, p fleet.Pulse) error {
	t := &w.trust
	last := t.beats.Swap(p.Beats)
	switch {
	case p.Epoch == volatileEpoch:
		t.open(volatileEpoch)
		return nil
	case p.Run == t.of() && p.Beats < last:
		// The same process with less than it had: flushed, or filled from an older copy.
		w.log.Error("Redis went back without a restart: nothing is sent until that is settled", zap.Int64("beats", p.Beats), zap.Int64("were", last))
		if err := w.fleet.Distrust(ctx); err != nil {
			return err
		}
	case p.Open() && p.Run == t.of() && p.Roster == t.roster.Load():
		return nil
	case p.Open() && p.Run == t.of():
		ask(w.mend)
		return w.noteRoster(ctx)
	}
	if t.shut.Load() == nil {
		w.log.Warn("the ledger has to be recovered", zap.String("epoch", p.Epoch), zap.String("run", p.Run))
		t.close("the ledger has to be recovered first")
	}
	ask(w.mend)
	return nil
}

// noteRoster puts the list of hosts on this host's disk, and says which are there.
func (w *Worker) noteRoster(ctx context.Context) error {
	hosts, err := w.fleet.Hosts(ctx)
	if err != nil {
		return err
	}
	if _, listed := hosts.Of(w.trust.host.ID); !listed {
		// Nobody would wait for what this host sends from now on, were Redis to forget it.
		w.log.Error("this host is said to be gone for good, and it is not: nothing is sent until it has attested anew")
		w.trust.close("this host was said to be gone (orderq recover --without-host): it attests anew")
	}
	return w.note(ctx, hosts)
}

func (w *Worker) note(ctx context.Context, hosts fleet.Hosts) error {
	var known []journal.Host
	for _, h := range hosts.Known {
		known = append(known, journal.Host{ID: h.ID, Name: h.Name})
	}
	if err := journal.NoteHosts(w.cfg.Journal, w.trust.book, known); err != nil {
		return err
	}
	there, err := journal.KnownHosts(w.cfg.Journal, w.trust.book)
	if err != nil {
		return err
	}
	var ids []string
	for _, h := range there {
		ids = append(ids, h.ID)
	}
	if err := w.fleet.Noted(ctx, w.trust.host.ID, ids); err != nil {
		return err
	}
	w.trust.roster.Store(hosts.Roster)
	return nil
}

// Recover carries out one round: this process vouches for its journals, this host holds its journals against
// the records and attests, and the gate opens when it was the last. It may be called again at any time, by a
// worker or, for a host where none runs, by a person.
func (w *Worker) Recover(ctx context.Context) (Recovery, error) {
	t := &w.trust
	t.one.Lock()
	defer t.one.Unlock()
	if err := w.openHost(); err != nil {
		return Recovery{}, err
	}
	l, err := w.fleet.Ledger(ctx)
	if err != nil && !errors.Is(err, fleet.ErrRecovery) {
		return Recovery{}, err
	}
	r := Recovery{Run: l.Run, Epoch: l.Epoch, Open: err == nil}
	switch {
	case l.Epoch == volatileEpoch:
		t.open(volatileEpoch)
		return r, nil
	case r.Open:
		r.Run = l.Epoch
	case l.Run == "":
		t.close("this Redis cannot be asked for its run_id (INFO): let this user run it")
		return r, fmt.Errorf("recover the ledger: %w: let this user run INFO, in scripts too", err)
	}
	hosts, err := w.fleet.Hosts(ctx)
	if err != nil {
		return r, err
	}
	if self, listed := hosts.Of(t.host.ID); !r.Open || !listed || self.Attested != r.Run {
		if r, err = w.attest(ctx, l, r); err != nil {
			return r, err
		}
	}
	if r.Open {
		if err := w.joined(ctx, &r); err != nil {
			return r, err
		}
	}
	if !r.settled() {
		why := r.waits()
		t.close(why)
		if !r.Busy && why != t.said { // busy is over within moments, and comes and goes while a host is waited for
			w.log.Warn("nothing is sent", zap.String("why", why))
			t.said = why
		}
		return r, nil
	}
	t.said = ""
	if was := t.open(r.Run); !was {
		w.log.Info("the ledger is whole: the gate is open", zap.String("run", r.Run), zap.Int("recalled", r.Recalled), zap.Int("replayed", r.Replayed))
		w.sweepSoon()
		w.readSoon()
	}
	return r, nil
}

// FirstUse lets this host begin the list of hosts of a Redis that has none: a person's word that nothing was ever sent
// with these credentials. It counts for this process; afterwards the folder knows.
func (w *Worker) FirstUse() { w.firstUse = true }

// attest is the part of a round that Redis' word alone does not spare.
func (w *Worker) attest(ctx context.Context, l fleet.Ledger, r Recovery) (Recovery, error) {
	t := &w.trust
	if err := w.vouch(ctx, r.Run); err != nil {
		return r, err
	}
	crash.At(crash.VouchAfter)
	// Asked after having vouched: it is among them.
	hosts, err := w.fleet.Hosts(ctx)
	if err != nil {
		return r, err
	}
	if r.Processes, err = w.silentProcesses(hosts, r.Run); err != nil || len(r.Processes) > 0 {
		return r, err
	}
	done, alone, err := journal.Comparing(w.cfg.Journal, t.book)
	if err != nil {
		return r, err
	}
	if !alone {
		r.Busy = true
		return r, nil
	}
	defer done()
	token := nonce()
	if err := w.fleet.Comparing(ctx, r.Run, t.host.ID, token); err != nil {
		return r, err
	}
	if err := w.compare(ctx, &r); err != nil {
		return r, err
	}
	if note := r.forgot(t.host); note != "" {
		w.log.Error("REDIS HAS FORGOTTEN what was sent: the account is halted until a person resumes it",
			zap.Int("recalled", r.Recalled), zap.Strings("lost", r.Lost))
		if err := w.fleet.Forgot(ctx, note); err != nil {
			return r, err
		}
	}
	crash.At(crash.CompareAfter)
	known, err := journal.KnownHosts(w.cfg.Journal, t.book)
	if err != nil {
		return r, err
	}
	a := fleet.Attestation{Run: r.Run, Token: token, Self: peer(t.host), Ledger: l.ID,
		Begin: len(known) > 0 || w.mayForget() || w.firstUse}
	for _, h := range known {
		a.Known = append(a.Known, peer(h))
	}
	if a.Ledger == "" {
		a.Ledger = w.ledgerID()
	}
	o, err := w.fleet.Attest(ctx, a)
	if errors.Is(err, fleet.ErrUnused) {
		r.Unused = true
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.Open, r.Epoch, r.Hosts = o.Open, o.Epoch, o.Waiting
	return r, nil
}

func peer(h journal.Host) fleet.Peer { return fleet.Peer{ID: h.ID, Name: h.Name} }

// forgot is the note of the halt; "" where nothing was.
func (r Recovery) forgot(h journal.Host) string {
	if r.Recalled == 0 && len(r.Lost) == 0 {
		return ""
	}
	text := fmt.Sprintf("Redis had forgotten %d attempts that the send journals of %s show; cancels and decisions of that time may be gone too: look at them, then orderq resume",
		r.Recalled+len(r.Lost), h.Name)
	if len(r.Lost) > 0 {
		text += "; no record could be made of " + strings.Join(r.Lost, ", ")
	}
	return text
}

// vouch makes sure that all with which this process passed the gate before is in its journals, and says so.
// The permissions of earlier runs are void from its first line on.
func (w *Worker) vouch(ctx context.Context, run string) error {
	if w.sends == nil {
		return nil // a command, which sends nothing
	}
	t := &w.trust
	names, token := w.sends.names(), nonce()
	if err := w.fleet.Vouching(ctx, run, token, names); err != nil {
		return err
	}
	t.epoch.Store(&run)
	t.passing.Lock()
	//lint:ignore SA2001 held for a moment: whoever passed the gate before has let go
	t.passing.Unlock()
	w.marks.forget()
	if err := w.sends.inPlace(); err != nil {
		t.close(err.Error())
		return err
	}
	return w.fleet.Vouch(ctx, run, token, names)
}

// silentProcesses are the journals of this host that a live process holds which has not vouched under this run.
func (w *Worker) silentProcesses(hosts fleet.Hosts, run string) (silent []string, err error) {
	files, err := journal.List(w.cfg.Journal)
	if err != nil {
		return nil, fmt.Errorf("recover the ledger: %w", err)
	}
	for _, f := range files {
		if f.Alive && f.Header.Book() == w.trust.book && hosts.Processes[f.Name] != run {
			silent = append(silent, f.Name)
		}
	}
	return silent, nil
}

// joined makes the list of hosts durable here, and finds out which hosts have not noted this one.
func (w *Worker) joined(ctx context.Context, r *Recovery) error {
	hosts, err := w.fleet.Hosts(ctx)
	if err != nil {
		return err
	}
	if _, listed := hosts.Of(w.trust.host.ID); !listed {
		r.Open = false // somebody said just now that it is gone: it attests anew
		return nil
	}
	crash.At(crash.JoinBeforeNote)
	if err := w.note(ctx, hosts); err != nil {
		return err
	}
	r.Unaware = nil
	for _, p := range hosts.Unaware(w.trust.host.ID) {
		if p.ID != w.trust.host.ID {
			r.Unaware = append(r.Unaware, p.ID)
		}
	}
	return nil
}
