package store_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/storetest"
)

func redisZ(member string, at time.Time) redis.Z {
	return redis.Z{Member: member, Score: float64(at.UnixMilli())}
}

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const minutes = "add_recording_minutes"

// budgets are those that bound an order of intent's kind in the batch obx.
func budgets(limit int) []store.Budget {
	return []store.Budget{
		{Scope: store.ScopeBatch, Of: "obx", Limit: limit},
		{Scope: store.ScopeDay, Of: minutes, Limit: limit},
		{Scope: store.ScopeAccount, Of: minutes, Limit: limit},
	}
}

// spentOf is what is spent of each budget, by name.
func spentOf(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	l, err := s.Limits(t.Context())
	do(t, err)
	all := map[string]int{}
	for _, b := range l.Budgets {
		all[b.Name()] = b.Spent
	}
	return all
}

// preparedIn is an order of the batch obx that asks for 1000 units, with a worker.
func preparedIn(t *testing.T, s *store.Store, id, target string) store.Order {
	t.Helper()
	n := intent(id, target)
	n.Batch = "obx"
	let(t, s, n)
	return taken(t, s, id)
}

func TestEachBudgetBoundsWhatPassesTheGate(t *testing.T) {
	t.Parallel()
	for _, b := range budgets(1500) {
		t.Run(string(b.Scope), func(t *testing.T) {
			t.Parallel()
			storetest.Both(t, func(t *testing.T, r *storetest.Room) {
				b := b
				do(t, r.Store.SetLimits(t.Context(), store.LimitChange{Budgets: []store.Budget{b}, By: "eve"}))
				mark := marked(t, r.Store)
				one, two := preparedIn(t, r.Store, "oq1", "pbx1"), preparedIn(t, r.Store, "oq2", "pbx2")
				if p, err := r.Store.Gate(t.Context(), one, submission(one, mark, "g1")); err != nil || !p.Through || p.Order.Spent != 1000 {
					t.Fatalf("the first: %+v, %v", p, err)
				}
				p, err := r.Store.Gate(t.Context(), two, submission(two, mark, "g2"))
				want := store.Budget{Scope: b.Scope, Of: b.Of, Limit: 1500, Spent: 1000}
				if err != nil || p.Through || p.Refused != store.WaitBudget || p.Budget != want {
					t.Fatalf("the second: %+v, %v", p, err)
				}
				if !strings.Contains(p.Note, b.Name()+" is 1500 and 1000 of it are spent or in doubt: 1000 do not fit") {
					t.Errorf("note %q", p.Note)
				}
				// A person raises it.
				b.Limit = 2000
				do(t, r.Store.SetLimits(t.Context(), store.LimitChange{Budgets: []store.Budget{b}, By: "eve"}))
				if p, err := r.Store.Gate(t.Context(), two, submission(two, mark, "g2")); err != nil || !p.Through {
					t.Errorf("raised: %+v, %v", p, err)
				}
				do(t, r.Store.SetLimits(t.Context(), store.LimitChange{Unbound: []store.Budget{b}, By: "eve"}))
				if l, err := r.Store.Limits(t.Context()); err != nil || len(l.Budgets) != 0 {
					t.Errorf("taken away: %+v, %v", l, err)
				}
			})
		})
	}
}

func TestOnlyProofThatNothingCameOfItGivesBack(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		do(t, r.Store.SetLimits(t.Context(), store.LimitChange{Budgets: budgets(1_000_000), By: "eve"}))
		for _, m := range []struct {
			name  string
			spent int
			move  func(o store.Order) (store.Order, error)
		}{
			{"doubt", 1000, func(o store.Order) (store.Order, error) {
				return r.Store.Doubt(t.Context(), o, "no answer", "", time.Minute)
			}},
			{"review", 1000, func(o store.Order) (store.Order, error) { return r.Store.Review(t.Context(), o, "cannot tell") }},
			{"dropped", 0, func(o store.Order) (store.Order, error) {
				return r.Store.Drop(t.Context(), o, "eve", "not at the portal")
			}},
			{"unsent", 0, func(o store.Order) (store.Order, error) {
				return r.Store.Unsent(t.Context(), o, store.Pause{For: store.WaitTime})
			}},
			{"refused", 0, func(o store.Order) (store.Order, error) {
				return r.Store.Reject(t.Context(), o, store.Refusal{Reason: "no"})
			}},
			{"placed", 1000, func(o store.Order) (store.Order, error) {
				return r.Store.Record(t.Context(), o, store.Found{To: store.Placed, OrderNo: "N" + o.ID, Via: store.ViaAnswer})
			}},
		} {
			t.Run(m.name, func(t *testing.T) {
				before := spentOf(t, r.Store)
				o := preparedIn(t, r.Store, "oq-"+m.name, "pbx-"+m.name)
				p, err := r.Store.Gate(t.Context(), o, submission(o, marked(t, r.Store), "g"))
				do(t, err)
				o = p.Order
				if m.name == "review" || m.name == "dropped" {
					o, err = r.Store.Doubt(t.Context(), o, "no answer", "", time.Minute)
					do(t, err)
				}
				if m.name == "dropped" {
					o, err = r.Store.Review(t.Context(), o, "cannot tell")
					do(t, err)
				}
				o, err = m.move(o)
				do(t, err)
				if o.Spent != m.spent {
					t.Errorf("it has spent %d, want %d", o.Spent, m.spent)
				}
				for name, n := range spentOf(t, r.Store) {
					if n-before[name] != m.spent {
						t.Errorf("%s: %d spent, want %d", name, n-before[name], m.spent)
					}
				}
			})
		}
	})
}

