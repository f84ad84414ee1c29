package worker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"orderq/store/fleet"
	"orderq/store/journal"
)

// openLedger checks that this Redis may be trusted with money, and finds out which ledger it is: its id, or
// the one that this host's journals name where Redis has none, or a new one.
func (w *Worker) openLedger(ctx context.Context) (id string, err error) {
	d, err := fleet.CheckLedger(ctx, w.cfg.Redis)
	if err != nil {
		return "", err
	}
	if len(d.Problems) > 0 && !w.mayForget() {
		return "", &VolatileError{Problems: d.Problems}
	}
	for _, p := range d.Problems {
		w.log.Warn("this Redis can forget orders", zap.String("problem", p))
	}
	w.trust.checked = w.cfg.Now()
	ledger, err := w.fleet.Ledger(ctx)
	switch {
	case err != nil && !errors.Is(err, fleet.ErrRecovery):
		return "", err
	case err != nil && ledger.Run == "" && w.mayForget():
		ledger, err = w.fleet.Volatile(ctx) // INFO cannot be asked: the embedded one
		if err != nil {
			return "", err
		}
	}
	if ledger.ID == "" {
		ledger.ID = w.ledgerID()
	}
	return ledger.ID, nil
}

// ledgerID is the id that a ledger without one gets: what this process writes already, or what the newest
// journal of this host says, or a new one.
func (w *Worker) ledgerID() string {
	if w.sends != nil {
		return w.sends.header.Ledger
	}
	id, newest := "", time.Time{}
	files, _ := journal.List(w.cfg.Journal) // what cannot be read is told by the recovery, which must read it
	for _, f := range files {
		if f.Header.Book() == w.trust.book && f.Header.Started.After(newest) {
			id, newest = f.Header.Ledger, f.Header.Started
		}
	}
	return either(id, fleet.NewLedgerID())
}

// openHost finds out whose journals these are, once.
func (w *Worker) openHost() error {
	if w.trust.host.ID != "" {
		return nil
	}
	h, err := journal.OpenHost(w.cfg.Journal)
	w.trust.host = h
	return err
}

// checkDurability asks again what was asked at the start: settings change, and a Redis that comes back may be
// another.
func (w *Worker) checkDurability(ctx context.Context) error {
	d, err := fleet.CheckLedger(ctx, w.cfg.Redis)
	if err != nil {
		return err
	}
	if len(d.Problems) == 0 || w.mayForget() {
		w.trust.weak.Store(nil)
		return nil
	}
	why := strings.Join(d.Problems, "; ")
	if was := w.trust.weak.Swap(&why); was == nil || *was != why {
		w.log.Error("this Redis can forget orders by now: nothing is sent until it cannot", zap.Strings("problems", d.Problems))
	}
	return nil
}

// mayForget says that this Redis may be one that forgets: the portal is a simulated one, or somebody said so.
func (w *Worker) mayForget() bool { return loopback(w.cfg.Portal.BaseURL) || w.cfg.AllowVolatileLedger }

// VolatileError is the refusal to trust a Redis that can forget with a real portal's orders.
type VolatileError struct{ Problems []string }

func (e *VolatileError) Error() string {
	return fmt.Sprintf("this Redis can forget orders that were sent, and a forgotten order is sent twice: %s. "+
		"Set that, or start with --allow-volatile-ledger if you accept it", strings.Join(e.Problems, "; "))
}

func loopback(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
