package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"orderq/store/storetest"
	"orderq/worker/resolve"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patient is a subject in good health.
func patient(t *testing.T, room *storetest.Room, o yeastartest.Options) (*Subject, *yeastartest.Server) {
	t.Helper()
	portal := yeastartest.Start(o)
	t.Cleanup(portal.Close)
	s := &Subject{
		Redis: room.Redis, RedisAt: "redis://test", Fleet: room.Fleet, Journal: t.TempDir(), BaseURL: portal.URL(), Toy: true,
		Contact: "billing@example.com", Clock: &Clock{}, Now: time.Now,
	}
	client, err := yeastar.New(yeastar.Config{
		BaseURL: portal.URL(), ClientID: portal.ClientID(), ClientSecret: yeastar.Secret(portal.ClientSecret()), CallTimeout: 5 * time.Second,
		Observe: func(_ yeastar.Call, a yeastar.Answer, _ time.Duration) { s.Clock.Note(a.Date, time.Now()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s.Portal = client
	return s, portal
}

// examine runs every check and gives the findings by name.
func examine(t *testing.T, s *Subject) (found map[string]Finding, worst Level) {
	t.Helper()
	found = map[string]Finding{}
	worst = Run(t.Context(), Checks(s), func(f Finding) { found[f.What] = f })
	return found, worst
}

func want(t *testing.T, found map[string]Finding, what string, level Level, text string) {
	t.Helper()
	f := found[what]
	if f.Level != level || !strings.Contains(f.Finding+" → "+f.Remedy, text) {
		t.Errorf("%s: %s %q → %q; want %s and %q", what, f.Level, f.Finding, f.Remedy, level, text)
	}
	if f.Level == Fail && f.Remedy == "" {
		t.Errorf("%s fails without a remedy: %q", what, f.Finding)
	}
}

func TestAHealthyRedisAndPortalPass(t *testing.T) {
	t.Parallel()
	if !storetest.Available(t) {
		return // the embedded Redis is not healthy
	}
	s, portal := patient(t, storetest.Real(t, "--appendfsync", "always"), yeastartest.Options{})
	s.Toy = false
	found, worst := examine(t, s)
	if worst != OK || len(found) != len(Checks(s)) {
		t.Errorf("worst %s of %d: %+v", worst, len(found), found)
	}
	want(t, found, "durability", OK, "is not forgotten")
	want(t, found, "pbxs", OK, "400 cloud PBXs, with plan, billing cycle and extensions")
	want(t, found, "contacts", OK, "the default, billing@example.com, is one of them")
	want(t, found, "portal clock", OK, "agrees")
	if n := portal.Ledger().Calls[yeastartest.CallCreate]; n != 0 {
		t.Errorf("it ordered %d times", n)
	}
	if left, err := os.ReadDir(s.Journal); err != nil || len(left) != 0 {
		t.Errorf("it left %v in the journal's folder, %v", left, err)
	}
}

func TestALedgerThatForgetsFailsUnlessNothingIsAtStake(t *testing.T) {
	t.Parallel()
	s, _ := patient(t, storetest.Embedded(t), yeastartest.Options{})
	found, worst := examine(t, s)
	want(t, found, "durability", Warn, "the built-in Redis keeps nothing")
	want(t, found, "epoch", Warn, "volatile")
	if worst != Warn {
		t.Errorf("worst %s", worst)
	}
	s.Toy = false
	found, worst = examine(t, s)
	want(t, found, "durability", Fail, "the built-in Redis keeps nothing")
	if worst != Fail {
		t.Errorf("worst %s", worst)
	}
}

func TestARestartOfRedisIsSaid(t *testing.T) {
	t.Parallel()
	if !storetest.Available(t) {
		return // the embedded Redis has no runs to tell apart
	}
	room := storetest.Real(t)
	s, _ := patient(t, room, yeastartest.Options{})
	room.Restart()
	found, _ := examine(t, s)
	want(t, found, "epoch", Warn, "orderq recover")
	if err := room.Redis.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	found, _ = examine(t, s)
	want(t, found, "epoch", OK, "has not been used yet")
}

func TestWhatCannotBeReachedFailsAndWhatHangsOnItIsLeftOut(t *testing.T) {
	t.Parallel()
	room := storetest.Embedded(t)
	s, portal := patient(t, room, yeastartest.Options{})
	room.Cut(true)
	portal.Close()
	found, worst := examine(t, s)
	if worst != Fail {
		t.Errorf("worst %s", worst)
	}
	want(t, found, "redis", Fail, "does not answer")
	want(t, found, "portal", Fail, "cannot be reached")
	for _, what := range []string{"durability", "epoch", "redis clock", "credentials", "pbxs", "plans", "contacts", "order list", "portal clock"} {
		want(t, found, what, Warn, "not looked at")
	}
	want(t, found, "journal", OK, "can be written to")
}

func TestMissingCredentialsAreNamed(t *testing.T) {
	t.Parallel()
	s, _ := patient(t, storetest.Embedded(t), yeastartest.Options{})
	s.Portal, s.PortalErr = nil, errors.New("YEASTAR_CLIENT_ID: not set")
	found, _ := examine(t, s)
	want(t, found, "portal", Fail, "YEASTAR_CLIENT_ID: not set")
	want(t, found, "credentials", Warn, "not looked at")
}

func TestWrongCredentialsFail(t *testing.T) {
	t.Parallel()
	s, portal := patient(t, storetest.Embedded(t), yeastartest.Options{})
	client, err := yeastar.New(yeastar.Config{BaseURL: portal.URL(), ClientID: "sim-client", ClientSecret: "canary"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s.Portal = client
	found, _ := examine(t, s)
	want(t, found, "portal", OK, "can be reached")
	want(t, found, "credentials", Fail, "refuses the client id and secret")
	want(t, found, "pbxs", Warn, "not looked at")
	for _, f := range found {
		if strings.Contains(f.Finding+f.Remedy, "canary") {
			t.Errorf("the secret is printed: %+v", f)
		}
	}
}

func TestAReadThatFailsIsNamed(t *testing.T) {
	t.Parallel()
	s, portal := patient(t, storetest.Embedded(t), yeastartest.Options{})
	for what, call := range map[string]string{
		"pbxs": yeastartest.CallProducts, "plans": yeastartest.CallOffering, "contacts": yeastartest.CallContacts, "order list": yeastartest.CallOrders,
	} {
		portal.FailCalls(call, yeastartest.Denied403, -1)
		found, _ := examine(t, s)
		want(t, found, what, Fail, "see that the API of this account may read it")
		portal.Heal()
	}
}

func TestTheDefaultContactMustBeThere(t *testing.T) {
	t.Parallel()
	room := storetest.Embedded(t)
	s, _ := patient(t, room, yeastartest.Options{})
	check := func(contact string, level Level, text string) {
		t.Helper()
		s.Contact = contact
		found, _ := examine(t, s)
		want(t, found, "contacts", level, text)
	}
	check("", Warn, "2 billing contacts and no default")
	check("BILLING@example.com", OK, "is one of them")
	check(yeastartest.AccountsContact.String(), OK, "is one of them")
	check("nobody@example.com", Fail, "is not one of them")
	aliases, err := resolve.ParseAliases([]byte(`{"contacts":{"Book keeping":"` + yeastartest.AccountsContact.String() + `","Old":"17"}}`))
	if err != nil {
		t.Fatal(err)
	}
	s.Aliases = aliases
	check("book-keeping", OK, "is one of them")
	check("old", Fail, "is not one of them")
	single, _ := patient(t, room, yeastartest.Options{SingleContact: true})
	single.Contact = ""
	found, _ := examine(t, single)
	want(t, found, "contacts", OK, "1 billing contact, used where an intent names none")
}

func TestWhatThePortalDoesNotShowIsSaid(t *testing.T) {
	t.Parallel()
	s, _ := patient(t, storetest.Embedded(t), yeastartest.Options{Capacity: yeastartest.ShowsNone})
	found, _ := examine(t, s)
	want(t, found, "pbxs", OK, "does not show their plan, billing cycle, extensions")
}

func TestTheJournalsFolderIsTriedAndNotMade(t *testing.T) {
	t.Parallel()
	s, _ := patient(t, storetest.Embedded(t), yeastartest.Options{})
	base := t.TempDir()
	s.Journal = filepath.Join(base, "not", "there", "yet")
	found, _ := examine(t, s)
	want(t, found, "journal", OK, "can be made and written to")
	if left, _ := os.ReadDir(base); len(left) != 0 {
		t.Errorf("it left %v", left)
	}
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Journal = file
	found, _ = examine(t, s)
	want(t, found, "journal", Fail, "is not a folder")
	s.Journal = filepath.Join(file, "below")
	found, _ = examine(t, s)
	want(t, found, "journal", Fail, "ORDERQ_JOURNAL")
}

func TestClocksThatDisagreeAreSaid(t *testing.T) {
	t.Parallel()
	room := storetest.Embedded(t)
	s, _ := patient(t, room, yeastartest.Options{})
	room.Mini.SetTime(time.Now().Add(time.Minute))
	found, _ := examine(t, s)
	want(t, found, "redis clock", Warn, "1m0s ahead of this host's")
	for ahead, level := range map[time.Duration]Level{0: OK, time.Second: OK, -5 * time.Second: Warn, time.Hour: Warn} {
		c := &Clock{}
		now := time.Now()
		c.Note(now.Add(ahead), now)
		c.Note(time.Time{}, now) // an answer without a Date changes nothing
		if f := (&Subject{Clock: c}).portalClock(t.Context()); f.Level != level {
			t.Errorf("%v: %+v", ahead, f)
		}
	}
	if f := (&Subject{Clock: &Clock{}}).portalClock(t.Context()); f.Level != Warn {
		t.Errorf("no date: %+v", f)
	}
}

func TestVersionsAreComparedByNumber(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"6.0.16": true, "5.0": true, "6.2.0": false, "6.2": false, "6.10.1": false, "7.0.15": false, "8.0-rc1": false, "10.1": false, "unknown": false, "6": true,
	} {
		if got := older(version, oldestRedis); got != want {
			t.Errorf("older(%s) = %t", version, got)
		}
	}
}

func TestAnInterruptEndsTheExamination(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	checks := []Check{{"one", func(context.Context) Finding { cancel(); return good("so") }}, {"two", func(context.Context) Finding { n++; return good("so") }}}
	if worst := Run(ctx, checks, func(Finding) {}); worst != Fail || n != 0 {
		t.Errorf("worst %s, %d checks after the interrupt", worst, n)
	}
}
