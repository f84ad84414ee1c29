package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/store/storetest"
)

// tb is what a fixture needs of a *testing.T, a *testing.B or a *rapid.T.
type tb interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Context() context.Context
}

const pbx = "3658B431119665QJ"

// intent is a new order's for a target; the reference is made of the id.
func intent(id, target string) store.New {
	return store.New{
		ID: id, Reference: "ref-" + id, Kind: "add_recording_minutes", ProductNo: target, Quantity: 1000,
		Plan: "Enterprise Plan", BillingCycle: "annually", BillingContact: "billing@example.com", PONumber: "PO-88",
		Target: target, Fingerprint: "f-" + id, Queue: "orders", Labels: map[string]string{"customer": "acme"},
		Intent: []byte(`{"reference":"ref-` + id + `","quantity":1000}`),
	}
}

func accepted(t tb, s *store.Store, id, target string) store.Order {
	t.Helper()
	o, fresh, err := s.Accept(t.Context(), intent(id, target))
	if err != nil || !fresh {
		t.Fatalf("accept %s: fresh %v, %v", id, fresh, err)
	}
	return o
}

// delivery is one whose worker may be silent for an hour.
func delivery(nonce string) store.Delivery {
	return store.Delivery{Worker: "w1", Nonce: nonce, Silence: time.Hour, Within: time.Minute}
}

func taken(t tb, s *store.Store, id string) store.Order {
	t.Helper()
	o, mine, err := s.Take(t.Context(), id, delivery("take-"+id))
	if err != nil || !mine {
		t.Fatalf("take %s: mine %v, %v", id, mine, err)
	}
	return o
}

func prepared(t tb, s *store.Store, id, target string) store.Order {
	t.Helper()
	accepted(t, s, id, target)
	return taken(t, s, id)
}

// marked takes a reading of the portal's list, for submissions to refer to.
func marked(t tb, s *store.Store) int64 {
	t.Helper()
	m, err := s.SetMark(t.Context(), store.Mark{At: time.UnixMilli(1_763_000_000_000).UTC(), Total: 2, IDs: []string{"7", "3048571730026938368"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return m.Number
}

func submission(o store.Order, mark int64, nonce string) store.Submission {
	ref := fmt.Sprintf("%s-%d", o.ID, o.Attempt+1)
	return store.Submission{
		Nonce: nonce, Sender: "journal-1", Reference: ref, PONumber: ref + " PO-88", Body: []byte(`{"planId":3048571730026938368}`),
		Resolved: o, Within: time.Minute, Watermark: mark,
	}
}

// pass sends an order that is being prepared through the gate.
func pass(t tb, s *store.Store, o store.Order) store.Order {
	t.Helper()
	p, err := s.Gate(t.Context(), o, submission(o, marked(t, s), fmt.Sprint("gate-", o.ID, "-", o.Attempt+1)))
	if err != nil || !p.Through {
		t.Fatalf("gate %s: %+v, %v", o.ID, p, err)
	}
	return p.Order
}

func submitted(t tb, s *store.Store, id, target string) store.Order {
	t.Helper()
	return pass(t, s, prepared(t, s, id, target))
}

func read(t tb, s *store.Store, id string) store.Order {
	t.Helper()
	o, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// found is a portal order as an answer tells it.
func found(to store.State, number string) store.Found {
	return store.Found{To: to, OrderNo: number, TransactionNo: "T" + number, OrderStatus: "succeed", InstanceID: "3048571730026938369",
		RequestID: "req-" + number, Via: store.ViaAnswer, Raw: []byte(`{"orderNo":"` + number + `"}`), PollIn: time.Hour}
}

// recalled is the attempt after an order's last, as a journal would tell it.
func recalled(o store.Order) store.Sent {
	ref := fmt.Sprintf("%s-%d", o.ID, o.Attempt+1)
	return store.Sent{N: o.Attempt + 1, Nonce: fmt.Sprint("forgotten-", o.Version), Reference: ref, PONumber: ref + " PO-88", Sender: "journal-2", Body: []byte(`{"quantity":3}`),
		At: at(1_763_000_100_000), Deadline: at(1_763_000_200_000), Watermark: 4}
}

// bring makes an order and brings it into a state by the moves that lead there.
func bring(t tb, s *store.Store, state store.State, id, target string) store.Order {
	t.Helper()
	ctx := t.Context()
	var o store.Order
	var err error
	switch state {
	case store.Held:
		n := intent(id, target)
		n.HoldFor = store.WaitApproval
		o, _, err = s.Accept(ctx, n)
	case store.Accepted:
		o = accepted(t, s, id, target)
	case store.Preparing:
		o = prepared(t, s, id, target)
	case store.Submitting:
		o = submitted(t, s, id, target)
	case store.Unknown:
		o, err = s.Doubt(ctx, submitted(t, s, id, target), "no answer", "EOF", time.Hour)
	case store.Review:
		o, err = s.Review(ctx, bring(t, s, store.Unknown, id, target), "cannot tell")
	case store.Pending:
		o, err = s.Record(ctx, submitted(t, s, id, target), found(store.Pending, "N-"+id))
	case store.Placed:
		o, err = s.Record(ctx, submitted(t, s, id, target), found(store.Placed, "N-"+id))
	case store.Rejected:
		o, err = s.Reject(ctx, submitted(t, s, id, target), store.Refusal{Code: "400", Reason: "no", Call: "400"})
	case store.Cancelled:
		o, err = s.Cancel(ctx, accepted(t, s, id, target), "ada", "not needed")
	}
	if err != nil || o.State != state {
		t.Fatalf("bring %s to %s: it is %s, %v", id, state, o.State, err)
	}
	return o
}

// same fails unless the record is what a move returned.
func same(t testing.TB, s *store.Store, returned store.Order) {
	t.Helper()
	if diff := cmp.Diff(read(t, s, returned.ID), returned); diff != "" {
		t.Errorf("the record is not what the move returned (-record +returned):\n%s", diff)
	}
}

// holder is who has the claim on a target.
func holder(t testing.TB, r *storetest.Room, target string) string {
	t.Helper()
	m, err := r.Redis.HGetAll(t.Context(), r.Store.Keys().Claims()).Result()
	if err != nil {
		t.Fatal(err)
	}
	return m[target]
}

// is fails unless err is the one wanted.
func is(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// members and scores read a sorted set.
func members(set []redis.Z) []string {
	var ids []string
	for _, z := range set {
		ids = append(ids, fmt.Sprint(z.Member))
	}
	return ids
}

func scores(set []redis.Z) map[string]float64 {
	by := map[string]float64{}
	for _, z := range set {
		by[fmt.Sprint(z.Member)] = z.Score
	}
	return by
}
