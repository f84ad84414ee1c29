package tasks

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"orderq/store"
	"orderq/store/storetest"
)

// shop is a client in a room of its own.
type shop struct {
	*storetest.Room
	client    *Client
	queue     *asynq.Client
	inspector *asynq.Inspector
}

func eachShop(t *testing.T, test func(t *testing.T, s shop)) {
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		s := shop{Room: r, queue: asynq.NewClientFromRedisClient(r.Redis), inspector: asynq.NewInspectorFromRedisClient(r.Redis)}
		s.client = NewClient(r.Store, s.queue)
		test(t, s)
	})
}

func TestAnIntentIsRecordedThenEnqueued(t *testing.T) {
	t.Parallel()
	eachShop(t, func(t *testing.T, s shop) {
		in := wish()
		in.ProductNo, in.Labels = " 3658b431119665qj", map[string]string{"customer": "acme <&>"}
		placed, err := s.client.Place(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		o := placed.Order
		if placed.Repeat || !placed.Enqueued || o.ID != "oqkj4thvgdmn4trk6peltd7uvg" || o.State != store.Accepted ||
			o.ProductNo != "3658B431119665QJ" || o.Quantity != 1000 || o.PONumber != "PO-88" || o.Target != "3658B431119665QJ" || o.Labels["customer"] != "acme <&>" {
			t.Errorf("%+v", placed)
		}
		info, err := s.inspector.GetTaskInfo(QueueOrders, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		carried, err := Parse(info.Payload)
		if err != nil || carried.Fingerprint() != o.Fingerprint || carried.ID() != o.ID {
			t.Errorf("the task carries %s: %v", info.Payload, err)
		}
		if info.Timeout != PlaceTimeout || info.Retention != Retention || info.MaxRetry != maxRetry {
			t.Errorf("%+v", info)
		}
	})
}

func TestTheSameIntentAgainIsTheSameOrder(t *testing.T) {
	t.Parallel()
	eachShop(t, func(t *testing.T, s shop) {
		first, err := s.client.Place(t.Context(), wish())
		if err != nil {
			t.Fatal(err)
		}
		again := wish()
		again.BillingCycle, again.Labels = "ANNUALLY", map[string]string{"try": "2"}
		second, err := s.client.Place(t.Context(), again)
		if err != nil {
			t.Fatal(err)
		}
		if !second.Repeat || second.Order.ID != first.Order.ID || second.Order.Version != first.Order.Version {
			t.Errorf("first %+v\nsecond %+v", first, second)
		}
		if err := s.inspector.DeleteTask(QueueOrders, first.Order.ID); err != nil {
			t.Fatal(err)
		}
		if third, err := s.client.Place(t.Context(), again); err != nil || !third.Repeat || third.Enqueued {
			t.Errorf("%+v, %v", third, err)
		}
		if _, err := s.inspector.GetTaskInfo(QueueOrders, first.Order.ID); err == nil {
			t.Error("a repeat enqueued a task; that is the sweeper's")
		}
	})
}

func TestTheSameReferenceForSomethingElseNamesItsHolder(t *testing.T) {
	t.Parallel()
	eachShop(t, func(t *testing.T, s shop) {
		if _, err := s.client.Place(t.Context(), wish()); err != nil {
			t.Fatal(err)
		}
		other := wish()
		other.Quantity, other.PONumber = 500, ""
		_, err := s.client.Place(t.Context(), other)
		var conflict *ConflictError
		var taken *store.ConflictError
		if !errors.As(err, &conflict) || !errors.As(err, &taken) {
			t.Fatalf("%T: %v", err, err)
		}
		want := `reference "crm-4711": belongs to order oqkj4thvgdmn4trk6peltd7uvg (accepted), which asks for something else ` +
			`(quantity 1000 there, 500 here, poNumber PO-88 there, nothing here); use another reference for another order, e.g. crm-4711-2`
		if err.Error() != want {
			t.Errorf("got  %s\nwant %s", err, want)
		}
	})
}

func TestAnInvalidIntentWritesNothing(t *testing.T) {
	t.Parallel()
	eachShop(t, func(t *testing.T, s shop) {
		in := wish()
		in.Quantity = 0
		_, err := s.client.Place(t.Context(), in)
		problems(t, err)
		in = wish()
		in.Account = "acme"
		_, err = s.client.Place(t.Context(), in)
		if got := problems(t, err); !strings.Contains(got, `account "acme": this client places orders for account default`) {
			t.Error(got)
		}
		if _, err := s.Store.Get(t.Context(), in.ID()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a record was written: %v", err)
		}
	})
}

func TestATaskThatIsThereAlreadyIsNoError(t *testing.T) {
	t.Parallel()
	eachShop(t, func(t *testing.T, s shop) {
		task, err := NewPlaceTask(wish()) // a plain producer was first
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.queue.EnqueueContext(t.Context(), task); err != nil {
			t.Fatal(err)
		}
		placed, err := s.client.Place(t.Context(), wish())
		if err != nil || !placed.Enqueued || placed.Repeat {
			t.Errorf("%+v, %v", placed, err)
		}
	})
}

func TestAnOrderForLaterIsLeftToTheSweeper(t *testing.T) {
	t.Parallel()
	eachShop(t, func(t *testing.T, s shop) {
		in := wish()
		in.NotBefore = time.Now().Add(time.Hour)
		placed, err := s.client.Place(t.Context(), in)
		if err != nil || placed.Enqueued || placed.Order.WaitingFor != store.WaitStart {
			t.Errorf("%+v, %v", placed, err)
		}
		if _, err := s.inspector.GetTaskInfo(QueueOrders, placed.Order.ID); err == nil {
			t.Error("a task was enqueued that could only go away again")
		}
	})
}

func TestAQueueThatFailsAfterTheRecordIsNoError(t *testing.T) {
	t.Parallel()
	eachShop(t, func(t *testing.T, s shop) {
		elsewhere := storetest.Embedded(t)
		elsewhere.Cut(true)
		client := NewClient(s.Store, asynq.NewClientFromRedisClient(elsewhere.Redis))
		placed, err := client.Place(t.Context(), wish())
		if err != nil || placed.Enqueued || placed.Order.State != store.Accepted {
			t.Errorf("%+v, %v", placed, err)
		}
	})
}

func TestAStoreThatCannotBeReachedIsAnError(t *testing.T) {
	t.Parallel()
	eachShop(t, func(t *testing.T, s shop) {
		s.Cut(true)
		if placed, err := s.client.Place(t.Context(), wish()); err == nil {
			t.Errorf("accepted what nobody wrote down: %+v", placed)
		}
	})
}

func TestFiftyCallersAtOnceMakeOneOrder(t *testing.T) {
	t.Parallel()
	eachShop(t, func(t *testing.T, s shop) {
		var fresh atomic.Int32
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				placed, err := s.client.Place(context.WithoutCancel(t.Context()), wish())
				if err != nil {
					t.Error(err)
				} else if !placed.Repeat {
					fresh.Add(1)
				}
			})
		}
		all.Wait()
		if n := fresh.Load(); n != 1 {
			t.Errorf("%d callers were told that their order is new", n)
		}
	})
}

