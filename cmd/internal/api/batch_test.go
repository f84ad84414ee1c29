package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"orderq/cmd/internal/api"
	"orderq/store"
	"orderq/store/storetest"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

var csv = map[string]string{"Content-Type": "text/csv"}

func rows(n int) string {
	var b strings.Builder
	b.WriteString("SN,Kind,Qty,Note\n")
	for i := range n {
		fmt.Fprintf(&b, "3658B4311%07d,add_recording_minutes,100,n%d\n", i, i)
	}
	return b.String()
}

func TestAFileIsTakenInAndGivenBackWithItsNumbers(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		file := rows(450) + "x,y,z,bad\n"
		var got api.Applied
		s := r.do(ask{method: "POST", path: "/v1/batches?name=nov&by=crm", body: file, header: csv}).must(http.StatusAccepted)
		s.into(&got)
		id := tasks.BatchID("default", "nov")
		if got.ID != id || got.Taken != (api.Taken{Rows: 451, New: 450, Invalid: 1}) || got.AppliedBy != "crm" || got.Counts[store.Held] != 450 || s.header.Get("Location") != "/v1/batches/"+id {
			t.Errorf("%+v", got)
		}
		if len(got.Problems) != 1 || got.Problems[0].Row != 451 || got.Problems[0].Line != 452 || len(got.Ignored) != 1 {
			t.Errorf("%+v, %v", got.Problems, got.Ignored)
		}
		again := api.Applied{}
		r.do(ask{method: "POST", path: "/v1/batches?name=nov", body: file, header: csv}).must(http.StatusAccepted).into(&again)
		if again.Taken != (api.Taken{Rows: 451, Again: 450, Invalid: 1}) {
			t.Errorf("%+v", again.Taken)
		}
		results := r.get("/v1/batches/nov/results").must(http.StatusOK)
		if n := strings.Count(results.body, "\n"); n != 452 || !strings.HasPrefix(results.header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(results.body, "SN,Kind,Qty,Note,reference,id,state") {
			t.Errorf("%d lines of %s: %.200s", n, results.header.Get("Content-Type"), results.body)
		}
		for _, a := range []ask{{method: "GET", path: "/v1/batches/" + id + "/results?format=ndjson"}, {method: "GET", path: "/v1/batches/nov/results", header: ndjson2}} {
			if got := r.do(a).must(http.StatusOK); strings.Count(got.body, "\n") != 451 || got.header.Get("Content-Type") != "application/x-ndjson" || !strings.Contains(got.body, `{"input":{"SN":"3658B43110000000","Kind":"add_recording_minutes","Qty":"100","Note":"n0"},"reference":"nov/`) {
				t.Errorf("%v %.300s", got.header, got.body)
			}
		}
		r.get("/v1/batches/nov/results?format=xml").is(http.StatusBadRequest, "invalid")
		r.get("/v1/orders?batch=nov&limit=500&state=held").must(http.StatusOK).says(`"batch":"` + id + `"`)
		r.get("/v1/batches").must(http.StatusOK).says(`"name":"nov"`)
		r.get("/v1/batches/nov").must(http.StatusOK).says(`"rows":451`)
		r.get("/v1/batches/none").is(http.StatusNotFound, "not-found")
		r.post("/v1/batches/nov/cancel", `{"by":"eve","note":"prices"}`).must(http.StatusOK).says(`"state":"cancelled"`, `"cancelled":450`, `"by":"eve"`)
		r.do(ask{method: "POST", path: "/v1/batches?name=nov", body: file, header: csv}).is(http.StatusConflict, "state")
		r.post("/v1/batches/nov/retry", `{"by":"eve","note":"after all"}`).is(http.StatusConflict, "state")
	})
}

var ndjson2 = map[string]string{"Accept": "application/x-ndjson"}

func TestAHeldBatchIsApprovedBySomebodyElse(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles+",otto:operator:"+canary+"-t"))
	post := func(token, path, body string) said {
		header := bearer(token)
		if strings.Contains(path, "?") {
			header["Content-Type"] = "text/csv"
		}
		return r.do(ask{method: "POST", path: path, body: body, header: header})
	}
	post("o", "/v1/batches?name=dec&hold=true&canary=2&stopRefused=0.5&by=somebody", rows(3)).must(http.StatusAccepted).says(`"state":"held"`, `"appliedBy":"anna"`)
	post("o", "/v1/batches/dec/approve", `{"by":"otto","note":"fine"}`).is(http.StatusConflict, "own-approval")
	post("t", "/v1/batches/dec/approve", `{"note":"fine"}`).must(http.StatusOK).says(`"state":"running"`, `"by":"otto"`)
	post("t", "/v1/batches/dec/approve", `{"note":"fine"}`).is(http.StatusConflict, "state")
}

