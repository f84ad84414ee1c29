package cli

import (
	"errors"
	"fmt"
	"testing"

	"orderq/store"
	"orderq/tasks"
)

func TestOfSeveralOrdersTheWorstCounts(t *testing.T) {
	t.Parallel()
	order := []int{exitFailed, exitUnknown, exitNotFinal, exitRejected, exitDone} // the contract's
	for i, a := range order {
		for j, b := range order {
			want := order[min(i, j)]
			if got := worse(a, b); got != want {
				t.Errorf("worse(%d, %d) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestEveryStateHasItsExitCode(t *testing.T) {
	t.Parallel()
	want := map[store.State]int{
		store.Held: 5, store.Accepted: 5, store.Preparing: 5, store.Submitting: 5, store.Pending: 5,
		store.Unknown: 4, store.Review: 4, store.Rejected: 3, store.Cancelled: 3, store.Placed: 0,
	}
	for _, s := range store.States() {
		code, known := want[s]
		if !known {
			t.Fatalf("state %s is new: say what its exit code is", s)
		}
		if got := codeOfState(s); got != code {
			t.Errorf("%s: exit %d, want %d", s, got, code)
		}
	}
}

func TestErrorsHaveTheirExitCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"none", nil, 0},
		{"any", errors.New("x"), 1},
		{"not found", fmt.Errorf("order: %w", store.ErrNotFound), 1},
		{"conflict", &tasks.ConflictError{}, 1},
		{"an intent that is none", fmt.Errorf("place: %w", &tasks.Invalid{}), 2},
		{"wrong use", wrongUse(errors.New("x")), 2},
		{"a code of its own", fmt.Errorf("so: %w", exit(exitUnknown)), 4},
		{"done", exit(exitDone), 0},
	} {
		if got := codeOf(c.err); got != c.want {
			t.Errorf("%s: exit %d, want %d", c.name, got, c.want)
		}
	}
}
