package journal

import (
	"bufio"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
)

// Entry is one attempt as a journal tells it.
type Entry struct {
	Journal string // the journal's name
	Header  Header
	Attempt Attempt
	Outcome *Outcome // nil: the call had not returned, as far as the journal knows
	Alive   bool     // its process held the file when the reading began
}

// Read gives every attempt in the folder's journals: those that ended in the order of their ends, then,
// file by file, those without an outcome. Memory is taken for the attempts in flight only.
//
// A file that cannot be read, or is damaged (ErrDamaged), gives an error with Entry.Journal set, after
// all of its attempts that can be read, and the reading goes on with the next file. A folder that is
// not there has no journals.
func Read(dir string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		all, err := names(dir, suffix)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		for _, name := range all {
			if !readFile(dir, name, yield) {
				return
			}
		}
	}
}

// readFile gives the attempts of one file. False: the caller wants no more.
func readFile(dir, name string, yield func(Entry, error) bool) bool {
	path, err := pathOf(dir, name)
	if err != nil {
		return yield(Entry{Journal: name}, err)
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return true // pruned since the folder was listed
	}
	if err != nil {
		return yield(Entry{Journal: name}, fmt.Errorf("read journal %s: %w", name, err))
	}
	defer f.Close()
	lock, err := holdShared(f)
	if err != nil && !errors.Is(err, errHeld) {
		return yield(Entry{Journal: name}, fmt.Errorf("read journal %s: lock: %w", name, err))
	}
	defer lock.release()

	more := true
	entry := Entry{Journal: name, Alive: errors.Is(err, errHeld)}
	var open []Attempt
	err = scan(f, name, func(r record) {
		switch {
		case !more:
		case r.Open != nil:
			entry.Header = *r.Open
		case r.Begin != nil:
			open = append(open, *r.Begin)
		case r.End != nil:
			i := slices.IndexFunc(open, func(a Attempt) bool { return a.Reference == r.End.Reference })
			ended := entry
			ended.Outcome = r.End
			if i >= 0 {
				ended.Attempt = open[i]
				open = slices.Delete(open, i, i+1)
			} else {
				// Its begin was in a damaged place; the answer is worth having by itself.
				ended.Attempt = Attempt{Reference: r.End.Reference}
			}
			more = yield(ended, nil)
		}
	})
	for _, a := range open {
		if !more {
			break
		}
		unended := entry
		unended.Attempt = a
		more = yield(unended, nil)
	}
	if more && err != nil {
		more = yield(Entry{Journal: name, Header: entry.Header, Alive: entry.Alive}, err)
	}
	return more
}

// File is one journal of a folder.
type File struct {
	Name   string
	Header Header
	Alive  bool // its process holds it
}

// List gives the folder's journals without reading their attempts. One whose header cannot be read is an error,
// after the others: what is in it is not known.
func List(dir string) ([]File, error) {
	all, err := names(dir, suffix)
	if err != nil {
		return nil, err
	}
	var files []File
	var errs []error
	for _, name := range all {
		f, err := listed(dir, name)
		switch {
		case errors.Is(err, os.ErrNotExist): // pruned since the folder was listed
		case err != nil:
			errs = append(errs, err)
		default:
			files = append(files, f)
		}
	}
	return files, errors.Join(errs...)
}

func listed(dir, name string) (File, error) {
	path, err := pathOf(dir, name)
	if err != nil {
		return File{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return File{}, fmt.Errorf("read journal %s: %w", name, err)
	}
	defer f.Close()
	lock, err := holdShared(f)
	if err != nil && !errors.Is(err, errHeld) {
		return File{}, fmt.Errorf("read journal %s: lock: %w", name, err)
	}
	defer lock.release()
	file := File{Name: name, Alive: errors.Is(err, errHeld)}
	line, _ := bufio.NewReaderSize(f, maxLine).ReadSlice('\n') // cut short or too long: no header
	var first record
	bare := errBad
	if len(line) > 0 && line[len(line)-1] == '\n' {
		first, bare = decode(line[:len(line)-1])
	}
	if err := headed(first, bare, name); err != nil {
		return file, err
	}
	file.Header = *first.Open
	return file, nil
}
