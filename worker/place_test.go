package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

// The bodies of the portal's two tutorials, as printed there.
const (
	minutesSample = `{"operationType":"purchase_service","productId":13,"productNo":"3658B431119665QJ","billingId":3197218168379846218,
		"serviceList":[{"connectionPlanId":3048571730026938368,"serviceType":"service","serviceId":3048573759449317376,
		"quantity":1000,"purchaseType":"purchase","billingModel":"recurring","billingCycle":"annually","multiCycle":0}]}`
	haSample = `{"operationType":"purchase_service","productId":13,"productNo":"3658B4311196K2ID","billingId":3197218168379846218,
		"serviceList":[{"connectionPlanId":3048571730026938368,"serviceType":"service","serviceId":3048573935752720384,
		"quantity":10,"purchaseType":"purchase","billingModel":"recurring","billingCycle":"annually","multiCycle":0}]}`
)

func TestTheTutorialsArePlacedToTheLetterToldOnlyNames(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{Tutorials: true})
	r.start()
	minutes := r.place(tasks.Intent{Reference: "t-1", Kind: "add_recording_minutes", ProductNo: "3658B431119665QJ", Quantity: 1000,
		Plan: "Enterprise Plan", BillingCycle: "annually", BillingContact: "billing@example.com"})
	got := r.await(minutes.ID, store.Placed)
	want := []string{"EK3206246063826526208", "ER3206246064703135745", "1282352", "succeed", "8406e859b03831528275667afc5646ba"}
	if diff := cmp.Diff(want, []string{got.OrderNo, got.TransactionNo, got.InstanceID, got.OrderStatus, got.RequestID}); diff != "" {
		t.Errorf("recording minutes (-sample +recorded):\n%s", diff)
	}
	ha := r.place(tasks.Intent{Reference: "t-2", Kind: "subscribe_ha", ProductNo: "3658B4311196K2ID",
		Plan: "Enterprise Plan", BillingCycle: "annually", BillingContact: "billing@example.com"})
	got = r.await(ha.ID, store.Placed)
	want = []string{"YL3206252408495661056", "HX3206252409602957313", "1280297", "succeed", "708129833842d0db94fa5f534e18eefc"}
	if diff := cmp.Diff(want, []string{got.OrderNo, got.TransactionNo, got.InstanceID, got.OrderStatus, got.RequestID}); diff != "" {
		t.Errorf("high availability (-sample +recorded):\n%s", diff)
	}
	bodies := r.portal.Bodies()
	if len(bodies) != 2 {
		t.Fatalf("%d bodies were POSTed, want 2", len(bodies))
	}
	for i, sample := range []string{minutesSample, haSample} {
		want, got := numbersKept(t, []byte(sample)), numbersKept(t, bodies[i])
		if po, _ := got["poNumber"].(string); !strings.HasPrefix(po, []string{minutes.ID, ha.ID}[i]+"-1") {
			t.Errorf("poNumber %q does not begin with the attempt's reference", po)
		}
		delete(got, "poNumber")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("body %d (-sample +sent):\n%s", i+1, diff)
		}
	}
}

// numbersKept decodes JSON with its numbers as they are written, so that 3048…368 as a string, or rounded,
// differs from the integer.
func numbersKept(t *testing.T, b []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAPlainAsynqTaskWorksTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.start()
	payload := []byte(`{"reference":"plain-1","kind":"add_recording_minutes","productNo":" 3658b431119665qj ","quantity":100}`)
	// The worst a foreign producer may do: no id, no retries, no retention, another queue.
	if _, err := r.queue.Enqueue(asynq.NewTask("order:place", payload, asynq.MaxRetry(0)), asynq.Queue("bulk")); err != nil {
		t.Fatal(err)
	}
	id := tasks.OrderID("default", "plain-1")
	if o := r.await(id, store.Placed); o.ProductNo != "3658B431119665QJ" {
		t.Errorf("productNo %q, want the portal's spelling", o.ProductNo)
	}
	if n := len(r.committed(id)); n != 1 {
		t.Errorf("%d orders at the portal, want 1", n)
	}
}

