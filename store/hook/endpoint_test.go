package hook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/hook"
	"orderq/store/storetest"
)

func TestAnEndpointIsKeptAsItWasAdded(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		r.event("a")
		want := hook.Endpoint{
			URL: "https://hooks.example.com:8443/in?k=1", States: []store.State{store.Placed, store.Review}, Kinds: []string{"subscribe_ha"},
			Description: "the CRM's, ours", Enabled: false, Why: "not yet", By: "eve",
		}
		got, _, err := r.hooks.Add(t.Context(), want)
		r.must(err)
		if !strings.HasPrefix(got.ID, "wh") || time.Since(got.CreatedAt).Abs() > time.Minute || got.Cursor != "1764057600001-0" {
			t.Errorf("%+v", got)
		}
		want.ID, want.CreatedAt, want.Cursor = got.ID, got.CreatedAt, got.Cursor
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		all, err := r.hooks.List(t.Context())
		r.must(err)
		if len(all) != 2 || !slices.ContainsFunc(all, func(e hook.Endpoint) bool { return e.ID == r.id }) {
			t.Errorf("%+v", all)
		}
	})
}

func TestThereAreNoMoreEndpointsThanAWorkerCanBear(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	for range hook.MostEndpoints - 1 {
		r.add()
	}
	if _, _, err := r.hooks.Add(t.Context(), hook.Endpoint{}); !errors.Is(err, hook.ErrTooMany) {
		t.Errorf("%v", err)
	}
}

// A reply is lost, and go-redis says it again: the endpoint is added once, and is told of all that came since.
func TestAnEndpointIsAddedOnceThoughItIsSaidTwice(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		for range hook.MostEndpoints - 2 {
			r.add()
		}
		c := room.Meanwhile(t, "lost-add", func() { r.event("a") })
		hooks := hook.Of(room.Store.Over(c))
		e, _, err := hooks.Add(t.Context(), hook.Endpoint{URL: "https://hooks.example.com/lost-add"})
		r.must(err)
		if e.Cursor != "0-0" {
			t.Errorf("what happened before %s is not told", e.Cursor)
		}
		if room.Lost() != 1 {
			t.Errorf("%d replies lost", room.Lost())
		}
	})
}

func TestWhatIsRemovedLeavesNothing(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		r.event("a")
		r.admit()
		d := r.take(1)[0]
		r.must(r.hooks.Note(t.Context(), r.id, hook.Entry{Outcome: hook.Noted}))
		if some, err := r.hooks.Some(t.Context()); err != nil || !some {
			t.Errorf("%v, %v", some, err)
		}
		r.must(r.hooks.Remove(t.Context(), r.id))
		// What is under way at that moment comes back.
		r.done(d)
		for what, err := range map[string]error{
			"remove": r.hooks.Remove(t.Context(), r.id), "enable": r.hooks.Enable(t.Context(), r.id, "anna"), "note": r.hooks.Note(t.Context(), r.id, hook.Entry{}),
			"admit":  func() error { _, err := r.hooks.Admit(t.Context(), r.id); return err }(),
			"log":    func() error { _, err := r.hooks.Log(t.Context(), r.id, 1); return err }(),
			"rotate": func() error { _, err := r.hooks.Rotate(t.Context(), r.id, 0, "anna"); return err }(),
		} {
			if !errors.Is(err, hook.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", what, err)
			}
		}
		if dump := room.Dump(t); strings.Contains(dump, "hook") {
			t.Errorf("left:\n%s", dump)
		}
		if some, err := r.hooks.Some(t.Context()); err != nil || some {
			t.Errorf("%v, %v", some, err)
		}
	})
}

// The keys beside an endpoint's are named after it: who asks for those must not get, change or remove them.
func TestAnIDThatLeadsToAnotherKeyIsNone(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		id := r.event("a")
		r.admit()
		r.must(r.hooks.Note(t.Context(), r.id, hook.Entry{Outcome: hook.Noted}))
		before := room.Dump(t)
		for _, suffix := range []string{":secrets", ":events", ":lanes", ":due", ":log", ":", "*", "/../x"} {
			bad := r.id + suffix
			for what, do := range map[string]func() error{
				"get":     func() error { _, err := r.hooks.Get(t.Context(), bad); return err },
				"log":     func() error { _, err := r.hooks.Log(t.Context(), bad, 1); return err },
				"remove":  func() error { return r.hooks.Remove(t.Context(), bad) },
				"disable": func() error { return r.hooks.Disable(t.Context(), bad, "eve") },
				"rotate":  func() error { _, err := r.hooks.Rotate(t.Context(), bad, 0, "eve"); return err },
				"replay":  func() error { return r.hooks.Replay(t.Context(), bad, id, "eve") },
				"since":   func() error { return r.hooks.ReplaySince(t.Context(), bad, "0-0", "eve") },
				"admit":   func() error { _, err := r.hooks.Admit(t.Context(), bad); return err },
			} {
				if err := do(); !errors.Is(err, hook.ErrNotFound) {
					t.Errorf("%s %s: %v, want ErrNotFound", what, bad, err)
				}
			}
		}
		if after := room.Dump(t); after != before {
			t.Errorf("something was written:\n%s\nbefore:\n%s", after, before)
		}
	})
}

