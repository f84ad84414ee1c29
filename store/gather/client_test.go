package gather_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"orderq/store/gather"
	"orderq/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gate counts what is sent, and holds it back until it is opened.
type gate struct {
	open    chan struct{}
	mu      sync.Mutex
	letters []int         // how many scripts each had
	waiting chan struct{} // one for each that waits
}

func newGate() *gate { return &gate{open: make(chan struct{}), waiting: make(chan struct{}, 1000)} }

func (g *gate) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (g *gate) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }
func (g *gate) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		g.waiting <- struct{}{}
		<-g.open
		g.mu.Lock()
		g.letters = append(g.letters, len(cmds))
		g.mu.Unlock()
		return next(ctx, cmds)
	}
}

var count = redis.NewScript(`if ARGV[1] == 'odd' then return redis.error_reply('ODD one') end return redis.call('INCR', KEYS[1])`)

func TestScriptsThatComeMeanwhileAreSentTogetherAndEachHasItsOwnAnswer(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		if err := count.Load(t.Context(), r.Redis).Err(); err != nil {
			t.Fatal(err)
		}
		g := newGate()
		r.Redis.AddHook(g)
		c := gather.Of(r.Redis)
		const callers = 500
		key := r.Store.Keys().Order("count")
		var all, asked sync.WaitGroup
		var mu sync.Mutex
		seen, odd := map[string]bool{}, 0
		for i := range callers {
			asked.Add(1)
			all.Go(func() {
				kind := "even"
				if i%5 == 0 {
					kind = "odd"
				}
				asked.Done()
				n, err := count.Run(t.Context(), c, []string{key}, kind).Int()
				mu.Lock()
				defer mu.Unlock()
				switch {
				case kind == "odd" && err != nil && strings.Contains(err.Error(), "ODD one"):
					odd++
				case kind == "odd" || err != nil:
					t.Errorf("%s: %d, %v", kind, n, err)
				default:
					seen[fmt.Sprint(n)] = true
				}
			})
		}
		asked.Wait()
		<-g.waiting
		<-g.waiting // both flights are held, so the others gather
		close(g.open)
		all.Wait()
		sent := 0
		for _, n := range g.letters {
			sent += n
			if n > 100 {
				t.Errorf("%d scripts in one letter", n)
			}
		}
		if len(seen) != 400 || odd != 100 || sent != callers || len(g.letters) > callers/2 {
			t.Errorf("%d numbers, %d refusals, %d sent in %d letters", len(seen), odd, sent, len(g.letters))
		}
	})
}

func TestWhoHasGoneBeforeItsScriptIsSentDoesNotSendIt(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	if err := count.Load(t.Context(), r.Redis).Err(); err != nil {
		t.Fatal(err)
	}
	g := newGate()
	r.Redis.AddHook(g)
	c := gather.Of(r.Redis)
	key := r.Store.Keys().Order("count")
	run := func(ctx context.Context) error { return count.Run(ctx, c, []string{key}, "even").Err() }
	var all sync.WaitGroup
	all.Go(func() { _ = run(t.Context()) })
	<-g.waiting
	all.Go(func() { _ = run(t.Context()) })
	<-g.waiting
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(g.open)
	all.Wait()
	if n, err := r.Redis.Get(t.Context(), key).Int(); n != 2 || err != nil {
		t.Errorf("%d scripts were carried out, %v", n, err)
	}
}

func TestAScriptThatRedisDoesNotKnowYetIsCarriedOutAllTheSame(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		c := gather.Of(r.Redis)
		fresh := redis.NewScript("return '" + t.Name() + "'")
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if got, err := fresh.Run(t.Context(), c, nil).Text(); got != t.Name() || err != nil {
					t.Errorf("%q, %v", got, err)
				}
			})
		}
		all.Wait()
		if err := c.Close(); err != nil || r.Redis.Ping(t.Context()).Err() != nil {
			t.Errorf("closing it closed the client beneath, %v", err)
		}
	})
}

func TestARedisThatIsAwayIsToldToEach(t *testing.T) {
	t.Parallel()
	r := storetest.Embedded(t)
	c := gather.Of(r.Redis)
	r.Cut(true)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := count.Run(t.Context(), c, []string{"x"}, "even").Err(); err == nil {
				t.Error("it was answered")
			}
		})
	}
	all.Wait()
	r.Cut(false)
	if err := count.Run(t.Context(), c, []string{"x"}, "even").Err(); err != nil {
		t.Error(err)
	}
}
