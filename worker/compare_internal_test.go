package worker

import (
	"fmt"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/journal"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

// Of two orders for one PBX that Redis has forgotten, the first was answered and the second is in doubt: it has to have the
// claim when all is recalled, or a third would be sent beside it. Many PBXs are seen to at once.
func TestAfterARecallThoseInDoubtHaveTheClaimsOnTheirPBXs(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		l := newLone(t, room)
		var batch []journal.Entry
		var inDoubt []tasks.Intent
		const pbxs = 3 * compareLanes
		add := func(in tasks.Intent, o *journal.Outcome) {
			reference := tasks.AttemptReference(in.ID(), 1)
			body := marshal(t, yeastar.OrderRequest{ProductNo: in.ProductNo, PONumber: reference})
			batch = append(batch, journal.Entry{Journal: "j", Outcome: o, Attempt: journal.Attempt{
				Order: in.ID(), Reference: reference, Nonce: reference, N: 1, Body: body, Intent: in.Canonical()}})
		}
		for i := range pbxs {
			answered, open := loneIntent(fmt.Sprint("answered-", i)), loneIntent(fmt.Sprint("in-doubt-", i))
			answered.ProductNo = fmt.Sprintf("3658B431%08d", i)
			open.ProductNo = answered.ProductNo
			add(answered, &journal.Outcome{Result: yeastar.Done.String(), OrderNo: fmt.Sprint("EK", i), OrderStatus: "succeed"})
			add(open, nil)
			inDoubt = append(inDoubt, open)
		}
		var r Recovery
		l.must(l.compareBatch(t.Context(), &r, batch))
		if r.Recalled != 2*pbxs || r.Replayed != pbxs || len(r.Lost) != 0 || !r.halted {
			t.Errorf("%+v", r)
		}
		for i, in := range inDoubt {
			if o := l.get(in.ID()); o.State != store.Unknown {
				t.Errorf("%s is %s", o.Reference, o.State)
			}
			if held, err := l.store.Target(t.Context(), in.Target()); err != nil || held.Holder != in.ID() {
				t.Errorf("PBX %d: %q has the claim, want %s, %v", i, held.Holder, in.ID(), err)
			}
			if o := l.get(loneIntent(fmt.Sprint("answered-", i)).ID()); o.State != store.Placed || o.OrderNo != fmt.Sprint("EK", i) {
				t.Errorf("%s is %s as %s", o.Reference, o.State, o.OrderNo)
			}
		}
		again := Recovery{}
		if l.must(l.compareBatch(t.Context(), &again, batch)); again.Recalled+again.Replayed != 0 {
			t.Errorf("told again: %+v", again)
		}
	})
}

// An order waits for a person because of an attempt of which its journal says by now that it came to nothing. Redis has
// forgotten another attempt of it: what the record was about is in doubt no longer, and only the other is.
func TestALaterEntryIsReadAnewOnceAnEarlierOneHasMovedItsOrder(t *testing.T) {
	t.Parallel()
	l := newLone(t, storetest.Best(t))
	o, _ := l.passed("reviewed", "j")
	o, err := l.store.Doubt(t.Context(), o, "no answer", "", time.Hour)
	l.must(err)
	o, err = l.store.Review(t.Context(), o, "nobody can tell")
	l.must(err)
	entry := func(nonce string, out *journal.Outcome) journal.Entry {
		return journal.Entry{Journal: "j", Outcome: out, Attempt: journal.Attempt{
			Order: o.ID, Reference: o.Evidence.Reference, Nonce: nonce, N: 1, Body: o.Evidence.Body, Intent: o.Intent}}
	}
	late := entry(o.Evidence.Nonce, &journal.Outcome{Result: yeastar.NotSent.String(), Reason: "too many requests"})
	if !known(late, o) {
		t.Fatal("the entry asks for something before the other is told")
	}
	l.must(l.compareBatch(t.Context(), new(Recovery), []journal.Entry{entry("forgotten", nil), late}))
	if got := l.get(o.ID); got.State != store.Unknown || got.Evidence.Nonce != "forgotten" || got.Evidence.Doubtful != "" {
		t.Errorf("%s about %q, and %q are in doubt beside it", got.State, got.Evidence.Nonce, got.Evidence.Doubtful)
	}
}

// BenchmarkRecall recalls what a Redis with `appendfsync always` has forgotten, a batch at a time: of one PBX one after the
// other, of many PBXs beside each other.
func BenchmarkRecall(b *testing.B) {
	if !storetest.Available(b) {
		b.Skip("the built-in Redis waits for no disk")
	}
	for _, pbxs := range []int{1, compareBatch} {
		b.Run(fmt.Sprintf("pbxs=%d", pbxs), func(b *testing.B) {
			room := storetest.Real(b, "--appendfsync", "always")
			portal := yeastartest.Start(yeastartest.Options{})
			defer portal.Close()
			w, err := New(Config{
				Redis: room.Redis, Queue: loneConn{room.Options}, Journal: b.TempDir(),
				Portal: yeastar.Config{BaseURL: portal.URL(), ClientID: portal.ClientID(), ClientSecret: yeastar.Secret(portal.ClientSecret())},
			})
			if err != nil {
				b.Fatal(err)
			}
			defer w.portal.Close()
			round := 0
			for b.Loop() {
				var batch []journal.Entry
				for i := range compareBatch {
					in := loneIntent(fmt.Sprint("r-", round, "-", i))
					in.ProductNo = fmt.Sprintf("3658B431%08d", i%pbxs)
					reference := tasks.AttemptReference(in.ID(), 1)
					batch = append(batch, journal.Entry{Journal: "j",
						Outcome: &journal.Outcome{Result: yeastar.Done.String(), OrderNo: fmt.Sprint("EK", round, "-", i), OrderStatus: "succeed"},
						Attempt: journal.Attempt{Order: in.ID(), Reference: reference, Nonce: reference, N: 1,
							Body: []byte(`{"productNo":"` + in.ProductNo + `"}`), Intent: in.Canonical()}})
				}
				round++
				if err := w.compareBatch(b.Context(), new(Recovery), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(round*compareBatch)/b.Elapsed().Seconds(), "attempts/s")
		})
	}
}
