package storetest_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"orderq/store/storetest"
)

// A command whose script the server does not know is not carried out: its reply is not the one to lose.
func TestTheReplyToAScriptThatIsNotKnownIsNotTheOneThatIsLost(t *testing.T) {
	t.Parallel()
	for _, how := range []storetest.Break{storetest.BlipAfter, storetest.CutAfter} {
		t.Run(how.String(), func(t *testing.T) {
			t.Parallel()
			r := storetest.Embedded(t)
			script := redis.NewScript("return redis.call('INCR', KEYS[1])")
			r.FailNth("counter", 1, how)
			err := script.Run(t.Context(), r.Redis, []string{"counter"}).Err()
			if broke, _ := r.Failed(); !broke {
				t.Errorf("the line did not break (%v)", err)
			}
			if r.Cut(false); how == storetest.CutAfter && err == nil {
				t.Error("the reply came, although the line was to be cut")
			}
			if n, err := r.Redis.Get(t.Context(), "counter").Int(); err != nil || n < 1 {
				t.Errorf("carried out %d times, %v", n, err)
			}
		})
	}
}
