package yeastartest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAHeldOrderIsDecidedOnRelease(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	releaseFirst, releaseSecond := p.Hold(), p.Hold()
	done := make(chan answered, 2)
	for _, po := range []string{"a", "b"} {
		go func() { a, _ := p.save(minutes(po)); done <- a }()
	}
	if err := p.WaitHeld(patience(t), 2); err != nil {
		t.Fatal(err)
	}
	if n := len(p.Ledger().Orders); n != 0 {
		t.Errorf("%d orders while held", n)
	}
	decode[listJSON](t, p.get(listPath)) // reads go on
	releaseFirst()
	releaseFirst() // counts once
	p.mu.Lock()
	if p.gate.open == nil {
		t.Error("one release, called twice, let go of both holds")
	}
	p.mu.Unlock()
	p.Fail(Error500After, 1) // decided on release, so it strikes one of them
	releaseSecond()
	if a, b := <-done, <-done; a.status+b.status != 700 {
		t.Errorf("got %d and %d, want 200 and 500", a.status, b.status)
	}
	if n := len(p.Ledger().Orders); n != 2 {
		t.Errorf("%d orders", n)
	}
	decode[orderJSON](t, p.mustSave(minutes("c"))) // nobody holds
}

func TestAClientThatLeavesWhileHeldHasOrdered(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	release := p.Hold()
	ctx, leave := context.WithCancel(t.Context())
	r := p.request(http.MethodPost, "/order/openapi/order/v1/save", strings.NewReader(minutes("x"))).WithContext(ctx)
	r.Header.Set("Content-Type", "application/json")
	done := make(chan error, 1)
	go func() { _, err := p.send(r); done <- err }()
	if err := p.WaitHeld(patience(t), 1); err != nil {
		t.Fatal(err)
	}
	leave()
	<-done
	release()
	if err := p.WaitCommitted(patience(t), 1); err != nil {
		t.Error(err)
	}
}

func TestWhatIsCutWhileHeldHasOrderedNothing(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	if n := p.CutHeld(); n != 0 {
		t.Errorf("%d cut while nobody holds", n)
	}
	release := p.Hold()
	done := make(chan error, 1)
	go func() { _, err := p.save(minutes("x")); done <- err }()
	if err := p.WaitHeld(patience(t), 1); err != nil {
		t.Fatal(err)
	}
	if first, again := p.CutHeld(), p.CutHeld(); first != 1 || again != 0 {
		t.Errorf("%d cut, then %d", first, again)
	}
	if err := <-done; err == nil {
		t.Error("answered")
	}
	later := make(chan answered, 1)
	go func() { a, _ := p.save(minutes("y")); later <- a }()
	if err := p.WaitHeld(patience(t), 1); err != nil {
		t.Fatal(err) // those that come later are held as before
	}
	release()
	if a := <-later; a.status != http.StatusOK {
		t.Errorf("got %d", a.status)
	}
	if l := p.Ledger(); len(l.Orders) != 1 || l.Orders[0].PONumber != "y" || l.Requests["x"] != 1 {
		t.Errorf("%+v", l)
	}
}

func TestCloseEndsWhatIsHeldWithoutAnOrder(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	release := p.Hold()
	done := make(chan error, 1)
	go func() { _, err := p.save(minutes("x")); done <- err }()
	if err := p.WaitHeld(patience(t), 1); err != nil {
		t.Fatal(err)
	}
	p.Close()
	p.mu.Lock()
	if p.active != 0 {
		t.Errorf("%d calls are served after Close", p.active)
	}
	p.mu.Unlock()
	p.Close()
	release()
	if err := <-done; err == nil {
		t.Error("a held call was answered after Close")
	}
	if n := len(p.Ledger().Orders); n != 0 {
		t.Errorf("%d orders", n)
	}
}

func TestAWaitEndsWithItsContextAndSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for want, err := range map[string]error{
		"2 held":         s.WaitHeld(ctx, 2),
		"2 hanging":      s.WaitHanging(ctx, 2),
		"order list":     s.WaitCalls(ctx, CallOrders, 2),
		"2 orders":       s.WaitCommitted(ctx, 2),
		"there are 0":    s.WaitCommitted(ctx, 1),
		"calls of token": s.WaitCalls(ctx, CallToken, 1),
	} {
		if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	if err := s.WaitCommitted(ctx, 0); err != nil {
		t.Errorf("what is there already needs no waiting: %v", err)
	}
}

func TestLatencyIsAddedToEachCallAndEndsWithClose(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.SetLatency(30 * time.Millisecond)
	start := time.Now()
	decode[orderJSON](t, p.mustSave(minutes("x")))
	if took := time.Since(start); took < 30*time.Millisecond {
		t.Errorf("took %s", took)
	}
	p.SetLatency(time.Hour)
	done := make(chan error, 1)
	go func() { _, err := p.save(minutes("y")); done <- err }()
	if err := p.WaitCalls(patience(t), CallCreate, 2); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if err := <-done; err == nil {
		t.Error("answered after Close")
	}
	if n := len(p.Ledger().Orders); n != 1 {
		t.Errorf("%d orders", n)
	}
}
