package demo

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"orderq/store"
)

func TestTextIsWrappedUnderItself(t *testing.T) {
	t.Parallel()
	got := stamped(12345*time.Millisecond, strings.Repeat("word ", 20)+strings.Repeat("x", 90))
	for n, line := range strings.Split(strings.TrimSuffix(got, "\n"), "\n") {
		want := "        "
		if n == 0 {
			want = " 12.3s  "
		}
		if !strings.HasPrefix(line, want) || strings.HasPrefix(line, want+" ") {
			t.Errorf("line %d: %q", n, line)
		}
		if len(line) > width && !strings.Contains(line, "xxx") {
			t.Errorf("line %d has %d columns", n, len(line))
		}
	}
	if got := wrap("", 10); len(got) != 1 || got[0] != "" {
		t.Errorf("nothing wraps to %q", got)
	}
}

func TestProgressIsToldOnceATenth(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	tell := newTeller(&out, false, time.Now)
	for settled := range 201 {
		tell.progress(settled, 200, 0)
		tell.progress(settled, 200, 3)
	}
	if n := strings.Count(out.String(), "settled"); n != 10 {
		t.Fatalf("%d lines:\n%s", n, out.String())
	}
	if !strings.Contains(out.String(), "200 of 200 orders settled") {
		t.Fatalf("no end:\n%s", out.String())
	}
}

func TestABarLeavesTheLinesThatAreToldWhole(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	tell := newTeller(&out, true, time.Now)
	w := newWatch()
	stop := tell.follow(t.Context(), w, map[string]bool{"a": true, "b": true}, 2)
	w.see(store.Order{ID: "a", State: store.Placed, Version: 3})
	tell.say("something happens")
	w.see(store.Order{ID: "b", State: store.Placed, Version: 3})
	stop()
	tell.say("the end")
	for _, want := range []string{"s  something happens\n", "s  the end\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %q", want, out.String())
		}
	}
}

func TestAnOlderMoveToldLateChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWatch()
	w.see(store.Order{ID: "a", State: store.Placed, Version: 4})
	w.see(store.Order{ID: "a", State: store.Unknown, Version: 3})
	if n, _ := w.count(final); n != 1 {
		t.Fatal("the older move won")
	}
}