func TestASuggestedReferenceIsAValidOne(t *testing.T) {
	t.Parallel()
	for _, reference := range []string{"crm-4711", "crm-4711-2", strings.Repeat("ä", 200)} {
		in := wish()
		in.Reference = nextReference(reference)
		if err := in.Validate(); err != nil || in.Reference == reference {
			t.Errorf("%q after %q: %v", in.Reference, reference, err)
		}
	}
}

func TestTheRecordSaysWhatTheIntentSaid(t *testing.T) {
	t.Parallel()
	in := wish()
	in.NotBefore = time.UnixMilli(1796083200000).UTC()
	in.Labels = map[string]string{"customer": "acme"}
	n := NewOrder(in, QueueUrgent)
	if n.ID != in.ID() || n.Reference != in.Reference || n.Kind != in.Kind || n.ProductNo != in.ProductNo || n.Quantity != in.Quantity ||
		n.Plan != in.Plan || n.BillingCycle != in.BillingCycle || n.BillingContact != in.BillingContact || n.PONumber != in.PONumber ||
		n.Target != in.ProductNo || n.Fingerprint != in.Fingerprint() || n.Queue != "urgent" || n.Labels["customer"] != "acme" ||
		string(n.Intent) != string(in.Canonical()) || !n.NotBefore.Equal(in.NotBefore) {
		t.Errorf("%+v", n)
	}
}

func TestTheHistorySaysWhoPlacedAnOrder(t *testing.T) {
	t.Parallel()
	eachShop(t, func(t *testing.T, s shop) {
		placed, err := s.client.As("crm").Place(t.Context(), wish())
		if err != nil || placed.Order.By != "crm" {
			t.Fatalf("placed by %q, %v", placed.Order.By, err)
		}
		history, err := s.Store.History(t.Context(), placed.Order.ID)
		if err != nil || len(history) != 1 || history[0].By != "crm" {
			t.Errorf("%+v, %v", history, err)
		}
		other := wish()
		other.Reference = "another"
		if placed, err = s.client.Place(t.Context(), other); err != nil || placed.Order.By != "" {
			t.Errorf("the client itself now says %q, %v", placed.Order.By, err)
		}
	})
}
