package review_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"orderq/store"
	"orderq/worker/review"
	"orderq/yeastar/yeastartest"
)

// numbersBy gives the candidates' numbers by fit.
func numbersBy(c review.Card) map[review.Fit][]string {
	by := map[review.Fit][]string{}
	for _, at := range c.Candidates {
		by[at.Fit] = append(by[at.Fit], at.OrderNo)
	}
	return by
}

// causes gives why each answer would be refused; "" where it may be given.
func causes(c review.Card) map[string]review.Cause {
	by := map[string]review.Cause{}
	for _, v := range c.Answers {
		cause := review.Cause("")
		if v.Refused != nil {
			cause = v.Refused.Cause
		}
		by[strings.TrimSpace(string(v.Answer)+" "+v.OrderNo)] = cause
	}
	return by
}

func TestACardTellsWhatWasSentAndWhatIsSeen(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{Echo: yeastartest.EchoDetails})
	o := g.inReview("r1")
	mine := g.place(o.ID + "-1")
	g.portal.Place(yeastartest.TutorialHAPBX, yeastartest.RecordingID, 7, "") // for another PBX

	c := g.card(o)
	if c.Sent == nil || c.Sent.Attempt != 1 || c.Sent.PONumber != o.ID+"-1" || c.Sent.Body != string(o.Evidence.Body) || !c.Sent.At.Equal(o.SubmittedAt) ||
		!c.Sent.Horizon.Equal(o.Evidence.Deadline.Add(g.cfg.Settle)) || c.Sent.Call != "unknown (timeout)" {
		t.Errorf("sent: %+v", c.Sent)
	}
	if c.Sender == nil || c.Sender.Standing != "finished" || c.Sender.Journal != o.Evidence.Sender {
		t.Errorf("sender: %+v", c.Sender)
	}
	if l := c.List; l == nil || l.Gate == nil || l.Now == nil || l.Gate.Total != 60 || l.Now.Total != 62 || l.New != 2 || !l.Whole || l.Gate.Watermark != o.Evidence.Watermark {
		t.Errorf("list: %+v", l)
	}
	want := map[review.Fit][]string{review.FitReference: {mine.OrderNo}}
	if diff := cmp.Diff(want, numbersBy(c)); diff != "" {
		t.Errorf("candidates (-want +got):\n%s", diff)
	}
	at := c.Candidates[0]
	if at.Quantity != 7 || at.ProductNo != pbx || at.OrderStatus != "succeed" || at.Bears != o.ID+"-1" || at.PortalID != mine.ID || at.CreatedAt.IsZero() {
		t.Errorf("candidate: %+v", at)
	}
	if c.Extensions == nil || *c.Extensions != 20 {
		t.Errorf("extensions: %v, want 20", c.Extensions)
	}
	wantCauses := map[string]review.Cause{"placed " + mine.OrderNo: "", "resend": review.CauseShown, "drop": review.CauseShown}
	if diff := cmp.Diff(wantCauses, causes(c)); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if calls := g.portal.Ledger().Calls; calls[yeastartest.CallCreate] != 0 {
		t.Errorf("a card ordered something: %v", calls)
	}
}

func TestACardsJSONHasTheContractsNames(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.inReview("r1")
	g.place(o.ID + "-1")
	text, err := json.Marshal(g.card(o))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"order.id", "order.state", "at", "sent.attempt", "sent.poNumber", "sent.body", "sent.at", "sent.deadline", "sent.horizon", "sent.call",
		"sender.journal", "sender.standing", "list.gate.watermark", "list.gate.at", "list.gate.total", "list.now.total", "list.new", "list.whole",
		"echo", "extensions", "candidates", "answers",
	} {
		at := any(got)
		for word := range strings.SplitSeq(path, ".") {
			m, _ := at.(map[string]any)
			at = m[word]
		}
		if at == nil {
			t.Errorf("%s is missing in %s", path, text)
		}
	}
	if _, text := got["sent"].(map[string]any)["body"].(string); !text {
		t.Error("the body is no text: its ids would be rounded by whoever reads it")
	}
	for _, absent := range []string{"waiting", "waitingTotal", "notes", "echoAt"} {
		if _, there := got[absent]; there {
			t.Errorf("%s is there, and says nothing", absent)
		}
	}
}

