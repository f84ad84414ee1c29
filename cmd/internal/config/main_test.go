package config

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary stands in every secret of these tests, and must be in no error and no print.
const canary = "s3cr3t-canary"

// lookup is an environment of these variables and a home.
func lookup(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if s, ok := vars[name]; ok {
			return s, true
		}
		if name == "HOME" {
			return "/home/ann", true
		}
		return "", false
	}
}

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
