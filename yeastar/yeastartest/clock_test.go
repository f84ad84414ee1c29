package yeastartest

import (
	"testing"
	"time"
)

func TestTheDateHeaderIsThePortalsClock(t *testing.T) {
	t.Parallel()
	c := newClock()
	for offset, want := range map[time.Duration]string{
		0:              "Sun, 01 Mar 2026 12:00:00 GMT",
		7 * time.Hour:  "Sun, 01 Mar 2026 19:00:00 GMT",
		-2 * time.Hour: "Sun, 01 Mar 2026 10:00:00 GMT",
	} {
		p := open(t, Options{Now: c.now, ClockOffset: offset})
		if got := p.get(listPath).header.Get("Date"); got != want {
			t.Errorf("offset %s: got %q", offset, got)
		}
	}
}

func TestOrdersBearThePortalsTime(t *testing.T) {
	t.Parallel()
	c := newClock()
	p := open(t, Options{Now: c.now, ClockOffset: 5 * time.Minute})
	made := decode[orderJSON](t, p.mustSave(minutes("ahead")))
	p.SetClockOffset(-5 * time.Minute)
	behind := decode[orderJSON](t, p.mustSave(minutes("behind")))
	rows := decode[listJSON](t, p.get(listPath)).Results
	newest, older := rows[0], rows[1]
	if newest.OrderNo != behind.OrderNo || older.OrderNo != made.OrderNo {
		t.Fatalf("the list is not in the order of commits: %+v", rows[:2])
	}
	now := c.now().UnixMilli()
	if older.CreateTime != now+300_000 || newest.CreateTime != now-300_000 {
		t.Errorf("createTime %d and %d, now is %d", older.CreateTime, newest.CreateTime, now)
	}
	if newest.ID <= older.ID || behind.OrderNo[2:] <= made.OrderNo[2:] {
		t.Errorf("a number went back with the clock: %+v", rows[:2])
	}
	if got := p.Ledger().Orders[1].At; !got.Equal(c.now().Add(-5 * time.Minute)) {
		t.Errorf("the ledger says %s", got)
	}
}

func TestAWrongClockChangesNoLagAndNoTokensLife(t *testing.T) {
	t.Parallel()
	c := newClock()
	p := open(t, Options{Now: c.now, ListLag: time.Minute, ClockOffset: 24 * time.Hour})
	p.mustSave(minutes("x"))
	p.SetClockOffset(-24 * time.Hour)
	c.add(59 * time.Second)
	if n := decode[listJSON](t, p.get(listPath)).Total; n != 60 {
		t.Errorf("a second early: %d rows", n)
	}
	c.add(time.Second)
	if n := decode[listJSON](t, p.get(listPath)).Total; n != 61 {
		t.Errorf("after the lag: %d rows", n)
	}
}
