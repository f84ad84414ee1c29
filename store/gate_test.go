package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orderq/store"
	"orderq/store/storetest"
)

func TestTheGateWritesDownWhatIsAboutToBeSent(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := prepared(t, r.Store, "oq1", pbx)
		sub := submission(o, marked(t, r.Store), "g1")
		sub.Resolved.Plan, sub.Resolved.Quantity = "3048571730026938368", 7
		p, err := r.Store.Gate(t.Context(), o, sub)
		if err != nil || !p.Through {
			t.Fatalf("%+v, %v", p, err)
		}
		same(t, r.Store, p.Order)
		got := p.Order
		if got.State != store.Submitting || got.Attempt != 1 || got.Version != 3 || got.Owner != "" ||
			got.Plan != "3048571730026938368" || got.Quantity != 7 || got.PONumber != sub.PONumber {
			t.Errorf("recorded %+v", got)
		}
		want := store.Evidence{Body: sub.Body, Reference: sub.Reference, Nonce: "g1", Passed: "g1", Sender: sub.Sender,
			Deadline: got.SubmittedAt.Add(time.Minute), Watermark: sub.Watermark}
		if diff := cmp.Diff(want, got.Evidence); diff != "" {
			t.Errorf("evidence (-want +got):\n%s", diff)
		}
		if h := holder(t, r, pbx); h != "oq1" {
			t.Errorf("the claim is %q's, want oq1's", h)
		}
		look, err := r.Redis.ZScore(t.Context(), r.Store.Keys().Look(), "oq1").Result()
		if err != nil || int64(look) != got.Evidence.Deadline.UnixMilli() {
			t.Errorf("looked at by %.0f, %v; want the deadline, %d", look, err, got.Evidence.Deadline.UnixMilli())
		}
	})
}

func TestOfFiftyAtTheGateOneIsLetThrough(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o, mark := prepared(t, r.Store, "oq1", pbx), marked(t, r.Store)
		var through, stale atomic.Int32
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				p, err := r.Store.Gate(t.Context(), o, submission(o, mark, fmt.Sprint("g", i)))
				switch {
				case errors.Is(err, store.ErrStale):
					stale.Add(1)
				case err != nil:
					t.Error(err)
				case p.Through:
					through.Add(1)
				}
			})
		}
		all.Wait()
		if through.Load() != 1 || stale.Load() != 49 || read(t, r.Store, "oq1").Attempt != 1 {
			t.Errorf("%d through, %d stale; want 1 and 49", through.Load(), stale.Load())
		}
	})
}

func TestAPassageWhoseReplyWasLostIsTheSamePassage(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		submitted(t, r.Store, "oq0", "other") // the server knows the script
		o, mark := prepared(t, r.Store, "oq1", pbx), marked(t, r.Store)
		r.LoseReply("lost-passage")
		p, err := r.Store.Gate(t.Context(), o, submission(o, mark, "lost-passage"))
		if r.Lost() != 1 {
			t.Fatalf("%d replies were lost, want one", r.Lost())
		}
		if err != nil || !p.Through {
			t.Fatalf("%+v, %v; the permission was given, and nobody else has it", p, err)
		}
		same(t, r.Store, p.Order)
		if p.Order.Attempt != 1 || p.Order.Version != 3 {
			t.Errorf("attempt %d, version %d; want 1 and 3: written once", p.Order.Attempt, p.Order.Version)
		}
		_, err = r.Store.Gate(t.Context(), o, submission(o, mark, "somebody else's"))
		is(t, "another passage", err, store.ErrStale)
	})
}

func TestAPassageThatIsOverIsNotGivenAgain(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o, mark := prepared(t, r.Store, "oq1", pbx), marked(t, r.Store)
		sub := submission(o, mark, "g1")
		p, err := r.Store.Gate(t.Context(), o, sub)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Store.Unsent(t.Context(), p.Order, store.Pause{For: store.WaitTime, Reason: "dial"}); err != nil {
			t.Fatal(err)
		}
		_, err = r.Store.Gate(t.Context(), o, sub)
		is(t, "the same passage after its end", err, store.ErrStale)
		again := taken2(t, r.Store, "oq1")
		_, err = r.Store.Gate(t.Context(), o, sub)
		is(t, "the same passage while another prepares", err, store.ErrStale)
		pass(t, r.Store, again)
		_, err = r.Store.Gate(t.Context(), o, sub)
		is(t, "the first passage while the second is on its way", err, store.ErrStale)
	})
}

// taken2 takes an order with a nonce of its own, for a second attempt.
func taken2(t testing.TB, s *store.Store, id string) store.Order {
	t.Helper()
	o, mine, err := s.Take(t.Context(), id, delivery("again"))
	if err != nil || !mine {
		t.Fatalf("take %s again: mine %v, %v", id, mine, err)
	}
	return o
}

func TestTheGateLetsNothingThroughFromAnyOtherState(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		mark := marked(t, r.Store)
		for _, state := range store.States() {
			if state == store.Preparing {
				continue
			}
			id := "oq-" + string(state)
			o := bring(t, r.Store, state, id, "pbx-"+string(state))
			before := r.Dump(t)
			_, err := r.Store.Gate(t.Context(), o, submission(o, mark, "g"))
			is(t, string(state), err, store.ErrStale)
			if diff := cmp.Diff(before, r.Dump(t)); diff != "" {
				t.Errorf("%s: a stale passage wrote something:\n%s", state, diff)
			}
		}
	})
}

func TestASecondAttemptStartsWithCleanEvidence(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := submitted(t, r.Store, "oq1", pbx)
		o, err := r.Store.Doubt(t.Context(), o, "no answer", "EOF", 0)
		if err != nil {
			t.Fatal(err)
		}
		if o, err = r.Store.Looked(t.Context(), o, true, "not there", 0); err != nil {
			t.Fatal(err)
		}
		if o, err = r.Store.Resend(t.Context(), o, "", "absent"); err != nil {
			t.Fatal(err)
		}
		if o.Evidence.Looks != 1 || o.Evidence.Resends != 1 {
			t.Errorf("%d looks, %d resends; want 1 and 1", o.Evidence.Looks, o.Evidence.Resends)
		}
		o = pass(t, r.Store, taken2(t, r.Store, "oq1"))
		same(t, r.Store, o)
		if e := o.Evidence; e.Looks != 0 || e.Resends != 1 || e.Call != "" || e.Reference != "oq1-2" || o.Reason != "" || o.Attempt != 2 {
			t.Errorf("evidence %+v, reason %q, attempt %d", e, o.Reason, o.Attempt)
		}
	})
}

func TestAnAnswerOfAnEarlierAttemptIsNotTheNextOnes(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := bring(t, r.Store, store.Pending, "oq1", pbx)
		o, err := r.Store.Review(t.Context(), o, "the portal no longer shows it")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = r.Store.Resend(t.Context(), o, "ada", "send it again"); err != nil {
			t.Fatal(err)
		}
		o = pass(t, r.Store, taken2(t, r.Store, "oq1"))
		same(t, r.Store, o)
		if o.By != "" || o.RequestID != "" || o.OrderStatus != "" || o.Via != "" || o.Code != "" {
			t.Errorf("left over: by %q, requestId %q, orderStatus %q, via %q, code %q", o.By, o.RequestID, o.OrderStatus, o.Via, o.Code)
		}
	})
}
