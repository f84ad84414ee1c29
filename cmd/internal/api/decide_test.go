package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/storetest"
	"orderq/worker/review"
	"orderq/yeastar/yeastartest"
)

func TestADecisionIsCarriedOutAndSignedOrRefusedWithAWayOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	r.held("h-1")
	for body, says := range map[string]string{
		`{}`: "note", `{"by":"anna"}`: "say why", `{"note":" "}`: "say why", `{"note":"x","by":"a\u0000b"}`: "control character", `{"note":"x","note":"y"}`: "",
		`{"note":"x","why":"y"}`: "no such field", `{"note":7}`: "another type", `[]`: "another type", ``: "", `{"note":"` + strings.Repeat("x", 1001) + `"}`: "at most 1000",
		"{\"note\":\"\xff\"}": "", `{"Note":"x"}`: "no such field",
	} {
		p := r.post("/v1/orders/h-1/release", body).is(http.StatusBadRequest, "invalid")
		if len(p.Errors) == 0 || !strings.Contains(p.Detail, says) || strings.Contains(p.Detail, "intent") {
			t.Errorf("%s: %+v", body, p)
		}
	}
	if o := r.post("/v1/orders/h-1/release", `{"by":"anna","note":"they do want it twice"}`).must(http.StatusOK).order(); o.State != store.Accepted || o.By != "anna" {
		t.Errorf("%+v", o)
	}
	r.post("/v1/orders/h-1/release", `{"note":"x"}`).is(http.StatusConflict, "state")
	if o := r.post("/v1/orders/h-1/cancel", `{}`).must(http.StatusOK).order(); o.State != store.Cancelled || o.By != "http" {
		t.Errorf("%+v", o)
	}
	r.post("/v1/orders/h-1/cancel", `{}`).must(http.StatusOK) // again is no harm
	placed := r.post("/v1/orders", minutes("p-1")).must(http.StatusAccepted).order()
	if _, err := r.room.Store.Record(t.Context(), placed, store.Found{To: store.Placed, OrderNo: "EK1", Via: store.ViaReference}); err != nil {
		t.Fatal(err)
	}
	r.post("/v1/orders/p-1/cancel", `{}`).says("the portal has it as EK1: have it cancelled there").is(http.StatusConflict, "state")
	r.post("/v1/orders/none/cancel", `{}`).is(http.StatusNotFound, "not-found")
}

// Nobody hears that the decision was recorded, and go-redis repeats it: the person is not told that it came to nothing.
func TestADecisionWhoseReplyIsLostIsNoConflict(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		r.held("h-1")
		room.LoseReply("they-want-it-twice")
		if o := r.post("/v1/orders/h-1/release", `{"by":"anna","note":"they-want-it-twice"}`).must(http.StatusOK).order(); o.State != store.Accepted || o.By != "anna" {
			t.Errorf("%+v", o)
		}
		r.post("/v1/orders/h-1/release", `{"by":"anna","note":"they-want-it-twice"}`).is(http.StatusConflict, "state") // said a second time
		room.LoseReply("no-not-at-all")
		if o := r.post("/v1/orders/h-1/cancel", `{"by":"anna","note":"no-not-at-all"}`).must(http.StatusOK).order(); o.State != store.Cancelled || o.By != "anna" {
			t.Errorf("%+v", o)
		}
		if room.Lost() != 2 {
			t.Errorf("%d replies lost", room.Lost())
		}
	})
}

