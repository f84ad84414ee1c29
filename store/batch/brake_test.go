package batch_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/batch"
	"orderq/store/storetest"
)

func TestWhenABrakeTrips(t *testing.T) {
	t.Parallel()
	counts := func(placed, refused, unknown, review int) batch.Counts {
		return batch.Counts{States: map[store.State]int{store.Placed: placed, store.Rejected: refused, store.Unknown: unknown, store.Review: review, store.Held: 1000}}
	}
	satisfied := func(placed, rejected, of int) batch.Counts {
		c := counts(placed, rejected, 0, 0)
		c.Satisfied = min(of, rejected)
		return c
	}
	for _, c := range []struct {
		name string
		k    batch.Brakes
		c    batch.Counts
		want string
	}{
		{"no brakes", batch.Brakes{}, counts(0, 100, 100, 0), ""},
		{"too few to say", batch.Brakes{StopRefused: 0.05}, counts(0, 19, 0, 0), ""},
		{"at the share", batch.Brakes{StopRefused: 0.05}, counts(95, 5, 0, 0), ""},
		{"above it", batch.Brakes{StopRefused: 0.05}, counts(94, 6, 0, 0), "6 of 100 orders are refused: more than a share of 0.05"},
		{"refused is not in doubt", batch.Brakes{StopUnknown: 0.05}, counts(50, 50, 0, 0), ""},
		{"satisfied is not refused", batch.Brakes{StopRefused: 0.05}, satisfied(95, 5, 80), ""},
		{"nor does it hide who is", batch.Brakes{StopRefused: 0.03}, satisfied(94, 86, 80), "6 of 180 orders are refused: more than a share of 0.03"},
		{"unknown and in review are", batch.Brakes{StopUnknown: 0.05}, counts(90, 0, 5, 5), "10 of 100 orders are in doubt: more than a share of 0.05"},
	} {
		if got := (batch.Batch{Brakes: c.k}).Tripped(c.c); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWhatBecomesOfCanariesDecides(t *testing.T) {
	t.Parallel()
	of := func(states ...store.State) (all []store.Order) {
		for _, s := range states {
			all = append(all, store.Order{ID: "oq1", Reference: "r", State: s, Reason: "no funds"})
		}
		return all
	}
	for _, c := range []struct {
		orders []store.Order
		well   bool
		why    string
	}{
		{nil, false, ""},
		{of(store.Placed, store.Placed), true, ""},
		{of(store.Placed, store.Submitting), false, ""},
		{of(store.Placed, store.Unknown), false, ""},
		{of(store.Placed, store.Rejected), false, "canary oq1 (r) is rejected: no funds"},
		{of(store.Review, store.Submitting), false, "canary oq1 (r) is review: no funds"},
		{[]store.Order{{State: store.Rejected, Ensure: 50, Code: store.CodeSatisfied}, {State: store.Placed}}, true, ""},
		{of(store.Cancelled), false, "canary oq1 (r) is cancelled: no funds"},
	} {
		if well, why := batch.Sung(c.orders); well != c.well || why != c.why {
			t.Errorf("%+v: %v, %q", c.orders, well, why)
		}
	}
}

// braked is a site whose batch has brakes.
func braked(t *testing.T, r *storetest.Room, k batch.Brakes) *site {
	t.Helper()
	s := &site{Room: r, Batches: batch.Of(r.Store), t: t}
	token, _, err := s.Begin(t.Context(), batch.Begin{ID: id, Name: "nov", By: "anna", Brakes: k})
	do(t, err)
	s.token = token
	return s
}

func TestCanariesGoAloneUntilTheyAreProven(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := braked(t, r, batch.Brakes{Canary: 2})
		s.accept(row(1, "a"))
		release := func(want int) {
			t.Helper()
			if n, err := s.Release(t.Context()); n != want || err != nil {
				t.Fatalf("released %d, %v; want %d", n, err, want)
			}
		}
		release(0) // there are more to come
		s.accept(bad(2, "no quantity"), row(3, "b"), row(4, "c"), row(5, "d"))
		release(2)
		release(0)
		if got := s.states(); got != "accepted quantity accepted held held" {
			t.Errorf("%s", got)
		}
		all, err := s.Braked(t.Context())
		if err != nil || len(all) != 1 || strings.Join(all[0].Canaries, " ") != "oqa oqb" || all[0].Proven {
			t.Fatalf("%+v, %v", all, err)
		}
		do(t, s.Prove(t.Context(), id))
		release(2)
	})
}

