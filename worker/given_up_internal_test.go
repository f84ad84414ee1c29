package worker

import (
	"testing"
	"time"

	"orderq/store"
	"orderq/store/journal"
	"orderq/store/storetest"
	"orderq/yeastar"
)

// answered is an order that the portal answered as pending, as GONE1, and does not show any more.
func (l *lone) answered() (store.Order, journal.Attempt) {
	l.t.Helper()
	ctx, book := l.t.Context(), l.book()
	o, _ := l.passed("answered", book.Name())
	a := attemptOf(o)
	l.must(book.Begin(ctx, a))
	l.must(book.End(journal.Outcome{Reference: a.Reference, Result: yeastar.Done.String(), OrderNo: "GONE1", OrderStatus: yeastar.StatusPending}))
	o, err := l.store.Record(ctx, o, store.Found{To: store.Pending, OrderNo: "GONE1", OrderStatus: yeastar.StatusPending, Via: store.ViaAnswer})
	l.must(err)
	o, err = l.store.Review(ctx, o, "the portal no longer shows GONE1")
	l.must(err)
	return o, a
}

// The journal says for ever what the answer was. The record has it, and knows more.
func TestAJournalDoesNotTakeAnOrderBackFromReview(t *testing.T) {
	t.Parallel()
	l := newLone(t, storetest.Best(t))
	o, _ := l.answered()
	for range 2 {
		l.must(l.testify(t.Context()))
	}
	if got := l.get(o.ID); got.State != store.Review || !got.Evidence.Finished {
		t.Errorf("it is %s (%s), finished %v: a person has to decide about it", got.State, got.Reason, got.Evidence.Finished)
	}
}

// A person has decided that the number is nothing: what the journal says of it is no news after a restart of Redis.
func TestAJournalDoesNotBringBackANumberThatAPersonGaveUp(t *testing.T) {
	t.Parallel()
	l := newLone(t, storetest.Best(t))
	o, _ := l.answered()
	o, err := l.store.Resend(t.Context(), o, "eve", "Yeastar has none")
	l.must(err)
	var r Recovery
	l.must(l.compare(t.Context(), &r))
	if got := l.get(o.ID); got.State != store.Accepted || got.OrderNo != "" || r.Replayed+r.Recalled != 0 {
		t.Fatalf("%s as %q (%s), replayed %d, recalled %d: it is to be sent again", got.State, got.OrderNo, got.Reason, r.Replayed, r.Recalled)
	}
	o, mine, err := l.store.Take(t.Context(), o.ID, store.Delivery{Worker: l.id, Nonce: nonce(), Silence: time.Hour, Within: time.Minute})
	if err != nil || !mine {
		t.Fatalf("mine %v, %v", mine, err)
	}
	p, err := l.store.Gate(t.Context(), o, store.Submission{Nonce: nonce(), Sender: "elsewhere", Reference: o.ID + "-2", Resolved: o, Within: time.Minute, Watermark: o.Evidence.Watermark})
	if err != nil || !p.Through {
		t.Fatalf("%+v, %v", p, err)
	}
	l.must(l.compare(t.Context(), &r))
	if got := l.get(o.ID); got.State != store.Submitting {
		t.Fatalf("%s as %q (%s): it is being sent again", got.State, got.OrderNo, got.Reason)
	}
	o, err = l.store.Record(t.Context(), p.Order, store.Found{To: store.Placed, OrderNo: "EK2", Via: store.ViaAnswer})
	l.must(err)
	l.must(l.compare(t.Context(), &r))
	if got := l.get(o.ID); got.OrderNo != "EK2" || len(got.Duplicates) != 0 {
		t.Errorf("%s, duplicates %v: the other number was given up by a person", got.OrderNo, got.Duplicates)
	}
}

// How often the portal's list was read for an order in doubt is not how often the portal has denied the order that it was.
func TestAnOrderThatWasLongLookedForIsNotGivenUpAtTheFirstDenial(t *testing.T) {
	t.Parallel()
	l := newLone(t, storetest.Best(t))
	o, _ := l.passed("sought", "journal-1")
	o, err := l.store.Doubt(t.Context(), o, "no answer", "", time.Hour)
	l.must(err)
	for range lostAfter {
		o, err = l.store.Looked(t.Context(), o, true, "not there so far", time.Hour)
		l.must(err)
	}
	o, err = l.store.Record(t.Context(), o, store.Found{To: store.Pending, OrderNo: "GONE1", OrderStatus: yeastar.StatusPending, Via: store.ViaReference})
	l.must(err)
	for n := range lostAfter {
		l.must(l.poll(t.Context(), o))
		if o = l.get(o.ID); o.State != store.Pending {
			t.Fatalf("%s (%s) after %d denials, want %d", o.State, o.Reason, n+1, lostAfter+1)
		}
	}
	l.must(l.poll(t.Context(), o))
	if o = l.get(o.ID); o.State != store.Review {
		t.Errorf("%s (%s) after %d denials", o.State, o.Reason, lostAfter+1)
	}
}
