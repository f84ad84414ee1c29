package store_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"orderq/store"
	"orderq/store/storetest"
)

// woken collects whom the store's moves wake.
type woken struct {
	mu  sync.Mutex
	ids []string
}

func (w *woken) told(s *store.Store) *store.Store {
	return s.OnWake(func(id string) { w.mu.Lock(); w.ids = append(w.ids, id); w.mu.Unlock() })
}

// since gives whom it was told of since it was asked last.
func (w *woken) since() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := w.ids
	w.ids = nil
	return ids
}

// queued is an order that the gate has refused for the claim and that waits in its line.
func queued(t *testing.T, s *store.Store, id, holder string) store.Order {
	t.Helper()
	o := prepared(t, s, id, pbx)
	p, err := s.Gate(t.Context(), o, submission(o, marked(t, s), "g-"+id))
	if err != nil || p.Refused != store.WaitClaim || p.Holder != holder || p.After != 0 {
		t.Fatalf("%s at the gate: %+v, %v; want a refusal for the claim of %s", id, p, err, holder)
	}
	o, err = s.Wait(t.Context(), o, store.Pause{For: store.WaitClaim, On: p.Holder, Reason: "after " + p.Holder})
	if err != nil || o.WaitingOn != holder || !o.WaitingUntil.IsZero() {
		t.Fatalf("%s waits on %q until %v, %v", id, o.WaitingOn, o.WaitingUntil, err)
	}
	return o
}

// dueNow are the ids that are due, looked at and not put off.
func dueNow(t *testing.T, r *storetest.Room) []string {
	t.Helper()
	ids, err := r.Store.Due(t.Context(), 100, 0)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestAClaimIsKeptThroughDoubtAndFreedByEveryEnd(t *testing.T) {
	t.Parallel()
	ends := map[string]func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error){
		"placed": func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Record(ctx, o, found(store.Placed, "N1"))
		},
		"pending": func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Record(ctx, o, found(store.Pending, "N1"))
		},
		"rejected": func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Reject(ctx, o, store.Refusal{Code: "400", Reason: "no"})
		},
		"unsent": func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Unsent(ctx, o, store.Pause{For: store.WaitTime, After: time.Hour, Reason: "dial"})
		},
		"sent again": func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Resend(ctx, o, "ada", "absent")
		},
		"dropped": func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Drop(ctx, o, "ada", "not needed")
		},
	}
	from := map[string]store.State{"unsent": store.Submitting, "sent again": store.Review, "dropped": store.Review,
		"placed": store.Submitting, "pending": store.Unknown, "rejected": store.Review}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Both(t, func(t *testing.T, r *storetest.Room) {
				var w woken
				s := w.told(r.Store)
				o := bring(t, s, from[name], "oq1", pbx)
				if h := holder(t, r, pbx); h != "oq1" {
					t.Fatalf("in %s the claim is %q's, want oq1's", o.State, h)
				}
				queued(t, s, "oq2", "oq1")
				queued(t, s, "oq3", "oq1")
				if ids := dueNow(t, r); slices.Contains(ids, "oq2") || slices.Contains(ids, "oq3") {
					t.Fatalf("due while they wait for the claim: %v", ids)
				}
				if _, err := end(t.Context(), s, o); err != nil {
					t.Fatal(err)
				}
				if h := holder(t, r, pbx); h != "" {
					t.Errorf("the claim is still %q's", h)
				}
				if ids := w.since(); !slices.Equal(ids, []string{"oq2"}) {
					t.Errorf("woken: %v, want the next in line, oq2", ids)
				}
				if ids := dueNow(t, r); !slices.Contains(ids, "oq2") || slices.Contains(ids, "oq3") {
					t.Errorf("due: %v, want oq2 and not oq3", ids)
				}
			})
		})
	}
}

func TestWhoJoinsTheLineAfterTheHolderHasGoneIsDueAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		first := submitted(t, r.Store, "oq1", pbx)
		o := prepared(t, r.Store, "oq2", pbx)
		p, err := r.Store.Gate(t.Context(), o, submission(o, marked(t, r.Store), "g"))
		if err != nil || p.Refused != store.WaitClaim {
			t.Fatalf("%+v, %v", p, err)
		}
		if _, err := r.Store.Record(t.Context(), first, found(store.Placed, "N1")); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Store.Wait(t.Context(), o, store.Pause{For: store.WaitClaim, On: p.Holder}); err != nil {
			t.Fatal(err)
		}
		if ids := dueNow(t, r); !slices.Contains(ids, "oq2") {
			t.Errorf("due: %v; nobody else will wake oq2", ids)
		}
	})
}

