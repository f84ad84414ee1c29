package journal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	suffix  = ".journal"
	passing = ".new" // a file that has no header yet
)

// errHeld: the file's process lives and holds it.
var errHeld = errors.New("held by its process")

// makeFolder makes dir for its owner alone and makes its name durable: a file is no safer than the
// folder it is in.
func makeFolder(dir string) error {
	if dir == "" {
		return errors.New("open journal: the folder is empty: give a path on a local disk")
	}
	missing := []string{}
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil {
			if !info.IsDir() {
				return fmt.Errorf("open journal: %s is not a folder: give another path", at)
			}
			break
		}
		if !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("open journal: %w", err)
		}
		missing = append(missing, at)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("open journal: make its folder: %w", err)
	}
	for _, made := range missing {
		if err := syncFolder(filepath.Dir(made)); err != nil {
			return fmt.Errorf("open journal: fsync %s: %w", filepath.Dir(made), err)
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("open journal: %w", err)
	}
	// Whoever may write here could forge the proof that a sender is finished.
	if info.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("open journal: everybody may write to %s (%v): chmod 700 it, or give another folder", dir, info.Mode().Perm())
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// newName makes a name that no other process on this host has had.
func newName(host string, pid int) (string, error) {
	var tail [8]byte
	if _, err := rand.Read(tail[:]); err != nil {
		return "", err
	}
	plain := strings.Map(func(r rune) rune {
		if plainRune(r) {
			return r
		}
		return '_'
	}, host)
	plain = strings.TrimLeft(plain, ".-")
	if len(plain) > 100 {
		plain = plain[:100]
	}
	return plain + "-" + strconv.Itoa(pid) + "-" + hex.EncodeToString(tail[:]), nil
}

func plainRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_'
}

// pathOf gives the file of a journal's name. The name comes out of Redis, where others may write, so
// nothing but a plain name is taken.
func pathOf(dir, name string) (string, error) {
	odd := strings.ContainsFunc(name, func(r rune) bool { return !plainRune(r) })
	if name == "" || len(name) > 200 || name[0] == '.' || odd {
		return "", fmt.Errorf("journal name %.40q is not one: want host-pid-random", name)
	}
	return filepath.Join(dir, name+suffix), nil
}

// names lists the journals in dir, sorted. No folder: none.
func names(dir, ending string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read journals: %w", err)
	}
	var out []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ending); ok && e.Type().IsRegular() {
			out = append(out, name)
		}
	}
	return out, nil
}
