package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// stalled is a disk whose fsyncs after the header's wait to be let through.
type stalled struct {
	started chan struct{} // one per fsync that began
	release chan error    // its result
	opened  bool
	count   atomic.Int64
}

func newStalled() *stalled {
	return &stalled{started: make(chan struct{}, 100), release: make(chan error)}
}

func (s *stalled) hook(sync func() error) error {
	if !s.opened {
		s.opened = true
		return sync()
	}
	s.count.Add(1)
	s.started <- struct{}{}
	if err := <-s.release; err != nil {
		return err
	}
	return sync()
}

// gathered returns when n records are written.
func gathered(j *Journal, n uint64) {
	for {
		j.mu.Lock()
		written := j.written
		j.mu.Unlock()
		if written >= n {
			return
		}
		runtime.Gosched()
	}
}

func TestCallersAtTheSameTimeShareAnFsync(t *testing.T) {
	t.Parallel()
	disk := newStalled()
	j := open(t, t.TempDir(), WithSync(disk.hook))
	const callers = 20
	done := make(chan error, callers)
	for i := range callers {
		go func() { done <- j.Begin(t.Context(), attempt(fmt.Sprint("r-", i))) }()
	}
	<-disk.started // the first caller's
	gathered(j, callers)
	select {
	case err := <-done:
		t.Fatalf("a Begin returned before any fsync did: %v", err)
	default:
	}
	disk.release <- nil
	returned := 0
	for waiting := true; waiting; {
		select {
		case <-disk.started: // everybody else's
			waiting = false
		case err := <-done:
			if returned++; err != nil || returned > 1 {
				t.Fatalf("%d callers returned after the first one's fsync, %v", returned, err)
			}
		}
	}
	disk.release <- nil
	for range callers - returned {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := disk.count.Load(); got != 2 {
		t.Errorf("%d callers took %d fsyncs, want 2", callers, got)
	}
	if j.InFlight() != callers {
		t.Errorf("%d in flight, want %d", j.InFlight(), callers)
	}
}

func TestARecordWrittenDuringAnFsyncWaitsForTheNextOne(t *testing.T) {
	t.Parallel()
	disk := newStalled()
	j := open(t, t.TempDir(), WithSync(disk.hook))
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- j.Begin(t.Context(), attempt("r-1")) }()
	<-disk.started
	go func() { second <- j.Begin(t.Context(), attempt("r-2")) }()
	gathered(j, 2)
	disk.release <- nil
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	select {
	case <-disk.started:
	case <-second:
		t.Fatal("the second Begin took the first one's fsync for its own")
	}
	disk.release <- nil
	if err := <-second; err != nil {
		t.Fatal(err)
	}
}

func TestAfterOneFailedFsyncNothingIsBegunAgain(t *testing.T) {
	t.Parallel()
	bad := errors.New("input/output error")
	syncs := 0
	j := open(t, t.TempDir(), WithSync(func(sync func() error) error {
		syncs++
		if syncs == 2 {
			return bad
		}
		return sync()
	}))
	for i := range 3 {
		err := j.Begin(t.Context(), attempt(fmt.Sprint("r-", i)))
		if !errors.Is(err, ErrBroken) || !errors.Is(err, bad) {
			t.Fatalf("begin %d: got %v, want ErrBroken and its cause", i, err)
		}
	}
	if syncs != 2 {
		t.Errorf("%d fsyncs: a failed one was tried again", syncs-1)
	}
	if j.InFlight() != 0 {
		t.Errorf("%d in flight: a Begin that failed must not be ended", j.InFlight())
	}
}

func TestAFailedFsyncFailsEverybodyInItsGroupAndBehindIt(t *testing.T) {
	t.Parallel()
	disk := newStalled()
	j := open(t, t.TempDir(), WithSync(disk.hook))
	const callers = 10
	done := make(chan error, callers)
	for i := range callers {
		go func() { done <- j.Begin(t.Context(), attempt(fmt.Sprint("r-", i))) }()
	}
	<-disk.started
	gathered(j, callers)
	disk.release <- errors.New("input/output error")
	for range callers {
		if err := <-done; !errors.Is(err, ErrBroken) {
			t.Errorf("got %v, want ErrBroken", err)
		}
	}
}

func TestAfterOneFailedWriteNothingIsBegunAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	begin(t, j, "r-1")
	real, full := j.write, errors.New("no space left on device")
	j.write = func(b []byte) (int, error) {
		n, _ := real(b[:len(b)/2]) // a disk that fills up in the middle of a record
		return n, full
	}
	if err := j.Begin(t.Context(), attempt("r-2")); !errors.Is(err, ErrBroken) || !errors.Is(err, full) {
		t.Fatalf("got %v, want ErrBroken and its cause", err)
	}
	j.write = real
	if err := j.Begin(t.Context(), attempt("r-3")); !errors.Is(err, ErrBroken) {
		t.Fatalf("with room again: got %v, want ErrBroken", err)
	}
	if err := j.End(Outcome{Reference: "r-1", Result: "done"}); !errors.Is(err, ErrBroken) {
		t.Fatalf("end: got %v, want ErrBroken", err)
	}
	if j.InFlight() != 0 {
		t.Errorf("%d in flight, want none: the call of r-1 returned", j.InFlight())
	}
	// What is on the disk ends in half a record, and nothing is behind it.
	for e, err := range Read(dir) {
		if err != nil || e.Attempt.Reference != "r-1" {
			t.Errorf("read %q, %v, want r-1 alone", e.Attempt.Reference, err)
		}
	}
}