func TestARotatedSecretSignsOnForAWhile(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		signing := func() []hook.Secret {
			t.Helper()
			all, err := r.hooks.Secrets(t.Context(), r.id)
			r.must(err)
			return all
		}
		rotate := func(keep time.Duration) hook.Secret {
			t.Helper()
			s, err := r.hooks.Rotate(t.Context(), r.id, keep, "anna")
			r.must(err)
			return s
		}
		first := signing()[0]
		second := rotate(time.Hour)
		if got := signing(); !slices.Equal(got, []hook.Secret{second, first}) {
			t.Fatalf("%d secrets, want the new one and the one before", len(got))
		}
		third, fourth := rotate(2*time.Hour), hook.Secret("")
		if fourth = rotate(3 * time.Hour); !slices.Equal(signing(), []hook.Secret{fourth, third, second}) {
			t.Errorf("%d secrets, want the newest three", len(signing()))
		}
		// Time passes: Redis' own.
		r.must(room.Redis.ZAdd(t.Context(), room.Store.Keys().HookSecrets(r.id), redis.Z{Member: second.Reveal(), Score: 1}).Err())
		if got := signing(); !slices.Equal(got, []hook.Secret{fourth, third}) {
			t.Errorf("%d secrets: one that is over still signs", len(got))
		}
		fifth := rotate(0)
		if got := signing(); !slices.Equal(got, []hook.Secret{fifth, third}) {
			t.Errorf("%d secrets: one that was to end at once still signs", len(got))
		}
	})
}

func TestASecretLiesUnderItsOwnKeyAndDoesNotPrint(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	secret, err := r.hooks.Rotate(t.Context(), r.id, time.Hour, "anna")
	r.must(err)
	for line := range strings.Lines(r.room.Dump(t)) {
		if has, may := strings.Contains(line, "whsec_"), strings.Contains(line, ":secrets "); has != may {
			t.Errorf("secret %v: %s", has, line)
		}
	}
	j, err := json.Marshal(map[string]any{"s": secret})
	r.must(err)
	for _, text := range []string{string(j), fmt.Sprint(secret), fmt.Sprintf("%v %+v %#v %s %q %d %x", secret, secret, secret, secret, secret, secret, secret)} {
		if strings.Contains(text, secret.Reveal()[8:20]) || strings.Contains(text, fmt.Sprintf("%x", secret.Reveal()[8:20])) {
			t.Errorf("it prints: %s", text)
		}
	}
	if got := hook.Conceal("a "+secret.Reveal()+" b "+strings.TrimPrefix(secret.Reveal(), "whsec_")+" c", []hook.Secret{secret}); got != "a *** b *** c" {
		t.Errorf("%s", got)
	}
	for _, bad := range []hook.Secret{"", "whsec_", "whsec_!", hook.Secret(strings.TrimPrefix(secret.Reveal(), "whsec_")), "whsec_c2hvcnQ="} {
		if _, err := bad.Key(); err == nil {
			t.Errorf("%q is taken for a secret", bad.Reveal())
		}
	}
}

func TestALogKeepsItsNewestLines(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		for i := range hook.Lines + 5 {
			r.must(r.hooks.Note(t.Context(), r.id, hook.Entry{Outcome: hook.Tested, Attempt: i + 1}))
		}
		all := r.log()
		if len(all) != hook.Lines || all[0].Attempt != hook.Lines+5 || all[0].At.IsZero() {
			t.Errorf("%d lines, the newest %+v", len(all), all[0])
		}
		if n := room.Redis.LLen(t.Context(), room.Store.Keys().HookLog(r.id)).Val(); n != hook.Lines {
			t.Errorf("%d lines are kept, want %d", n, hook.Lines)
		}
	})
}
