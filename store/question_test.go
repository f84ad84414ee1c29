package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orderq/store"
	"orderq/store/storetest"
)

// spoil makes one of the gate's questions come out badly; it may change the submission.
type spoil func(t *testing.T, r *storetest.Room, sub *store.Submission)

// spoils are the ways, by the word of the refusal. The claim goes to an order made up: the gate asks
// only who has it.
func spoils() map[store.Waiting]spoil {
	field := func(t *testing.T, r *storetest.Room, name string, value any) {
		t.Helper()
		if err := r.Redis.HSet(t.Context(), r.Store.Keys().Fleet(), name, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[store.Waiting]spoil{
		store.WaitRecovery: func(t *testing.T, r *storetest.Room, _ *store.Submission) { field(t, r, "epoch", "0123abcd") },
		store.WaitHalt: func(t *testing.T, r *storetest.Room, _ *store.Submission) {
			must(t, r.Fleet.HaltBy(t.Context(), "ada", "stop it"))
		},
		store.WaitAccount: func(t *testing.T, r *storetest.Room, _ *store.Submission) {
			must(t, r.Fleet.Close(t.Context(), "401 twice"))
		},
		store.WaitBreaker: func(t *testing.T, r *storetest.Room, _ *store.Submission) {
			must(t, r.Fleet.Open(t.Context(), time.Hour))
		},
		store.WaitClaim: func(t *testing.T, r *storetest.Room, _ *store.Submission) {
			must(t, r.Redis.HSet(t.Context(), r.Store.Keys().Claims(), pbx, "oq-other").Err())
		},
		store.RefusedPassed: func(_ *testing.T, _ *storetest.Room, sub *store.Submission) { sub.Asof = "volatile 9" },
		store.RefusedMark:   func(_ *testing.T, _ *storetest.Room, sub *store.Submission) { sub.Watermark = 99 },
		store.WaitBudget: func(t *testing.T, r *storetest.Room, _ *store.Submission) {
			must(t, r.Store.SetLimits(t.Context(), store.LimitChange{By: "ada", Budgets: []store.Budget{
				{Scope: store.ScopeDay, Of: "add_recording_minutes", Limit: 999}}}))
		},
		store.WaitRate: func(t *testing.T, r *storetest.Room, sub *store.Submission) {
			sub.Rate = store.Rate{Interval: time.Hour}
			if after, err := r.Fleet.Spend(t.Context(), sub.Rate); after != 0 || err != nil {
				t.Fatalf("the first call: %v, %v", after, err)
			}
		},
	}
}

// asked are the questions that have a word of their own, in their order.
func asked(t *testing.T) []store.Waiting {
	t.Helper()
	var words []store.Waiting
	for _, q := range store.Questions() {
		if q.Refusal != "" {
			words = append(words, q.Refusal)
		}
	}
	if len(words) != len(spoils()) {
		t.Fatalf("%d questions have a word and %d can be spoiled by this test", len(words), len(spoils()))
	}
	return words
}

// The gate would also be right if it asked nothing that is already refused, so each question stands alone
// here, and in the next test with all that come after it.
func TestEachQuestionRefusesAloneAndWritesNothing(t *testing.T) {
	t.Parallel()
	for _, word := range asked(t) {
		t.Run(string(word), func(t *testing.T) {
			t.Parallel()
			storetest.Both(t, func(t *testing.T, r *storetest.Room) {
				o := prepared(t, r.Store, "oq1", pbx)
				sub := submission(o, marked(t, r.Store), "g1")
				spoils()[word](t, r, &sub)
				refused(t, r, o, sub, word)
			})
		})
	}
}

func TestTheQuestionsAreAskedInTheirOrder(t *testing.T) {
	t.Parallel()
	for i, first := range asked(t) {
		t.Run(fmt.Sprint(i, "_", first), func(t *testing.T) {
			t.Parallel()
			storetest.Both(t, func(t *testing.T, r *storetest.Room) {
				o := prepared(t, r.Store, "oq1", pbx)
				sub := submission(o, marked(t, r.Store), "g1")
				for _, word := range asked(t)[i:] {
					spoils()[word](t, r, &sub)
				}
				refused(t, r, o, sub, first)
			})
		})
	}
}

func refused(t *testing.T, r *storetest.Room, o store.Order, sub store.Submission, want store.Waiting) {
	t.Helper()
	before := r.Dump(t)
	p, err := r.Store.Gate(t.Context(), o, sub)
	if err != nil || p.Through || p.Refused != want {
		t.Fatalf("through %v, refused for %q, %v; want %q", p.Through, p.Refused, err, want)
	}
	if diff := cmp.Diff(before, r.Dump(t)); diff != "" {
		t.Errorf("refused for %s, and it wrote:\n%s", want, diff)
	}
	if timed := want != store.WaitClaim && want != store.RefusedPassed && want != store.RefusedMark; timed != (p.After > 0) || p.After > time.Hour {
		t.Errorf("refused for %s, to come back after %v", want, p.After)
	}
	if wantHolder := map[bool]string{true: "oq-other"}[want == store.WaitClaim]; p.Holder != wantHolder {
		t.Errorf("refused for %s, the holder is %q, want %q", want, p.Holder, wantHolder)
	}
}

func TestStaleComesBeforeEveryRefusalAndAlreadyYoursBeforeThat(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := prepared(t, r.Store, "oq1", pbx)
		sub := submission(o, marked(t, r.Store), "g1")
		first, err := r.Store.Gate(t.Context(), o, sub)
		if err != nil || !first.Through {
			t.Fatalf("%+v, %v", first, err)
		}
		for _, word := range asked(t) {
			if word != store.WaitClaim { // it is its own
				spoils()[word](t, r, &sub)
			}
		}
		before := r.Dump(t)
		again, err := r.Store.Gate(t.Context(), o, sub)
		if err != nil || !again.Through || again.Order.Version != first.Order.Version {
			t.Errorf("the same passage: %+v, %v", again, err)
		}
		sub.Nonce = "g2"
		_, err = r.Store.Gate(t.Context(), o, sub)
		is(t, "another passage", err, store.ErrStale)
		if diff := cmp.Diff(before, r.Dump(t)); diff != "" {
			t.Errorf("wrote:\n%s", diff)
		}
	})
}

func TestARefusalTellsThePersonsNote(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := prepared(t, r.Store, "oq1", pbx)
		sub := submission(o, marked(t, r.Store), "g1")
		if err := r.Fleet.HaltBy(t.Context(), "ada", "prices look wrong"); err != nil {
			t.Fatal(err)
		}
		if p, err := r.Store.Gate(t.Context(), o, sub); err != nil || p.Note != "prices look wrong" {
			t.Errorf("note %q, %v", p.Note, err)
		}
		if err := r.Fleet.Resume(t.Context(), "eve", "done"); err != nil {
			t.Fatal(err)
		}
		if p, err := r.Store.Gate(t.Context(), o, sub); err != nil || !p.Through {
			t.Errorf("resumed: %+v, %v", p, err)
		}
	})
}
