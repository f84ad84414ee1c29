package prove

import (
	"os"
	"path/filepath"
	"testing"
)

func TestASecretThatIsLeftAnywhereIsFound(t *testing.T) {
	t.Parallel()
	id, secret := secrets(-7)
	other, _ := secrets(8)
	if id == secret || id == other {
		t.Fatal("secrets are not told apart")
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("worker-0.log", "all well")
	write("portal.journal", secret)
	if found, err := leaks(dir, id, secret); err != nil || len(found) != 0 {
		t.Errorf("%v, %v", found, err)
	}
	write("appendonlydir/a.incr.aof", "…"+secret+"…")
	write("host-a/x.journal", id)
	if found, err := leaks(dir, id, secret); err != nil || len(found) != 2 {
		t.Errorf("%v, %v", found, err)
	}
}
