package fleet

import "context"

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

// Resume lets a halted account go on; who did it is kept until the next time.
func (f *Fleet) Resume(ctx context.Context, by, note string) error {
	_, err := f.run(ctx, "resume", f.lua.set, "resumed", 2, "resumedBy", by, "resumedNote", note, "halt", "haltBy", "haltNote")
	return err
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
