package office

import (
	"context"
	"hash/fnv"
	"sync"

	"orderq/tasks"
)

const (
	// lanes is how many lines are placed at once. A durable Redis answers each after an fsync, which
	// it shares among those that wait, and what comes together is sent together (store/gather).
	lanes = 256
	// ahead is how many lines are read ahead of the one that is told next.
	ahead = 4 * lanes
)

// Intake is a line of a file on its way.
type Intake struct {
	N      int // the line's number, from 1
	Intent tasks.Intent
	Placed tasks.Placed
	Err    error // why there is no order: *tasks.Invalid, ErrLongLine, or what placing said
	Done   chan struct{}
}

// Deal reads the intents of a file, one a line, and calls place for each that is one, some at a time; it gives them in
// the file's order, each to be waited for by its Done. Lines with the same reference share a lane, so that the
// first of them in the file is the first to be accepted. The channel is closed when all is done, or soon after ctx is.
func Deal(ctx context.Context, from *Lines, account string, place func(*Intake)) <-chan *Intake {
	ordered := make(chan *Intake, ahead)
	var running sync.WaitGroup
	go func() {
		defer close(ordered)
		defer running.Wait()
		deal(ctx, from, account, ordered, &running, place)
	}()
	return ordered
}

func deal(ctx context.Context, from *Lines, account string, ordered chan<- *Intake, running *sync.WaitGroup, place func(*Intake)) {
	var all [lanes]chan *Intake
	for i := range all {
		lane := make(chan *Intake, ahead/lanes)
		all[i] = lane
		defer close(lane)
		running.Go(func() {
			for line := range lane {
				place(line)
				close(line.Done)
			}
		})
	}
	read := from.All(ctx)
	for {
		var raw Line
		var more bool
		select {
		case raw, more = <-read:
		case <-ctx.Done():
		}
		if !more {
			return
		}
		l := &Intake{N: raw.N, Done: make(chan struct{})}
		l.Intent, l.Err = ReadLine(raw, account)
		select {
		case ordered <- l:
		case <-ctx.Done():
			return
		}
		if l.Err != nil {
			close(l.Done)
			continue
		}
		all[laneOf(l.Intent.Reference)] <- l
	}
}

// ReadLine reads one intent.
func ReadLine(l Line, account string) (tasks.Intent, error) {
	if l.Err != nil {
		return tasks.Intent{}, l.Err
	}
	in, err := tasks.Decode(l.Text)
	if err != nil {
		if _, all := tasks.Parse(l.Text); all != nil {
			err = all // it has looked further and lists more
		}
		return in, err
	}
	return ForAccount(in, account)
}

// ForAccount makes an intent ready for an account. One that names none is for it; one that names another is
// refused, because no worker of this account would place it.
func ForAccount(in tasks.Intent, account string) (tasks.Intent, error) {
	switch in.Account {
	case "":
		in.Account = account
	case account:
	default:
		return in, &tasks.Invalid{Problems: []tasks.Problem{{
			Field: "account", Value: tasks.Shown(in.Account), Message: "orders of account " + account + " alone are placed here; leave it out",
		}}}
	}
	in = in.Normalise()
	return in, in.Validate()
}

func laneOf(reference string) int {
	h := fnv.New32a()
	h.Write([]byte(reference)) // never fails
	return int(h.Sum32() % lanes)
}