func TestWhatIsWrongWithABatchIsSaidBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	before := r.room.Dump(t)
	for query, says := range map[string]string{
		"": "name", "name=": "1 to 100", "name=%20x": "spaces around", "name=x&canary=101": "0 to 100", "name=x&canary=x": "whole number", "name=x&stopRefused=2": "share from 0 to 1",
		"name=x&stopUnknown=NaN": "share from 0 to 1", "name=x&hold=maybe": "true or false", "name=x&set=kind": "field=value", "name=x&set=a=1&set=a=2": "each field once",
		"name=x&set=nonsense=1": "cannot be read", "name=x&dryRun=1": "no such parameter", "name=" + strings.Repeat("x", 101): "1 to 100",
	} {
		p := r.do(ask{method: "POST", path: "/v1/batches?" + query, body: rows(2), header: csv}).is(http.StatusBadRequest, "invalid")
		if !strings.Contains(p.Detail, says) {
			t.Errorf("%s: %s", query, p.Detail)
		}
	}
	r.do(ask{method: "POST", path: "/v1/batches?name=x", body: "", header: csv}).is(http.StatusBadRequest, "invalid")
	r.do(ask{method: "POST", path: "/v1/batches?name=x", body: "a,b\n1,2\n", header: csv})
	r.post("/v1/batches?name=x", rows(1)).is(http.StatusUnsupportedMediaType, "content-type")
	if after := r.room.Dump(t); after != before {
		t.Errorf("something was written:\n%s", after)
	}
}

func TestABatchInLinesFillsInWhatTheQuerySets(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	body := `{"reference":"n-1","productNo":"3658B431119665QJ","quantity":5}` + "\n"
	r.do(ask{method: "POST", path: "/v1/batches?name=crm&set=kind=add_recording_minutes&set=label.customer=acme", body: body, header: ndjson}).must(http.StatusAccepted).says(`"new":1`)
	r.get("/v1/batches/crm/results").must(http.StatusOK).says(`"state":"held"`, `"input":{`)
	r.get("/v1/batches/crm/results?format=csv").is(http.StatusBadRequest, "invalid")
	r.get("/v1/orders/n-1").must(http.StatusOK).says(`"kind":"add_recording_minutes"`, `"customer":"acme"`)
}

func TestAPlanIsAppliedAsItIsOrNotAtAll(t *testing.T) {
	t.Parallel()
	sim := yeastartest.Start(yeastartest.Options{})
	t.Cleanup(sim.Close)
	r := newRig(t, storetest.Embedded(t), portal(sim), billing)
	file := "SN,Kind,Qty\n3658B431119665QJ,add_recording_minutes,100\nx,y,z\n"
	plan := r.do(ask{method: "POST", path: "/v1/batches/plan?name=jan", body: file, header: csv}).must(http.StatusOK).says(`"orderq":"plan"`, `"state":"new"`, `"state":"invalid"`, `"hash":`)
	if n, err := r.room.Redis.DBSize(t.Context()).Result(); err != nil || n > 1 {
		t.Errorf("planning wrote: %d keys, %v", n, err)
	}
	apply := func(body, query string) said {
		return r.do(ask{method: "POST", path: "/v1/batches" + query, body: body, header: ndjson})
	}
	apply(strings.Replace(plan.body, `"quantity":100`, `"quantity":999`, 1), "").is(http.StatusBadRequest, "invalid")
	apply(plan.body[:strings.LastIndex(plan.body, `{"summary"`)], "").is(http.StatusBadRequest, "invalid")
	apply(plan.body, "?name=feb").is(http.StatusBadRequest, "invalid")
	apply(plan.body, "").must(http.StatusAccepted).says(`"name":"jan"`, `"new":1`, `"invalid":1`)
	newRig(t, storetest.Embedded(t)).do(ask{method: "POST", path: "/v1/batches", body: plan.body, header: ndjson}).is(http.StatusServiceUnavailable, "no-portal")
	newRig(t, storetest.Embedded(t)).do(ask{method: "POST", path: "/v1/batches/plan?name=x", body: file, header: csv}).is(http.StatusServiceUnavailable, "no-portal")
}

func TestARefusedRowIsOrderedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	r.do(ask{method: "POST", path: "/v1/batches?name=r", body: rows(2), header: csv}).must(http.StatusAccepted)
	var page api.Orders
	r.get("/v1/orders?batch=r").must(http.StatusOK).into(&page)
	r.post("/v1/orders/"+page.Orders[0].ID+"/cancel", `{"note":"x"}`).must(http.StatusOK)
	var got api.Retried
	r.post("/v1/batches/r/retry", `{"by":"anna","note":"funds again"}`).must(http.StatusOK).into(&got)
	if got.Made != 1 || got.Left[store.Held] != 1 || got.Counts[store.Held] != 2 {
		t.Errorf("%+v", got)
	}
}

// Found by the fuzzing of the document's operations: it was called a fault of ours.
func TestAFileThatCannotBeReadOnIsItsSendersToMend(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	const row = `{"kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":1000}` + "\n"
	for kind, file := range map[string]string{"application/x-ndjson": row + row + "{\"k\xff\":1}\n", "text/csv": "SN,Kind,Qty\n3658B431119665QJ,add_recording_minutes,100\n\xff,x,1\n"} {
		p := r.do(ask{method: "POST", path: "/v1/batches?name=" + url.QueryEscape(kind), body: file, header: map[string]string{"Content-Type": kind}}).is(http.StatusBadRequest, "broken-file")
		if !strings.Contains(p.Detail, "line 3") || !strings.Contains(p.Detail, "rows were taken in") {
			t.Errorf("%s: %s", kind, p.Detail)
		}
	}
}

// Found by the fuzzing of the document's operations: the results broke off.
func TestABatchOfTwoFormatsHasResults(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	apply := func(kind, file string) said {
		return r.do(ask{method: "POST", path: "/v1/batches?name=x", body: file, header: map[string]string{"Content-Type": kind}})
	}
	const row = `{"kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":1}` + "\n"
	apply("text/csv", rows(3)).must(http.StatusAccepted)
	apply("application/x-ndjson", row+"\xff\n").must(http.StatusBadRequest)
	r.get("/v1/batches/x/results").must(http.StatusOK).says(`"column 1":"3658B`, `"quantity":1`)
	apply("text/csv", "SN,Kind,Qty\n3658B431119665QJ,add_recording_minutes,1\n\xff\n").must(http.StatusBadRequest)
	r.get("/v1/batches/x/results").must(http.StatusOK).says("3658B431119665QJ,add_recording_minutes,1,", `""column 1"":`)
}

func TestBatchesComeInPages(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		r.get("/v1/batches").must(http.StatusOK).says(`{"batches":[]}`)
		var want []string
		for n := range 7 {
			name := fmt.Sprint("b", n)
			r.do(ask{method: "POST", path: "/v1/batches?name=" + name, body: "SN,Kind,Qty\n3658B431119665QJ,add_recording_minutes,1000\n", header: map[string]string{"Content-Type": "text/csv"}}).must(http.StatusAccepted)
			want = append(want, name)
		}
		var got []string
		pages, path := 0, "/v1/batches?limit=3"
		for path != "" {
			var page api.Batches
			r.get(path).must(http.StatusOK).into(&page)
			for _, one := range page.Batches {
				got = append(got, one.Name)
			}
			path = ""
			if pages++; page.Next != "" {
				path = "/v1/batches?limit=3&after=" + page.Next
			}
		}
		slices.Sort(got) // those of one millisecond are in the order of their ids
		if pages != 3 || !slices.Equal(got, want) {
			t.Errorf("%d pages: %v, want %v", pages, got, want)
		}
		if body := r.get("/v1/batches").must(http.StatusOK).body; strings.Contains(body, `"next"`) {
			t.Errorf("the last page has a next: %s", body)
		}
		for query, says := range map[string]string{"after=x": "no place in the list", "limit=101": "from 1 to 100", "limit=0": "from 1 to 100", "state=done": "no such parameter", "aftr=1-x": "did you mean after"} {
			if p := r.get("/v1/batches?"+query).is(http.StatusBadRequest, "invalid"); !strings.Contains(p.Detail, says) {
				t.Errorf("%s: %s, want %q", query, p.Detail, says)
			}
		}
	})
}