func TestAPayloadThatIsNoIntentIsParkedWithItsReason(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.start()
	inspector := asynq.NewInspector(r.conn)
	t.Cleanup(func() { _ = inspector.Close() })
	for id, payload := range map[string]string{
		"not-json": "hello", "unknown-field": `{"reference":"x","kind":"subscribe_ha","productNo":"3658B431119665QJ","serial":"y"}`,
		"binary": "\x00\xff", "empty": "",
	} {
		if _, err := r.queue.Enqueue(asynq.NewTask("order:place", []byte(payload)), asynq.TaskID(id), asynq.Queue("orders")); err != nil {
			t.Fatal(err)
		}
	}
	// An order behind them is placed: the worker is unharmed.
	o := r.place(minutes("after", "3658B431119665QJ", 10))
	r.await(o.ID, store.Placed)
	for _, id := range []string{"not-json", "unknown-field", "binary", "empty"} {
		info := r.taskIn(inspector, "orders", id, asynq.TaskStateArchived)
		if !strings.Contains(info.LastErr, "not an order intent") {
			t.Errorf("task %s is parked with %q", id, info.LastErr)
		}
		t.Logf("%s: %s", id, info.LastErr)
	}
}

// taskIn waits until asynq has a task in a state that it stays in. asynq has no signal for that, so it asks
// again after each round trip.
func (r *rig) taskIn(i *asynq.Inspector, queue, id string, want asynq.TaskState) *asynq.TaskInfo {
	r.t.Helper()
	var info *asynq.TaskInfo
	r.eventually(fmt.Sprintf("task %s is %v", id, want), func(context.Context) bool {
		var err error
		info, err = i.GetTaskInfo(queue, id)
		if err != nil && !errors.Is(err, asynq.ErrTaskNotFound) && !errors.Is(err, asynq.ErrQueueNotFound) {
			r.t.Fatal(err)
		}
		return err == nil && info.State == want
	})
	return info
}

func TestATaskWhoseReferenceIsTakenByAnotherIntentIsParked(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{})
	r.start()
	o := r.place(minutes("same", "3658B431119665QJ", 10))
	r.await(o.ID, store.Placed)
	payload := minutes("same", "3658B431119665QJ", 20).Canonical()
	if _, err := r.queue.Enqueue(asynq.NewTask("order:place", payload), asynq.TaskID("other"), asynq.Queue("orders")); err != nil {
		t.Fatal(err)
	}
	inspector := asynq.NewInspector(r.conn)
	t.Cleanup(func() { _ = inspector.Close() })
	info := r.taskIn(inspector, "orders", "other", asynq.TaskStateArchived)
	if !strings.Contains(info.LastErr, o.ID) || !strings.Contains(info.LastErr, "same-2") {
		t.Errorf("parked with %q, want the holder and a new reference in it", info.LastErr)
	}
	if n := len(r.committed(o.ID)); n != 1 {
		t.Errorf("%d orders at the portal, want 1", n)
	}
}

func TestTheTaskResultBeginsWithTheStateAndHasTheNumbersAsStrings(t *testing.T) {
	t.Parallel()
	r := newRig(t, yeastartest.Options{Tutorials: true})
	r.start()
	o := r.place(minutes("t-1", "3658B431119665QJ", 1000))
	r.await(o.ID, store.Placed)
	inspector := asynq.NewInspector(r.conn)
	t.Cleanup(func() { _ = inspector.Close() })
	info := r.taskIn(inspector, "orders", o.ID, asynq.TaskStateCompleted)
	want := `{"state":"placed","orderNo":"EK3206246063826526208","transactionNo":"ER3206246064703135745"`
	if !strings.HasPrefix(string(info.Result), want) {
		t.Errorf("result %s, want it to begin with %s", info.Result, want)
	}
	if info.Retention == 0 {
		t.Error("the task keeps no result: it has no retention")
	}
}
