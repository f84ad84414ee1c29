package worker

import (
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/journal"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	deadline := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	const settle = 10 * time.Minute
	late := deadline.Add(settle)
	base := func() sight {
		s := sight{now: late, settle: settle, absent: Auto, counts: true, echo: echoShown, sender: journal.SenderFinished}
		s.order.State = store.Unknown
		s.order.Evidence.Deadline = deadline
		return s
	}
	cases := []struct {
		name   string
		change func(*sight)
		want   finding
		says   string
	}{
		{"its reference is there", func(s *sight) { s.bearing = []string{"A"}; s.now = deadline.Add(-time.Minute) }, found, "reference"},
		{"found counts even where the reading does not", func(s *sight) { s.bearing = []string{"A"}; s.counts = false }, found, ""},
		{"found settles a review too", func(s *sight) { s.order.State = store.Review; s.bearing = []string{"A"} }, found, ""},
		{"its reference is there twice", func(s *sight) { s.bearing = []string{"A", "B"} }, several, "A, B"},
		{"before the horizon absence proves nothing", func(s *sight) { s.now = late.Add(-time.Millisecond) }, again, "so far"},
		{"before the horizon a likeness proves nothing", func(s *sight) { s.now = late.Add(-time.Millisecond); s.fits = []string{"A"}; s.echo = echoHidden }, again, ""},
		{"a review is not decided by a machine", func(s *sight) { s.order.State = store.Review }, again, ""},
		{"a review is not matched", func(s *sight) { s.order.State = store.Review; s.fits = []string{"A"}; s.echo = echoHidden }, again, ""},
		{"a reading that does not count is repeated", func(s *sight) { s.counts = false; s.why = "shifted" }, again, "shifted"},
		{"but not for ever", func(s *sight) { s.counts = false; s.now = late.Add(patience * settle) }, forPerson, ""},
		{"absent", func(*sight) {}, isAbsent, "sent again"},
		{"absent, and the sender may still wake up", func(s *sight) { s.sender = journal.SenderAlive }, again, "not proved finished yet"},
		{"absent, and its sender's journal is on another host", func(s *sight) { s.sender = journal.SenderAbsent }, again, "not proved finished yet"},
		{"absent, and the sender sleeps on", func(s *sight) { s.sender = journal.SenderAlive; s.now = s.lastCall() }, forPerson, "not proved finished"},
		{"absent, and no host has its sender's journal", func(s *sight) { s.sender = journal.SenderAbsent; s.now = s.lastCall() }, forPerson, "not proved finished"},
		{"absent, and sent again before", func(s *sight) { s.order.Evidence.Resends = 1 }, forPerson, "once already"},
		{"absent, and the portal is not known to show us", func(s *sight) { s.echo = echoUnknown }, forPerson, "not seen to show our reference"},
		{"absent, and the portal is known to hide us", func(s *sight) { s.echo = echoHidden }, forPerson, "not seen to show our reference"},
		{"absent without an echo, resubmit", func(s *sight) { s.echo = echoHidden; s.absent = Resubmit }, isAbsent, ""},
		{"resubmit does not excuse a living sender", func(s *sight) { s.absent = Resubmit; s.sender = journal.SenderAlive; s.now = s.lastCall() }, forPerson, ""},
		{"resubmit does not excuse a second time", func(s *sight) { s.absent = Resubmit; s.order.Evidence.Resends = 1 }, forPerson, ""},
		{"absent, and a person is asked in every case", func(s *sight) { s.absent = ToReview }, forPerson, "person decides"},
		{"the only one that fits, no echo", func(s *sight) { s.echo = echoHidden; s.fits = []string{"A"} }, matched, "only"},
		{"the only one that fits one that Redis had forgotten", func(s *sight) {
			s.echo, s.fits, s.order.Evidence.Recalled = echoHidden, []string{"A"}, true
		}, forPerson, "which orders were there before"},
		{"the only one that fits, echo unknown", func(s *sight) { s.echo = echoUnknown; s.fits = []string{"A"} }, matched, ""},
		{"it fits, but would show our reference", func(s *sight) { s.fits = []string{"A"} }, forPerson, "lack it"},
		{"two fit", func(s *sight) { s.echo = echoHidden; s.fits = []string{"A", "B"} }, forPerson, "more than one"},
		{"one fits and one may", func(s *sight) { s.echo = echoHidden; s.fits = []string{"A"}; s.maybe = []string{"B"} }, forPerson, "too little"},
		{"one may", func(s *sight) { s.echo = echoHidden; s.maybe = []string{"B"} }, forPerson, "too little"},
		{"one may, so it is not absent", func(s *sight) { s.maybe = []string{"B"} }, forPerson, ""},
		{"it fits, and so would a rival's", func(s *sight) { s.echo = echoHidden; s.fits = []string{"A"}; s.rivals = 1 }, forPerson, "not accounted for"},
		{"it fits, and the sender lives: the portal has it all the same", func(s *sight) {
			s.echo, s.fits, s.sender = echoHidden, []string{"A"}, journal.SenderAlive
		}, matched, ""},
	}
	for _, c := range cases {
		s := base()
		c.change(&s)
		got, why := judge(s)
		if got != c.want || !strings.Contains(why, c.says) {
			t.Errorf("%s: %v (%s), want %v (…%s…)", c.name, got, why, c.want, c.says)
		}
	}
}

