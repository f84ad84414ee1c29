package review

import (
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/yeastar"
)

const (
	ours   = "oqkj4thvgdmn4trk6peltd7uvg"
	theirs = "oqaaaaaaaaaaaaaaaaaaaaaaaa"
)

func TestHowAPortalOrderIsLikeTheOneInDoubt(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	request := yeastar.OrderRequest{ProductID: 13, ProductNo: "P", ServiceList: []yeastar.ServiceLine{{ServiceID: 7, Quantity: 10}}}
	type given struct {
		w      wanted
		d      yeastar.OrderDetails
		refs   []string
		holder string
	}
	for _, c := range []struct {
		name   string
		change func(*given)
		want   Fit
		says   string
	}{
		{"all readable and equal", func(*given) {}, FitAlike, "same PBX"},
		{"our reference", func(g *given) { g.refs = []string{ours + "-1"} }, FitReference, ours + "-1"},
		{"our reference after another's", func(g *given) { g.refs = []string{theirs + "-1", ours + "-2"} }, FitReference, ours + "-2"},
		{"our reference counts whatever else differs", func(g *given) {
			g.refs = []string{ours + "-1"}
			g.d.Quantity = 99
			g.d.CreateTime = sent.Add(-time.Hour)
		}, FitReference, ""},
		{"on our record", func(g *given) { g.holder = ours }, FitRecorded, ""},
		{"another's reference", func(g *given) { g.refs = []string{theirs + "-3"} }, FitUnlike, "reference of order " + theirs},
		{"on another's record", func(g *given) { g.holder = theirs }, FitUnlike, "belongs to order " + theirs},
		{"another PBX", func(g *given) { g.d.ProductNo = "Q" }, FitUnlike, "another PBX, Q"},
		{"the same PBX in other letters", func(g *given) { g.d.ProductNo = "p" }, FitAlike, ""},
		{"another product", func(g *given) { g.d.ProductID = 12 }, FitUnlike, "product 12, not 13"},
		{"another service", func(g *given) { g.d.ServiceIDs = []yeastar.ID{8} }, FitUnlike, "another service"},
		{"another quantity", func(g *given) { g.d.Quantity = 11 }, FitUnlike, "quantity 11, not 10"},
		{"a PO number of somebody's", func(g *given) { g.d.PONumber = "PO-1" }, FitUnlike, "PO-1"},
		{"older than what was sent", func(g *given) { g.d.CreateTime = sent.Add(-slack - 1) }, FitUnlike, "before"},
		{"as old as clocks allow", func(g *given) { g.d.CreateTime = sent.Add(-slack) }, FitAlike, ""},
		{"older by a clock that is behind", func(g *given) { g.d.CreateTime, g.w.offset = sent.Add(-time.Hour), -time.Hour }, FitAlike, ""},
		{"younger by a clock that is ahead", func(g *given) { g.d.CreateTime, g.w.offset = sent.Add(time.Minute), time.Hour }, FitUnlike, "before"},
		{"PBX not readable", func(g *given) { g.d.ProductNo = "" }, FitUnclear, "PBX"},
		{"time not readable", func(g *given) { g.d.CreateTime = time.Time{} }, FitUnclear, "time"},
		{"what was sent not readable", func(g *given) { g.w.request = nil }, FitUnclear, "what was sent"},
		{"product, service and quantity not readable", func(g *given) { g.d.ProductID, g.d.ServiceIDs, g.d.Quantity = 0, nil, 0 }, FitAlike, ""},
		{"time not readable, another quantity", func(g *given) { g.d.CreateTime, g.d.Quantity = time.Time{}, 11 }, FitUnlike, "quantity"},
	} {
		g := given{
			w: wanted{id: ours, productNo: "P", request: &request, first: sent},
			d: yeastar.OrderDetails{OrderRow: yeastar.OrderRow{OrderNo: "N", ProductNo: "P", CreateTime: sent.Add(time.Second)},
				ProductID: 13, ServiceIDs: []yeastar.ID{7}, Quantity: 10},
		}
		c.change(&g)
		if got := g.w.of(g.d, g.refs, g.holder); got.Fit != c.want || !strings.Contains(got.Why, c.says) {
			t.Errorf("%s: %s (%s), want %s (%s)", c.name, got.Fit, got.Why, c.want, c.says)
		}
	}
}

func TestThePortalsWordDecidesWhatAFoundOrderBecomes(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]store.State{
		"succeed": store.Placed, "failed": store.Rejected, "invalid": store.Rejected, "cancelled": store.Rejected,
		"refunded": store.Rejected, "pending": store.Pending, "": store.Pending, "confirming": store.Pending,
	} {
		if got := stateOf(status); got != want {
			t.Errorf("%q becomes %s, want %s", status, got, want)
		}
	}
}

func TestTheClockIsHalfwayBetweenQuestionAndAnswer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	c := &Clock{Now: func() time.Time { return now }}
	c.Observe(yeastar.Call{}, yeastar.Answer{}, time.Second)
	if got := c.of(); got != 0 {
		t.Errorf("an answer without a date moves the clock by %v", got)
	}
	c.Observe(yeastar.Call{}, yeastar.Answer{Date: now.Add(time.Hour)}, 4*time.Second)
	if got := c.of(); got != time.Hour+2*time.Second {
		t.Errorf("ahead by %v, want 1h0m2s", got)
	}
	if got := (*Clock)(nil).of(); got != 0 {
		t.Errorf("no clock is ahead by %v", got)
	}
}
