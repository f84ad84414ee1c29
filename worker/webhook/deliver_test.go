package webhook

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orderq/store"
	"orderq/store/hook"
	"orderq/store/storetest"
)

func TestAMoveIsDeliveredSignedWithTheOrderAsItIs(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		v := r.receive(nil)
		id := r.add(v)
		r.start()
		o := r.accept("crm-4711&a")
		m := v.hears()
		got := r.tried(hook.Delivered)
		if m.Type != "order.accepted" || m.Event.State != store.Accepted || m.Event.Version != o.Version || m.id != "evt_default_"+m.Event.ID {
			t.Errorf("%s under %s", m.body, m.id)
		}
		now, err := room.Store.Get(t.Context(), o.ID)
		r.must(err)
		want, err := json.Marshal(now)
		r.must(err)
		data, err := json.Marshal(m.Data)
		r.must(err)
		if diff := cmp.Diff(string(want), string(data)); diff != "" {
			t.Error(diff)
		}
		if m.At.Sub(o.AcceptedAt).Abs() > time.Second {
			t.Errorf("timestamp %v, accepted at %v", m.At, o.AcceptedAt)
		}
		for name, want := range map[string]string{"Content-Type": "application/json", "User-Agent": "orderq-webhook/1"} {
			if m.header.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, m.header.Get(name), want)
			}
		}
		if got.webhook != id || got.Status != http.StatusNoContent || got.Order != o.ID || got.Attempt != 1 || got.Type != "order.accepted" || got.Event != m.Event.ID {
			t.Errorf("%+v", got)
		}
		if !strings.Contains(string(m.body), `"crm-4711&a"`) {
			t.Errorf("escaped for a web page: %s", m.body)
		}
	})
}

// hangUp cuts the connection without an answer, or in the middle of it.
func hangUp() { panic(http.ErrAbortHandler) }

func TestAnEventComesUntilItIsTakenUnderOneId(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		v := r.receive(func(n int, _ message, w http.ResponseWriter) {
			switch n {
			case 1:
				http.Error(w, "out of order\x00\n", http.StatusInternalServerError)
			case 2:
				hangUp()
			case 3:
				w.WriteHeader(http.StatusTooManyRequests)
			}
		})
		id := r.add(v)
		r.start()
		r.accept("a")
		var first message
		for n, want := range []hook.Outcome{hook.Failed, hook.Failed, hook.Failed, hook.Delivered} {
			m := v.hears()
			got := r.tried(want)
			if n == 0 {
				first = m
				if got.Answer != "out of order" || got.Status != 500 || got.Next.IsZero() {
					t.Errorf("%+v", got)
				}
			}
			if m.id != first.id || string(m.body) != string(first.body) || got.Attempt != n+1 || got.WebhookID != first.id {
				t.Errorf("try %d: %s as %s, first %s as %s; %+v", n+1, m.body, m.id, first.body, first.id, got)
			}
			r.later(id)
		}
		log, err := r.hooks.Log(t.Context(), id, 10)
		r.must(err)
		if len(log) != 4 || log[0].Outcome != hook.Delivered || log[2].Reason == "" {
			t.Errorf("%+v", log)
		}
	})
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	inside := r.receive(nil)
	v := r.receive(func(n int, _ message, w http.ResponseWriter) {
		w.Header().Set("Location", inside.url+"/in")
		w.WriteHeader([]int{301, 302, 303, 307, 308}[n-1])
	})
	id := r.add(v)
	r.start()
	r.accept("a")
	for range 5 {
		if got := r.tried(hook.Failed); got.Status/100 != 3 || !strings.Contains(got.Reason, "redirects are not followed") {
			t.Errorf("%+v", got)
		}
		r.later(id)
	}
	if len(inside.heard) != 0 {
		t.Error("it was followed")
	}
}

func TestAnAnswerThatLiesOrNeverEndsIsReadNoFurtherThanNeeded(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	v := r.receive(func(n int, _ message, w http.ResponseWriter) {
		if n == 1 { // more than anybody wants to have
			for {
				if _, err := w.Write([]byte(strings.Repeat("more ", 10_000))); err != nil {
					return
				}
			}
		}
		w.Header().Set("Content-Length", "1000") // and then hangs up
		_, _ = w.Write([]byte("thanks"))
		w.(http.Flusher).Flush()
		hangUp()
	})
	r.add(v)
	r.start()
	r.accept("a")
	if got := r.tried(hook.Delivered); len(got.Answer) > mostShown+len("…") || !strings.HasPrefix(got.Answer, "more more") {
		t.Errorf("%d bytes: %+v", len(got.Answer), got)
	}
	r.accept("b")
	if got := r.tried(hook.Delivered); got.Answer != "thanks" {
		t.Errorf("%+v", got)
	}
}

