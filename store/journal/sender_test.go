package journal

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestASenderIsAliveUntilItsProcessIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name, kill := holder(t, dir)
	if got, outcome, err := Sender(dir, name, "r-open", "n"); got != SenderAlive || outcome != nil || err != nil {
		t.Fatalf("while it lives: got %v, %+v, %v, want alive", got, outcome, err)
	}
	if got, outcome, err := Sender(dir, name, "r-ended", "n"); got != SenderFinished || outcome == nil || outcome.OrderNo != "3048571730026938368" || err != nil {
		t.Fatalf("a call that returned: got %v, %+v, %v, want finished with its number", got, outcome, err)
	}
	if got, _, err := Sender(dir, name, "r-never", "n"); got != SenderAlive || err != nil {
		t.Fatalf("an attempt it may yet begin: got %v, %v, want alive", got, err)
	}
	kill()
	for _, ref := range []string{"r-open", "r-never"} {
		if got, outcome, err := Sender(dir, name, ref, "n"); got != SenderFinished || outcome != nil || err != nil {
			t.Fatalf("%s after SIGKILL: got %v, %+v, %v, want finished without an outcome", ref, got, outcome, err)
		}
	}
	if got, outcome, err := Sender(dir, name, "r-ended", "n"); got != SenderFinished || outcome == nil || err != nil {
		t.Fatalf("r-ended after SIGKILL: got %v, %+v, %v, want its outcome", got, outcome, err)
	}
}

func TestAProcessSeesItsOwnLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	begin(t, j, "r-1")
	for range 2 { // the first look must not have let the lock go
		if got, _, err := Sender(dir, j.Name(), "r-1", "n"); got != SenderAlive || err != nil {
			t.Fatalf("got %v, %v, want alive", got, err)
		}
	}
}

func TestTheGarbageCollectorDoesNotLetTheLockGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := func() string {
		j, err := Open(dir, header())
		if err != nil {
			t.Fatal(err)
		}
		begin(t, j, "r-1")
		return j.Name() // and nobody keeps j
	}()
	for range 3 {
		runtime.GC()
	}
	if got, _, err := Sender(dir, name, "r-1", "n"); got != SenderAlive || err != nil {
		t.Fatalf("got %v, %v, want alive: the process has not ended", got, err)
	}
}

func TestTwoWhoLookAtOnceDoNotTakeEachOtherForTheSender(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name, kill := holder(t, dir)
	kill()
	f, err := os.Open(filepath.Join(dir, name+suffix))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	other, err := holdShared(f)
	if err != nil {
		t.Fatal(err)
	}
	defer other.release()
	if got, _, err := Sender(dir, name, "r-open", "n"); got != SenderFinished || err != nil {
		t.Fatalf("got %v, %v, want finished", got, err)
	}
}

func TestAJournalThatIsNotHereProvesNothing(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if got, outcome, err := Sender(dir, "other-1-00", "r-1", "n"); got != SenderAbsent || outcome != nil || err != nil {
			t.Fatalf("got %v, %+v, %v, want absent", got, outcome, err)
		}
	}
}

func TestANameFromRedisCannotLeaveTheFolder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "../x", "a/b", "..", ".hidden", "a\x00b", "a b", "ü"} {
		if got, _, err := Sender(t.TempDir(), name, "r-1", "n"); err == nil || got != SenderAbsent {
			t.Errorf("%q: got %v, %v, want an error", name, got, err)
		}
	}
}

func TestAReferenceUsedAgainHasNotTheOlderAnswer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	begin(t, j, "r-1")
	end(t, j, "r-1", "done")
	begin(t, j, "r-1")
	if got, outcome, err := Sender(dir, j.Name(), "r-1", "n"); got != SenderAlive || outcome != nil || err != nil {
		t.Fatalf("got %v, %+v, %v, want alive", got, outcome, err)
	}
	end(t, j, "r-1", "done")
	if got, outcome, err := Sender(dir, j.Name(), "r-1", "another"); got != SenderAlive || outcome != nil || err != nil {
		t.Fatalf("got %v, %+v, %v: another passage's answer was taken", got, outcome, err)
	}
}

func TestDamageProvesNothingWhileTheProcessLives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	begin(t, j, "r-1")
	damageBehindHeader(t, dir, j.Name())
	end(t, j, "r-1", "done")
	if got, _, err := Sender(dir, j.Name(), "r-1", "n"); got != SenderAlive || !errors.Is(err, ErrDamaged) {
		t.Fatalf("got %v, %v, want alive and ErrDamaged", got, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	got, outcome, err := Sender(dir, j.Name(), "r-1", "n")
	if got != SenderFinished || outcome == nil || !errors.Is(err, ErrDamaged) {
		t.Fatalf("after its end: got %v, %+v, %v, want finished with the outcome and ErrDamaged", got, outcome, err)
	}
}

func TestAStandingHasAWord(t *testing.T) {
	t.Parallel()
	for s, want := range map[Standing]string{SenderAbsent: "absent", SenderAlive: "alive", SenderFinished: "finished"} {
		if s.String() != want {
			t.Errorf("%d is %q, want %q", s, s, want)
		}
	}
	var forgotten Standing
	if forgotten != SenderAbsent {
		t.Error("the zero value must prove nothing")
	}
}
