package journal

import (
	"context"
	"fmt"
)

// Begin makes an attempt durable. Only when it returns nil may the request be sent. Callers at the same
// time share an fsync: whoever finds none running runs it for all that is written by then.
//
// Errors: a wrong attempt; ErrClosed; ErrBroken with its cause; the context's, when it ended while
// waiting for the disk (the journal then says of the attempt that it was not sent). A reference that
// is in flight here already is refused.
func (j *Journal) Begin(ctx context.Context, a Attempt) error {
	if err := a.validate(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("journal attempt %s: %w", a.Reference, err)
	}
	if a.At.IsZero() {
		a.At = j.now()
	}
	line, err := record{Begin: &a}.encode()
	if err != nil {
		return err
	}

	j.mu.Lock()
	defer j.mu.Unlock()
	switch _, twice := j.inFlight[a.Reference]; {
	case j.broken != nil:
		return j.failed(a.Reference)
	case j.closing:
		return fmt.Errorf("journal attempt %s: %w", a.Reference, ErrClosed)
	case twice:
		return fmt.Errorf("journal attempt %s: it is in flight already: one request per reference", a.Reference)
	}
	if err := j.append(line); err != nil {
		return j.failed(a.Reference)
	}
	j.inFlight[a.Reference] = a.Nonce
	if err := j.durable(ctx, j.written); err != nil {
		delete(j.inFlight, a.Reference)
		if j.broken != nil {
			return j.failed(a.Reference)
		}
		// The line is in the file, perhaps on the disk. Without this one it would count as in flight
		// for as long as this process lives.
		j.end(Outcome{Reference: a.Reference, Nonce: a.Nonce, Result: "not sent", Reason: "cancelled before it was journalled"})
		return fmt.Errorf("journal attempt %s: %w", a.Reference, err)
	}
	return nil
}

// End notes what became of an attempt. Other processes see it at once; it is not waited for on the
// disk, because losing it costs a look at the portal's list and never an order. It becomes durable
// with the next Begin, or with Close. An error leaves the attempt ended for this process.
func (j *Journal) End(o Outcome) error {
	if o.Result == "" {
		return fmt.Errorf("journal outcome of %s: result is empty: give the outcome's word", o.Reference)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	nonce, ok := j.inFlight[o.Reference]
	if !ok {
		return fmt.Errorf("journal outcome of %q: %w", o.Reference, ErrNotBegun)
	}
	o.Nonce = nonce
	delete(j.inFlight, o.Reference)
	return j.end(o)
}

func (j *Journal) end(o Outcome) error {
	if j.broken != nil {
		return j.failed(o.Reference)
	}
	if o.At.IsZero() {
		o.At = j.now()
	}
	o = o.cut()
	line, err := record{End: &o}.encode()
	if err != nil {
		return err
	}
	if j.append(line) != nil {
		return j.failed(o.Reference)
	}
	return nil
}

// append writes one line. It is called with mu held: a write that was cut short must have nothing
// behind it, or a torn end becomes damage in the middle.
func (j *Journal) append(line []byte) error {
	n, err := j.write(line)
	j.size += int64(n)
	if err != nil {
		j.broken = fmt.Errorf("write: %w", err)
		return j.broken
	}
	j.written++
	return nil
}

// durable returns when the record with this number is on the disk. It is called with mu held, and
// gives it up while it waits.
func (j *Journal) durable(ctx context.Context, record uint64) error {
	for {
		switch {
		case j.synced >= record:
			return nil
		case j.broken != nil:
			return j.broken
		case j.group != nil:
			running := j.group
			j.mu.Unlock()
			select {
			case <-running:
			case <-ctx.Done():
			}
			j.mu.Lock()
			if err := ctx.Err(); err != nil && j.synced < record {
				return err
			}
		default:
			j.flush()
		}
	}
}

// flush runs one fsync for all that is written by now. The lock is given up meanwhile, so that the next
// group can gather behind it.
func (j *Journal) flush() {
	upTo := j.written
	over := make(chan struct{})
	j.group = over
	j.mu.Unlock()
	err := j.sync()
	if err == nil {
		err = j.alive()
	}
	j.mu.Lock()
	j.group = nil
	close(over)
	switch {
	case err != nil && j.broken == nil:
		j.broken = fmt.Errorf("fsync: %w", err)
	case err == nil && j.synced < upTo:
		j.synced = upTo
	}
}

func (j *Journal) failed(reference string) error {
	return fmt.Errorf("journal %s: %w (%w)", reference, ErrBroken, j.broken)
}
