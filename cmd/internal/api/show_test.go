package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"orderq/cmd/internal/api"
	"orderq/store"
	"orderq/store/storetest"
	"orderq/yeastar/yeastartest"
)

func TestOrdersAreGivenByTheirIds(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	a := r.post("/v1/orders", minutes("a")).order()
	b := r.post("/v1/orders", strings.Replace(minutes("b"), "}", `,"notBefore":"2126-12-01T00:00:00Z"}`, 1)).order()
	if b.NotBefore.IsZero() {
		t.Error("notBefore is not said")
	}
	var page api.Orders
	r.get("/v1/orders?id=" + b.ID + "&id=none&id=" + a.ID).must(http.StatusOK).into(&page)
	if len(page.Orders) != 2 || page.Orders[0].ID != b.ID || page.Orders[1].ID != a.ID || page.Next != "" {
		t.Errorf("%+v", page)
	}
	r.get("/v1/orders?limit=1&id="+a.ID).is(http.StatusBadRequest, "invalid")
	r.get("/v1/orders?id="+strings.Repeat("x&id=", api.Ids)).is(http.StatusBadRequest, "invalid")
}

func TestWhoWaitsForAnOrderInDoubtIsSaid(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	o := r.inReview("r", yeastartest.TutorialExpandPBX)
	var b api.Behind
	r.get("/v1/orders/" + o.ID + "/waiting").must(http.StatusOK).into(&b)
	if b.Waiting == nil || b.Total != 0 {
		t.Errorf("%+v", b)
	}
	r.get("/v1/orders/none/waiting").is(http.StatusNotFound, "not-found")
}

func TestADecisionThatComesTooLateIsToldWithTheOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	r.post("/v1/orders", minutes("a")).must(http.StatusAccepted)
	p := r.post("/v1/orders/a/release", `{"note":"n"}`).is(http.StatusConflict, "state")
	if p.Order == nil || p.Order.Reference != "a" || p.Order.State != store.Accepted {
		t.Errorf("%+v", p.Order)
	}
	p = r.post("/v1/orders", strings.Replace(minutes("a"), "1000", "1001", 1)).is(http.StatusUnprocessableEntity, "other-intent")
	if len(p.Differences) != 1 || p.Differences[0] != "quantity 1000 there, 1001 here" {
		t.Errorf("%q", p.Differences)
	}
}

func TestADryRunSaysWhatWouldBeSentAndWritesNothing(t *testing.T) {
	t.Parallel()
	sim := yeastartest.Start(yeastartest.Options{})
	t.Cleanup(sim.Close)
	r := newRig(t, storetest.Embedded(t), portal(sim), billing)
	before := r.room.Dump(t)
	var got api.Rehearsal
	r.post("/v1/orders/dry-run", minutes("a")).must(http.StatusOK).into(&got)
	if got.Refused != nil || got.Plan != "Enterprise Plan" || !strings.Contains(got.Request, `"poNumber":"`+got.ID+`-1"`) || !strings.Contains(got.Request, `"quantity":1000`) {
		t.Errorf("%+v", got)
	}
	got = api.Rehearsal{}
	gold := strings.Replace(minutes("a"), "}", `,"plan":"Gold"}`, 1)
	r.post("/v1/orders/dry-run", gold).must(http.StatusOK).into(&got)
	if got.Refused == nil || got.Refused.Code != "unknown_plan" || got.Refused.Field != "plan" || got.Refused.Value != "Gold" || got.Request != "" {
		t.Errorf("%+v", got.Refused)
	}
	r.post("/v1/orders/dry-run", `{"reference":"a"}`).is(http.StatusBadRequest, "invalid")
	lines := r.do(ask{method: "POST", path: "/v1/orders/dry-run", body: minutes("a") + "\n\n{\n" + gold + "\n", header: ndjson}).must(http.StatusOK)
	says := strings.Split(strings.TrimSpace(lines.body), "\n")
	if len(says) != 3 || !strings.HasPrefix(says[0], `{"line":1,"status":200,"rehearsal":{`) || !strings.HasPrefix(says[1], `{"line":3,"status":400,"problem":{`) || !strings.Contains(says[2], `"refused":{`) {
		t.Errorf("%s", lines.body)
	}
	if n := len(sim.Ledger().Orders); n != 0 {
		t.Errorf("the portal has %d orders", n)
	}
	if after := r.room.Dump(t); after != before {
		t.Errorf("something was written:\n%s", after)
	}
	sim.Down(true)
	fresh := newRig(t, storetest.Embedded(t), portal(sim), billing)
	fresh.post("/v1/orders/dry-run", minutes("a")).is(http.StatusServiceUnavailable, "portal-away")
	lines = fresh.do(ask{method: "POST", path: "/v1/orders/dry-run", body: minutes("a") + "\n" + minutes("b") + "\n", header: ndjson}).must(http.StatusOK).says(`"line":1,"status":503`)
	if strings.Contains(lines.body, `"line":2`) {
		t.Errorf("it goes on: %s", lines.body)
	}
	newRig(t, storetest.Embedded(t)).post("/v1/orders/dry-run", minutes("a")).is(http.StatusServiceUnavailable, "no-portal")
}

