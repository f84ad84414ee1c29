package signin_test

import (
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/signin"
)

// clock stands still until a test moves it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

func newClock() *clock { return &clock{at: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)} }

func TestASessionEndsAfterItsTimeOrBySigningOut(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := signin.NewSessions(c.now)
	anna, vera := signin.Person{Name: "anna", Role: config.Operator}, signin.Person{Name: "vera", Role: config.Viewer}
	a := s.Open(anna)
	c.pass(time.Hour)
	v := s.Open(vera)
	is := func(id string, want signin.Person, in bool) {
		t.Helper()
		if got, known := s.Find(id); got != want || known != in {
			t.Errorf("%+v, %v, want %+v, %v", got, known, want, in)
		}
	}
	c.pass(signin.Lasts - time.Hour - time.Second)
	is(a, anna, true)
	is(v, vera, true)
	c.pass(time.Second)
	is(a, signin.Person{}, false)
	is(v, vera, true)
	s.End(v)
	is(v, signin.Person{}, false)
	for _, id := range []string{"", "x", strings.Repeat("A", 43), a + "A"} {
		is(id, signin.Person{}, false)
	}
}

func TestASessionsIdIsRandomAndNotKept(t *testing.T) {
	t.Parallel()
	s := signin.NewSessions(time.Now)
	seen := map[string]bool{}
	for range 40 {
		id := s.Open(signin.Person{Name: "anna"})
		raw, err := base64.RawURLEncoding.DecodeString(id)
		if err != nil || len(raw) != 32 || seen[id] {
			t.Fatalf("%q: %v", id, err)
		}
		seen[id] = true
		if kept := fmt.Sprintf("%+v %x", reflect.ValueOf(s).Elem(), reflect.ValueOf(s).Elem()); strings.Contains(kept, id) || strings.Contains(kept, fmt.Sprintf("%x", raw)) {
			t.Fatal("the id is kept as it is")
		}
	}
}

func TestATokenHasSoManySessionsAndSignsNobodyElseOut(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := signin.NewSessions(c.now)
	anna := s.Open(signin.Person{Name: "anna"})
	var vera []string
	for range signin.PerToken + 3 {
		c.pass(time.Second)
		vera = append(vera, s.Open(signin.Person{Name: "vera"}))
	}
	if _, in := s.Find(anna); !in {
		t.Error("anna was signed out by vera")
	}
	for i, id := range vera {
		if _, in := s.Find(id); in != (i >= 3) {
			t.Errorf("session %d of %d: %v", i, len(vera), in)
		}
	}
}

func TestGuessesAreBoundedByAddress(t *testing.T) {
	t.Parallel()
	c := newClock()
	g := signin.NewGuesses(c.now)
	const most = 10
	for n := range most {
		if wait := g.Wait(fmt.Sprintf("192.0.2.1:%d", 1000+n)); wait != 0 {
			t.Fatalf("try %d waits %v", n, wait)
		}
	}
	wait := g.Wait("192.0.2.1:1")
	if wait <= 0 || wait > time.Minute || g.Wait("[::ffff:192.0.2.1]:2") <= 0 {
		t.Fatalf("no bound: %v", wait)
	}
	if g.Wait("192.0.2.2:1") != 0 {
		t.Error("another address is in its way")
	}
	c.pass(wait)
	if g.Wait("192.0.2.1:1") != 0 || g.Wait("192.0.2.1:1") == 0 {
		t.Error("after its wait there is one more, and no second one")
	}
	for n := range most {
		g.Wait(fmt.Sprintf("[2001:db8::%x]:1", n+1))
	}
	if g.Wait("[2001:db8::ffff:1]:1") == 0 || g.Wait("[2001:db8:0:1::1]:1") != 0 {
		t.Error("an IPv6 host is told by its /64")
	}
}

func TestWhoHasManyAddressesTakesNoMoreMemoryAndHasFewTries(t *testing.T) {
	t.Parallel()
	c := newClock()
	g := signin.NewGuesses(c.now)
	free := 0
	for n := range 20_000 {
		if g.Wait(fmt.Sprintf("[2001:db8:%x:%x::1]:1", n>>8, n&255)) == 0 {
			free++
		}
	}
	if free > 4096+10 {
		t.Errorf("%d tries", free)
	}
	if n := signin.Addresses(g); n > 4096 {
		t.Errorf("%d addresses are remembered", n)
	}
	c.pass(time.Hour)
	if g.Wait("192.0.2.1:1") != 0 {
		t.Error("an hour later others still wait")
	}
	if n := signin.Addresses(g); n > 1 {
		t.Errorf("%d addresses are remembered that have not tried for an hour", n)
	}
}

func TestThePageHasNoScriptAndEscapesWhatItShows(t *testing.T) {
	t.Parallel()
	for _, v := range []signin.View{
		{Account: "default", To: "/queues/"}, {Account: `<script>x</script>`, To: `"><script>x</script>`, Problem: "<b>no</b>"},
		{Account: "default", Person: signin.Person{Name: "<i>anna</i>", Role: config.Operator}},
	} {
		w := httptest.NewRecorder()
		if err := signin.Show(w, 200, v); err != nil {
			t.Fatal(err)
		}
		body, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
		for _, bad := range []string{"<script", "<b>no", "<i>anna", "http://", "https://"} {
			if strings.Contains(body, bad) {
				t.Errorf("%q is in %s", bad, body)
			}
		}
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "form-action 'self'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script") {
			t.Errorf("policy %q", policy)
		}
		if signedIn := strings.Contains(body, `action="/logout"`); signedIn != (v.Person.Name != "") || signedIn == strings.Contains(body, `action="/login"`) {
			t.Errorf("the wrong form: %s", body)
		}
	}
}