func TestAnAnswerAboutAnOrderInReviewIsHeldAgainstTheEvidence(t *testing.T) {
	t.Parallel()
	sim := yeastartest.Start(yeastartest.Options{})
	t.Cleanup(sim.Close)
	r := newRig(t, storetest.Embedded(t), portal(sim))
	o := r.inReview("lost-1", yeastartest.TutorialExpandPBX)
	r.post("/v1/orders/lost-1/resolve", `{"answer":"maybe","note":"x"}`).is(http.StatusBadRequest, "invalid")
	r.post("/v1/orders/lost-1/resolve", `{"answer":"placed","note":"x"}`).is(http.StatusBadRequest, "invalid")
	r.post("/v1/orders/lost-1/resolve", `{"answer":"drop","orderNo":"EK1","note":"x"}`).is(http.StatusBadRequest, "invalid")
	p := r.post("/v1/orders/lost-1/resolve", `{"answer":"placed","orderNo":"EK0000000000000000001","by":"anna","note":"saw it"}`).is(http.StatusConflict, "contradicted")
	if p.Cause != string(review.CauseNotAtPortal) {
		t.Errorf("%+v", p)
	}
	r.post("/v1/orders/lost-1/resolve", `{"answer":"resend","by":"anna","note":"gone"}`).is(http.StatusConflict, "contradicted")
	var card review.Card
	r.get("/v1/orders/lost-1/evidence").must(http.StatusOK).into(&card)
	if card.Order.ID != o.ID || card.Sent == nil || len(card.Answers) == 0 {
		t.Errorf("%+v", card)
	}
	made := sim.Place(yeastartest.TutorialExpandPBX, yeastartest.RecordingID, 7, o.ID+"-1")
	got := r.post("/v1/orders/lost-1/resolve", `{"answer":"placed","orderNo":"`+made.OrderNo+`","by":"anna","note":"saw it"}`).must(http.StatusOK).order()
	if got.State != store.Placed || got.OrderNo != made.OrderNo || got.By != "anna" || got.Via != store.ViaPerson {
		t.Errorf("%+v", got)
	}
	r.post("/v1/orders/lost-1/resolve", `{"answer":"drop","note":"x"}`).is(http.StatusConflict, "state")
}

func TestAnOrderThatWaitsForAnotherSaysForWhichAndItsTagWithIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	holder := r.inReview("first", "3658B431119665QJ")
	o := r.post("/v1/orders", minutes("second")).must(http.StatusAccepted).order()
	waiting, _, err := r.room.Store.Take(t.Context(), o.ID, store.Delivery{Worker: "w", Nonce: "n", Silence: time.Minute, Within: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.room.Store.Wait(t.Context(), waiting, store.Pause{For: store.WaitClaim, On: "oq-one-before", Reason: "after it"}); err != nil {
		t.Fatal(err)
	}
	got := r.get("/v1/orders/second").must(http.StatusOK)
	if now := got.order(); now.WaitingFor != store.WaitClaim || now.WaitingOn != holder.ID || !strings.Contains(got.header.Get("ETag"), holder.ID) {
		t.Errorf("%s: %+v", got.header.Get("ETag"), now)
	}
}

func TestAHaltIsSaidAndTakenBackByName(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	var h office.Halt
	r.get("/v1/halt").must(http.StatusOK).into(&h)
	if h.Halted || h.Account != "default" {
		t.Errorf("%+v", h)
	}
	r.post("/v1/halt", `{"by":"anna"}`).is(http.StatusBadRequest, "invalid")
	r.post("/v1/halt", `{"by":"anna","note":"strange prices"}`).must(http.StatusOK).into(&h)
	if !h.Halted || h.Halt.By != "anna" || h.Halt.Note != "strange prices" {
		t.Errorf("%+v", h)
	}
	r.get("/v1/status").must(http.StatusOK).says("halted by anna")
	r.do(ask{method: "DELETE", path: "/v1/halt", body: `{"by":"eve"}`}).is(http.StatusBadRequest, "invalid")
	h = office.Halt{}
	r.do(ask{method: "DELETE", path: "/v1/halt", body: `{"by":"eve","note":"all is well"}`}).must(http.StatusOK).into(&h)
	s, err := r.room.Fleet.Read(t.Context())
	if h.Halted || err != nil || s.Halt != nil || s.Resumed == nil || s.Resumed.By != "eve" {
		t.Errorf("%+v, %+v, %v", h, s.Resumed, err)
	}
	r.do(ask{method: "DELETE", path: "/v1/halt", body: `{"by":"bob","note":"again"}`}).must(http.StatusOK)
	if s, err = r.room.Fleet.Read(t.Context()); err != nil || s.Resumed.By != "eve" {
		t.Errorf("%+v, %v: who resumed it is not on record any more", s.Resumed, err)
	}
}

func TestStatusAndLimitsAreWhatTheCommandsSay(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	r.post("/v1/orders", minutes("a")).must(http.StatusAccepted)
	var got office.Report
	r.get("/v1/status").must(http.StatusOK).into(&got)
	want, err := r.office.Report(t.Context())
	if err != nil || got.Verdict != want.Verdict || got.Counts[store.Accepted] != 1 || got.Sending != want.Sending || got.Workers == nil {
		t.Errorf("%+v, want %+v, %v", got, want, err)
	}
	var limits office.Limits
	r.get("/v1/limits").must(http.StatusOK).into(&limits)
	if limits.Rate != "20/s" || limits.Settle != "1s" {
		t.Errorf("%+v", limits)
	}
}

func TestLimitsAreChangedByNameAndASlipChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	post := func(body string) said { return r.post("/v1/limits", body) }
	var l office.Limits
	post(`{"budgets":["day:add_recording_minutes=500"],"duplicates":"off","events":"72h","by":"anna","note":"agreed"}`).must(http.StatusOK).into(&l)
	if l.DuplicateWindow != "0s" || l.EventsKept != "72h0m0s" || len(l.Budgets) != 1 || l.Budgets[0].Left != 500 || l.Note == "" {
		t.Errorf("%+v", l)
	}
	for body, want := range map[string]string{
		`{"budgets":["day:minutes=1"],"note":"n"}`:                "budgets",
		`{"duplicates":"soon","note":"n"}`:                        "duplicates",
		`{"events":"59m","note":"n"}`:                             "events",
		`{"note":"n"}`:                                            "budgets",
		`{"budgets":["day:subscribe_ha=1"],"note":"a\u0000"}`:     "note",
		`{"budgets":["day:subscribe_ha=1"],"note":"n","limit":1}`: "limit",
	} {
		if p := post(body).is(http.StatusBadRequest, "invalid"); len(p.Errors) != 1 || p.Errors[0].Field != want {
			t.Errorf("%s: %+v", body, p.Errors)
		}
	}
	post(`{"budgets":["batch:nix=1"],"note":"n"}`).is(http.StatusNotFound, "not-found")
	if r.get("/v1/limits").must(http.StatusOK).into(&l); len(l.Budgets) != 1 {
		t.Errorf("%+v", l)
	}
}

