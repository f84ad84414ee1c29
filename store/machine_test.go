package store_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"orderq/store"
	"orderq/store/fleet"
	"orderq/store/storetest"
)

// machine drives the real scripts with moves drawn at random, beside a model of what must come of them.
type machine struct {
	room  *storetest.Room
	store *store.Store
	model *model
	mark  int64
	nonce int
}

func TestAnyStringOfMovesKeepsTheRecordsTrue(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		check := 0
		rapid.Check(t, func(t *rapid.T) {
			check++
			m := &machine{room: r, model: newModel(), store: store.Open(r.Redis, fmt.Sprint("check", check), "default")}
			if _, err := fleet.Of(m.store).Volatile(t.Context()); err != nil {
				t.Fatal(err)
			}
			m.mark = marked(t, m.store)
			t.Repeat(map[string]func(*rapid.T){
				"":          m.check,
				"accept":    m.accept,
				"take":      m.take,
				"gate":      m.gate,
				"gateAgain": m.gateAgain,
				"sent":      m.sent, // straight to submitting: else few walks get past the gate
				"move":      m.move,
				"answer":    m.move, // twice as likely
				"join":      m.join,
				"deliver":   m.deliver,
				"sweep":     m.sweep,
			})
		})
	})
}

// draw chooses an order that there is, as it is now or, now and then, as it once was.
func (m *machine) draw(t *rapid.T) (o store.Order, stale bool) {
	if len(m.model.orders) == 0 {
		t.Skip("no order yet")
	}
	k := m.model.orders[rapid.SampledFrom(m.model.ids()).Draw(t, "id")]
	if len(k.past) > 0 && rapid.IntRange(0, 5).Draw(t, "stale") == 0 {
		return k.past[rapid.IntRange(0, len(k.past)-1).Draw(t, "version")], true
	}
	return k.now, false
}

func (m *machine) fresh(what string) string {
	m.nonce++
	return fmt.Sprint(what, m.nonce)
}

