package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Comparing makes this process the only one of its host that holds the journals of a book against the records, until
// done is called or it dies. ok is false where another one does: two at a time would only take each other's word
// away, over and over.
func Comparing(dir, book string) (done func(), ok bool, err error) {
	if err := makeFolder(dir); err != nil {
		return nil, false, err
	}
	sum := sha256.Sum256([]byte(book))
	f, err := os.OpenFile(filepath.Join(dir, "compare-"+hex.EncodeToString(sum[:8])+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false, fmt.Errorf("compare the journals: %w", err)
	}
	lock, err := holdAlone(f)
	closing := f.Close()
	switch {
	case errors.Is(err, errHeld):
		return nil, false, nil
	case err != nil || closing != nil:
		return nil, false, fmt.Errorf("compare the journals: lock: %w", errors.Join(err, closing, lock.release()))
	}
	return func() { _ = lock.release() }, true, nil // a descriptor that is not there any more holds nothing
}
