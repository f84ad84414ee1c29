package api_test

import (
	"net/http"
	"strings"
	"testing"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/storetest"
)

func TestAnOrderThatLooksLikeAnotherIsHeldUntilAPersonReleasesIt(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		alike := func(reference string) string {
			return strings.Replace(minutes(reference), `,"allowDuplicate":true`, "", 1)
		}
		first := r.post("/v1/orders", alike("a")).must(http.StatusAccepted).order()
		o := r.post("/v1/orders", alike("b")).must(http.StatusAccepted).order()
		if first.State != store.Accepted || o.State != store.Held || o.WaitingFor != store.WaitDuplicate || o.WaitingOn != first.ID {
			t.Errorf("%+v, %+v", first, o)
		}
		if got := r.post("/v1/orders", alike("b")).must(http.StatusOK).order(); got.ID != o.ID || got.State != store.Held {
			t.Errorf("%+v", got)
		}
		if got := r.post("/v1/orders/b/release", `{"by":"anna","note":"both are wanted"}`).must(http.StatusOK).order(); got.State != store.Accepted {
			t.Errorf("%+v", got)
		}
	})
}

func TestABatchHasABudgetAndAnOrderMayEnsure(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	var v office.BatchView
	r.do(ask{method: "POST", path: "/v1/batches?name=b&budget=250&allowDuplicate=true", body: rows(3), header: csv}).must(http.StatusAccepted).into(&v)
	if v.Budget == nil || v.Budget.Limit != 250 || v.Budget.Left != 250 {
		t.Errorf("%+v", v.Budget)
	}
	r.get("/v1/limits").must(http.StatusOK).says(`"limit":250`, `"duplicateWindow":"24h0m0s"`)
	for query, says := range map[string]string{"budget=-1": "number of units", "budget=many": "number of units", "allowDuplicate=perhaps": "true or false"} {
		if p := r.do(ask{method: "POST", path: "/v1/batches?name=c&" + query, body: rows(1), header: csv}).is(http.StatusBadRequest, "invalid"); !strings.Contains(p.Detail, says) {
			t.Errorf("%s: %s", query, p.Detail)
		}
	}
	o := r.post("/v1/orders", `{"reference":"e","kind":"expand_extensions","productNo":"3658B431119665QJ","ensure":50}`).must(http.StatusAccepted).says(`"ensure":50`).order()
	if o.State != store.Accepted {
		t.Errorf("%+v", o)
	}
}