func TestTheCatalogIsThePortalsAndIsAskedWithMeasure(t *testing.T) {
	t.Parallel()
	sim := yeastartest.Start(yeastartest.Options{})
	t.Cleanup(sim.Close)
	r := newRig(t, storetest.Embedded(t), portal(sim))
	r.get("/v1/catalog/products").must(http.StatusOK).says(`"productNo":"3658B431119665QJ"`, `"planId":"3048571730026938368"`)
	r.get("/v1/catalog/plans").must(http.StatusOK).says(`"serviceId":"3048573935752720384"`)
	r.get("/v1/catalog/plans?productNo=3658b431119665qj").must(http.StatusOK)
	r.get("/v1/catalog/contacts").must(http.StatusOK).says("3197218168379846218")
	if n := strings.Count(r.get("/v1/catalog/orders?limit=3").must(http.StatusOK).body, "portalId"); n != 3 {
		t.Errorf("%d orders", n)
	}
	r.get("/v1/catalog/orders?limit=1001").is(http.StatusBadRequest, "invalid")
	refused := false
	for range 20 { // more than a second's worth at once, and what has come back meanwhile
		got := r.get("/v1/catalog/contacts")
		if refused = got.status == http.StatusTooManyRequests; refused {
			break
		}
		got.must(http.StatusOK)
	}
	if !refused {
		t.Error("the portal is asked without measure")
	}
	newRig(t, storetest.Embedded(t)).get("/v1/catalog/products").is(http.StatusServiceUnavailable, "no-portal")
	away := newRig(t, storetest.Embedded(t), portal(sim))
	sim.Close()
	away.get("/v1/catalog/products").is(http.StatusServiceUnavailable, "portal-away")
}