// Whatever is seen, sending again needs every one of its conditions.
func TestNothingIsSentAgainWithoutEveryCondition(t *testing.T) {
	t.Parallel()
	deadline := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	some := [][]string{nil, {"A"}, {"A", "B"}}
	n := 0
	for _, state := range []store.State{store.Unknown, store.Review} {
		for _, after := range []time.Duration{0, time.Minute, time.Hour} {
			for _, bearing := range some {
				for _, fits := range some {
					for _, maybe := range some {
						for _, counts := range []bool{false, true} {
							for _, e := range []echo{echoUnknown, echoShown, echoHidden} {
								for _, standing := range []journal.Standing{journal.SenderAbsent, journal.SenderAlive, journal.SenderFinished} {
									for _, resends := range []int{0, 1} {
										for _, absent := range []OnAbsent{Auto, ToReview, Resubmit} {
											s := sight{now: deadline.Add(after), settle: 10 * time.Minute, absent: absent, bearing: bearing,
												fits: fits, maybe: maybe, counts: counts, echo: e, sender: standing}
											s.order.State, s.order.Evidence.Deadline, s.order.Evidence.Resends = state, deadline, resends
											f, _ := judge(s)
											n++
											if f != isAbsent {
												continue
											}
											if state != store.Unknown || after < 10*time.Minute || len(bearing)+len(fits)+len(maybe) > 0 || !counts ||
												e != echoShown && absent != Resubmit || standing != journal.SenderFinished || resends > 0 || absent == ToReview {
												t.Fatalf("sent again on %+v", s)
											}
										}
									}
								}
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d sights", n)
}

func TestLooksAreSpreadOverTheHorizon(t *testing.T) {
	t.Parallel()
	deadline := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	const settle = 640 * time.Second
	var looks []time.Duration
	now := deadline
	for range 7 {
		now = now.Add(nextLook(now, deadline, settle))
		looks = append(looks, now.Sub(deadline))
	}
	want := []time.Duration{10, 40, 80, 160, 320, 640, 800}
	for i := range want {
		if looks[i] != want[i]*time.Second {
			t.Errorf("look %d comes %v after the deadline, want %v", i+1, looks[i], want[i]*time.Second)
		}
	}
	if d := nextLook(deadline.Add(-time.Hour), deadline, settle); d > 5*time.Second || d <= 0 {
		t.Errorf("before the deadline the next look is in %v", d)
	}
	if d := nextLook(deadline, deadline, 0); d <= 0 {
		t.Errorf("with no settling time the next look is in %v: a busy loop", d)
	}
}
