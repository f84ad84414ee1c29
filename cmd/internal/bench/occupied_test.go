package bench_test

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
)

// tenant is a Redis in which somebody lives.
type tenant struct {
	addr  string
	redis *miniredis.Miniredis
}

func occupied(t *testing.T) tenant {
	t.Helper()
	m := miniredis.RunT(t)
	if err := m.Set("asynq:somebody", "else"); err != nil {
		t.Fatal(err)
	}
	return tenant{m.Addr(), m}
}

func (t tenant) unchanged() bool {
	v, err := t.redis.Get("asynq:somebody")
	return err == nil && v == "else"
}
