package worker

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"orderq/store/journal"
)

// sends is this process's send journal. A file that has grown is followed by a new one, because whoever
// asks about an order's sender reads the file it is in; the old one is closed when its last attempt has ended.
type sends struct {
	dir    string
	header journal.Header
	opts   []journal.Option
	mu     sync.Mutex
	now    *journal.Journal
	old    []retired
}

// retired is a file that no further order is promised to.
type retired struct {
	*journal.Journal
	since time.Time
}

// journalSize is when a new file is begun: some thousands of orders, read in milliseconds.
const journalSize = 4 << 20

func openSends(dir string, h journal.Header, opts ...journal.Option) (*sends, error) {
	j, err := journal.Open(dir, h, opts...)
	if err != nil {
		return nil, err
	}
	return &sends{dir: dir, header: h, opts: opts, now: j}, nil
}

// current is the file that the next attempt belongs to: its name goes into the record before the attempt
// goes into the file.
func (s *sends) current() *journal.Journal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// names are the files that this process holds.
func (s *sends) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := []string{s.now.Name()}
	for _, j := range s.old {
		held = append(held, j.Name())
	}
	return held
}

// inPlace fails where one of the files that this process holds is not found under its name any more.
func (s *sends) inPlace() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := []*journal.Journal{s.now}
	for _, j := range s.old {
		held = append(held, j.Journal)
	}
	for _, j := range held {
		if err := j.InPlace(); err != nil {
			return fmt.Errorf("what was sent cannot be told from the send journals in %s: %w: put them back, or restart the worker", s.dir, err)
		}
	}
	return nil
}

// turn begins a new file where the present one has grown, and closes old ones that are done. promised is how
// long after asking the gate an attempt may still begin.
func (s *sends) turn(now time.Time, promised time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	if s.now.Size() > journalSize {
		next, err := journal.Open(s.dir, s.header, s.opts...)
		if err != nil {
			errs = append(errs, fmt.Errorf("begin a new journal: %w", err))
		} else {
			s.old = append(s.old, retired{s.now, now})
			s.now = next
		}
	}
	kept := s.old[:0]
	for _, j := range s.old {
		// An order may have passed the gate under an old name and not have begun in it yet.
		if j.InFlight() > 0 || now.Sub(j.since) < promised {
			kept = append(kept, j)
			continue
		}
		if err := j.Close(); errors.Is(err, journal.ErrInFlight) {
			kept = append(kept, j)
		} else if err != nil {
			errs = append(errs, err)
		}
	}
	s.old = kept
	return errors.Join(errs...)
}

func (s *sends) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, j := range s.old {
		errs = append(errs, j.Close())
	}
	errs = append(errs, s.now.Close())
	return errors.Join(errs...)
}

// prune removes journals of long ago that have nothing left to say. A host that comes up with a clock that runs ahead must
// not take yesterday's for old: Redis' clock has to say so too.
func (w *Worker) prune() {
	now := w.cfg.Now()
	if theirs := w.redisNow(); theirs.Before(now) {
		now = theirs
	}
	gone, err := journal.Prune(w.cfg.Journal, journal.Keep, now)
	if err != nil {
		w.log.Warn("old journals not removed", zap.Error(err))
	}
	if len(gone) > 0 {
		w.log.Info("old journals removed", zap.Int("files", len(gone)))
	}
}