func TestABatchOfFewerRowsThanCanariesIsAllCanaries(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	s := braked(t, r, batch.Brakes{Canary: 5})
	s.accept(row(1, "a"))
	do(t, s.Finish(t.Context(), id, s.token, "x", 1))
	if n, err := s.Release(t.Context()); n != 1 || err != nil {
		t.Errorf("released %d, %v", n, err)
	}
}

func TestAStoppedBatchReleasesNothingUntilSomebodyApproves(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := braked(t, r, batch.Brakes{Canary: 1, StopRefused: 0.5})
		s.accept(row(1, "a"), row(2, "b"))
		do(t, s.Stop(t.Context(), s.read(), "too many"))
		if n, err := s.Release(t.Context()); n != 0 || err != nil {
			t.Errorf("released %d, %v", n, err)
		}
		if err := s.Stop(t.Context(), s.read(), "again"); !errors.Is(err, batch.ErrState) {
			t.Errorf("stopped twice: %v", err)
		}
		// It takes rows all the same, and keeps its brakes when its file is applied again.
		s.begin()
		s.accept(row(3, "c"))
		do(t, s.Approve(t.Context(), id, "eve", "looked"))
		one, err := s.Get(t.Context(), id)
		if err != nil || one.State != batch.Open || !one.Proven || one.StopRefused != 0.5 || one.Canary != 1 || one.By != "eve" {
			t.Errorf("%+v, %v", one, err)
		}
		if n, err := s.Release(t.Context()); n != 3 || err != nil {
			t.Errorf("released %d, %v", n, err)
		}
	})
}

func (s *site) read() batch.Batch {
	s.t.Helper()
	one, err := s.Get(s.t.Context(), id)
	do(s.t, err)
	return one
}

// Open, and not proven yet: a worker's next round would stop it again for the canary that somebody has just forgiven it.
func TestNobodySeesHalfAnApproval(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := braked(t, r, batch.Brakes{Canary: 1})
		do(t, s.Stop(t.Context(), s.read(), "canary"))
		watched := spy{t: t, after: func() {
			if one := s.read(); one.State == batch.Open && !one.Proven {
				t.Errorf("%+v", one)
			}
		}}
		r.Redis.AddHook(&watched)
		do(t, s.Approve(t.Context(), id, "eve", "looked"))
		if one := s.read(); one.State != batch.Open || !one.Proven || watched.seen == 0 {
			t.Errorf("%+v after %d commands", one, watched.seen)
		}
	})
}

// spy looks after each command of ours; its own looks are not looked at.
type spy struct {
	t       testing.TB
	after   func()
	seen    int
	looking bool
}

func (s *spy) DialHook(next redis.DialHook) redis.DialHook { return next }

func (s *spy) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, c redis.Cmder) error {
		err := next(ctx, c)
		s.look()
		return err
	}
}

func (s *spy) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, c []redis.Cmder) error {
		err := next(ctx, c)
		s.look()
		return err
	}
}

func (s *spy) look() {
	if s.looking {
		return
	}
	s.looking = true
	s.seen++
	s.after()
	s.looking = false
}

// A round that began before somebody approved knows nothing of it: what it has read is no reason to stop the batch again.
func TestAReadingFromBeforeTheApprovalStopsNothing(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := braked(t, r, batch.Brakes{Canary: 1})
		slow := s.read()
		do(t, s.Stop(t.Context(), s.read(), "canary"))
		do(t, s.Approve(t.Context(), id, "eve", "looked"))
		if err := s.Stop(t.Context(), slow, "canary"); !errors.Is(err, batch.ErrState) {
			t.Errorf("stopped again: %v", err)
		}
		do(t, s.Stop(t.Context(), s.read(), "something new"))
	})
}

// A batch of which Redis has only the list of what it holds is nobody's to cancel.
func TestTheOrdersOfABatchThatIsGoneAreLeftAlone(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	s := newSite(t, r)
	s.accept(row(1, "a"))
	do(t, r.Redis.Del(t.Context(), r.Store.Keys().Batch(id)).Err())
	if n, err := s.Release(t.Context()); n != 0 || err != nil || s.order("a").State != store.Held {
		t.Errorf("released %d, %v; it is %s", n, err, s.order("a").State)
	}
}