func TestBatchesComeInPagesAndSayWhatACancelTookBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	for i := range 3 {
		r.do(ask{method: "POST", path: fmt.Sprintf("/v1/batches?name=b%d&set=label.n=%d&allowDuplicate=true", i, i), body: rows(2), header: csv}).must(http.StatusAccepted)
	}
	var names []string
	for after := ""; ; {
		var page api.Batches
		r.get("/v1/batches?limit=2" + after).must(http.StatusOK).into(&page)
		for _, b := range page.Batches {
			names = append(names, b.Name)
		}
		if page.Next == "" {
			break
		}
		after = "&after=" + page.Next
	}
	if got := strings.Join(names, " "); len(names) != 3 || !strings.Contains(got, "b0") || !strings.Contains(got, "b1") || !strings.Contains(got, "b2") {
		t.Errorf("%q", got)
	}
	r.get("/v1/batches?after=none").is(http.StatusBadRequest, "invalid")
	var back api.TakenBack
	r.post("/v1/batches/b1/cancel", `{"by":"eve"}`).must(http.StatusOK).into(&back)
	if back.TakenBack != 2 || back.State != "cancelled" {
		t.Errorf("%+v", back)
	}
}

func TestThePortalsOrdersComeInPages(t *testing.T) {
	t.Parallel()
	sim := yeastartest.Start(yeastartest.Options{OldOrders: 130})
	t.Cleanup(sim.Close)
	r := newRig(t, storetest.Embedded(t), portal(sim))
	var one, two api.PortalOrders
	r.get("/v1/catalog/orders?limit=100&page=1").must(http.StatusOK).into(&one)
	r.get("/v1/catalog/orders?limit=100&page=2").must(http.StatusOK).into(&two)
	if len(one.Orders) != 100 || len(two.Orders) != 30 || one.Pages != 2 || one.Orders[99].ID == two.Orders[0].ID {
		t.Errorf("%d and %d of %d pages", len(one.Orders), len(two.Orders), one.Pages)
	}
	r.get("/v1/catalog/orders?limit=101&page=1").is(http.StatusBadRequest, "invalid")
	r.get("/v1/catalog/orders?page=0").is(http.StatusBadRequest, "invalid")
}

func TestAChangeOfLimitsSaysWhomItWakes(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	o := r.post("/v1/orders", minutes("a")).order()
	o, _, err := r.room.Store.Take(t.Context(), o.ID, store.Delivery{Worker: "w", Nonce: "n", Silence: patience, Within: patience})
	if err == nil {
		_, err = r.room.Store.Wait(t.Context(), o, store.Pause{For: store.WaitBudget, Reason: "spent"})
	}
	if err != nil {
		t.Fatal(err)
	}
	var got api.LimitsSet
	r.post("/v1/limits", `{"budgets":["day:add_recording_minutes=5"],"by":"anna"}`).must(http.StatusOK).into(&got)
	if got.Woken != 1 || got.Note != "" || got.By != "anna" {
		t.Errorf("%+v", got)
	}
}
