package fleet

import (
	"context"
	"errors"
	"fmt"
)

// HaltBy stops every worker's next POST for this account, until a person resumes it.
func (f *Fleet) HaltBy(ctx context.Context, by, note string) error {
	_, err := f.run(ctx, "halt", f.lua.set, "halt", 2, "haltBy", by, "haltNote", note)
	return err
}

// Forgot halts the account because this Redis has forgotten what was sent; note says what, for people.
func (f *Fleet) Forgot(ctx context.Context, note string) error {
	_, err := f.run(ctx, "halt", f.lua.forgot, note)
	return err
}

// ErrHaltedAgain: somebody, or orderq itself, has halted the account since its halt was read. Nothing was resumed.
var ErrHaltedAgain = errors.New("the account was halted again in this moment: look why, then resume it")

// Resume lets a halted account go on; who did it is kept until the next time. ErrHaltedAgain where another halt came
// meanwhile: nobody has looked at that one. Nothing is changed where the account is not halted.
func (f *Fleet) Resume(ctx context.Context, by, note string) error {
	s, err := f.rdb.HMGet(ctx, f.key.Fleet(), "halt", "forgot").Result()
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	for i := range s {
		if s[i] == nil {
			s[i] = ""
		}
	}
	cmd, err := f.run(ctx, "resume", f.lua.resume, s[0], s[1], by, note)
	if err != nil {
		return err
	}
	if n, err := cmd.Int(); err != nil || n == 0 {
		return errors.Join(fmt.Errorf("resume: %w", ErrHaltedAgain), err)
	}
	return nil
}

// Close notes that the portal refuses the account's credentials: no order is sent until a read succeeds.
func (f *Fleet) Close(ctx context.Context, why string) error {
	_, err := f.run(ctx, "close the account", f.lua.set, "closed", 1, "closedNote", why)
	return err
}

// Reopen notes that a read succeeded.
func (f *Fleet) Reopen(ctx context.Context) error {
	_, err := f.run(ctx, "reopen the account", f.lua.set, "", 0, "closed", "closedNote")
	return err
}