func TestAReceiverThatReadsNothingAndSaysYesHasIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	v := r.receive(nil)
	id := r.add(v)
	v.url = r.deaf()
	r.must(r.room.Redis.HSet(t.Context(), r.room.Store.Keys().Hook(id), "url", v.url).Err())
	r.start()
	r.accept("a")
	r.tried(hook.Delivered)
}

func Test410DisablesUntilSomebodyEnablesItAgain(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		v := r.receive(func(n int, _ message, w http.ResponseWriter) {
			if n == 1 {
				w.WriteHeader(http.StatusGone)
			}
		})
		id := r.add(v)
		r.start()
		o := r.accept("a")
		r.tried(hook.Gone)
		if e := r.endpoint(id); e.Enabled || e.Why != "it answered 410 Gone" {
			t.Errorf("%+v", e)
		}
		r.cancel(o)
		other := r.receive(nil) // so that there is something to wait for
		r.add(other)
		r.accept("b")
		other.hears()
		r.tried(hook.Delivered)
		if len(v.heard) != 1 {
			t.Errorf("%d deliveries to a disabled endpoint", len(v.heard)-1)
		}
		r.must(r.hooks.Enable(t.Context(), id, "anna"))
		v.hears()
		var heard []string
		for range 3 {
			m := v.hears()
			heard = append(heard, m.Data.Reference+" "+m.Type)
			r.tried(hook.Delivered)
		}
		if !slices.Contains(heard, "b order.accepted") || slices.Index(heard, "a order.accepted") != 0 && heard[0] != "b order.accepted" ||
			slices.Index(heard, "a order.accepted") > slices.Index(heard, "a order.cancelled") {
			t.Errorf("heard %q", heard)
		}
	})
}

// Whatever fails, an order's later event comes only after its earlier one was taken.
func TestInOrderPerOrderUnderFailures(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		const orders, moves = 12, 6
		var mu sync.Mutex
		chance := rand.New(rand.NewPCG(7, 7))
		v := r.receive(func(_ int, m message, w http.ResponseWriter) {
			mu.Lock()
			dice := chance.IntN(10)
			mu.Unlock()
			switch {
			case dice < 2:
				w.WriteHeader(http.StatusInternalServerError)
			case dice < 3:
				hangUp()
			case dice < 4:
				w.WriteHeader(http.StatusFound)
			}
		})
		id := r.add(v)
		var all []store.Order
		for i := range orders {
			all = append(all, r.accept(fmt.Sprint("r", i)))
		}
		for n := 2; n <= moves; n++ {
			for _, o := range all {
				r.event(o.ID, n)
			}
		}
		r.start()
		r.start() // two at once
		taken, tries := map[string]int64{}, 0
		for n := 0; n < orders*moves; {
			select {
			case got := <-r.tries:
				tries++
				if got.Outcome == hook.Failed {
					r.laterOf(id, got.Order)
					continue
				}
				n++
			case <-time.After(patience):
				t.Fatalf("%d of %d delivered; log:\n%s", n, orders*moves, r.said())
			}
		}
		// In the order in which the receiver said yes: each order's versions one by one, a version again at most.
		for len(v.heard) > 0 {
			m := <-v.heard
			if m.Event.Version < taken[m.Data.ID] || m.Event.Version > taken[m.Data.ID]+1 {
				t.Errorf("order %s: version %d was heard after %d", m.Data.ID, m.Event.Version, taken[m.Data.ID])
			}
			taken[m.Data.ID] = m.Event.Version
		}
		for _, o := range all {
			if taken[o.ID] != moves {
				t.Errorf("order %s: the last heard is %d, want %d", o.ID, taken[o.ID], moves)
			}
		}
		if tries <= orders*moves {
			t.Errorf("%d tries: nothing failed, and the test has shown nothing", tries)
		}
	})
}

