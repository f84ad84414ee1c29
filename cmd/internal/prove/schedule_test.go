package prove

import (
	"slices"
	"testing"
	"time"
)

func TestTheSameSeedGivesTheSameScheduleAndAnotherGivesAnother(t *testing.T) {
	t.Parallel()
	o := Defaults()
	first := Schedule(o)
	if !slices.Equal(first, Schedule(o)) {
		t.Error("the same seed gave two schedules")
	}
	o.Seed++
	if slices.Equal(first, Schedule(o)) {
		t.Error("two seeds gave the same schedule")
	}
	o.Calm = true
	if got := Schedule(o); len(got) != 0 {
		t.Errorf("a calm run has %d attacks", len(got))
	}
}

func TestAScheduleHasEveryAttackInTheOrderOfTheirTimes(t *testing.T) {
	t.Parallel()
	o := Defaults()
	o.Orders = 10_000
	counts := map[Attack]int{}
	var last time.Duration
	for _, e := range Schedule(o) {
		counts[e.Attack]++
		if e.At < last || e.At > o.length() {
			t.Errorf("%s after %v, run ends at %v", e, last, o.length())
		}
		last = e.At
		if e.Worker < 0 || e.Worker >= o.Workers {
			t.Errorf("%s: there are %d workers", e, o.Workers)
		}
		if e.Attack == Sleep && e.For < sleepLeast {
			t.Errorf("%s: a sleep shorter than the horizons proves nothing", e)
		}
	}
	for _, a := range []Attack{Kill, Terminate, Sleep, Doze, RedisKill, RedisHang, RedisCut, LoseReply, Full, Backup, Restore, PowerLoss, Flush, Outage, Dashboard, Poison} {
		if counts[a] == 0 {
			t.Errorf("no attack: %s", a)
		}
	}
	if n := counts[Kill] + counts[CrashAt]; n < 300 {
		t.Errorf("%d kills, want 300 at the least", n)
	}
}

func TestForgettingAndSleepingAreAsOftenAsAsked(t *testing.T) {
	t.Parallel()
	o := Defaults()
	o.Forget, o.Sleepers = 20, 0
	counts := map[Attack]int{}
	for _, e := range Schedule(o) {
		counts[e.Attack]++
	}
	if counts[Restore] != 20 || counts[PowerLoss] != 20 || counts[Flush] != 20 || counts[Sleep] != 0 {
		t.Errorf("%v", counts)
	}
}

func TestOptionsThatCannotBeAreNamed(t *testing.T) {
	t.Parallel()
	for _, bad := range []func(*Options){
		func(o *Options) { o.Orders = 1 }, func(o *Options) { o.PBXs = 0 }, func(o *Options) { o.Workers = 99 },
		func(o *Options) { o.Faults = 2 }, func(o *Options) { o.Echo = "loud" }, func(o *Options) { o.Duration = -1 },
	} {
		o := Defaults()
		bad(&o)
		if o.Validate() == nil {
			t.Errorf("accepted: %+v", o)
		}
	}
	if err := Defaults().Validate(); err != nil {
		t.Error(err)
	}
}
