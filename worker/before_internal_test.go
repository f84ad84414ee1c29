package worker

import (
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

// doubtful is a lone worker with an order in doubt that is not at a portal which shows our references; during is called
// while the portal's list is read.
func doubtful(t *testing.T, sender func(l *lone) string, during func(l *lone)) (*lone, store.Order) {
	t.Helper()
	var l *lone
	reading := false
	l = newLone(t, storetest.Best(t), func(c *Config) {
		c.Portal.Observe = func(call yeastar.Call, _ yeastar.Answer, _ time.Duration) {
			if reading && call.Endpoint == yeastar.EndpointOrderList {
				reading = false
				during(l)
			}
		}
	})
	l.must(l.fleet.NoteEcho(t.Context(), true))
	l.must(l.refresh(t.Context()))
	o, _ := l.passed("absent", sender(l))
	o, err := l.store.Doubt(t.Context(), o, "no answer", "", time.Hour)
	l.must(err)
	reading = true
	return l, o
}

// past makes an order's horizon one that was over before any reading, and that is not yet a person's to worry about.
func (l *lone) past(o store.Order) store.Order {
	o.Evidence.Deadline = o.SubmittedAt.Add(-l.cfg.Settle * 3 / 2)
	return o
}

func (l *lone) reconciled(o store.Order) store.Order {
	l.t.Helper()
	l.must(l.reconcile(l.t.Context(), []store.Order{o}))
	return l.get(o.ID)
}

// It may have slept between its look at the clock and its first byte: then it is in no reading that began before it
// ended.
func TestASenderThatEndsWhileTheListIsReadWasNotFinishedBefore(t *testing.T) {
	t.Parallel()
	l, o := doubtful(t, func(l *lone) string {
		l.sends = &sends{now: l.book()}
		return l.sends.current().Name()
	}, func(l *lone) { l.must(l.sends.current().Close()) })
	if o = l.reconciled(l.past(o)); o.State != store.Unknown {
		t.Fatalf("it is %s (%s): nobody knew that its sender was finished when the reading began", o.State, o.Reason)
	}
	if o = l.reconciled(l.past(o)); o.State != store.Accepted {
		t.Errorf("it is %s (%s): its sender was finished before this reading began", o.State, o.Reason)
	}
}

// Hundreds of orders are in doubt after a Redis that forgot, and as many of the list's rows say nothing by themselves. A
// worker that dies while it reads their details must not take the others' settlement with it.
func TestAnOrderWhoseRowShowsItsReferenceWaitsForNoOthersDetails(t *testing.T) {
	t.Parallel()
	var l *lone
	l = newLone(t, storetest.Best(t), func(c *Config) {
		c.Portal.Observe = func(call yeastar.Call, _ yeastar.Answer, _ time.Duration) {
			if call.Endpoint == yeastar.EndpointOrderDetails {
				l.portal.FailCalls(yeastartest.CallOrder, yeastartest.Error500Before, 100) // from the second on
			}
		}
	})
	o, _ := l.passed("shown", l.book().Name())
	o, err := l.store.Doubt(t.Context(), o, "no answer", "", time.Hour)
	l.must(err)
	mine := l.portal.Place(lonePBX, yeastartest.RecordingID, 10, o.Evidence.Reference)
	l.portal.Place(lonePBX, yeastartest.RecordingID, 10, "")
	other := o
	other.ID = "oqother" // one that is not in the list: for its sake the details of the other row are read
	err = l.reconcile(t.Context(), []store.Order{other, o})
	if got := l.get(o.ID); err == nil || got.State != store.Placed || got.OrderNo != mine.OrderNo {
		t.Errorf("%s as %q (%v), want placed as %s though the other row's details cannot be read", got.State, got.OrderNo, err, mine.OrderNo)
	}
}

// A list that lags shows by the horizon what was made, not before.
func TestAReadingThatBeganBeforeTheHorizonProvesNoAbsence(t *testing.T) {
	t.Parallel()
	l, o := doubtful(t, func(l *lone) string {
		book := l.book()
		l.must(book.Close())
		return book.Name()
	}, func(l *lone) { l.clocks.redis.Add(int64(24 * time.Hour)) })
	if o = l.reconciled(o); o.State != store.Unknown {
		t.Fatalf("it is %s (%s): the horizon came while the list was read", o.State, o.Reason)
	}
	if o = l.reconciled(l.past(o)); o.State != store.Accepted {
		t.Errorf("it is %s (%s): the horizon was over before this reading began", o.State, o.Reason)
	}
}
