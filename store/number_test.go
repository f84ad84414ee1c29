package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orderq/store"
	"orderq/store/storetest"
)

func TestARecordedAnswerIsKeptWhole(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		f := store.Found{To: store.Placed, OrderNo: "3048571730026938368", TransactionNo: "9223372036854775807", OrderStatus: "succeed",
			InstanceID: "3048571730026938369", RequestID: "req", Via: store.ViaAnswer, Reason: "answered", Call: "200",
			Raw: []byte(`{"orderNo":3048571730026938368}`)}
		o, err := r.Store.Record(t.Context(), submitted(t, r.Store, "oq1", pbx), f)
		if err != nil {
			t.Fatal(err)
		}
		same(t, r.Store, o)
		got := store.Found{To: o.State, OrderNo: o.OrderNo, TransactionNo: o.TransactionNo, OrderStatus: o.OrderStatus, InstanceID: o.InstanceID,
			RequestID: o.RequestID, Via: o.Via, Reason: o.Reason, Call: o.Evidence.Call, Raw: o.Evidence.Raw}
		if diff := cmp.Diff(f, got); diff != "" {
			t.Errorf("-answered +recorded:\n%s", diff)
		}
		byNumber, err := r.Store.ByNumber(t.Context(), f.OrderNo)
		if err != nil || byNumber.ID != "oq1" {
			t.Errorf("by number: %s, %v", byNumber.ID, err)
		}
		held, err := r.Store.Numbers(t.Context(), []string{"none", f.OrderNo})
		if diff := cmp.Diff(map[string]string{f.OrderNo: "oq1"}, held); diff != "" || err != nil {
			t.Errorf("numbers: %v\n%s", err, diff)
		}
	})
}

func TestAPortalOrderBelongsToOneRecord(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		if _, err := r.Store.Record(t.Context(), submitted(t, r.Store, "oq1", "pbx1"), found(store.Placed, "N1")); err != nil {
			t.Fatal(err)
		}
		o := submitted(t, r.Store, "oq2", "pbx2")
		before := r.Dump(t)
		got, err := r.Store.Record(t.Context(), o, found(store.Placed, "N1"))
		var taken *store.NumberTakenError
		if !errors.As(err, &taken) || taken.Holder != "oq1" || taken.OrderNo != "N1" || got.State != store.Submitting {
			t.Errorf("%+v, %v; want it taken by oq1", got.State, err)
		}
		if diff := cmp.Diff(before, r.Dump(t)); diff != "" {
			t.Errorf("wrote:\n%s", diff)
		}
	})
}

func TestANumberIsKeptFromPollToPoll(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := bring(t, r.Store, store.Pending, "oq1", pbx)
		if o.WaitingFor != store.WaitPayment || o.WaitingUntil.IsZero() {
			t.Errorf("pending waits for %q until %v", o.WaitingFor, o.WaitingUntil)
		}
		o, err := r.Store.Looked(t.Context(), o, false, "still unpaid", time.Hour)
		if err != nil || o.WaitingFor != store.WaitPayment || o.WaitingUntil.IsZero() {
			t.Errorf("looked at: waits for %q until %v, %v", o.WaitingFor, o.WaitingUntil, err)
		}
		o, err = r.Store.Record(t.Context(), o, store.Found{To: store.Placed, OrderStatus: "succeed", Via: store.ViaAnswer})
		if err != nil || o.OrderNo != "N-oq1" || o.TransactionNo != "TN-oq1" || o.WaitingFor != "" || !o.WaitingUntil.IsZero() {
			t.Errorf("paid: %s %s waits for %q until %v, %v", o.OrderNo, o.TransactionNo, o.WaitingFor, o.WaitingUntil, err)
		}
		same(t, r.Store, o)
	})
}

func TestAPortalOrderWithoutANumberIsNotRecorded(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		o := submitted(t, r.Store, "oq1", pbx)
		if got, err := r.Store.Record(t.Context(), o, store.Found{To: store.Placed}); err == nil || got.State != store.Submitting {
			t.Errorf("%s, %v; want an error", got.State, err)
		}
		same(t, r.Store, o)
	})
}

// A late answer finds the order wherever the sweeper, a crash or a person has put it meanwhile.
func TestALateAnswerIsRecordedWhereverTheOrderIs(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, r *storetest.Room) {
		for _, state := range []store.State{store.Held, store.Accepted, store.Preparing, store.Unknown, store.Review, store.Pending} {
			id := "oq-" + string(state)
			o := bring(t, r.Store, state, id, "pbx-"+id)
			o, err := r.Store.Record(t.Context(), o, found(store.Placed, "N-"+id))
			if err != nil || o.State != store.Placed {
				t.Errorf("from %s: %s, %v", state, o.State, err)
				continue
			}
			for _, key := range []string{r.Store.Keys().Due(), r.Store.Keys().Look()} {
				if n := r.Redis.ZScore(t.Context(), key, id).Err(); n == nil {
					t.Errorf("from %s: still in %s", state, key)
				}
			}
		}
	})
}
