package review_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/worker/review"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

func TestTheListIsReadToItsWatermarkFromWhicheverEnd(t *testing.T) {
	t.Parallel()
	for _, order := range []yeastartest.ListOrder{yeastartest.NewestFirst, yeastartest.OldestFirst} {
		g := newRig(t, yeastartest.Options{ListOrder: order, MaxPageSize: 10, RowProductNo: true})
		o := g.inReview("r1")
		mine := g.place(o.ID + "-1")
		for range 24 {
			g.portal.Place(yeastartest.TutorialHAPBX, yeastartest.RecordingID, 7, "")
		}
		c := g.card(o)
		if c.List.Now.Total != 85 || c.List.New != 25 || !c.List.Whole {
			t.Errorf("order %d: %+v", order, c.List)
		}
		if got := numbersBy(c)[review.FitReference]; len(got) != 1 || got[0] != mine.OrderNo {
			t.Errorf("order %d: %v bear its reference, want %s", order, got, mine.OrderNo)
		}
	}
}

func TestAListThatGrowsWhileItIsReadIsCaughtUpWith(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{MaxPageSize: 10})
	o := g.inReview("r1")
	for range 14 {
		g.portal.Place(yeastartest.TutorialHAPBX, yeastartest.RecordingID, 7, "")
	}
	grown := ""
	g.heard = func(c yeastar.Call) {
		if c.Endpoint == yeastar.EndpointOrderList && grown == "" {
			grown = g.place(o.ID + "-1").OrderNo
		}
	}
	c := g.card(o)
	if c.List.New != 15 || !c.List.Whole || len(c.Candidates) != 1 || c.Candidates[0].OrderNo != grown {
		t.Errorf("list %+v, candidates %+v, want %s", c.List, c.Candidates, grown)
	}
}

func TestAListThatDoesNotAddUpIsSaidToAndInTheHistory(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.submitted(g.accepted("r1", pbx), g.finished())
	m, err := g.room.Store.Mark(t.Context(), o.Evidence.Watermark)
	g.must(err)
	o = g.lost(o)
	marks := g.room.Store.Keys().Marks()
	number := strconv.FormatInt(m.Number, 10)
	shrunk := fmt.Sprintf(`{"at":%q,"total":%d,"ids":["%s"]}`, m.At.Format(time.RFC3339), m.Total+3, strings.Join(m.IDs, `","`))
	g.must(g.room.Redis.HSet(t.Context(), marks, number, shrunk).Err())
	if c := g.card(o); c.List.Whole || !strings.Contains(c.List.Why, "grew by -3") {
		t.Errorf("a list that shrank: %+v", c.List)
	}
	g.must(g.room.Redis.HDel(t.Context(), marks, number).Err())
	c := g.card(o)
	if c.List.Whole || c.List.Gate != nil || !strings.Contains(c.List.Why, "is gone") {
		t.Errorf("without its watermark: %+v", c.List)
	}
	if calls := g.portal.Ledger().Calls[yeastartest.CallOrder]; calls != 20 {
		t.Errorf("%d old orders were looked into, want a few: 20", calls)
	}
	if _, err := g.decide(o, review.Decision{Answer: review.Resend}); err != nil {
		t.Error(err)
	}
	if e := g.last(o.ID); !strings.Contains(e.Reason, "but the reading from before the order was sent is gone") {
		t.Errorf("history: %q", e.Reason)
	}
}

func TestOnlyWhatMayBeItIsLookedInto(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.inReview("r1")
	other := g.accepted("r2", yeastartest.TutorialHAPBX)
	theirs := g.portal.Place(yeastartest.TutorialHAPBX, yeastartest.RecordingID, 7, other.ID+"-1")
	_, err := g.room.Store.Record(t.Context(), other, store.Found{To: store.Placed, OrderNo: theirs.OrderNo, Via: store.ViaAnswer})
	g.must(err)
	if c := g.card(o); len(c.Candidates) != 0 {
		t.Errorf("candidates: %+v", c.Candidates)
	}
	if calls := g.portal.Ledger().Calls[yeastartest.CallOrder]; calls != 0 {
		t.Errorf("%d of our own orders for other PBXs were looked into", calls)
	}

	shows := newRig(t, yeastartest.Options{RowProductNo: true})
	o = shows.inReview("r1")
	shows.portal.Place(yeastartest.TutorialHAPBX, yeastartest.RecordingID, 7, "")
	shows.card(o)
	if calls := shows.portal.Ledger().Calls[yeastartest.CallOrder]; calls != 0 {
		t.Errorf("%d orders whose rows show another PBX were looked into", calls)
	}
}

func TestWhatIsNotLookedIntoIsSaid(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.inReview("r1")
	for range 203 {
		g.portal.Place(yeastartest.TutorialHAPBX, yeastartest.RecordingID, 7, "")
	}
	c := g.card(o)
	if c.List.Whole || !strings.Contains(c.List.Why, "3 new orders were not looked into") {
		t.Errorf("list: %+v", c.List)
	}
}

