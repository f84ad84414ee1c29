package resolve

import (
	"errors"
	"testing"

	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

func bring(no string, n int) tasks.Intent {
	return tasks.Intent{Reference: "r", Kind: "expand_extensions", ProductNo: no, Ensure: n}
}

func TestAnEnsureIsWhatThePBXLacksByAReadingOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, silent := range []bool{false, true} { // where the details say nothing, the list does
		s, client := newShelf(t, onePBX("monthly", 20))
		s.silent = silent
		now := newClock() // stands still: no clock can tell that the cache is old
		r := New(Config{Client: client, Now: now.Now})
		for _, has := range []int{20, 35, 49} {
			s.change("ABCD1", "extensions", has)
			res, err := r.Resolve(t.Context(), bring("ABCD1", 50))
			if err != nil || res.Quantity != 50-has || *res.Extensions != has || res.Request.ServiceList[0].Quantity != 50-has {
				t.Fatalf("with %d: %+v, %v", has, res, err)
			}
		}
		for _, has := range []int{50, 51, 500} {
			s.change("ABCD1", "extensions", has)
			_, err := r.Resolve(t.Context(), bring("ABCD1", 50))
			if got := Satisfied(err); got == nil || got.Has != has || got.Field != "ensure" || got.Value != "50" {
				t.Errorf("with %d: %v", has, err)
			}
		}
		s.change("ABCD1", "extensions", 50)
		if _, err := r.Resolve(t.Context(), bring("ABCD1", 50)); err.Error() != "ensure 50: PBX ABCD1 has 50 extensions: nothing to order" {
			t.Error(err)
		}
	}
}

func TestToHaveEnoughCostsOneReading(t *testing.T) {
	t.Parallel()
	s, client := newShelf(t, onePBX("monthly", 50))
	r := New(Config{Client: client})
	for range 3 {
		if _, err := r.Resolve(t.Context(), bring("ABCD1", 50)); Satisfied(err) == nil {
			t.Fatal(err)
		}
	}
	if n := s.called("detail"); n != 3 {
		t.Errorf("%d readings of details for 3 questions", n)
	}
}

func TestAnEnsureIsRefusedWhereNothingShowsWhatThePBXHas(t *testing.T) {
	t.Parallel()
	s, client := newShelf(t, map[string]map[string]any{"ABCD1": {"productNo": "ABCD1", "planId": "11", "billingCycle": "monthly"}})
	r := New(Config{Client: client})
	_, err := r.Resolve(t.Context(), bring("ABCD1", 50))
	if got := refused(t, err); got.Code != CodeEnsureUnreadable || got.Field != "ensure" || got.Value != "50" || Satisfied(err) != nil {
		t.Errorf("%+v", got)
	}
	s.change("ABCD1", "extensions", 48)
	if res, err := r.Resolve(t.Context(), bring("ABCD1", 50)); err != nil || res.Quantity != 2 {
		t.Errorf("%+v, %v", res, err)
	}
}

// Not to be reached is not to have nothing.
func TestAnEnsureOfAPortalThatDoesNotAnswerIsNotRefused(t *testing.T) {
	t.Parallel()
	portal, client := simulated(t, yeastartest.Options{})
	r := New(Config{Client: client, DefaultContact: "billing@example.com"})
	if _, err := r.Resolve(t.Context(), extensions(yeastartest.TutorialExpandPBX, 1)); err != nil {
		t.Fatal(err)
	}
	portal.Down(true)
	_, err := r.Resolve(t.Context(), bring(yeastartest.TutorialExpandPBX, 500))
	var refusal *Refusal
	if err == nil || errors.As(err, &refusal) {
		t.Errorf("%v", err)
	}
}
