package resolve

import (
	"strings"
	"testing"
	"time"

	"orderq/tasks"
)

func TestWhatChangedSinceTheCacheIsNotRefused(t *testing.T) {
	t.Parallel()
	in := minutes("ABCD1")
	in.BillingCycle = "annually"
	cases := []struct {
		name   string
		change func(*shelf)
		ask    tasks.Intent
	}{
		{"a PBX that came", func(s *shelf) {
			s.change("ABCD2", "planId", "11")
			s.change("ABCD2", "billingCycle", "annually")
		}, minutes("ABCD2")},
		{"another cycle", func(s *shelf) { s.change("ABCD1", "billingCycle", "annually") }, in},
		{"fewer extensions", func(s *shelf) { s.change("ABCD1", "extensions", 10) }, extensions("ABCD1", 490)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, client := newShelf(t, onePBX("monthly", 20))
			now := newClock()
			r := New(Config{Client: client, Now: now.Now})
			if _, err := r.Resolve(t.Context(), minutes("ABCD1")); err != nil {
				t.Fatal(err)
			}
			now.pass(time.Minute)
			c.change(s)
			if _, err := r.Resolve(t.Context(), c.ask); err != nil {
				t.Errorf("refused by what was so a minute ago: %v", err)
			}
		})
	}
}

func TestHighAvailabilityCountsExtensionsAnew(t *testing.T) {
	t.Parallel()
	for _, bare := range []bool{false, true} {
		s, client := newShelf(t, onePBX("monthly", 20))
		s.bare = bare
		now := newClock() // stands still: no clock can tell that the cache is old
		r := New(Config{Client: client, Now: now.Now})
		for _, want := range []int{20, 35, 36} {
			s.change("ABCD1", "extensions", want)
			res, err := r.Resolve(t.Context(), availability("ABCD1"))
			if err != nil || res.Quantity != want || res.Request.ServiceList[0].Quantity != want {
				t.Errorf("%+v, %v; want %d", res, err, want)
			}
		}
		in := availability("ABCD1")
		in.Quantity = 35 // what it was
		_, err := r.Resolve(t.Context(), in)
		if got := refused(t, err); got.Code != CodeQuantityMismatch ||
			!strings.Contains(err.Error(), "quantity 35: PBX ABCD1 has 36 extensions, and the service is charged for all of them; say 36") {
			t.Error(err)
		}
		in.Quantity = 36
		if _, err := r.Resolve(t.Context(), in); err != nil {
			t.Error(err)
		}
	}
}

func TestHighAvailabilityCountsInTheListWhereDetailsAreSilent(t *testing.T) {
	t.Parallel()
	s, client := newShelf(t, onePBX("monthly", 20))
	s.silent = true
	r := New(Config{Client: client})
	for _, want := range []int{20, 35} {
		s.change("ABCD1", "extensions", want)
		if res, err := r.Resolve(t.Context(), availability("ABCD1")); err != nil || res.Quantity != want {
			t.Errorf("%+v, %v; want %d", res, err, want)
		}
	}
}

