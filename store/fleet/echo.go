package fleet

import "context"

// NoteEcho records whether the portal showed our reference for an order known to be ours.
func (f *Fleet) NoteEcho(ctx context.Context, shown bool) error {
	word := "0"
	if shown {
		word = "1"
	}
	_, err := f.run(ctx, "note the echo", f.lua.set, "echoAt", 1, "echo", word, "echoAsk")
	return err
}

// ForgetEchoQuestion drops the order that the echo was to be asked of: it could not be.
func (f *Fleet) ForgetEchoQuestion(ctx context.Context) error {
	_, err := f.run(ctx, "drop the echo question", f.lua.set, "", 0, "echoAsk")
	return err
}

// AskEchoOf notes a portal order of ours that the echo can be asked of.
func (f *Fleet) AskEchoOf(ctx context.Context, orderNo string) error {
	_, err := f.run(ctx, "note an order to ask the echo of", f.lua.set, "", 1, "echoAsk", orderNo)
	return err
}

// NoteDuplicate counts a portal order beyond the first for one intent.
func (f *Fleet) NoteDuplicate(ctx context.Context) error {
	if err := f.rdb.HIncrBy(ctx, f.key.Fleet(), "duplicates", 1).Err(); err != nil {
		return err
	}
	return nil
}
