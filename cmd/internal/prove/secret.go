package prove

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// secrets are this run's credentials, in words that occur nowhere else.
func secrets(seed int64) (id, secret string) {
	return fmt.Sprintf("canary-id-%x-of-prove", uint64(seed)), fmt.Sprintf("canary-secret-%x-of-prove", uint64(seed))
}

// leaks looks for secrets in everything that a run has left: logs, Redis' files with their copies, send journals. The
// simulated portal's own journal is not ours to keep clean.
func leaks(dir string, words ...string) (found []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasPrefix(d.Name(), "portal.") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, w := range words {
			if bytes.Contains(b, []byte(w)) {
				rel, _ := filepath.Rel(dir, path) // path is below dir
				found = append(found, fmt.Sprintf("a secret (%.9s…) stands in %s", w, rel))
			}
		}
		return nil
	})
	return found, err
}