func TestTwoDeliverersDeliverNothingTwice(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		v := r.receive(nil)
		r.add(v)
		r.start()
		r.start()
		const orders = 60
		for i := range orders {
			r.accept(fmt.Sprint("r", i))
		}
		times := map[string]int{}
		for range orders {
			times[v.hears().id]++
			r.tried(hook.Delivered)
		}
		if len(times) != orders || len(v.heard) != 0 {
			t.Errorf("%d events delivered, want %d, each once; %d more", len(times), orders, len(v.heard))
		}
	})
}

// The worker dies, or loses Redis, between the receiver's yes and its own note of it.
func TestACrashAfterThePOSTDeliversAgainUnderTheSameId(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		v := r.receive(func(n int, _ message, _ http.ResponseWriter) {
			if n == 1 {
				room.Cut(true)
			}
		})
		id := r.add(v)
		o := r.accept("a")
		r.cancel(o)
		stop := r.start()
		first := v.hears()
		stop() // it is dead, and what it took stays taken
		room.Cut(false)
		if len(r.tries) != 0 {
			t.Fatalf("it was written down: the test has shown nothing")
		}
		r.start() // another one takes over
		r.later(id)
		again := v.hears()
		if got := r.tried(hook.Delivered); again.id != first.id || got.Attempt != 2 || got.WebhookID != first.id {
			t.Errorf("%s after %s, %+v", again.id, first.id, got)
		}
		if next := v.hears(); next.Type != "order.cancelled" || next.id == first.id {
			t.Errorf("then %s as %s", next.Type, next.id)
		}
	})
}

func TestAnEndpointThatHangsKeepsNobodyElseWaiting(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		letGo := make(chan struct{})
		begun := make(chan struct{}, 100)
		hanging := r.receive(func(int, message, http.ResponseWriter) { begun <- struct{}{}; <-letGo })
		well := r.receive(nil)
		hangs := r.add(hanging)
		r.add(well)
		stop := r.start()
		const orders = 3 * width
		for i := range orders {
			r.accept(fmt.Sprint("r", i))
		}
		for range orders {
			well.hears()
			if got := r.tried(hook.Delivered); got.webhook == hangs {
				t.Errorf("%+v", got)
			}
		}
		<-begun // it does hang
		if e := r.endpoint(hangs); e.Pending == 0 {
			t.Error("nothing waits for the one that hangs: the test has shown nothing")
		}
		stop() // a worker that stops does not wait for it, and gives back what it took
		close(letGo)
		for more := true; more; {
			var err error
			more, err = r.hooks.Admit(t.Context(), hangs)
			r.must(err)
		}
		if got, err := r.hooks.Take(t.Context(), hangs, orders, time.Hour); err != nil || len(got) != orders || got[0].Try != 1 {
			t.Errorf("%d of %d given back: %+v, %v", len(got), orders, got, err)
		}
	})
}

func TestAnAnswerThatTakesTooLongIsNone(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	letGo := make(chan struct{})
	v := r.receive(func(int, message, http.ResponseWriter) { <-letGo })
	r.add(v)
	r.start(func(_ *Config, s *SenderConfig) { s.Within = 50 * time.Millisecond })
	r.accept("a")
	if got := r.tried(hook.Failed); got.Reason != "no answer within 50ms" || got.Status != 0 {
		t.Errorf("%+v", got)
	}
	close(letGo)
}

func TestADeadEndpointCostsLittle(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		dead := r.receive(func(_ int, _ message, w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
		well := r.receive(nil)
		id := r.add(dead)
		r.add(well)
		r.start(func(c *Config, _ *SenderConfig) { c.BreakerOpen = time.Hour })
		const orders = 40
		for i := range orders {
			r.accept(fmt.Sprint("r", i))
		}
		for range orders {
			well.hears()
		}
		for n := 0; n < orders; {
			if got := <-r.tries; got.Outcome == hook.Delivered {
				n++
			}
		}
		if n := len(dead.heard); n < hook.TripAfter || n > hook.TripAfter+width {
			t.Errorf("%d tries while the breaker is open, want about %d", n, hook.TripAfter)
		}
		if !strings.Contains(r.said(), "webhook does not answer") {
			t.Errorf("nobody is told:\n%s", r.said())
		}
		if e := r.endpoint(id); e.Pending != orders {
			t.Errorf("%d wait, want %d", e.Pending, orders)
		}
	})
}