func TestACardIsGivenWhereThePortalCannotBeReached(t *testing.T) {
	t.Parallel()
	down := func(g *rig) { g.portal.Down(true) }
	for _, c := range []struct {
		name  string
		spoil func(*rig)
		says  string
	}{
		{"down", down, "order list"},
		{"no credentials", func(g *rig) { g.cfg.Portal, g.cfg.NoPortal = nil, errors.New("YEASTAR_CLIENT_ID is not set") }, "not asked: YEASTAR_CLIENT_ID"},
		{"no client", func(g *rig) { g.cfg.Portal = nil }, "not asked"},
		{"its list is broken", func(g *rig) { g.portal.FailCalls(yeastartest.CallOrders, yeastartest.Error500Before, -1) }, "order list"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t, yeastartest.Options{})
			o := g.inReview("r1")
			c.spoil(g)
			card := g.card(o)
			if card.List.Now != nil || card.List.Whole || !strings.Contains(card.List.Unread, c.says) || card.List.Gate == nil {
				t.Errorf("list: %+v, want unread with %q and the watermark", card.List, c.says)
			}
			want := map[string]review.Cause{"placed": "", "resend": review.CauseUnread, "drop": ""}
			if diff := cmp.Diff(want, causes(card)); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatWasSeenBeforeThePortalFailedIsEvidence(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.inReview("r1")
	g.portal.Place(yeastartest.TutorialHAPBX, yeastartest.RecordingID, 7, "") // of which nothing is known then
	mine := g.place(o.ID + "-1")
	g.portal.FailCalls(yeastartest.CallOrder, yeastartest.Error500Before, -1)
	c := g.card(o)
	if c.List.Unread == "" || c.List.Now == nil || len(c.Candidates) != 1 || len(numbersBy(c)[review.FitReference]) != 1 {
		t.Errorf("list %+v, candidates %+v", c.List, c.Candidates)
	}
	if got := causes(c); got["resend"] != review.CauseShown || got["placed "+mine.OrderNo] != "" {
		t.Errorf("answers: %v", got)
	}
}

func TestACardTellsWhoWaits(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.inReview("r1")
	var want []string
	for _, reference := range []string{"r2", "r3"} {
		w, err := g.room.Store.Wait(t.Context(), g.taken(g.accepted(reference, pbx)), store.Pause{For: store.WaitClaim, On: o.ID, Reason: "after " + o.ID})
		g.must(err)
		if w.WaitingOn != o.ID {
			t.Errorf("%s waits on %q", w.ID, w.WaitingOn)
		}
		want = append(want, w.ID)
	}
	c := g.card(o)
	slices.Sort(want)
	slices.Sort(c.Waiting)
	if diff := cmp.Diff(want, c.Waiting); diff != "" || c.WaitingTotal != 2 {
		t.Errorf("%d wait (-want +got):\n%s", c.WaitingTotal, diff)
	}
}

func TestOrdersOfOthersAndOlderOnesAreToldApart(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{Echo: yeastartest.EchoNone})
	o := g.inReview("r2")
	alike := g.place("")
	more := g.portal.Place(pbx, yeastartest.RecordingID, 8, "")
	other := g.portal.Place(pbx, yeastartest.ExtensionsID, 7, "")
	ours := g.place("")
	_, err := g.room.Store.Record(t.Context(), g.accepted("r3", pbx), store.Found{To: store.Placed, OrderNo: ours.OrderNo, Via: store.ViaAnswer})
	g.must(err)

	c := g.card(o)
	why := map[string]string{}
	for _, at := range c.Candidates {
		why[at.OrderNo] = string(at.Fit) + ": " + at.Why
	}
	for no, want := range map[string]string{
		alike.OrderNo: "fits: same PBX", more.OrderNo: "no: quantity 8, not 7", other.OrderNo: "no: for another service", ours.OrderNo: "no: belongs to order oq",
	} {
		if !strings.HasPrefix(why[no], want) {
			t.Errorf("%s: %q, want %q", no, why[no], want)
		}
	}
	if c.Candidates[0].OrderNo != alike.OrderNo {
		t.Errorf("the one that fits is not the first: %v", why)
	}
	want := map[string]review.Cause{"placed " + alike.OrderNo: "", "placed " + more.OrderNo: "", "placed " + other.OrderNo: "",
		"placed " + ours.OrderNo: review.CauseTaken, "resend": review.CauseFits, "drop": ""}
	if diff := cmp.Diff(want, causes(c)); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestEchoIsWhatTheFleetKnowsOrWhatIsSeenNow(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.inReview("r1")
	if c := g.card(o); c.Echo != review.EchoUnknown || !c.EchoAt.IsZero() {
		t.Errorf("nobody has asked: %s at %v", c.Echo, c.EchoAt)
	}
	g.must(g.room.Fleet.NoteEcho(t.Context(), false))
	if c := g.card(o); c.Echo != review.EchoHidden || c.EchoAt.IsZero() {
		t.Errorf("noted as hidden: %s at %v", c.Echo, c.EchoAt)
	}
	g.must(g.room.Fleet.NoteEcho(t.Context(), true))
	if c := g.card(o); c.Echo != review.EchoShown {
		t.Errorf("noted as shown: %s", c.Echo)
	}
	week := time.Now().Add(-7*24*time.Hour - time.Minute).UnixMilli()
	g.must(g.room.Redis.HSet(t.Context(), g.room.Store.Keys().Fleet(), "echoAt", week).Err())
	if c := g.card(o); c.Echo != review.EchoUnknown || c.EchoAt.IsZero() {
		t.Errorf("noted long ago: %s at %v", c.Echo, c.EchoAt)
	}
	g.must(g.room.Fleet.NoteEcho(t.Context(), false))
	other := g.accepted("r2", pbx)
	theirs := g.place(other.ID + "-1")
	_, err := g.room.Store.Record(t.Context(), other, store.Found{To: store.Placed, OrderNo: theirs.OrderNo, Via: store.ViaAnswer})
	g.must(err)
	if c := g.card(o); c.Echo != review.EchoShown || !c.EchoAt.Equal(c.At) {
		t.Errorf("seen on an order of ours just now: %s at %v", c.Echo, c.EchoAt)
	}
}

func TestAnOrderThatIsNotInDoubtHasNoCard(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.accepted("r1", pbx)
	_, err := review.New(g.cfg).Card(t.Context(), o)
	var no *review.Refusal
	if !errors.As(err, &no) || no.Cause != review.CauseState || !strings.Contains(err.Error(), "order cancel") {
		t.Errorf("%v, want a refusal with a way out", err)
	}
	for _, answer := range []review.Answer{review.Resend, review.Drop, review.Placed} {
		d := review.Decision{Answer: answer}
		if answer == review.Placed {
			d.OrderNo = "N1"
		}
		g.refusedFor(o, d, review.CauseState)
	}
	if calls := g.portal.Ledger().Calls; len(calls) != 0 {
		t.Errorf("the portal was asked about what is refused in every case: %v", calls)
	}
	c := g.card(g.submitted(o, "elsewhere-1-00"))
	if c.Sender.Standing != "absent" || causes(c)["drop"] != review.CauseState {
		t.Errorf("submitting: sender %+v, answers %v", c.Sender, causes(c))
	}
}

func TestALateRowOfAnEarlierAttemptIsNotTooOld(t *testing.T) {
	t.Parallel()
	now := time.Now()
	g := newRig(t, yeastartest.Options{Now: func() time.Time { return now }, OldOrders: -1, Echo: yeastartest.EchoNone})
	o := g.inReview("r1")
	first := g.place("") // the first attempt's, found only later
	o, err := g.room.Store.Resend(t.Context(), o, "anna", "none there")
	g.must(err)
	o = g.lost(g.submitted(o, g.finished()))
	if o.Attempt != 2 {
		t.Fatalf("attempt %d, want the second", o.Attempt)
	}
	// A minute before the second attempt by the portal's clock, and after the first.
	g.must(g.room.Redis.HSet(t.Context(), g.room.Store.Keys().Order(o.ID), "t1", o.SubmittedAt.Add(time.Minute).UnixMilli()).Err())
	o, err = g.room.Store.Get(t.Context(), o.ID)
	g.must(err)
	fit := func() review.Fit {
		t.Helper()
		// The watermark of the second attempt has the order already; without it, all of the list is new.
		g.must(g.room.Redis.Del(t.Context(), g.room.Store.Keys().Marks()).Err())
		c := g.card(o)
		if len(c.Candidates) != 1 || c.Candidates[0].OrderNo != first.OrderNo {
			t.Fatalf("candidates: %+v", c.Candidates)
		}
		return c.Candidates[0].Fit
	}
	if got := fit(); got != review.FitAlike {
		t.Errorf("by the history: %s", got)
	}
	history := g.room.Store.Keys().History(o.ID)
	g.must(g.room.Redis.Rename(t.Context(), history, history+"-lost").Err())
	if got := fit(); got != review.FitAlike {
		t.Errorf("where the history is lost: %s", got)
	}
	g.must(g.room.Redis.Rename(t.Context(), history+"-lost", history).Err())
	got, err := g.decide(o, review.Decision{Answer: review.Placed, OrderNo: first.OrderNo})
	if err != nil || got.State != store.Placed {
		t.Errorf("%s, %v", got.State, err)
	}
}
