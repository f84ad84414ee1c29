package worker

import (
	"testing"
	"testing/synctest"
	"time"

	"orderq/yeastar"
)

// fail reports n sick calls.
func fail(t *testing.T, b *breaker, n int) {
	t.Helper()
	for range n {
		report, err := b.allow(false)
		if err != nil {
			t.Fatal(err)
		}
		report(yeastar.Unknown, yeastar.ReasonTimeout)
	}
}

func TestTheBreakerOpensAfterAHandfulOfFailuresAndSaysSoOnce(t *testing.T) {
	t.Parallel()
	b := newBreaker(time.Minute, 30*time.Second)
	fail(t, b, tripAfter-1)
	if !b.healthy() {
		t.Fatal("it opened early")
	}
	fail(t, b, 1)
	if b.healthy() {
		t.Fatalf("%d failures in a row did not open it", tripAfter)
	}
	select {
	case <-b.tripped:
	default:
		t.Error("the trip was not announced")
	}
	for _, order := range []bool{true, false} {
		if _, err := b.allow(order); err == nil {
			t.Errorf("a call (order %v) was let through while it is open", order)
		}
	}
	b.reset()
	if _, err := b.allow(true); err != nil {
		t.Errorf("after a reset: %v", err)
	}
}

func TestWhatSaysNothingOfThePortalNeitherOpensNorHoldsTheBreaker(t *testing.T) {
	t.Parallel()
	b := newBreaker(time.Minute, 30*time.Second)
	fail(t, b, tripAfter-1)
	for range 50 {
		for _, r := range []yeastar.Reason{yeastar.ReasonCancelled, yeastar.ReasonRate, yeastar.ReasonToken, yeastar.ReasonLate} {
			report, err := b.allow(true)
			if err != nil {
				t.Fatal(err)
			}
			report(yeastar.NotSent, r)
		}
	}
	if !b.healthy() {
		t.Fatal("our own cancellations opened it")
	}
	// A refusal is an answer: the portal is well, and the row of failures is broken.
	report, err := b.allow(true)
	if err != nil {
		t.Fatal(err)
	}
	report(yeastar.Refused, yeastar.ReasonCode)
	fail(t, b, tripAfter-1)
	if !b.healthy() {
		t.Error("a refusal did not break the row of failures")
	}
}

// Half open, one read at a time may ask; an order never does.
func TestTheProbeOfAHalfOpenBreakerIsARead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(30*time.Second, 30*time.Second)
		fail(t, b, tripAfter)
		<-time.After(31 * time.Second) // by the bubble's clock
		if _, err := b.allow(true); err == nil {
			t.Error("an order was let through as the probe")
		}
		probe, err := b.allow(false)
		if err != nil {
			t.Fatalf("the read was not let through: %v", err)
		}
		if _, err := b.allow(false); err == nil {
			t.Error("a second probe was let through")
		}
		probe(yeastar.Done, yeastar.ReasonOK)
		if _, err := b.allow(true); err != nil {
			t.Errorf("after a good probe: %v", err)
		}
	})
}

// gobreaker drops the results of calls that began in an older window: with a window shorter than a call it
// would never trip.
func TestSlowCallsTripTheBreakerToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const call = 30 * time.Second
		b := newBreaker(time.Minute, call)
		var reports []func(yeastar.Outcome, yeastar.Reason)
		for range tripAfter {
			report, err := b.allow(true)
			if err != nil {
				t.Fatal(err)
			}
			reports = append(reports, report)
			<-time.After(time.Second)
		}
		<-time.After(call)
		for _, report := range reports {
			report(yeastar.Unknown, yeastar.ReasonTimeout)
		}
		if b.healthy() {
			t.Error("calls that took the whole call timeout did not open it")
		}
	})
}
