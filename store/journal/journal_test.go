package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheFolderAndTheFileAreForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state", "journal")
	j := open(t, dir)
	for path, want := range map[string]os.FileMode{
		filepath.Dir(dir):                   0o700,
		dir:                                 0o700,
		filepath.Join(dir, j.Name()+suffix): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: mode %v, want %v", path, got, want)
		}
	}
}

func TestAFolderThatEverybodyMayWriteToIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, header()); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Fatalf("got %v, want a refusal that says chmod 700", err)
	}
}

func TestAFileInTheFoldersPlaceIsNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(path, "journal"), header()); err == nil || !strings.Contains(err.Error(), path) {
		t.Fatalf("got %v, want an error that names %s", err, path)
	}
}

func TestAHeaderMustBeWholeAndHoldNoClientID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*Header)
		want  string
	}{
		{"no ledger", func(h *Header) { h.Ledger = "" }, "ledger is empty"},
		{"no base URL", func(h *Header) { h.BaseURL = "" }, "base URL is empty"},
		{"no account", func(h *Header) { h.Account = "" }, "account is empty"},
		{"raw client id", func(h *Header) { h.Client = "c1a2n3a4r5y6" }, "HashClient"},
		{"no client", func(h *Header) { h.Client = "" }, "HashClient"},
	} {
		h := header()
		c.spoil(&h)
		_, err := Open(t.TempDir(), h)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "c1a2n3a4r5y6") {
			t.Errorf("%s: the error shows the client id: %v", c.name, err)
		}
	}
}

func TestTwoJournalsOfOneProcessAreTwoFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if a, b := open(t, dir).Name(), open(t, dir).Name(); a == b {
		t.Fatalf("both are called %s", a)
	}
}

func TestAnOddHostNameMakesAPlainJournalName(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"../../etc", "häuschen", "a/b", "", ".hidden", strings.Repeat("x", 300)} {
		name, err := newName(host, 7)
		if err != nil {
			t.Fatal(err)
		}
		if host == "" {
			name = "h" + name // Open never passes an empty one
		}
		if _, err := pathOf("/d", name); err != nil {
			t.Errorf("host %.20q: %v", host, err)
		}
	}
}

func TestCloseKeepsTheLockWhileAnAttemptIsInFlight(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	begin(t, j, "r-1")
	if err := j.Close(); !errors.Is(err, ErrInFlight) {
		t.Fatalf("close with an attempt in flight: got %v, want ErrInFlight", err)
	}
	if got, _, err := Sender(dir, j.Name(), "r-1", "n"); got != SenderAlive || err != nil {
		t.Fatalf("after the refused close: got %v, %v, want alive", got, err)
	}
	if err := j.Begin(t.Context(), attempt("r-2")); !errors.Is(err, ErrClosed) {
		t.Fatalf("begin after close: got %v, want ErrClosed", err)
	}
	end(t, j, "r-1", "done")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatalf("closing twice: %v", err)
	}
	got, outcome, err := Sender(dir, j.Name(), "r-1", "n")
	if got != SenderFinished || outcome == nil || outcome.Result != "done" || err != nil {
		t.Fatalf("after the close: got %v, %+v, %v, want finished, done", got, outcome, err)
	}
}

func TestCloseMakesTheLastOutcomesDurable(t *testing.T) {
	t.Parallel()
	syncs := 0
	j := open(t, t.TempDir(), WithSync(func(sync func() error) error { syncs++; return sync() }))
	begin(t, j, "r-1")
	end(t, j, "r-1", "done")
	before := syncs
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if syncs != before+1 {
		t.Fatalf("%d fsyncs by close, want 1", syncs-before)
	}
}

func TestAFailedOpenLeavesNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := errors.New("disk on fire")
	if _, err := Open(dir, header(), WithSync(func(func() error) error { return bad })); !errors.Is(err, bad) {
		t.Fatalf("got %v, want %v", err, bad)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
}

func TestSizeIsTheFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir)
	begin(t, j, "r-1")
	end(t, j, "r-1", "unknown")
	info, err := os.Stat(filepath.Join(dir, j.Name()+suffix))
	if err != nil {
		t.Fatal(err)
	}
	if j.Size() != info.Size() {
		t.Fatalf("size %d, the file has %d", j.Size(), info.Size())
	}
}
