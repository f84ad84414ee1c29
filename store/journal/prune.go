package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Keep is how long a finished journal is kept by default: long enough that a Redis restored from any
// reasonable backup still finds its proof.
const Keep = 30 * 24 * time.Hour

// Prune removes the journals that have nothing left to prove: their process is gone, all of their
// attempts have outcomes, and their last record is older than olderThan. It returns the names removed.
// What it cannot read it keeps, and says so in the error, after it has seen to the others.
func Prune(dir string, olderThan time.Duration, now time.Time) ([]string, error) {
	all, err := names(dir, suffix)
	if err != nil {
		return nil, err
	}
	half, err := names(dir, suffix+passing)
	if err != nil {
		return nil, err
	}
	var removed []string
	var errs []error
	before := now.Add(-olderThan)
	for _, name := range all {
		switch gone, err := prune(filepath.Join(dir, name+suffix), name, before); {
		case err != nil:
			errs = append(errs, fmt.Errorf("prune journal %s: %w", name, err))
		case gone:
			removed = append(removed, name)
		}
	}
	// A process that died while it opened its journal leaves a file that never held an attempt.
	for _, name := range half {
		path := filepath.Join(dir, name+suffix+passing)
		info, err := os.Stat(path)
		if err != nil || !info.ModTime().Before(before) {
			continue
		}
		if err := os.Remove(path); err != nil {
			errs = append(errs, fmt.Errorf("prune journal %s: %w", name, err))
		}
	}
	if len(removed) > 0 {
		errs = append(errs, syncFolder(dir))
	}
	return removed, errors.Join(errs...)
}

func prune(path, name string, before time.Time) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	lock, err := holdShared(f)
	if errors.Is(err, errHeld) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer lock.release()

	// A Redis that has forgotten an attempt gives its reference a second time: two may be open under one.
	open := map[string]int{}
	var last time.Time
	err = scan(f, name, func(r record) {
		at := time.Time{}
		switch {
		case r.Open != nil:
			at = r.Open.Started
		case r.Begin != nil:
			open[r.Begin.Reference]++
			at = r.Begin.At
		case r.End != nil:
			if open[r.End.Reference]--; open[r.End.Reference] <= 0 { // an end may come twice
				delete(open, r.End.Reference)
			}
			at = r.End.At
		}
		if at.After(last) {
			last = at
		}
	})
	if err != nil || len(open) > 0 || !last.Before(before) {
		return false, err
	}
	return true, os.Remove(path)
}
