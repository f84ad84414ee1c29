package fleet

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
)

// ErrRecovery: this Redis is not the run that the gate was opened for, so what it may have forgotten has
// to be settled first.
var ErrRecovery = errors.New("the ledger's Redis has restarted, or cannot say whether it has")

// Ledger identifies what a Redis remembers.
type Ledger struct {
	ID    string // random, given when the ledger was first used
	Epoch string // the run that the gate is open for: run_id and master_replid, half of each; "volatile"
	Run   string // the run that answers now, where it differs; "" if INFO cannot be asked
}

// Volatile declares that this Redis forgets and that nothing is at stake: the embedded one, in the demo and
// in tests.
func (f *Fleet) Volatile(ctx context.Context) (Ledger, error) { return f.epoch(ctx, "volatile") }

// Ledger reads. ErrRecovery where the gate is not open for the run that answers; the Ledger tells both.
func (f *Fleet) Ledger(ctx context.Context) (Ledger, error) { return f.epoch(ctx, "read") }

// NewLedgerID draws an id for a ledger that has none.
func NewLedgerID() string {
	fresh := make([]byte, 8)
	rand.Read(fresh) // never fails (crypto/rand, since Go 1.24)
	return hex.EncodeToString(fresh)
}

// NoteRecovery keeps who last decided something about a recovery, until the next time.
func (f *Fleet) NoteRecovery(ctx context.Context, by, note string) error {
	_, err := f.run(ctx, "note the recovery", f.lua.set, "recovered", 2, "recoveredBy", by, "recoveredNote", note)
	return err
}

func (f *Fleet) epoch(ctx context.Context, how string) (Ledger, error) {
	cmd, err := f.run(ctx, "ask for the epoch", f.lua.epoch, how, NewLedgerID())
	if err != nil {
		return Ledger{}, err
	}
	r, err := cmd.StringSlice()
	if err != nil {
		return Ledger{}, fmt.Errorf("ask for the epoch: %w", err)
	}
	if r[0] == "ok" {
		return Ledger{Epoch: r[1], ID: r[2]}, nil
	}
	return Ledger{Epoch: r[1], Run: r[2], ID: r[3]}, ErrRecovery
}
