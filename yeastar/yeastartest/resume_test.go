package yeastartest

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// reopen makes a portal of a journal file and serves it.
func reopen(t *testing.T, path string, o Options) *portal {
	t.Helper()
	f, past, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	o.Journal = f
	s, err := Resume(o, past)
	if err != nil {
		t.Fatal(err)
	}
	s.listen()
	p := &portal{Server: s, t: t, http: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(func() { p.end(); f.Close() })
	p.token = p.login()
	return p
}

func (p *portal) end() {
	p.Close()
	p.http.CloseIdleConnections()
}

// list is all rows, as they are shown.
func (p *portal) list() []rowJSON {
	p.t.Helper()
	return decode[listJSON](p.t, p.get(listPath+"?pageSize=100")).Results
}

func TestAPortalGoesOnFromItsJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	c := newClock()
	o := Options{Seed: 7, PBXs: 20, OldOrders: 30, Now: c.now, Tutorials: true, ClockOffset: time.Hour}
	p := reopen(t, path, o)
	first := p.get(listPath).env.RequestID
	p.mustSave(tutorialMinutes)
	p.NextStatus("pending")
	pending := decode[orderJSON](t, p.mustSave(order("paid-1", TutorialHAPBX, ExtensionsID.String(), 3)))
	p.SetStatus(pending.OrderNo, "succeed")
	refunded := decode[orderJSON](t, p.mustSave(order("back-1", TutorialHAPBX, HighAvailID.String(), 13)))
	p.SetStatus(refunded.OrderNo, "refunded")
	p.Place(TutorialHAPBX, RecordingID, 5, "by hand")
	p.Fail(DropBefore, 1)
	p.save(minutes("lost-1"))
	p.Fail(UnreadBefore, 1)
	p.save(minutes("unread-1"))
	p.Down(true)
	p.save(minutes("down-1"))
	p.Down(false)
	ledger, list, pbxs := p.Ledger(), p.list(), p.PBXs()
	p.end()

	c.add(48 * time.Hour) // the old orders are those of the first start
	q := reopen(t, path, o)
	if q.token == p.token || q.get(listPath).env.RequestID == first {
		t.Error("a token or a requestId came twice")
	}
	got := q.Ledger()
	if diff := cmp.Diff(ledger.Orders, got.Orders); diff != "" || len(got.Orders) != 4 {
		t.Errorf("orders: %s", diff)
	}
	if diff := cmp.Diff(ledger.Requests, got.Requests); diff != "" || got.Partial != ledger.Partial || got.Partial != 1 ||
		got.Calls[CallCreate] != ledger.Calls[CallCreate] || got.CallsWhileDown[CallCreate] != 1 {
		t.Errorf("calls: %+v, want %+v", got, ledger)
	}
	if diff := cmp.Diff(list, q.list()); diff != "" || len(list) != 34 {
		t.Errorf("the list: %s", diff)
	}
	if diff := cmp.Diff(pbxs, q.PBXs()); diff != "" {
		t.Errorf("PBXs: %s", diff)
	}
	if diff := cmp.Diff(p.Bodies(), q.Bodies()); diff != "" {
		t.Errorf("bodies: %s", diff)
	}
	next := decode[orderJSON](t, q.mustSave(tutorialMinutes))
	seen := map[string]bool{}
	for _, o := range q.Ledger().Orders {
		seen[o.ID], seen[o.OrderNo], seen[o.TransactionNo] = true, true, true
	}
	if len(seen) != 15 || q.list()[0].OrderNo != next.OrderNo {
		t.Errorf("a number came twice, or the newest order is not the first: %+v", q.Ledger().Orders)
	}
	q.end()
	r := reopen(t, path, o)
	if diff := cmp.Diff(q.Ledger().Orders, r.Ledger().Orders); diff != "" {
		t.Errorf("after the second start: %s", diff)
	}
}

func TestAnOrderForAContactThatIsGoneIsStillShown(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	p := reopen(t, path, Options{})
	made := decode[orderJSON](t, p.mustSave(strings.Replace(tutorialMinutes, BillingContact.String(), AccountsContact.String(), 1)))
	p.end()
	q := reopen(t, path, Options{SingleContact: true})
	got := decode[detailsJSON](t, q.get("/order/openapi/order/v1/get/"+made.OrderNo)).BillingInformation
	if got.BillingContactID != AccountsContact.String() || got.EmailAddress != "" {
		t.Errorf("got %+v", got)
	}
}

func TestNoNumberComesTwiceThoughTheClockStandsStill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	seen := map[string]bool{}
	for range 3 {
		p := reopen(t, path, Options{Now: newClock().now})
		made := decode[orderJSON](t, p.mustSave(minutes("x")))
		seen[made.OrderNo], seen[made.TransactionNo], seen[p.list()[0].ID] = true, true, true
		p.end()
	}
	if len(seen) != 9 {
		t.Errorf("%d numbers for 3 orders, want 9", len(seen))
	}
}

