package cli

import (
	"strings"
	"testing"
	"time"

	"orderq/store"
)

func TestDurationsAreShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 1500 * time.Millisecond: "1s", 59 * time.Second: "59s", 10 * time.Minute: "10m",
		150 * time.Second: "2m", time.Hour: "1h", 2*time.Hour + 10*time.Minute: "2h10m", 30 * time.Hour: "30h", 49 * time.Hour: "2d",
	} {
		if got := short(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestEveryWaitIsExplained(t *testing.T) {
	t.Parallel()
	for _, w := range []store.Waiting{
		store.WaitStart, store.WaitTime, store.WaitRecovery, store.WaitHalt, store.WaitAccount, store.WaitBreaker, store.WaitClaim,
		store.WaitBudget, store.WaitRate, store.WaitBatch, store.WaitApproval, store.WaitDuplicate, store.WaitPayment,
	} {
		o := store.Order{State: store.Accepted, WaitingFor: w, WaitingUntil: time.Unix(1, 0), WaitingOn: "oqx"}
		if got := waits(o); got == "" || got == "for "+string(w)+" until 1970-01-01 00:00:01Z" {
			t.Errorf("%s is not explained: %q", w, got)
		}
	}
	// A new ledger waits too, for a person, and no Redis has restarted.
	if got := waits(store.Order{State: store.Accepted, WaitingFor: store.WaitRecovery}); !strings.Contains(got, "orderq recover") || strings.Contains(got, "restarted") {
		t.Errorf("recovery: %q", got)
	}
	if got := describe(store.Order{State: store.Placed, OrderNo: "EK1"}); got != "placed as EK1" {
		t.Errorf("described as %q", got)
	}
}

func TestTextIsWrappedAtSpacesAndNumbersStayWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("9", 30)
	got := wrap("one two three "+long+" four", 10)
	want := []string{"one two", "three", long, "four"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("wrapped %q, want %q", got, want)
	}
	if got := cut("abcdef", 4); got != "abc…" {
		t.Errorf("cut to %q", got)
	}
}