func TestAJournalWhoseFileIsGoneFromItsPlaceIsBroken(t *testing.T) {
	t.Parallel()
	for what, lose := range map[string]func(dir, path string) error{
		"removed":             func(_, path string) error { return os.Remove(path) },
		"moved":               func(_, path string) error { return os.Rename(path, path+".1") },
		"moved with a folder": func(dir, _ string) error { return os.Rename(dir, dir+".old") },
		"replaced": func(_, path string) error {
			return errors.Join(os.Rename(path, path+".1"), os.WriteFile(path, nil, 0o600))
		},
	} {
		dir := filepath.Join(t.TempDir(), "journal")
		j := open(t, dir)
		if err := j.InPlace(); err != nil {
			t.Fatal(err)
		}
		if err := lose(dir, filepath.Join(dir, j.Name()+suffix)); err != nil {
			t.Fatal(err)
		}
		if err := j.Begin(t.Context(), attempt("r-1")); !errors.Is(err, ErrBroken) || j.InPlace() == nil {
			t.Errorf("%s: got %v, want ErrBroken; in place: %v", what, err, j.InPlace())
		}
	}
}

func TestACallerWhoGivesUpLeavesNoAttemptInFlight(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk := newStalled()
	j := open(t, dir, WithSync(disk.hook))
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- j.Begin(t.Context(), attempt("r-1")) }()
	<-disk.started
	ctx, cancel := context.WithCancel(t.Context())
	go func() { second <- j.Begin(ctx, attempt("r-2")) }()
	gathered(j, 2)
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the context's error", err)
	}
	standing, outcome, err := Sender(dir, j.Name(), "r-2", "n")
	if err != nil || standing != SenderFinished || outcome == nil || outcome.Result != "not sent" {
		t.Errorf("got %v, %+v, %v, want finished, not sent", standing, outcome, err)
	}
	disk.release <- nil
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if j.InFlight() != 1 {
		t.Errorf("%d in flight, want r-1 alone", j.InFlight())
	}
	close(disk.release) // for the cleanup's close
}

func TestAnEndedContextBeginsNothing(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	size := j.Size()
	if err := j.Begin(ctx, attempt("r-1")); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the context's error", err)
	}
	if j.Size() != size {
		t.Error("it was written all the same")
	}
}

func TestBeginAndEndRefuseWhatCannotBeTrue(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir())
	begin(t, j, "r-1")
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"twice in flight", j.Begin(t.Context(), attempt("r-1")), "in flight already"},
		{"no order", j.Begin(t.Context(), Attempt{Account: "a", Reference: "r", Nonce: "n", N: 1}), "order is empty"},
		{"no account", j.Begin(t.Context(), Attempt{Order: "o", Reference: "r", Nonce: "n", N: 1}), "account is empty"},
		{"no reference", j.Begin(t.Context(), Attempt{Order: "o", Account: "a", Nonce: "n", N: 1}), "reference is empty"},
		{"no nonce", j.Begin(t.Context(), Attempt{Order: "o", Account: "a", Reference: "r", N: 1}), "nonce is empty"},
		{"attempt 0", j.Begin(t.Context(), Attempt{Order: "o", Account: "a", Reference: "r", Nonce: "n"}), "count from 1"},
		{"too large", j.Begin(t.Context(), Attempt{Order: "o", Account: "a", Reference: "r", Nonce: "n", N: 1, Body: make([]byte, maxLine)}), "at most 65536"},
		{"no result", j.End(Outcome{Reference: "r-1"}), "result is empty"},
		{"never begun", j.End(Outcome{Reference: "r-9", Result: "done"}), "not in flight"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, c.err, c.want)
		}
	}
	end(t, j, "r-1", "done")
	if err := j.End(Outcome{Reference: "r-1", Result: "done"}); !errors.Is(err, ErrNotBegun) {
		t.Errorf("ended twice: got %v, want ErrNotBegun", err)
	}
}

func TestManyAtOnceAreAllInTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir, at(day))
	const workers, each = 8, 25
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				ref := fmt.Sprintf("r-%d-%d", w, i)
				if err := j.Begin(t.Context(), attempt(ref)); err != nil {
					t.Error(err)
					return
				}
				if err := j.End(Outcome{Reference: ref, Result: "done", OrderNo: ref}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for e, err := range Read(dir) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Outcome == nil || e.Outcome.OrderNo != e.Attempt.Reference || !e.Attempt.At.Equal(day) {
			t.Errorf("%+v", e)
		}
		seen[e.Attempt.Reference] = true
	}
	if len(seen) != workers*each {
		t.Errorf("%d attempts in the file, want %d", len(seen), workers*each)
	}
}
