package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
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

// LookAlike says of each what it would look like were it accepted now; nil: nothing. What is in doubt between two
// readings is for Accept to decide.
func (s *Store) LookAlike(ctx context.Context, all []New) ([]*Alike, error) {
	if len(all) == 0 {
		return nil, nil
	}
	l, err := s.Limits(ctx)
	if err != nil {
		return nil, err
	}
	found := make([]*Alike, len(all))
	if l.DuplicateWindow == 0 {
		return found, nil
	}
	now, err := s.rdb.Time(ctx).Result()
	if err != nil {
		return nil, fmt.Errorf("look for orders that look alike: %w", err)
	}
	replies := make([]*redis.ZSliceCmd, len(all))
	_, err = s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, n := range all {
			replies[i] = p.ZRevRangeByScoreWithScores(ctx, s.key.Like(n.Target, n.Like),
				&redis.ZRangeBy{Min: "(" + ms(now.Add(-l.DuplicateWindow)), Max: "+inf", Count: 1})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for orders that look alike: %w", err)
	}
	for i, r := range replies {
		if z := r.Val(); len(z) > 0 && all[i].Like != "" {
			a := Alike{Age: now.Sub(time.UnixMilli(int64(z[0].Score)))}
			a.ID, a.Batch, _ = strings.Cut(fmt.Sprint(z[0].Member), " ")
			found[i] = &a
		}
	}
	return found, nil
}

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