func TestAfterADayTheNextEventOfTheOrderHasItsTurn(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		v := r.receive(func(_ int, m message, w http.ResponseWriter) {
			if m.Event.State == store.Accepted {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		id := r.add(v)
		stop := r.start()
		o := r.accept("a")
		r.tried(hook.Failed)
		stop()
		r.cancel(o)
		// Time passes: Redis' own, so the lane is made to be a day old.
		lanes := room.Store.Keys().HookLanes(id)
		lane, err := room.Redis.HGet(t.Context(), lanes, o.ID).Result()
		r.must(err)
		words := strings.Fields(lane)
		words[1] = fmt.Sprint(time.Now().Add(-25 * time.Hour).UnixMilli())
		r.must(room.Redis.HSet(t.Context(), lanes, o.ID, strings.Join(words, " ")).Err())
		r.later(id)
		r.start()
		if got := r.tried(hook.GaveUp); got.Type != "order.accepted" || got.Status != 500 {
			t.Errorf("%+v", got)
		}
		if got := r.tried(hook.Delivered); got.Type != "order.cancelled" {
			t.Errorf("%+v", got)
		}
	})
}

func TestAnEventWithoutItsOrderIsSaidAndNotSent(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	v := r.receive(nil)
	id := r.add(v)
	r.start()
	r.event("oqnone", 1)
	r.accept("a")
	if m := v.hears(); m.Data.Reference != "a" {
		t.Errorf("%s", m.body)
	}
	// Two orders have a lane each: either may be first.
	if one, other := r.next(), r.next(); one.Outcome == other.Outcome {
		t.Errorf("%+v, %+v", one, other)
	}
	log, err := r.hooks.Log(t.Context(), id, 10)
	r.must(err)
	if len(log) != 2 || log[0].Outcome != hook.GaveUp && log[1].Outcome != hook.GaveUp {
		t.Errorf("%+v", log)
	}
}

func TestWhatAnEndpointDoesNotAskForIsNotSent(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	v := r.receive(nil)
	r.add(v, func(e *hook.Endpoint) { e.States = []store.State{store.Cancelled} })
	r.start()
	r.cancel(r.accept("a"))
	if m := v.hears(); m.Type != "order.cancelled" || m.Data.State != store.Cancelled {
		t.Errorf("%s", m.body)
	}
	r.tried(hook.Delivered)
	if len(v.heard) != 0 {
		t.Errorf("and %d more", len(v.heard))
	}
}

func TestWhileRedisIsAwayNothingIsLost(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		v := r.receive(nil)
		r.add(v)
		r.start()
		r.accept("a")
		v.hears()
		r.tried(hook.Delivered)
		room.Cut(true)
		room.Cut(false)
		r.accept("b")
		if m := v.hears(); m.Data.Reference != "b" {
			t.Errorf("%s", m.body)
		}
	})
}

func TestARemovedEndpointIsNotCalled(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	v, other := r.receive(nil), r.receive(nil)
	id := r.add(v)
	r.add(other)
	r.accept("a")
	r.must(r.hooks.Remove(t.Context(), id))
	r.start()
	other.hears()
	r.tried(hook.Delivered)
	if len(v.heard) != 0 {
		t.Error("it was called")
	}
	if n := r.room.Redis.Exists(t.Context(), r.room.Store.Keys().HookLanes(id)).Val(); n != 0 {
		t.Error("it has lanes again")
	}
}