func TestTheListLagsAfterARestartAsBefore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, second, now time.Duration }{
		"the clock is behind":  {-time.Hour, -time.Hour, -time.Hour},
		"it was ahead, and is": {time.Hour, time.Hour, time.Hour},
		"it was set back":      {time.Hour, -time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "journal")
			clock := newClock()
			p := reopen(t, path, Options{Now: clock.now, ClockOffset: c.first})
			p.mustSave(minutes("a"))
			p.SetClockOffset(c.second)
			p.mustSave(minutes("b"))
			p.end()
			q := reopen(t, path, Options{Now: clock.now, ClockOffset: c.now, ListLag: time.Minute})
			if n := len(q.list()); n != 60 {
				t.Errorf("at once: %d rows", n)
			}
			clock.add(time.Minute)
			if got := q.list(); len(got) != 62 || got[0].PONumber != "b" {
				t.Errorf("after the lag: %d rows, the first %+v", len(got), got[0])
			}
		})
	}
}

func TestPagesShiftAfterARestartAsBefore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	p := reopen(t, path, Options{PBXs: 2})
	p.mustSave(minutes("x"))
	p.end()
	q := reopen(t, path, Options{PBXs: 2, PageShift: 1})
	for range 8 {
		q.numbersOn(2)
	}
	for _, o := range q.Ledger().Orders[1:] {
		if o.ProductNo == TutorialExpandPBX {
			t.Errorf("an order for a PBX that a client ordered for: %+v", o)
		}
	}
}

func TestFatesGoOnAfterARestart(t *testing.T) {
	t.Parallel()
	fates := func(restart bool) (got []bool) {
		path := filepath.Join(t.TempDir(), "journal")
		o := Options{Seed: 3, Faults: Faults{DropAfter: 0.3, UnreadBefore: 0.3}}
		p := reopen(t, path, o)
		for i := range 16 {
			if restart && i == 8 {
				p.end()
				p = reopen(t, path, o)
			}
			_, err := p.save(minutes("same"))
			got = append(got, err == nil)
		}
		return got
	}
	if diff := cmp.Diff(fates(false), fates(true)); diff != "" {
		t.Error(diff)
	}
}

func TestAPastThatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	p := reopen(t, path, Options{Seed: 1})
	p.mustSave(minutes("x"))
	p.end()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	past := func(text string) Past {
		got, _, err := readPast(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for want, c := range map[string]struct {
		o    Options
		past Past
	}{
		"with Seed 1, PBXs 400, OldOrders 60, and not with 2": {Options{Seed: 2}, past(string(text))},
		"not with 1, 7, 60":              {Options{Seed: 1, PBXs: 7}, past(string(text))},
		"for PBX NOWHERE":                {Options{Seed: 1}, past(strings.ReplaceAll(string(text), TutorialExpandPBX, "NOWHERE"))},
		`"EK" for a number`:              {Options{Seed: 1}, past(`{"order":{"id":"1","orderNo":"EK","productNo":"` + TutorialExpandPBX + `"}}` + "\n")},
		"Strangers 2: a share from 0 to": {Options{Strangers: 2}, Past{}},
	} {
		if _, err := Resume(c.o, c.past); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	if _, _, err := OpenJournal(t.TempDir()); err == nil {
		t.Error("a folder was opened as a journal")
	}
	if err := os.WriteFile(path, []byte("{}\nnot json\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenJournal(path); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a spoilt line: %v", err)
	}
}

func TestAStatusMayStandInFrontOfItsOrder(t *testing.T) {
	t.Parallel()
	l, err := ReadJournal(strings.NewReader(`{"orderNo":"EK2","status":"refunded"}
{"order":{"id":"1002","orderNo":"EK2","status":"succeed"}}
{"order":{"id":"1001","orderNo":"EK1","status":"succeed"}}
{"someday":"another line"}
`))
	if err != nil || len(l.Orders) != 2 || l.Orders[0].OrderNo != "EK1" || l.Orders[0].Status != "succeed" || l.Orders[1].Status != "refunded" {
		t.Errorf("got %+v, %v", l, err)
	}
}

func TestALineThatBrokeOffIsCutAwayBeforeTheNextIsWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	p := reopen(t, path, Options{})
	p.mustSave(minutes("first"))
	p.end()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"at":"2026-03-01T12:00:00Z","request":"` + strings.Repeat("x", 100_000)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	q := reopen(t, path, Options{})
	q.mustSave(minutes("second"))
	q.end()
	if text, err := os.ReadFile(path); err != nil || len(text) > 10_000 || text[len(text)-1] != '\n' {
		t.Errorf("the journal has %d bytes, %v", len(text), err)
	}
	if l := reopen(t, path, Options{}).Ledger(); len(l.Orders) != 2 || l.Orders[1].PONumber != "second" || l.Requests["second"] != 1 {
		t.Errorf("got %+v", l)
	}
}
