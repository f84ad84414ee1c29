package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"orderq/cmd/internal/config"
)

const (
	// Lasts is how long a session does: a working day and a late evening, so that nobody signs in twice a day.
	Lasts = 12 * time.Hour
	// PerToken is how many sessions a token has at once: its people's browsers.
	PerToken = 50
)

// Person is who signed in: a token's name and role, never the token.
type Person struct {
	Name string
	Role config.Role
}

// Sessions are the browsers that are signed in. Safe for concurrent use.
type Sessions struct {
	now func() time.Time
	mu  sync.Mutex
	all map[[sha256.Size]byte]session
}

type session struct {
	Person
	until time.Time
}

// NewSessions makes it; now is this process' clock.
func NewSessions(now func() time.Time) *Sessions {
	return &Sessions{now: now, all: map[[sha256.Size]byte]session{}}
}

// Open lets a person in and gives the id that the browser has to show from now on, for the time of Lasts.
func (s *Sessions) Open(p Person) string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails
	id := base64.RawURLEncoding.EncodeToString(raw[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var oldest [sha256.Size]byte
	own := 0
	for key, one := range s.all {
		switch {
		case !now.Before(one.until):
			delete(s.all, key)
		case one.Name == p.Name:
			if own++; own == 1 || one.until.Before(s.all[oldest].until) {
				oldest = key
			}
		}
	}
	if own >= PerToken {
		delete(s.all, oldest)
	}
	s.all[sha256.Sum256([]byte(id))] = session{p, now.Add(Lasts)}
	return id
}

// Find gives who an id belongs to.
func (s *Sessions) Find(id string) (Person, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, known := s.all[sha256.Sum256([]byte(id))]
	if !known || !s.now().Before(one.until) {
		return Person{}, false
	}
	return one.Person, true
}

// End signs a browser out.
func (s *Sessions) End(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, sha256.Sum256([]byte(id)))
}
