package journal

import (
	"errors"
	"fmt"
	"os"
)

// Standing is what can be said from here about the sender of an attempt.
type Standing int

const (
	// SenderAbsent: no such journal in this folder. The sender was on another host, or its journal was
	// pruned. Nothing is proved. The zero value, so that whatever is forgotten proves nothing.
	SenderAbsent Standing = iota
	// SenderAlive: its process holds the file and has not said that the call returned. It may be
	// about to send.
	SenderAlive
	// SenderFinished: the call returned, or the process is gone. Nothing of this attempt will ever be
	// written to the network again by its sender; what is on its way already is another matter.
	SenderFinished
)

func (s Standing) String() string {
	switch s {
	case SenderAlive:
		return "alive"
	case SenderFinished:
		return "finished"
	}
	return "absent"
}

// Testimony is what one journal says of its process and of the attempts in it.
type Testimony struct {
	standing Standing
	outcomes map[passage]*Outcome // nil: begun, and no outcome
	whole    bool                 // the file was read to its end
}

// passage tells an attempt from others: the same reference may stand in a file more than once, after a Redis that
// forgot, and the nonce tells whose it is.
type passage struct{ reference, nonce string }

// Hear reads a journal once, whatever number of attempts is asked about then; name is the journal's
// (store.Evidence.Sender). What it says was so at some moment during the call, which is before whatever is read
// afterwards.
//
// With an error the testimony holds as far as it goes: a process that is gone is gone, though its file could not be
// read to the end.
func Hear(dir, name string) (Testimony, error) {
	path, err := pathOf(dir, name)
	if err != nil {
		return Testimony{}, err
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return Testimony{}, nil
	}
	if err != nil {
		return Testimony{}, fmt.Errorf("hear a sender: %w", err)
	}
	defer f.Close()

	// First the lock, then the reading: the other way round, a process could write its outcome and go
	// between the two, and the outcome would be missed.
	t := Testimony{standing: SenderFinished, outcomes: map[passage]*Outcome{}}
	lock, err := holdShared(f)
	switch {
	case errors.Is(err, errHeld):
		t.standing = SenderAlive
	case err != nil:
		return Testimony{}, fmt.Errorf("hear a sender: lock %s: %w", name, err)
	}
	defer lock.release()
	err = scan(f, name, func(r record) {
		switch {
		case r.Begin != nil:
			t.outcomes[passage{r.Begin.Reference, r.Begin.Nonce}] = nil
		case r.End != nil:
			t.outcomes[passage{r.End.Reference, r.End.Nonce}] = r.End
		}
	})
	t.whole = err == nil
	return t, err
}

// Of says how the sender of one attempt stands, and what came of it where the journal has that. An outcome in a file
// that could not be read to its end does not prove its sender finished: another may stand behind it.
func (t Testimony) Of(reference, nonce string) (Standing, *Outcome) {
	o := t.outcomes[passage{reference, nonce}]
	if o != nil && t.whole {
		return SenderFinished, o
	}
	return t.standing, o
}

// Sender tells how the sender of an attempt stands: name is the journal's (store.Evidence.Sender),
// reference and nonce the attempt's. The outcome is there when the journal has it.
//
// An error beside SenderFinished means that the process is gone, but its file could not be read to the
// end: finished is proved, an outcome may be lost. Beside any other standing it means: not known.
func Sender(dir, name, reference, nonce string) (Standing, *Outcome, error) {
	t, err := Hear(dir, name)
	standing, outcome := t.Of(reference, nonce)
	return standing, outcome, err
}