// The one that was woken for the claim may come to another end than taking it: the turn must not be lost
// with it, or the line stands still until somebody looks.
func TestTheTurnPassesOnWhereTheOneThatWasWokenDoesNotTakeTheClaim(t *testing.T) {
	t.Parallel()
	ends := map[string]func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error){
		"rejected": func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Reject(ctx, o, store.Refusal{Code: "limit", Reason: "501 extensions"})
		},
		"cancelled": func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Cancel(ctx, o, "ada", "not needed")
		},
		"in review": func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Review(ctx, o, "crashed its worker")
		},
		"put off by the breaker": func(ctx context.Context, s *store.Store, o store.Order) (store.Order, error) {
			return s.Wait(ctx, o, store.Pause{For: store.WaitBreaker, After: time.Hour})
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Both(t, func(t *testing.T, r *storetest.Room) {
				var w woken
				s := w.told(r.Store)
				first := submitted(t, s, "oq1", pbx)
				queued(t, s, "oq2", "oq1")
				queued(t, s, "oq3", "oq1")
				if _, err := s.Record(t.Context(), first, found(store.Placed, "N1")); err != nil {
					t.Fatal(err)
				}
				w.since()
				if _, err := end(t.Context(), s, taken2(t, s, "oq2")); err != nil {
					t.Fatal(err)
				}
				if ids := w.since(); !slices.Equal(ids, []string{"oq3"}) {
					t.Errorf("woken: %v, want oq3", ids)
				}
				pass(t, s, taken2(t, s, "oq3"))
			})
		})
	}
}

func TestWhoLeavesTheLineWhileTheClaimIsHeldWakesNobody(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		var w woken
		s := w.told(r.Store)
		submitted(t, s, "oq1", pbx)
		o := queued(t, s, "oq2", "oq1")
		queued(t, s, "oq3", "oq1")
		if _, err := s.Cancel(t.Context(), o, "ada", "no"); err != nil {
			t.Fatal(err)
		}
		if ids := w.since(); len(ids) != 0 {
			t.Errorf("woken: %v, want nobody", ids)
		}
		if n := r.Redis.ZCard(t.Context(), r.Store.Keys().Line(pbx)).Val(); n != 1 {
			t.Errorf("%d in line, want oq3 alone", n)
		}
	})
}

func TestOrdersForOtherTargetsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		submitted(t, r.Store, "oq1", "pbx1")
		submitted(t, r.Store, "oq2", "pbx2")
		if a, b := holder(t, r, "pbx1"), holder(t, r, "pbx2"); a != "oq1" || b != "oq2" {
			t.Errorf("claims are %q's and %q's", a, b)
		}
	})
}

// What recovery finds in a journal is in doubt like any other, and holds the claim like any other.
func TestAnOrderThatIsRecalledTakesTheClaimWhereItIsFree(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for _, state := range []store.State{store.Held, store.Accepted, store.Preparing, store.Rejected, store.Cancelled} {
			target := "pbx-" + string(state)
			o := bring(t, r.Store, state, "oq-"+string(state), target)
			o, err := r.Store.Recall(t.Context(), o, recalled(o))
			if err != nil || o.WaitingFor != "" {
				t.Fatalf("%s: waits for %q, %v", state, o.WaitingFor, err)
			}
			same(t, r.Store, o)
			if h := holder(t, r, target); h != o.ID {
				t.Errorf("%s → unknown: the claim is %q's", state, h)
			}
		}
		submitted(t, r.Store, "oq1", pbx)
		second := accepted(t, r.Store, "oq2", pbx)
		if _, err := r.Store.Recall(t.Context(), second, recalled(second)); err != nil {
			t.Fatal(err)
		}
		if h := holder(t, r, pbx); h != "oq1" {
			t.Errorf("the claim is %q's; nobody takes another's", h)
		}
	})
}