// An attempt that Redis had forgotten may have been bought: it is spent again from the moment that its journal is read.
func TestARecalledAttemptIsSpent(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		do(t, r.Store.SetLimits(t.Context(), store.LimitChange{Budgets: budgets(5000), By: "eve"}))
		o := preparedIn(t, r.Store, "oq1", pbx)
		o, err := r.Store.Recall(t.Context(), o, store.Sent{N: 1, Nonce: "forgotten", Reference: "oq1-1", Sender: "j", Quantity: 700, At: time.Now(), Deadline: time.Now()})
		do(t, err)
		for name, n := range spentOf(t, r.Store) {
			if n != 700 || o.Spent != 700 {
				t.Errorf("%s: %d spent, %d by its record; want 700", name, n, o.Spent)
			}
		}
	})
}

// However many ask at once, no more passes than the budget has.
func TestABudgetIsNeverOverspent(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		do(t, r.Store.SetLimits(t.Context(), store.LimitChange{Budgets: budgets(7500), By: "eve"}))
		mark := marked(t, r.Store)
		var (
			wg      sync.WaitGroup
			mu      sync.Mutex
			through int
		)
		for i := range 20 {
			id := string(rune('a' + i))
			o := preparedIn(t, r.Store, "oq"+id, "pbx"+id)
			wg.Go(func() {
				p, err := r.Store.Gate(t.Context(), o, submission(o, mark, "g"+id))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if p.Through {
					through++
				}
			})
		}
		wg.Wait()
		if through != 7 {
			t.Errorf("%d of 1000 units each passed a budget of 7500", through)
		}
	})
}

// The day's budget is new at midnight UTC, and what was spent before does not count.
func TestTheDaysBudgetIsTheDays(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		now, err := r.Redis.Time(t.Context()).Result()
		do(t, err)
		yesterday := now.Add(-24*time.Hour).UnixMilli() / 86_400_000
		do(t, r.Redis.HSet(t.Context(), r.Store.Keys().Spent(), strconv.FormatInt(yesterday, 10)+":"+minutes, 900).Err())
		do(t, r.Store.SetLimits(t.Context(), store.LimitChange{Budgets: []store.Budget{{Scope: store.ScopeDay, Of: minutes, Limit: 1000}}, By: "eve"}))
		o := preparedIn(t, r.Store, "oq1", pbx)
		if p, err := r.Store.Gate(t.Context(), o, submission(o, marked(t, r.Store), "g1")); err != nil || !p.Through {
			t.Errorf("%+v, %v", p, err)
		}
		// Given back to the day on which it was spent.
		spent := func() string { return r.Redis.HGet(t.Context(), r.Store.Keys().Order("oq1"), "spent").Val() }
		do(t, r.Redis.HSet(t.Context(), r.Store.Keys().Order("oq1"), "spent", "900 "+strconv.FormatInt(yesterday, 10)+" "+minutes+" obx").Err())
		got, err := r.Store.Get(t.Context(), "oq1")
		do(t, err)
		_, err = r.Store.Unsent(t.Context(), got, store.Pause{For: store.WaitTime})
		do(t, err)
		if left := r.Redis.HGet(t.Context(), r.Store.Keys().Spent(), strconv.FormatInt(yesterday, 10)+":"+minutes).Val(); left != "0" || spent() != "" {
			t.Errorf("yesterday has spent %s, and the record says %q", left, spent())
		}
	})
}
