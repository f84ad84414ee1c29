package worker

import (
	"testing"
	"time"

	"orderq/store"
)

func TestWhatAPBXMustHaveByOurOwnOrders(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	// made is an order that was sent and finished so long ago.
	made := func(id string, s store.State, had, quantity int, sent, finished time.Duration) store.Order {
		o := store.Order{ID: id, State: s, Quantity: quantity, SubmittedAt: now.Add(-sent), Evidence: store.Evidence{Had: had}}
		if s.Final() {
			o.FinishedAt = now.Add(-finished)
		}
		return o
	}
	const p, w = store.Placed, store.Pending
	h := time.Hour
	cases := []struct {
		name   string
		orders []store.Order
		by     string
		want   int
	}{
		{"none", nil, "", 0},
		{"one", []store.Order{made("a", p, 40, 10, h, h)}, "a", 50},
		{"one whose PBX could not be read", []store.Order{made("a", p, 0, 10, h, h)}, "a", 10},
		{"two from one cached reading, listed the newest first", []store.Order{made("b", p, 40, 5, h, h), made("a", p, 40, 5, 2*h, 2*h)}, "b", 50},
		{"others ordered by hand in between", []store.Order{made("a", p, 40, 5, 2*h, 2*h), made("b", p, 60, 5, h, h)}, "b", 65},
		{"a day old", []store.Order{made("a", p, 40, 10, 25*h, 24*h)}, "", 0},
		{"not quite", []store.Order{made("a", p, 40, 10, 25*h, 24*h-time.Second)}, "a", 50},
		{"sent long ago, found today", []store.Order{made("a", p, 40, 10, 90*h, h)}, "a", 50},
		{"refused and cancelled", []store.Order{made("a", store.Rejected, 40, 10, h, h), made("b", store.Cancelled, 40, 10, h, h)}, "", 0},
		{"unpaid for days", []store.Order{made("a", w, 40, 10, 90*h, 0)}, "a", 50},
		{"unpaid, and others since that are older than a day", []store.Order{made("a", w, 40, 10, 90*h, 0), made("b", p, 40, 5, 80*h, 80*h)}, "a", 55},
		{"older than a day, and unpaid since", []store.Order{made("a", p, 40, 5, 90*h, 90*h), made("b", w, 40, 10, 80*h, 0)}, "b", 50},
	}
	for _, c := range cases {
		if by, n := expected(c.orders, now); by.ID != c.by || n != c.want {
			t.Errorf("%s: %d by %q, want %d by %q", c.name, n, by.ID, c.want, c.by)
		}
	}
}

// What is in doubt is settled by machines within a quarter of an hour, and nobody tells those that wait for it. What is in
// review waits for a person, perhaps for days, and each look is an entry in a history.
func TestAnOrderInDoubtIsAskedAfterSoonAndOneInReviewEverMoreSeldom(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	w := &Worker{cfg: Config{PollEvery: time.Minute, Now: func() time.Time { return now }}}
	for _, c := range []struct {
		state store.State
		ago   time.Duration
		want  time.Duration
	}{
		{store.Unknown, time.Minute, 30 * time.Second},
		{store.Unknown, 10 * time.Minute, time.Minute},
		{store.Submitting, time.Hour, time.Minute},
		{store.Review, 10 * time.Minute, 5 * time.Minute},
		{store.Review, 3 * time.Hour, time.Hour},
	} {
		pause := w.unsettled([]store.Order{{ID: "a", State: c.state, Attempt: 1, SubmittedAt: now.Add(-c.ago)}})
		if pause == nil || pause.After != c.want || pause.For != store.WaitTime {
			t.Errorf("%s since %v: %+v, want %v", c.state, c.ago, pause, c.want)
		}
	}
	for _, o := range []store.Order{{State: store.Review}, {State: store.Placed, Attempt: 1}} {
		if pause := w.unsettled([]store.Order{o}); pause != nil {
			t.Errorf("%s, attempt %d: %+v", o.State, o.Attempt, pause)
		}
	}
}
