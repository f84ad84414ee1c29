package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// DefaultDuplicateWindow is how long an account remembers what its orders look like, unless a person sets another time.
const DefaultDuplicateWindow = 24 * time.Hour

// Alike is an order that another one looks like: same target, kind and amount.
type Alike struct {
	ID    string
	Batch string        // id; "": none
	Age   time.Duration // since it was let go
}

func (a Alike) String() string {
	text := fmt.Sprintf("looks like order %s of %s ago", a.ID, ago(a.Age))
	if a.Batch != "" {
		text += ", batch " + a.Batch
	}
	return text
}

// ago is a time as people say it.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(0, int(d/time.Second)))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d/time.Hour))
	}
	return fmt.Sprintf("%d days", int(d/(24*time.Hour)))
}

// alikeOf reads a script's {'like', id and batch, when, now}.
func alikeOf(reply []any) Alike {
	a := Alike{Age: time.Duration(integer(reply[3])-integer(reply[2])) * time.Millisecond}
	a.ID, a.Batch, _ = strings.Cut(fmt.Sprint(reply[1]), " ")
	return a
}

// LikeError: the order looks like another; nothing was written.
type LikeError struct{ Other Alike }

func (e *LikeError) Error() string { return e.Other.String() }

// Release lets a held order go on as its batch does: not before its NotBefore, and where it looks like another order
// it goes on waiting, for a person, unless its caller allows for that. Recorded either way; released is false where it
// waits.
func (s *Store) Release(ctx context.Context, o Order, note string) (_ Order, released bool, err error) {
	next, err := s.unhold(ctx, o, "", note, "ask")
	var like *LikeError
	switch {
	case !errors.As(err, &like):
		return next, err == nil, err
	case o.AllowDuplicate:
		next, err = s.unhold(ctx, o, "", note+"; "+like.Other.String()+"; its caller allows for that", "enter")
		return next, err == nil, err
	}
	to := o
	to.WaitingFor, to.WaitingOn, to.Reason = WaitDuplicate, like.Other.ID, like.Other.String()
	next, err = s.move(ctx, o, to, step{from: []State{Held}, entry: Entry{Reason: to.Reason}})
	return next, false, err
}