// again is an apply that takes the batch up with what it asks for to be careful.
func (s *site) again(b batch.Begin) {
	s.t.Helper()
	b.ID, b.Name, b.Format, b.Columns = id, "minutes-nov", "csv", []string{"SN", "Qty"}
	token, fresh, err := s.Begin(s.t.Context(), b)
	if do(s.t, err); fresh {
		s.t.Fatal("a batch that was there is fresh")
	}
	s.token = token
}

// A file that has grown is applied with --hold: nobody has looked at its new rows.
func TestABatchThatRunsIsHeldByAnApplyThatHolds(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.accept(row(1, "a"))
		s.again(batch.Begin{By: "eve", Hold: true})
		s.accept(row(1, "a"), row(2, "b"))
		if n, err := s.Release(t.Context()); n != 0 || err != nil || s.read().State != batch.Held {
			t.Fatalf("%d released, %v, %+v", n, err, s.read())
		}
		if err := s.Approve(t.Context(), id, "eve", "mine"); !errors.Is(err, batch.ErrOwn) {
			t.Errorf("%v", err)
		}
		s.again(batch.Begin{By: "eve"}) // what holds it is not let go by applying without
		do(t, s.Approve(t.Context(), id, "anna", "looked"))
		if n, err := s.Release(t.Context()); n != 2 || err != nil {
			t.Errorf("%d released, %v", n, err)
		}
	})
}

func TestABatchThatRunsTakesTheBrakesThatAnApplyBrings(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.again(batch.Begin{By: "anna", Brakes: batch.Brakes{Canary: 1, StopRefused: 0.05, StopUnknown: 0.1}})
		s.again(batch.Begin{By: "anna", Brakes: batch.Brakes{Canary: 9, StopRefused: 0.2}})
		if got, want := s.read().Brakes, (batch.Brakes{Canary: 1, StopRefused: 0.2, StopUnknown: 0.1}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		s.accept(row(1, "a"), row(2, "b"))
		if n, err := s.Release(t.Context()); n != 1 || err != nil {
			t.Errorf("%d released, %v", n, err)
		}
	})
}

// Two who apply by turns approve of neither's rows.
func TestWhoAppliedAHeldBatchDoesNotApproveItWhoeverAppliedItSince(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		s.again(batch.Begin{By: "eve", Hold: true})
		s.again(batch.Begin{By: "bob"})
		for _, by := range []string{"eve", "bob"} {
			if err := s.Approve(t.Context(), id, by, "mine"); !errors.Is(err, batch.ErrOwn) {
				t.Errorf("%s: %v", by, err)
			}
		}
		do(t, s.Approve(t.Context(), id, "anna", "she applied what ran already"))
		s.again(batch.Begin{By: "anna", Hold: true})
		do(t, s.Approve(t.Context(), id, "eve", "her rows were approved of"))
	})
}

func TestBrakesAreWatchedUntilNothingIsLeft(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := newSite(t, r)
		watched := func() int {
			all, err := s.Braked(t.Context())
			do(t, err)
			return len(all)
		}
		if n := watched(); n != 0 {
			t.Errorf("%d watched without brakes", n)
		}
		s.again(batch.Begin{By: "anna", Brakes: batch.Brakes{StopRefused: 0.5}})
		s.accept(row(1, "a"))
		do(t, s.Finish(t.Context(), id, s.token, "x", 1))
		if n, err := s.Release(t.Context()); n != 1 || err != nil || watched() != 1 {
			t.Errorf("%d released, %v, %d watched", n, err, watched())
		}
		before := s.read()
		s.again(batch.Begin{By: "anna"}) // its new rows come after that reading
		do(t, s.Over(t.Context(), before))
		if watched() != 1 {
			t.Error("what is applied anew is not watched any more")
		}
		do(t, s.Finish(t.Context(), id, s.token, "x", 1))
		do(t, s.Over(t.Context(), s.read()))
		if n := watched(); n != 0 {
			t.Errorf("%d watched in the end", n)
		}
	})
}