func TestAPBXTakes500ExtensionsAndNotOneMore(t *testing.T) {
	t.Parallel()
	_, client := newShelf(t, onePBX("monthly", 480))
	r := New(Config{Client: client})
	_, err := r.Resolve(t.Context(), extensions("ABCD1", 21))
	if got := refused(t, err); got.Code != CodeTooManyExtensions || got.Field != "quantity" || got.Value != "21" {
		t.Errorf("%+v", got)
	}
	if want := "quantity 21: PBX ABCD1 has 480 extensions; 21 more make 501, the limit is 500: order at most 20"; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	if res, err := r.Resolve(t.Context(), extensions("ABCD1", 20)); err != nil || *res.Extensions != 480 {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestAFullPBXIsToldSo(t *testing.T) {
	t.Parallel()
	_, client := newShelf(t, onePBX("monthly", 500))
	_, err := New(Config{Client: client}).Resolve(t.Context(), extensions("ABCD1", 1))
	if refused(t, err); !strings.Contains(err.Error(), "no more can be ordered") {
		t.Error(err)
	}
}

func TestExtensionsOrderedSinceTheReadingCount(t *testing.T) {
	t.Parallel()
	s, client := newShelf(t, onePBX("monthly", 480))
	now := newClock()
	r := New(Config{Client: client, Now: now.Now})
	if _, err := r.Resolve(t.Context(), extensions("ABCD1", 15)); err != nil {
		t.Fatal(err)
	}
	s.change("ABCD1", "extensions", 495) // it was placed; the cache still says 480
	_, err := r.Resolve(t.Context(), extensions("ABCD1", 15))
	if refused(t, err); !strings.Contains(err.Error(), "has 495 extensions; 15 more make 510") {
		t.Error(err)
	}
	if res, err := r.Resolve(t.Context(), extensions("ABCD1", 5)); err != nil || *res.Extensions != 495 {
		t.Errorf("%+v, %v", res, err)
	}
	if n := s.called("detail"); n != 1 {
		t.Errorf("%d fresh reads, want 1: what it showed is newer than the list", n)
	}

	s.change("ABCD1", "extensions", 499)
	now.pass(time.Minute)
	_, err = r.Resolve(t.Context(), minutes("NOSUCH")) // reads the list anew
	refused(t, err)
	_, err = r.Resolve(t.Context(), extensions("ABCD1", 2))
	if refused(t, err); !strings.Contains(err.Error(), "has 499 extensions") || s.called("detail") != 1 {
		t.Errorf("the list is newer now: %v", err)
	}
}

func TestTheListsSpellingOfASerialNumberStays(t *testing.T) {
	t.Parallel()
	s, client := newShelf(t, onePBX("monthly", 20))
	s.bare = true
	s.change("ABCD1", "productNo", "abcd1") // as details spell it
	now := newClock()
	r := New(Config{Client: client, Now: now.Now})
	for range 2 {
		res, err := r.Resolve(t.Context(), minutes("ABCD1"))
		if err != nil || res.Request.ProductNo != "ABCD1" || res.BillingCycle != "monthly" {
			t.Fatalf("%+v, %v", res, err)
		}
		now.pass(time.Minute)
		_, err = r.Resolve(t.Context(), minutes("NOSUCH")) // now the list is newer than the details
		refused(t, err)
	}
}

func TestExtensionsThatWereNeverPlacedRefuseNothing(t *testing.T) {
	t.Parallel()
	s, client := newShelf(t, onePBX("monthly", 480))
	r := New(Config{Client: client})
	for range 100 { // dry runs
		if _, err := r.Resolve(t.Context(), extensions("ABCD1", 15)); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.tally.pbx["ABCD1"]) > maxIncrements {
		t.Errorf("%d increments are kept", len(r.tally.pbx["ABCD1"]))
	}
	s.change("ABCD1", "extensions", 485)
	if _, err := r.Resolve(t.Context(), extensions("ABCD1", 15)); err != nil {
		t.Error(err)
	}
}

func TestMergingOldIncrementsOnlyEverCountsMore(t *testing.T) {
	t.Parallel()
	var ty tally
	for i := range 100 {
		ty.add("A", uint64(i+1), 1)
	}
	for _, c := range []struct {
		seq  uint64
		want int
	}{{0, 100}, {99, 1}, {100, 0}, {90, 10}} {
		if got := ty.since("A", c.seq); got != c.want {
			t.Errorf("since %d: %d, want %d", c.seq, got, c.want)
		}
	}
	if got := ty.since("A", 40); got < 60 {
		t.Errorf("since 40: %d of at least 60", got)
	}
	if ty.since("B", 0) != 0 {
		t.Error("another PBX's")
	}
}

func TestARowThatIsSilentIsFilledFromDetails(t *testing.T) {
	t.Parallel()
	s, client := newShelf(t, onePBX("monthly", 480))
	s.bare = true
	r := New(Config{Client: client})
	res, err := r.Resolve(t.Context(), extensions("ABCD1", 20))
	if err != nil || res.BillingCycle != "monthly" || *res.Extensions != 480 || res.PlanID != 11 {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestTheNewerReadingWins(t *testing.T) {
	t.Parallel()
	n, m := 20, 30
	old := facts{productNo: "A", planID: 1, plan: "Old", cycle: "monthly", extensions: &n, extensionSeq: 1}
	got := old.with(facts{planID: 2, extensions: &m, extensionSeq: 2})
	if got.planID != 2 || got.plan != "" || got.cycle != "monthly" || *got.extensions != 30 || got.extensionSeq != 2 {
		t.Errorf("%+v", got)
	}
	if got := old.with(facts{}); got != old {
		t.Errorf("an empty reading took something away: %+v", got)
	}
}
