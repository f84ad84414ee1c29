package resolve

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

func TestAWarmCacheCostsNoCalls(t *testing.T) {
	t.Parallel()
	portal, client := simulated(t, yeastartest.Options{PBXs: 200, SingleContact: true, Extensions: func(string, int) int { return 20 }})
	r := New(Config{Client: client})
	if _, err := r.Resolve(t.Context(), minutes(yeastartest.TutorialExpandPBX)); err != nil {
		t.Fatal(err)
	}
	cold := portal.Ledger().Calls
	if cold[yeastartest.CallProducts] != 2 || cold[yeastartest.CallOffering] != 1 || cold[yeastartest.CallContacts] != 1 || cold[yeastartest.CallProduct] != 0 {
		t.Errorf("cold: %v", cold)
	}
	for _, pbx := range portal.PBXs() {
		for n := range 3 {
			if _, err := r.Resolve(t.Context(), minutes(pbx.ProductNo)); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Resolve(t.Context(), extensions(pbx.ProductNo, n+1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for call, n := range portal.Ledger().Calls {
		if n != cold[call] {
			t.Errorf("%s was asked %d times more with a warm cache", call, n-cold[call])
		}
	}
}

func TestDetailsAreReadOncePerPBXWhereTheListIsSilent(t *testing.T) {
	t.Parallel()
	portal, client := simulated(t, yeastartest.Options{PBXs: 5, SingleContact: true, Capacity: yeastartest.ShowsDetails})
	r := New(Config{Client: client})
	for range 3 {
		for _, pbx := range portal.PBXs() {
			if _, err := r.Resolve(t.Context(), minutes(pbx.ProductNo)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := portal.Ledger().Calls[yeastartest.CallProduct]; n != 5 {
		t.Errorf("details were read %d times for 5 PBXs", n)
	}
}

func TestReadingsAreReadAgainAfterTheirTime(t *testing.T) {
	t.Parallel()
	s, client := newShelf(t, onePBX("monthly", 20))
	c := newClock()
	r := New(Config{Client: client, Now: c.Now})
	resolve := func() {
		t.Helper()
		if _, err := r.Resolve(t.Context(), minutes("ABCD1")); err != nil {
			t.Fatal(err)
		}
	}
	resolve()
	c.pass(DefaultTTL)
	resolve()
	if n := s.called("instance_product_list"); n != 1 {
		t.Errorf("read %d times within the TTL", n)
	}
	c.pass(time.Second)
	resolve()
	for _, call := range []string{"instance_product_list", "purchase_product_info", "billing_contact_list"} {
		if n := s.called(call); n != 2 {
			t.Errorf("%s: %d calls", call, n)
		}
	}
	r.Forget()
	resolve()
	if n := s.called("instance_product_list"); n != 3 {
		t.Errorf("%d calls after Forget", n)
	}
}

func TestAThousandBadRowsReadTheListOnce(t *testing.T) {
	t.Parallel()
	s, client := newShelf(t, onePBX("monthly", 20))
	c := newClock()
	r := New(Config{Client: client, Now: c.Now})
	if _, err := r.Resolve(t.Context(), minutes("ABCD1")); err != nil {
		t.Fatal(err)
	}
	c.pass(time.Minute) // the cache is warm, and too old to refuse by
	for range 500 {
		_, err := r.Resolve(t.Context(), minutes("NOSUCH"))
		refused(t, err)
		in := minutes("ABCD1")
		in.BillingCycle = "annually"
		_, err = r.Resolve(t.Context(), in)
		refused(t, err)
	}
	if n := s.called("instance_product_list"); n != 2 {
		t.Errorf("the list was read %d times, want twice: warming up, and once to be sure", n)
	}
	c.pass(recheckAge + time.Millisecond)
	_, err := r.Resolve(t.Context(), minutes("NOSUCH"))
	refused(t, err)
	if n := s.called("instance_product_list"); n != 3 {
		t.Errorf("%d reads: a refusal was concluded from an old reading", n)
	}
}

func TestOneReadServesAllAndItsFirstCallerMayLeave(t *testing.T) {
	t.Parallel()
	s, client := newShelf(t, onePBX("monthly", 20))
	s.hold = make(chan struct{})
	r := New(Config{Client: client})

	first, leave := context.WithCancelCause(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := r.Resolve(first, minutes("ABCD1"))
		left <- err
	}()
	<-s.begun // the read is under way, on the first caller's behalf
	var others sync.WaitGroup
	for range 20 {
		others.Go(func() {
			if _, err := r.Resolve(t.Context(), minutes("ABCD1")); err != nil {
				t.Errorf("failed because another caller left: %v", err)
			}
		})
	}
	gone := errors.New("gone")
	leave(gone)
	if err := <-left; !errors.Is(err, gone) {
		t.Errorf("the caller that left got %v", err)
	}
	close(s.hold)
	others.Wait()
	if n := s.called("instance_product_list"); n != 1 {
		t.Errorf("%d reads for 21 callers", n)
	}
}

func TestAStrictReadDoesNotJoinAnOlderOne(t *testing.T) {
	t.Parallel()
	r := New(Config{})
	c := &r.details
	begun, finish := make(chan struct{}), make(chan struct{})
	old := make(chan reading[yeastar.Product], 1)
	go func() {
		got, _ := c.get(t.Context(), "k", look{since: r.now(), ttl: time.Hour}, func(context.Context) (yeastar.Product, error) {
			close(begun)
			<-finish
			return yeastar.Product{Name: "old"}, nil
		})
		old <- got
	}()
	<-begun
	asked := look{level: strict, since: r.now(), seq: r.seq.Add(1)} // after the old read began
	close(finish)
	got, err := c.get(t.Context(), "k", asked, func(context.Context) (yeastar.Product, error) { return yeastar.Product{Name: "new"}, nil })
	if err != nil || got.value.Name != "new" {
		t.Errorf("%+v, %v: it began before the question was asked", got.value, err)
	}
	if o := <-old; o.value.Name != "old" {
		t.Errorf("%+v", o)
	}
}

func TestAReadThatForgetOvertookIsNotUsed(t *testing.T) {
	t.Parallel()
	r := New(Config{})
	calls := 0
	got, err := r.details.get(t.Context(), "k", look{since: r.now(), ttl: time.Hour}, func(context.Context) (yeastar.Product, error) {
		calls++
		if calls == 1 {
			r.Forget()
			return yeastar.Product{Name: "old"}, nil
		}
		return yeastar.Product{Name: "new"}, nil
	})
	if err != nil || got.value.Name != "new" {
		t.Errorf("%+v, %v", got.value, err)
	}
}

func TestAListThatTakesLongIsYoungForLonger(t *testing.T) {
	t.Parallel()
	now := newClock().Now()
	asked := look{level: rechecked, since: now}
	for _, c := range []struct {
		age, took time.Duration
		want      bool
	}{
		{recheckAge, 0, true}, {recheckAge + 1, 0, false}, {recheckAge + 1, time.Second, false},
		{10 * time.Second, 5 * time.Second, true}, {10*time.Second + 1, 5 * time.Second, false},
	} {
		if got := (reading[int]{began: now.Add(-c.age), took: c.took}).satisfies(asked); got != c.want {
			t.Errorf("%s old after %s of reading: %v", c.age, c.took, got)
		}
	}
}

func TestAFailedReadIsNeitherKeptNorARefusal(t *testing.T) {
	t.Parallel()
	portal, client := simulated(t, yeastartest.Options{PBXs: 3, SingleContact: true})
	r := New(Config{Client: client})
	portal.Down(true)
	_, err := r.Resolve(t.Context(), minutes(yeastartest.TutorialExpandPBX))
	var refusal *Refusal
	var portalError *yeastar.Error
	if errors.As(err, &refusal) || !errors.As(err, &portalError) {
		t.Fatalf("%T: %v", err, err)
	}
	portal.Heal()
	portal.Down(false)
	if _, err := r.Resolve(t.Context(), minutes(yeastartest.TutorialExpandPBX)); err != nil {
		t.Errorf("it was kept: %v", err)
	}
}

func TestAPortalThatFailsTheSecondLookRefusesNothing(t *testing.T) {
	t.Parallel()
	portal, client := simulated(t, yeastartest.Options{PBXs: 3, SingleContact: true})
	c := newClock()
	r := New(Config{Client: client, Now: c.Now})
	if _, err := r.Resolve(t.Context(), minutes(yeastartest.TutorialExpandPBX)); err != nil {
		t.Fatal(err)
	}
	c.pass(time.Minute)
	portal.Down(true)
	_, err := r.Resolve(t.Context(), minutes("3658B43111NOSUCH"))
	var refusal *Refusal
	if err == nil || errors.As(err, &refusal) {
		t.Errorf("an old reading refused an order for good: %v", err)
	}
}