func (m *machine) accept(t *rapid.T) {
	n := rapid.IntRange(1, 6).Draw(t, "n")
	in := intent(fmt.Sprint("oq", n), fmt.Sprint("pbx", n%2))
	switch n {
	case 6:
		in.HoldFor = store.WaitApproval
	case 3, 5: // of one PBX
		in.Like, in.AllowDuplicate = "the same", n == 5 && rapid.Bool().Draw(t, "allowed")
	case 4:
		in.Batch = "obfour"
	}
	o, fresh, err := m.store.Accept(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if known := m.model.orders[in.ID]; fresh != (known == nil) {
		t.Fatalf("accept %s: fresh %v", in.ID, fresh)
	}
	if !fresh {
		return
	}
	m.model.orders[in.ID] = &known{now: o}
	other := m.model.alike(in.ID)
	if held := other != "" && !in.AllowDuplicate; in.Like != "" && (held != (o.State == store.Held) || held && o.WaitingOn != other) {
		t.Fatalf("accept %s, which looks like %q: %s, waiting for %q on %q", in.ID, other, o.State, o.WaitingFor, o.WaitingOn)
	}
	m.model.orders[in.ID].let = in.Like != "" && o.State == store.Accepted
}

func (m *machine) take(t *rapid.T) {
	o, _ := m.draw(t)
	now := m.model.orders[o.ID].now
	dead := rapid.Bool().Draw(t, "dead")
	d := store.Delivery{Worker: "w1", Nonce: m.fresh("take"), Silence: time.Hour, Within: time.Minute}
	if dead {
		d.Silence = -time.Millisecond // whoever has it is silent for longer than that
	}
	got, mine, err := m.store.Take(t.Context(), o.ID, d)
	want := now.State == store.Accepted || now.State == store.Preparing && dead
	if err != nil || mine != want {
		t.Fatalf("take %s, which is %s: mine %v, %v", o.ID, now.State, mine, err)
	}
	if mine {
		m.model.moved(t, got, store.Preparing)
		if retaken := now.State == store.Preparing; (got.Crashes == now.Crashes+1) != retaken {
			t.Fatalf("%d crashes after %d, from %s", got.Crashes, now.Crashes, now.State)
		}
	}
}

func (m *machine) gate(t *rapid.T) {
	o, stale := m.draw(t)
	sub := submission(o, m.mark, m.fresh("gate"))
	p, err := m.store.Gate(t.Context(), o, sub)
	other := m.model.claims[o.Target]
	switch {
	case stale || o.State != store.Preparing:
		m.model.refused(t, "gate", err, store.ErrStale)
	case err != nil:
		t.Fatal(err)
	case other != "" && other != o.ID:
		if p.Through || p.Refused != store.WaitClaim || p.Holder != other {
			t.Fatalf("gate %s while %s is in doubt: %+v", o.ID, other, p)
		}
	case !p.Through:
		t.Fatalf("gate %s: %+v", o.ID, p)
	default:
		m.model.claims[o.Target] = o.ID
		m.model.moved(t, p.Order, store.Submitting)
		m.model.orders[o.ID].passed = &passage{o, sub}
	}
}

// gateAgain repeats the last passage of an order, as go-redis does when the reply is lost.
func (m *machine) gateAgain(t *rapid.T) {
	o, _ := m.draw(t)
	k := m.model.orders[o.ID]
	if k.passed == nil {
		t.Skip("never passed")
	}
	p, err := m.store.Gate(t.Context(), k.passed.read, k.passed.sub)
	if k.now.State != store.Submitting {
		m.model.refused(t, "a passage that is over", err, store.ErrStale)
	} else if err != nil || !p.Through || p.Order.Version != k.now.Version {
		t.Fatalf("the same passage: %+v, %v", p, err)
	}
}

func (m *machine) sent(t *rapid.T) {
	m.take(t)
	m.gate(t)
}

func (m *machine) move(t *rapid.T) {
	o, stale := m.draw(t)
	mv := rapid.SampledFrom(moves()).Draw(t, "move")
	number := fmt.Sprint("N", rapid.IntRange(1, 8).Draw(t, "number"))
	got, err := mv.make(t.Context(), m.store, o, number)
	switch owner := m.model.numbers[number]; {
	case !mv.may(o.State):
		m.model.refused(t, mv.name, err, store.ErrNoMove)
	case stale:
		m.model.refused(t, mv.name, err, store.ErrStale)
	case mv.number && owner != "" && owner != o.ID:
		m.model.taken(t, err, number, owner)
	case err != nil:
		t.Fatalf("%s from %s: %v", mv.name, o.State, err)
	default:
		to := mv.to
		if to == "" {
			to = o.State
		}
		if mv.number {
			m.model.numbers[number] = o.ID
		}
		if mv.frees && m.model.claims[o.Target] == o.ID {
			delete(m.model.claims, o.Target)
		}
		k := m.model.orders[o.ID]
		if mv.takes {
			if m.model.claims[o.Target] == "" {
				m.model.claims[o.Target] = o.ID
			}
			k.beside = m.model.claims[o.Target] != o.ID
		}
		m.model.moved(t, got, to)
	}
}

// join waits in the line of a claim, as a worker does that the gate has refused.
func (m *machine) join(t *rapid.T) {
	o, stale := m.draw(t)
	got, err := m.store.Wait(t.Context(), o, store.Pause{For: store.WaitClaim, On: m.model.claims[o.Target]})
	switch {
	case o.State != store.Preparing:
		m.model.refused(t, "join", err, store.ErrNoMove)
	case stale:
		m.model.refused(t, "join", err, store.ErrStale)
	case err != nil:
		t.Fatal(err)
	default:
		m.model.moved(t, got, store.Accepted)
	}
}

func (m *machine) deliver(t *rapid.T) {
	o, stale := m.draw(t)
	n, err := m.store.Deliver(t.Context(), o, 0)
	if want := !stale && o.State == store.Accepted; err != nil || (n != 0) != want {
		t.Fatalf("deliver %s, which is %s, stale %v: %d, %v", o.ID, o.State, stale, n, err)
	}
	if n != 0 {
		k := m.model.orders[o.ID]
		if n != k.now.Generation+1 {
			t.Fatalf("delivery %d after %d", n, k.now.Generation)
		}
		k.now.Generation = n
	}
}

func (m *machine) sweep(t *rapid.T) {
	for _, list := range []func(limit int, putOff time.Duration) ([]string, error){
		func(n int, d time.Duration) ([]string, error) { return m.store.Due(t.Context(), n, d) },
		func(n int, d time.Duration) ([]string, error) { return m.store.ToLook(t.Context(), n, d) },
	} {
		if _, err := list(3, 0); err != nil {
			t.Fatal(err)
		}
	}
}