func TestAReceiverThatAsksForAPauseHasIt(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		now := time.Now().UTC().Truncate(time.Second) // this host's clock, which stands still; Redis has its own
		for _, c := range []struct {
			status int
			asks   string
			want   time.Duration
			whole  bool // nothing else is sent meanwhile
		}{
			{http.StatusTooManyRequests, "1200", 20 * time.Minute, true},
			{http.StatusServiceUnavailable, now.Add(30 * time.Minute).Format(http.TimeFormat), 30 * time.Minute, true},
			{http.StatusServiceUnavailable, "86400", time.Hour, true},
			{http.StatusInternalServerError, "1200", 20 * time.Minute, false},
		} {
			r := newRig(t, room)
			v := r.receive(func(n int, _ message, w http.ResponseWriter) {
				if n == 1 {
					w.Header().Set("Retry-After", c.asks)
					w.WriteHeader(c.status)
				}
			})
			id := r.add(v)
			stop := r.start(func(_ *Config, s *SenderConfig) { s.Now = func() time.Time { return now } })
			first := r.accept(fmt.Sprint("a", c.status, c.asks))
			before, err := room.Redis.Time(t.Context()).Result()
			r.must(err)
			before = before.Add(-time.Second) // clocks are read, cut and set; minutes are asked for
			v.hears()
			got := r.tried(hook.Failed)
			due, err := room.Redis.ZScore(t.Context(), room.Store.Keys().HookDue(id), first.ID).Result()
			r.must(err)
			if wait := time.UnixMilli(int64(due)).Sub(before); wait < c.want || wait > c.want+patience {
				t.Errorf("%d, Retry-After %s: tried again after %v, want %v", c.status, c.asks, wait, c.want)
			}
			if !strings.Contains(got.Reason, "it asks for a pause of "+c.want.String()) {
				t.Errorf("%+v", got)
			}
			if until := r.endpoint(id).PausedUntil; until.IsZero() == c.whole || c.whole && until.Sub(before) < c.want {
				t.Errorf("%d, Retry-After %s: paused until %v, at %v", c.status, c.asks, until, before)
			}
			stop()
			r.must(r.hooks.Remove(t.Context(), id))
		}
	})
}

func TestWhatFollowsAPauseIsNotSentBeforeItsEnd(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		v := r.receive(func(n int, _ message, w http.ResponseWriter) {
			if n == 1 {
				w.Header().Set("Retry-After", "600")
				w.WriteHeader(http.StatusTooManyRequests)
			}
		})
		well := r.receive(nil)
		id := r.add(v)
		r.start()
		r.accept("a")
		v.hears()
		r.tried(hook.Failed)
		r.add(well) // is not in its way
		r.accept("b")
		well.hears()
		r.tried(hook.Delivered)
		for over := time.Now().Add(patience); r.endpoint(id).Pending < 2; { // the paused one sees the event, too
			if time.Now().After(over) {
				t.Fatal("the event does not wait")
			}
		}
		r.later(id)
		if got, err := r.hooks.Take(t.Context(), id, 10, time.Hour); err != nil || len(got) != 0 || len(v.heard) != 0 {
			t.Errorf("%d taken, %d heard: %v", len(got), len(v.heard), err)
		}
		r.must(room.Redis.HSet(t.Context(), room.Store.Keys().Hook(id), "resume", 1).Err()) // time passes: Redis' own
		v.hears()
		v.hears()
	})
}

func TestAnotherUrlBeginsWithAClosedBreaker(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		dead := r.receive(func(_ int, _ message, w http.ResponseWriter) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		well := r.receive(nil)
		id := r.add(dead)
		well.secret = dead.secret
		for i := range hook.TripAfter {
			r.accept(fmt.Sprint("r", i))
		}
		r.start(func(c *Config, _ *SenderConfig) { c.BreakerOpen = time.Hour })
		for range hook.TripAfter {
			dead.hears()
			r.tried(hook.Failed)
		}
		if e := r.endpoint(id); e.Failures != hook.TripAfter || e.PausedUntil.IsZero() {
			t.Fatalf("%+v", e)
		}
		to := well.url + "/in"
		_, err := r.hooks.Change(t.Context(), id, hook.Change{URL: &to}, "anna")
		r.must(err)
		r.later(id)
		for range hook.TripAfter {
			well.hears()
			r.tried(hook.Delivered)
		}
	})
}

// Its breaker is in the memory of the worker that is gone; what it wrote down is not.
func TestADeadEndpointCostsTheNextWorkerOneTry(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		dead := r.receive(func(_ int, _ message, w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
		id := r.add(dead)
		r.must(room.Redis.HSet(t.Context(), room.Store.Keys().Hook(id), "failures", 100).Err())
		d := New(Config{Store: room.Store, Log: r.log, BreakerOpen: time.Hour, Sender: NewSender(SenderConfig{Guard: loopback(), Within: patience})})
		defer d.Close()
		r.accept("a")
		for want := range 2 {
			_, err := r.hooks.Admit(t.Context(), id)
			r.must(err)
			if n, err := d.round(t.Context(), id); err != nil || n != 1-want {
				t.Fatalf("%d tries, want %d: %v", n, 1-want, err)
			}
			r.accept("b")
		}
	})
}
