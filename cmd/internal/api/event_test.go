package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/cmd/internal/api"
	"orderq/store"
	"orderq/store/storetest"
)

// event is one of the stream's.
type event struct {
	id, name string
	data     string
}

func (e event) order(t *testing.T) store.Order {
	t.Helper()
	return said{t: t, body: e.data}.order()
}

// ear is a client on the stream.
type ear struct {
	t     *testing.T
	resp  *http.Response
	lines *bufio.Scanner
	hang  context.CancelFunc
}

// listen opens the stream, and returns when it has begun: what happens from then on is heard.
func (r *rig) listen(path, last string) *ear {
	r.t.Helper()
	ctx, hang := context.WithTimeout(r.t.Context(), patience)
	req := r.request(ask{method: "GET", path: path, header: map[string]string{"Last-Event-ID": last}}).WithContext(ctx)
	client := &http.Client{Transport: r.client.Transport} // no time limit: it is to stay open
	resp, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	e := &ear{r.t, resp, bufio.NewScanner(resp.Body), hang}
	r.t.Cleanup(e.close)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		r.t.Fatalf("%s %v", resp.Status, resp.Header)
	}
	if !e.lines.Scan() || e.lines.Text() != ": orderq events" {
		r.t.Fatalf("it begins with %q", e.lines.Text())
	}
	return e
}

func (e *ear) close() {
	e.hang()
	_ = e.resp.Body.Close()
}

// next is the next event; ok is false at the stream's end.
func (e *ear) next() (out event, ok bool) {
	for e.lines.Scan() {
		name, value, _ := strings.Cut(e.lines.Text(), ": ")
		switch name {
		case "id":
			out.id = value
		case "event":
			out.name = value
		case "data":
			out.data = value
		case "":
			if out.name != "" {
				return out, true
			}
			if value != "" {
				return event{name: "comment", data: value}, true
			}
		}
	}
	return out, false
}

// must is the next event, which has to be this one.
func (e *ear) must(name, reference string) event {
	e.t.Helper()
	got, ok := e.next()
	if !ok || got.name != name || got.order(e.t).Reference != reference {
		e.t.Fatalf("heard %+v, want %s of %s", got, name, reference)
	}
	return got
}

func TestEveryMoveIsHeardAndAfterABreakFromWhereItWas(t *testing.T) {
	t.Parallel()
	storetest.Both(t, func(t *testing.T, room *storetest.Room) {
		r := newRig(t, room)
		r.post("/v1/orders", minutes("before")).must(http.StatusAccepted)
		e := r.listen("/v1/events", "")
		r.post("/v1/orders", minutes("a")).must(http.StatusAccepted)
		first := e.must("order.accepted", "a")
		r.post("/v1/orders/a/cancel", `{"by":"anna","note":"x"}`).must(http.StatusOK)
		if got := e.must("order.cancelled", "a"); got.order(t).By != "anna" {
			t.Errorf("%+v", got)
		}
		e.close()
		r.held("h")
		// Behind the first: its cancelling, with the order as it is now, and what came since.
		again := r.listen("/v1/events", first.id)
		again.must("order.cancelled", "a")
		again.must("order.held", "h")
		// As for clients that cannot set headers; the first move is told of an order that has moved on.
		whole := r.listen("/v1/events?after=0-0", "")
		whole.must("order.accepted", "before")
		if got := whole.must("order.accepted", "a"); got.order(t).State != store.Cancelled {
			t.Errorf("%+v", got)
		}
	})
}

func TestAListenerHearsWhatItAskedForAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	cancels := r.listen("/v1/events?state=cancelled,placed&kind=add_recording_minutes", "")
	one := r.listen("/v1/events?reference=b", "")
	batches := r.listen("/v1/events?batch=nov", "")
	for _, reference := range []string{"a", "b"} {
		r.post("/v1/orders", minutes(reference)).must(http.StatusAccepted)
		r.post("/v1/orders/"+reference+"/cancel", `{}`).must(http.StatusOK)
	}
	r.do(ask{method: "POST", path: "/v1/batches?name=nov", body: rows(1), header: csv}).must(http.StatusAccepted)
	r.release(1)
	cancels.must("order.cancelled", "a")
	cancels.must("order.cancelled", "b")
	one.must("order.accepted", "b")
	one.must("order.cancelled", "b")
	// Of its rows nobody is told before they are released.
	if got, ok := batches.next(); !ok || got.name != "order.accepted" || got.order(t).Batch == "" {
		t.Errorf("%+v", got)
	}
	for query, says := range map[string]string{"state=gone": "want one of", "kind=x": "want one of", "after=now": "no event's id", "limit=3": "no such parameter"} {
		if p := r.get("/v1/events?"+query).is(http.StatusBadRequest, "invalid"); !strings.Contains(p.Detail, says) {
			t.Errorf("%s: %s", query, p.Detail)
		}
	}
	r.do(ask{method: "GET", path: "/v1/events", header: map[string]string{"Last-Event-ID": "x"}}).is(http.StatusBadRequest, "invalid")
}

func TestAThousandMovesAreHeardInTheirOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Best(t)) // a thousand are much for the embedded one under the race detector
	e := r.listen("/v1/events", "")
	for i := range 5 {
		r.do(ask{method: "POST", path: fmt.Sprintf("/v1/batches?name=b%d&allowDuplicate=true", i), body: rows(200), header: csv}).must(http.StatusAccepted)
	}
	r.release(1000)
	last := ""
	for i := range 1000 {
		got, ok := e.next()
		if !ok || got.name != "order.accepted" || got.id == last {
			t.Fatalf("event %d: %+v", i, got)
		}
		last = got.id
	}
}

func TestWhatIsNotKeptAnyMoreIsSaidToBeMissed(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	r.post("/v1/orders", minutes("a")).must(http.StatusAccepted)
	r.post("/v1/orders", minutes("b")).must(http.StatusAccepted)
	all, err := r.room.Redis.XRange(t.Context(), r.room.Store.Keys().Events(), "-", "+").Result()
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	if got := r.listen("/v1/events", all[0].ID).must("order.accepted", "b"); got.id != all[1].ID {
		t.Errorf("%+v", got)
	}
	if err := r.room.Redis.XTrimMaxLen(t.Context(), r.room.Store.Keys().Events(), 1).Err(); err != nil && err != redis.Nil {
		t.Fatal(err)
	}
	e := r.listen("/v1/events", "1-0")
	var missed struct{ Detail string }
	if got, ok := e.next(); !ok || got.name != "missed" || json.Unmarshal([]byte(got.data), &missed) != nil || !strings.Contains(missed.Detail, "GET /v1/orders") {
		t.Errorf("%+v", got)
	}
	e.must("order.accepted", "b")
}

func TestASilentStreamSaysThatItIsAliveAndEndsWithTheServer(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	api.BeatEvery(r.api, 20*time.Millisecond)
	e := r.listen("/v1/events", "")
	for range 3 {
		if got, ok := e.next(); !ok || got != (event{name: "comment", data: "still here"}) {
			t.Fatalf("%+v", got)
		}
	}
	r.api.Stop()
	for {
		got, ok := e.next()
		if !ok {
			break
		}
		if got.name != "comment" {
			t.Errorf("%+v", got)
		}
	}
	r.get("/v1/events").is(http.StatusServiceUnavailable, "stopping")
}

func TestAStreamOfEventsEndsWhereRedisGoesAway(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	e := r.listen("/v1/events", "")
	r.room.Cut(true)
	if got, ok := e.next(); ok {
		t.Errorf("%+v", got)
	}
	r.get("/v1/events").is(http.StatusServiceUnavailable, "redis-away")
	r.room.Cut(false)
	r.post("/v1/orders", minutes("a")).must(http.StatusAccepted)
	r.listen("/v1/events", "0-0").must("order.accepted", "a")
}

// Found by the fuzzing of the document's operations: the next request on the connection was never answered.
func TestTheHeadOfAStreamOfEventsEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t))
	got := r.raw("HEAD /v1/events HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/halt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if strings.Count(got, "HTTP/1.1 200 OK") != 2 || !strings.Contains(got, "text/event-stream") || !strings.Contains(got, `"halted":false`) {
		t.Errorf("%q", got)
	}
}
