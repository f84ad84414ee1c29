package journal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPruneTakesOnlyWhatHasNothingLeftToProve(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	settled := func(now time.Time, refs ...string) *Journal {
		j := open(t, dir, at(now))
		for _, r := range refs {
			begin(t, j, r)
			end(t, j, r, "done")
		}
		return j
	}
	closed := func(j *Journal) string {
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		return j.Name()
	}
	old := closed(settled(day, "r-1", "r-2"))
	unused := closed(settled(day))
	young := closed(settled(day.Add(2*time.Hour), "r-3"))
	alive := settled(day, "r-4").Name()
	damaged := closed(settled(day, "r-5"))
	damageBehindHeader(t, dir, damaged)
	unended, kill := holder(t, dir) // by the wall clock of this test: far from day in either direction
	kill()

	got, err := Prune(dir, Keep, day.Add(Keep+time.Hour))
	if want := []string{old, unused}; !sameNames(got, want) {
		t.Errorf("removed %v, want %v", got, want)
	}
	if err == nil || !strings.Contains(err.Error(), damaged) {
		t.Errorf("got %v, want an error that names the damaged %s", err, damaged)
	}
	left, _ := names(dir, suffix)
	if want := []string{young, alive, damaged, unended}; !sameNames(left, want) {
		t.Errorf("left %v, want %v", left, want)
	}
	// However old: an attempt without an outcome is kept.
	if got, _ := Prune(dir, Keep, day.AddDate(100, 0, 0)); !sameNames(got, []string{young}) {
		t.Errorf("a century later: removed %v, want %v", got, []string{young})
	}
}

func TestPruneTakesAFileThatNeverGotItsName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{"old": 2 * Keep, "new": time.Minute} {
		path := filepath.Join(dir, name+suffix+passing)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Prune(dir, Keep, now); err != nil {
		t.Fatal(err)
	}
	left, err := names(dir, suffix+passing)
	if err != nil || !slices.Equal(left, []string{"new"}) {
		t.Errorf("left %v, %v, want the new one", left, err)
	}
}

func TestPruneOfAFolderThatIsNotThereIsNothing(t *testing.T) {
	t.Parallel()
	if got, err := Prune(filepath.Join(t.TempDir(), "none"), Keep, day); got != nil || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func sameNames(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
