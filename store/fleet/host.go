package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNoHost: no such host is listed.
var ErrNoHost = errors.New("no such host sends for this account")

// Peer names a host: a journal folder (store/journal.Host).
type Peer struct{ ID, Name string }

// Host is a journal folder that sends for this account.
type Host struct {
	Peer
	Noted    []string // the ids of the hosts that are on its disk
	Attested string   // the run under which it last held its journals against Redis
}

// Gone is a host that a person has declared gone for good.
type Gone struct {
	ID       string
	By, Note string
	At       time.Time
}

// Hosts is the list of all hosts that send, as Redis has it, and what each has attested. A host's own disk has
// the list too: this one goes back with Redis.
type Hosts struct {
	Roster    int64 // how often the list has changed
	Known     []Host
	Gone      []Gone
	Processes map[string]string // journal → run under which its process vouched for it
}

// Unaware lists the hosts that do not have a host on their disks. While there are any, that host sends nothing: a
// Redis that goes back to before its joining would leave nobody to ask for it.
func (h Hosts) Unaware(id string) (peers []Peer) {
	for _, k := range h.Known {
		if !slices.Contains(k.Noted, id) {
			peers = append(peers, k.Peer)
		}
	}
	return peers
}

// Of finds a host by its id.
func (h Hosts) Of(id string) (Host, bool) {
	i := slices.IndexFunc(h.Known, func(k Host) bool { return k.ID == id })
	if i < 0 {
		return Host{}, false
	}
	return h.Known[i], true
}

// Hosts reads the list.
func (f *Fleet) Hosts(ctx context.Context) (Hosts, error) {
	m, err := f.rdb.HGetAll(ctx, f.key.Hosts()).Result()
	if err != nil {
		return Hosts{}, fmt.Errorf("read the list of hosts: %w", err)
	}
	h := Hosts{Roster: whole(m["roster"]), Processes: map[string]string{}}
	for field, value := range m {
		kind, id, _ := strings.Cut(field, ":")
		switch kind {
		case "name":
			h.Known = append(h.Known, Host{Peer: Peer{id, value}, Noted: strings.Fields(m["noted:"+id]), Attested: m["attested:"+id]})
		case "gone":
			h.Gone = append(h.Gone, Gone{ID: id, By: m["goneBy:"+id], Note: m["goneNote:"+id], At: at(value)})
		case "process":
			h.Processes[id] = value
		}
	}
	slices.SortFunc(h.Known, func(a, b Host) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(h.Gone, func(a, b Gone) int { return strings.Compare(a.ID, b.ID) })
	return h, nil
}

func whole(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64) // written by our own scripts; "" is 0
	return n
}

// Noted tells the fleet which hosts a host has on its disk.
func (f *Fleet) Noted(ctx context.Context, host string, ids []string) error {
	_, err := f.run(ctx, "note the list of hosts", f.lua.noted, host, strings.Join(ids, " "))
	return err
}

// RemoveHost takes a person's word that a host is gone for good: its journals are not waited for. ErrNoHost
// where it is not listed. A Redis that goes back forgets this too, and the host is asked for again.
func (f *Fleet) RemoveHost(ctx context.Context, id, by, note string) error {
	cmd, err := f.run(ctx, "remove host "+id, f.lua.gone, id, by, note)
	if err != nil {
		return err
	}
	if n, err := cmd.Int(); err != nil || n == 0 {
		return errors.Join(fmt.Errorf("host %s: %w", id, ErrNoHost), err)
	}
	return nil
}
