package journal

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Host is a journal folder's identity. A recovery asks hosts, not machines: a folder is one host's whole
// memory of what it sent, and a folder that was lost is another host when it is made anew.
type Host struct {
	ID   string `json:"id"`   // 16 hex digits, drawn when the folder was first used
	Name string `json:"name"` // for people: the machine's name when it was drawn, and the folder
}

// hostFile is the folder's own page: who it is, and which hosts it knows to send for each book. The list is
// here and not in Redis alone, because a Redis that forgets orders forgets hosts with them.
type hostFile struct {
	Host
	Books map[string][]Host `json:"books,omitempty"`
}

// Book says whose sends belong together: the same portal, client and account. The ledger's id is not part of
// it, because a Redis that lost everything has another.
func (h Header) Book() string { return h.Client + " " + h.Account + " " + h.BaseURL }

const (
	hostName = "host.json"
	hostLock = "host.lock"
)

// OpenHost gives the identity of a journal folder, which it makes where it has none.
func OpenHost(dir string) (Host, error) {
	f, err := changeHost(dir, func(*hostFile) bool { return false })
	return f.Host, err
}

// KnownHosts lists the hosts that this folder knows to send for a book, itself among them once it was noted.
func KnownHosts(dir, book string) ([]Host, error) {
	f, err := changeHost(dir, func(*hostFile) bool { return false })
	return f.Books[book], err
}

// NoteHosts makes the hosts that send for a book durable in this folder. Hosts noted before stay: only a
// person can say that one is gone, and says it to the fleet.
func NoteHosts(dir, book string, hosts []Host) error {
	_, err := changeHost(dir, func(f *hostFile) (changed bool) {
		for _, h := range hosts {
			if !slices.ContainsFunc(f.Books[book], func(k Host) bool { return k.ID == h.ID }) {
				f.Books[book] = append(f.Books[book], h)
				changed = true
			}
		}
		return changed
	})
	return err
}

// changeHost reads the folder's page, makes it where it is missing, and writes it back where change says so,
// alone among the host's processes.
func changeHost(dir string, change func(*hostFile) bool) (hostFile, error) {
	if err := makeFolder(dir); err != nil {
		return hostFile{}, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, hostLock), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return hostFile{}, fmt.Errorf("journal's host: %w", err)
	}
	defer lock.Close()
	held, err := waitAlone(lock)
	if err != nil {
		return hostFile{}, fmt.Errorf("journal's host: lock: %w", err)
	}
	defer held.release()

	f, err := readHost(dir)
	fresh := errors.Is(err, os.ErrNotExist)
	switch {
	case fresh:
		if f, err = newHost(dir); err != nil {
			return f, err
		}
	case err != nil:
		return f, err
	}
	if f.Books == nil {
		f.Books = map[string][]Host{}
	}
	if change(&f) || fresh {
		err = writeHost(dir, f)
	}
	return f, err
}

func newHost(dir string) (hostFile, error) {
	name, err := os.Hostname()
	if err != nil {
		return hostFile{}, fmt.Errorf("journal's host: %w", err)
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return hostFile{}, fmt.Errorf("journal's host: %w", err)
	}
	id := make([]byte, 8)
	rand.Read(id) // never fails (crypto/rand, since Go 1.24)
	return hostFile{Host: Host{ID: hex.EncodeToString(id), Name: name + ":" + full}}, nil
}

func readHost(dir string) (hostFile, error) {
	var f hostFile
	path := filepath.Join(dir, hostName)
	b, err := os.ReadFile(path)
	if err != nil {
		return f, fmt.Errorf("journal's host: %w", err)
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return f, fmt.Errorf("journal's host: %s is damaged: %w: restore it, or move the folder away and say "+
			"`orderq recover --without-host` for the host that it was", path, err)
	}
	if raw, err := hex.DecodeString(f.ID); err != nil || len(raw) != 8 {
		return f, fmt.Errorf("journal's host: %s has no id of 16 hex digits: restore it, or move the folder away", path)
	}
	return f, nil
}

// writeHost replaces the page in one step: a crash leaves the old one or the new one.
func writeHost(dir string, f hostFile) error {
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("journal's host: %w", err)
	}
	path := filepath.Join(dir, hostName)
	fresh, err := os.OpenFile(path+passing, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("journal's host: %w", err)
	}
	_, err = fresh.Write(append(b, '\n'))
	err = errors.Join(err, fresh.Sync(), fresh.Close())
	if err == nil {
		err = os.Rename(path+passing, path)
	}
	if err == nil {
		err = syncFolder(dir)
	}
	if err != nil {
		return fmt.Errorf("journal's host: write %s: %w", path, err)
	}
	return nil
}