func TestANeverSentOrderIsLookedForByItsReferenceAlone(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o, err := g.room.Store.Review(t.Context(), g.taken(g.accepted("r1", pbx)), "crashed ten workers")
	g.must(err)
	if c := g.card(o); len(c.Candidates) != 0 || g.portal.Ledger().Calls[yeastartest.CallOrder] != 0 {
		t.Errorf("candidates %+v, calls %v", c.Candidates, g.portal.Ledger().Calls)
	}
	g.place(o.ID + "-1") // of an attempt that Redis has forgotten
	g.refusedFor(o, review.Decision{Answer: review.Resend}, review.CauseShown)
}

// through puts a proxy before the portal that rewrites answers.
func (g *rig) through(rewrite func(path string, body []byte) []byte) {
	g.t.Helper()
	at, err := url.Parse(g.portal.URL())
	g.must(err)
	transport := &http.Transport{DisableKeepAlives: true}
	p := httptest.NewServer(&httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(at) },
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			body = rewrite(r.Request.URL.Path, body)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return nil
		},
	})
	g.t.Cleanup(p.Close)
	client, err := yeastar.New(yeastar.Config{BaseURL: p.URL, ClientID: g.portal.ClientID(), ClientSecret: yeastar.Secret(g.portal.ClientSecret())})
	g.must(err)
	g.t.Cleanup(client.Close)
	g.cfg.Portal = client
}

func TestRowsWithoutANumberAreKnownByTheirDetails(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{Echo: yeastartest.EchoNone})
	o := g.inReview("r1")
	theirs := g.place("")
	_, err := g.room.Store.Record(t.Context(), g.accepted("r2", pbx), store.Found{To: store.Placed, OrderNo: theirs.OrderNo, Via: store.ViaAnswer})
	g.must(err)
	g.through(func(path string, body []byte) []byte {
		if strings.HasSuffix(path, "/page") {
			return bytes.ReplaceAll(body, []byte(`"orderNo"`), []byte(`"orderNumber"`))
		}
		return body
	})
	c := g.card(o)
	if len(c.Candidates) != 1 || c.Candidates[0].OrderNo != theirs.OrderNo || c.Candidates[0].ClaimedBy == "" || c.Candidates[0].Fit != review.FitUnlike {
		t.Errorf("candidates: %+v; want %s, which belongs to another order", c.Candidates, theirs.OrderNo)
	}
}

func TestAnOrderThatIsListedAndNotShownIsNotClear(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{Echo: yeastartest.EchoNone})
	o := g.inReview("r1")
	hidden := g.place("")
	g.portal.FailCalls(yeastartest.CallOrder, yeastartest.Refused400, -1)
	c := g.card(o)
	if c.List.Unread != "" || len(c.Candidates) != 1 || c.Candidates[0].OrderNo != hidden.OrderNo || c.Candidates[0].Fit != review.FitUnclear {
		t.Errorf("list %+v, candidates %+v", c.List, c.Candidates)
	}
	// Without the watermark all of the list is new: of the older ones nothing is to be seen, either.
	g.must(g.room.Redis.Del(t.Context(), g.room.Store.Keys().Marks()).Err())
	if c := g.card(o); len(c.Candidates) != 1 {
		t.Errorf("%d candidates without the watermark, want the one that is not too old", len(c.Candidates))
	}
	if _, err := g.decide(o, review.Decision{Answer: review.Resend}); err != nil {
		t.Error(err)
	}
	if e := g.last(o.ID); !strings.Contains(e.Reason, "unclear: "+hidden.OrderNo) {
		t.Errorf("history: %q", e.Reason)
	}
}

func TestANumberOnRecordThatThePortalDeniesIsNoted(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o, err := g.room.Store.Record(t.Context(), g.submitted(g.accepted("r1", pbx), g.finished()), store.Found{To: store.Pending, OrderNo: "GONE1", Via: store.ViaAnswer})
	g.must(err)
	o, err = g.room.Store.Review(t.Context(), o, "the portal no longer shows it")
	g.must(err)
	c := g.card(o)
	if len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "does not show GONE1") || c.List.Unread != "" || causes(c)["resend"] != "" {
		t.Errorf("notes %q, list %+v, answers %v", c.Notes, c.List, causes(c))
	}
}

func TestWhoeverElseHasTheClaimIsNoted(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	crashed, err := g.room.Store.Review(t.Context(), g.taken(g.accepted("r1", pbx)), "crashed ten workers")
	g.must(err)
	holder := g.inReview("r2")
	c := g.card(crashed)
	if len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "order "+holder.ID+" has the claim") || c.WaitingTotal != 0 {
		t.Errorf("notes %q, %d wait", c.Notes, c.WaitingTotal)
	}
}

func TestALongAnswerIsCut(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.inReview("r1")
	g.must(g.room.Redis.HSet(t.Context(), g.room.Store.Keys().Order(o.ID), "raw", strings.Repeat("x", 9000)).Err())
	o, err := g.room.Store.Get(t.Context(), o.ID)
	g.must(err)
	if got := g.card(o).Sent.Answer; len(got) > 2100 || !strings.HasSuffix(got, "x…") {
		t.Errorf("%d bytes of the answer are shown", len(got))
	}
}
