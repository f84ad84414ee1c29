package fleet

import (
	"context"
	"errors"
	"fmt"
)

// ErrUnused: the ledger's list of hosts is empty, and this host may not begin one.
var ErrUnused = errors.New("this Redis knows of no host that has ever sent, and neither does this one")

// Attestation is a host's word under one run of Redis.
type Attestation struct {
	Run    string // the run under which the journals were held against the records
	Token  string // that Comparing was called with, before the first look
	Self   Peer
	Known  []Peer // the hosts that its folder knows
	Ledger string // the ledger's id, for a Redis that has lost it
	// Begin: this host may begin a list that is empty. A Redis that was flushed looks like one that was never used, so
	// it takes a folder that knows the ledger, a person, or nothing at stake.
	Begin bool
}

// Opening is what came of an attestation.
type Opening struct {
	Open    bool     // the gate is open for this run
	Epoch   string   // the run that it is open for
	Fresh   bool     // this host was not on the list before
	Waiting []string // hosts that have not attested, by id
}

// Comparing says that a host begins to hold its journals against the records, under a token of its own. ErrRecovery
// where another run answers.
func (f *Fleet) Comparing(ctx context.Context, run, host, token string) error {
	return f.promise(ctx, run, token, "comparing:"+host)
}

// Vouching says that a process begins to look whether its journals have all, under a token of its own. ErrRecovery
// where another run answers.
func (f *Fleet) Vouching(ctx context.Context, run, token string, journals []string) error {
	fields := make([]string, len(journals))
	for i, j := range journals {
		fields[i] = "vouching:" + j
	}
	return f.promise(ctx, run, token, fields...)
}

func (f *Fleet) promise(ctx context.Context, run, token string, fields ...string) error {
	args := []any{run, token}
	for _, field := range fields {
		args = append(args, field)
	}
	cmd, err := f.run(ctx, "begin to attest", f.lua.promise, args...)
	if err != nil {
		return err
	}
	if n, err := cmd.Int(); err != nil || n == 0 {
		return fmt.Errorf("begin to attest under run %.12s: %w", run, ErrRecovery)
	}
	return nil
}

// Attest puts a host and those that it knows on the list, takes its word, and opens the gate where every host
// on the list has given theirs under this run. ErrRecovery where another run answers, or this one has lost the token:
// begin anew. ErrUnused where the list is empty and this host may not begin it.
func (f *Fleet) Attest(ctx context.Context, a Attestation) (Opening, error) {
	begin := ""
	if a.Begin {
		begin = "1"
	}
	args := []any{a.Run, a.Self.ID, a.Token, a.Ledger, begin, a.Self.ID, a.Self.Name}
	for _, p := range a.Known {
		if p.ID != a.Self.ID {
			args = append(args, p.ID, p.Name)
		}
	}
	cmd, err := f.run(ctx, "attest host "+a.Self.ID, f.lua.attest, args...)
	if err != nil {
		return Opening{}, err
	}
	r, err := cmd.Slice()
	if err != nil {
		return Opening{}, fmt.Errorf("attest host %s: %w", a.Self.ID, err)
	}
	switch r[0] {
	case "other run":
		return Opening{}, fmt.Errorf("attest host %s under run %.12s: %.12v answers, or this one has lost the token: %w", a.Self.ID, a.Run, r[1], ErrRecovery)
	case "unused":
		return Opening{}, fmt.Errorf("attest host %s: %w", a.Self.ID, ErrUnused)
	}
	o := Opening{Epoch: fmt.Sprint(r[1]), Fresh: r[2] == int64(1)}
	o.Open = o.Epoch == a.Run || o.Epoch == "volatile"
	for _, id := range r[3:] {
		o.Waiting = append(o.Waiting, fmt.Sprint(id))
	}
	return o, nil
}

// Vouch takes a live process' word that all with which it passed the gate before is in its journals. token is that
// of its Vouching. ErrRecovery where another run answers, or this one has lost the token.
func (f *Fleet) Vouch(ctx context.Context, run, token string, journals []string) error {
	args := []any{run, token}
	for _, j := range journals {
		args = append(args, j)
	}
	cmd, err := f.run(ctx, "vouch for the journals", f.lua.vouch, args...)
	if err != nil {
		return err
	}
	if n, err := cmd.Int(); err != nil || n == 0 {
		return fmt.Errorf("vouch for the journals under run %.12s: %w", run, ErrRecovery)
	}
	return nil
}

// Distrust shuts the gate: a process has seen this Redis go back without a restart.
func (f *Fleet) Distrust(ctx context.Context) error {
	_, err := f.run(ctx, "shut the gate", f.lua.set, "distrusted", 0, "epoch")
	return err
}
