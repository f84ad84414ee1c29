package review_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/store"
	"orderq/tasks"
	"orderq/worker/review"
	"orderq/yeastar"
	"orderq/yeastar/yeastartest"
)

// refusedFor fails unless the decision was refused for that cause and changed nothing.
func (g *rig) refusedFor(o store.Order, d review.Decision, want review.Cause) {
	g.t.Helper()
	got, err := g.decide(o, d)
	var no *review.Refusal
	if !errors.As(err, &no) || no.Cause != want {
		g.t.Errorf("%s: %s, %v; want refused for %s", d.Answer, got.State, err, want)
	}
	after, err := g.room.Store.Get(g.t.Context(), o.ID)
	if err != nil || after.Version != o.Version {
		g.t.Errorf("%s: refused, and it is at version %d, was at %d; %v", d.Answer, after.Version, o.Version, err)
	}
}

func TestADecisionGoesIntoTheHistoryWithTheEvidence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		before func(g *rig, o store.Order) review.Decision
		to     store.State
		says   []string
	}{
		{"resend", func(*rig, store.Order) review.Decision { return review.Decision{Answer: review.Resend} }, store.Accepted,
			[]string{"has 60 orders, 60 when it was sent", "none bears its reference", "none fits", "finished", "not known whether the portal shows our references"}},
		{"drop", func(g *rig, _ store.Order) review.Decision {
			g.must(g.room.Fleet.NoteEcho(g.t.Context(), true))
			return review.Decision{Answer: review.Drop}
		}, store.Cancelled, []string{"has 60 orders", "the portal shows our references"}},
		{"drop, with one that fits", func(g *rig, _ store.Order) review.Decision {
			g.place("")
			return review.Decision{Answer: review.Drop}
		}, store.Cancelled, []string{"has 61 orders", "fits: "}},
		{"drop while the portal is away", func(g *rig, _ store.Order) review.Decision {
			g.portal.Down(true)
			return review.Decision{Answer: review.Drop}
		}, store.Cancelled, []string{"portal not read: order list"}},
		{"placed", func(g *rig, o store.Order) review.Decision {
			return review.Decision{Answer: review.Placed, OrderNo: g.place(o.ID + "-1").OrderNo}
		}, store.Placed, []string{"succeed", "quantity 7", "it bears this order's reference"}},
		{"placed, and another quantity", func(g *rig, o store.Order) review.Decision {
			return review.Decision{Answer: review.Placed, OrderNo: g.portal.Place(pbx, yeastartest.RecordingID, 8, "").OrderNo}
		}, store.Placed, []string{"quantity 8, not 7"}},
		{"placed, and failed", func(g *rig, o store.Order) review.Decision {
			at := g.place(o.ID + "-1")
			g.portal.SetStatus(at.OrderNo, yeastar.StatusFailed)
			return review.Decision{Answer: review.Placed, OrderNo: at.OrderNo}
		}, store.Rejected, []string{"failed"}},
		{"placed, and unpaid", func(g *rig, o store.Order) review.Decision {
			at := g.place(o.ID + "-1")
			g.portal.SetStatus(at.OrderNo, yeastar.StatusPending)
			return review.Decision{Answer: review.Placed, OrderNo: at.OrderNo}
		}, store.Pending, []string{"pending"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			opt := yeastartest.Options{}
			if c.name == "drop, with one that fits" || c.name == "placed, and another quantity" {
				opt.Echo = yeastartest.EchoNone
			}
			g := newRig(t, opt)
			o := g.inReview("r1")
			got, err := g.decide(o, c.before(g, o))
			if err != nil || got.State != c.to || got.By != "anna" {
				t.Fatalf("%s by %q, %v; want %s", got.State, got.By, err, c.to)
			}
			e := g.last(o.ID)
			if e.From != store.Review || e.To != c.to || e.By != "anna" || !strings.HasPrefix(e.Reason, "so it is (evidence: ") {
				t.Errorf("history: %+v", e)
			}
			for _, text := range c.says {
				if !strings.Contains(e.Reason, text) {
					t.Errorf("%q is not said in %q", text, e.Reason)
				}
			}
			if c.to == store.Placed && (got.Via != store.ViaPerson || got.TransactionNo == "" || len(got.Evidence.Raw) == 0 || got.Evidence.Call != "unknown (timeout)") {
				t.Errorf("recorded: %+v", got)
			}
		})
	}
}

func TestWhatThePortalShowsForbidsTheOtherAnswer(t *testing.T) {
	t.Parallel()
	for _, echo := range []yeastartest.EchoMode{yeastartest.EchoPONumber, yeastartest.EchoDetails, yeastartest.EchoNone} {
		for _, order := range []yeastartest.ListOrder{yeastartest.NewestFirst, yeastartest.OldestFirst} {
			g := newRig(t, yeastartest.Options{Echo: echo, ListOrder: order})
			o := g.inReview("r1")
			g.place(o.ID + "-1")
			if echo == yeastartest.EchoNone {
				g.refusedFor(o, review.Decision{Answer: review.Resend}, review.CauseFits)
				continue
			}
			g.refusedFor(o, review.Decision{Answer: review.Resend}, review.CauseShown)
			g.refusedFor(o, review.Decision{Answer: review.Drop}, review.CauseShown)
		}
	}
}

func TestARowThatTheWatermarkHasIsFoundByItsReference(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.accepted("r1", pbx)
	g.place(o.ID + "-1") // as an attempt that a Redis has forgotten
	o = g.lost(g.submitted(o, g.finished()))
	g.refusedFor(o, review.Decision{Answer: review.Resend}, review.CauseShown)
}

func TestResendIsRefusedWhereTheSenderOrTheClockSpeaksAgainstIt(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	resend := review.Decision{Answer: review.Resend}

	far := g.lost(g.submitted(g.accepted("r1", pbx), "elsewhere-1-00"))
	g.cfg.Settle = time.Hour
	g.refusedFor(far, resend, review.CauseHorizon)
	g.cfg.Settle = 1
	g.refusedFor(far, resend, review.CauseSenderUnproved)
	gone := resend
	gone.SenderGone = true
	got, err := g.decide(far, gone)
	if err != nil || got.State != store.Accepted {
		t.Fatalf("%s, %v", got.State, err)
	}
	if e := g.last(far.ID); !strings.Contains(e.Reason, "gone by anna's word") {
		t.Errorf("history: %q", e.Reason)
	}

	o, j := g.sentHere("r2", yeastartest.TutorialHAPBX)
	g.refusedFor(o, gone, review.CauseSenderAlive)
	g.refusedFor(o, review.Decision{Answer: review.Drop}, review.CauseSenderAlive)
	g.must(j.End(outcome(o, "unknown", "")))
	if calls := g.portal.Ledger().Calls[yeastartest.CallProduct]; calls != 1 { // of the one that was carried out
		t.Errorf("the portal was read %d times for what it cannot change", calls)
	}
	if _, err := g.decide(o, resend); err != nil {
		t.Errorf("finished: %v", err)
	}
	g.must(j.Close())
}

func TestASendersOwnHostIsBelieved(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.lost(g.submitted(g.accepted("r1", pbx), "elsewhere-1-00"))
	o, err := g.room.Store.Witness(t.Context(), o)
	g.must(err)
	if c := g.card(o); c.Sender.Standing != "finished" {
		t.Errorf("sender: %+v", c.Sender)
	}
	if got, err := g.decide(o, review.Decision{Answer: review.Resend}); err != nil || got.State != store.Accepted {
		t.Errorf("%s, %v", got.State, err)
	}
}

func TestAnAttemptThatRedisHadForgottenMayHaveHadOthersBefore(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{Echo: yeastartest.EchoNone})
	older := g.place("")
	o := g.accepted("r1", pbx)
	mark := g.mark()
	o, err := g.room.Store.Recall(t.Context(), o, store.Sent{
		N: 1, Nonce: "n1", Reference: o.ID + "-1", PONumber: o.ID + "-1", Sender: g.finished(), Body: []byte("{}"),
		At: older.At.Add(time.Minute), Deadline: older.At, Watermark: mark,
	})
	g.must(err)
	o, err = g.room.Store.Review(t.Context(), o, "cannot tell")
	g.must(err)
	if c := g.card(o); len(c.Notes) == 0 || !strings.Contains(c.Notes[0], "Redis had forgotten") {
		t.Errorf("notes: %q", c.Notes)
	}
	g.refusedFor(o, review.Decision{Answer: review.Resend}, review.CauseSenderUnproved)
	if got, err := g.decide(o, review.Decision{Answer: review.Placed, OrderNo: older.OrderNo}); err != nil || got.State != store.Placed {
		t.Errorf("an order from before the attempt that is known: %s, %v", got.State, err)
	}

	o = g.accepted("r2", yeastartest.TutorialHAPBX)
	o, err = g.room.Store.Recall(t.Context(), o, store.Sent{N: 1, Nonce: "n2", Reference: o.ID + "-1", PONumber: o.ID + "-1", Sender: g.finished(),
		Body: []byte("{}"), At: older.At, Deadline: older.At, Watermark: mark})
	g.must(err)
	o, err = g.room.Store.Review(t.Context(), o, "cannot tell")
	g.must(err)
	if _, err := g.decide(o, review.Decision{Answer: review.Resend, SenderGone: true}); err != nil {
		t.Error(err)
	}
	if e := g.last(o.ID); !strings.Contains(e.Reason, "any other gone by anna's word") {
		t.Errorf("history: %q", e.Reason)
	}
}

func TestAnAnswerInTheSendersJournalDecides(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{Echo: yeastartest.EchoNone})
	o, j := g.sentHere("r1", pbx)
	mine, other := g.place(""), g.place("")
	g.must(j.End(outcome(o, "done", mine.OrderNo)))
	g.must(j.Close())
	g.refusedFor(o, review.Decision{Answer: review.Resend}, review.CauseAnswered)
	g.refusedFor(o, review.Decision{Answer: review.Drop}, review.CauseAnswered)
	g.refusedFor(o, review.Decision{Answer: review.Placed, OrderNo: other.OrderNo}, review.CauseAnswered)
	if got, err := g.decide(o, review.Decision{Answer: review.Placed, OrderNo: mine.OrderNo}); err != nil || got.State != store.Placed {
		t.Errorf("%s, %v", got.State, err)
	}
}

// The usual way into pending is the answer, which the sender's journal has as well.
func TestAnOrderThatWasAnsweredAndIsGoneFromThePortalCanBeDecided(t *testing.T) {
	t.Parallel()
	for answer, want := range map[review.Answer]store.State{review.Resend: store.Accepted, review.Drop: store.Cancelled} {
		g := newRig(t, yeastartest.Options{})
		o, j := g.sentHere("r1", pbx)
		g.must(j.End(outcome(o, "done", "GONE1")))
		g.must(j.Close())
		o, err := g.room.Store.Record(t.Context(), o, store.Found{To: store.Pending, OrderNo: "GONE1", OrderStatus: "pending", Via: store.ViaAnswer})
		g.must(err)
		o, err = g.room.Store.Review(t.Context(), o, "the portal no longer shows it")
		g.must(err)
		g.portal.Down(true)
		g.refusedFor(o, review.Decision{Answer: answer}, review.CauseUnread)
		g.portal.Down(false)
		if got, err := g.decide(o, review.Decision{Answer: answer}); err != nil || got.State != want {
			t.Errorf("%s: %s, %v", answer, got.State, err)
		}
	}
}

func TestAPortalOrderThatCannotBeItIsRefused(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	old := g.place("")
	o := g.lost(g.submitted(g.accepted("r1", pbx), "elsewhere-1-00"))
	g.must(g.room.Redis.HSet(t.Context(), g.room.Store.Keys().Order(o.ID), "t1", old.At.Add(time.Minute).UnixMilli()).Err())
	o, err := g.room.Store.Get(t.Context(), o.ID)
	g.must(err)
	placed := func(no string) review.Decision { return review.Decision{Answer: review.Placed, OrderNo: no} }
	g.refusedFor(o, placed(old.OrderNo), review.CauseTooOld)
	g.refusedFor(o, placed("XX99"), review.CauseNotAtPortal)
	g.refusedFor(o, placed(g.portal.Place(yeastartest.TutorialHAPBX, yeastartest.RecordingID, 7, "").OrderNo), review.CauseOtherPBX)
	other := g.accepted("r2", pbx)
	theirs := g.place(other.ID + "-1")
	g.refusedFor(o, placed(theirs.OrderNo), review.CauseOtherReference)
	_, err = g.room.Store.Record(t.Context(), other, store.Found{To: store.Placed, OrderNo: theirs.OrderNo, Via: store.ViaAnswer})
	g.must(err)
	g.refusedFor(o, placed(theirs.OrderNo), review.CauseTaken)
	g.refusedFor(o, placed(theirs.ID), review.CauseTaken) // by the list's own id

	g.portal.Down(true)
	var call *yeastar.Error
	if _, err := g.decide(o, placed(theirs.OrderNo)); !errors.As(err, &call) || !strings.Contains(err.Error(), "cannot confirm") {
		t.Errorf("a portal that is away confirmed %s: %v", theirs.OrderNo, err)
	}
	g.cfg.Portal, g.cfg.NoPortal = nil, errors.New("no credentials")
	if _, err := g.decide(o, placed(theirs.OrderNo)); err == nil || err.Error() != "no credentials" {
		t.Errorf("without a portal: %v", err)
	}
}

func TestAClockThatIsWrongIsAllowedFor(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-time.Hour, time.Hour} {
		g := newRig(t, yeastartest.Options{Now: func() time.Time { return time.Now().Add(ahead) }, Echo: yeastartest.EchoNone})
		o := g.inReview("r1")
		mine := g.place("")
		if c := g.card(o); len(c.Candidates) == 0 || c.Candidates[0].Fit != review.FitAlike {
			t.Errorf("portal's clock ahead by %v: %+v", ahead, c.Candidates)
		}
		if got, err := g.decide(o, review.Decision{Answer: review.Placed, OrderNo: mine.OrderNo}); err != nil || got.State != store.Placed {
			t.Errorf("portal's clock ahead by %v: %s, %v", ahead, got.State, err)
		}
	}
}

func TestTheNumberOnRecordIsLookedFor(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{Echo: yeastartest.EchoNone})
	o := g.submitted(g.accepted("r1", pbx), g.finished())
	mine := g.place("")
	o, err := g.room.Store.Record(t.Context(), o, store.Found{To: store.Pending, OrderNo: mine.OrderNo, OrderStatus: "pending", Via: store.ViaAnswer})
	g.must(err)
	o, err = g.room.Store.Review(t.Context(), o, "the portal no longer shows it")
	g.must(err)
	g.mark()
	resend := review.Decision{Answer: review.Resend}
	g.refusedFor(o, resend, review.CauseShown)
	g.refusedFor(o, review.Decision{Answer: review.Drop}, review.CauseShown)
	g.portal.SetStatus(mine.OrderNo, yeastar.StatusCancelled)
	if got, err := g.decide(o, resend); err != nil || got.State != store.Accepted || got.OrderNo != "" {
		t.Errorf("%s, number %q, %v", got.State, got.OrderNo, err)
	}
}

func TestAnOrderThatWasNeverSentNeedsNoPortal(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o, err := g.room.Store.Review(t.Context(), g.taken(g.accepted("r1", pbx)), "crashed ten workers")
	g.must(err)
	g.portal.Down(true)
	if c := g.card(o); c.Sent != nil || c.Sender != nil || causes(c)["resend"] != "" {
		t.Errorf("card: %+v", c)
	}
	got, err := g.decide(o, review.Decision{Answer: review.Resend})
	if err != nil || got.State != store.Accepted {
		t.Errorf("%s, %v", got.State, err)
	}
	if e := g.last(o.ID); !strings.Contains(e.Reason, "nothing was ever sent for it") {
		t.Errorf("history: %q", e.Reason)
	}
}

func TestADecisionIsMadeAnewOnARecordThatHasMovedOn(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.inReview("r1")
	_, err := g.room.Store.Looked(t.Context(), o, true, "still not there", time.Hour)
	g.must(err)
	if got, err := g.decide(o, review.Decision{Answer: review.Drop}); err != nil || got.State != store.Cancelled {
		t.Errorf("%s, %v", got.State, err)
	}
	// And where it was found meanwhile, the stale reading does not help.
	o = g.inReview("r2")
	_, err = g.room.Store.Record(t.Context(), o, store.Found{To: store.Placed, OrderNo: "N", Via: store.ViaReference})
	g.must(err)
	_, err = g.decide(o, review.Decision{Answer: review.Drop})
	var no *review.Refusal
	if !errors.As(err, &no) || no.Cause != review.CauseState || !strings.Contains(err.Error(), "placed as N") {
		t.Errorf("dropped although placed: %v", err)
	}
}

// Nobody hears that the decision was recorded, and go-redis repeats it. Who is told that it was refused may buy by hand
// what is being sent again.
func TestADecisionWhoseReplyIsLostIsNoRefusal(t *testing.T) {
	t.Parallel()
	for answer, want := range map[review.Answer]store.State{review.Resend: store.Accepted, review.Drop: store.Cancelled, review.Placed: store.Placed} {
		t.Run(string(answer), func(t *testing.T) {
			t.Parallel()
			g := newRig(t, yeastartest.Options{})
			o := g.inReview("r1")
			d := review.Decision{Answer: answer}
			if answer == review.Placed {
				d.OrderNo = g.place(o.ID + "-1").OrderNo
			}
			g.room.LoseReply("so it is (evidence")
			got, err := g.decide(o, d)
			if err != nil || got.State != want || got.Version != o.Version+1 || g.room.Lost() != 1 {
				t.Errorf("%s in version %d after %d, %v; %d replies lost", got.State, got.Version, o.Version, err, g.room.Lost())
			}
			if e := g.last(o.ID); e.To != want || e.By != "anna" {
				t.Errorf("history: %+v", e)
			}
		})
	}
}

func TestOfTwoPersonsWhoDecideAtOnceOneIsFirst(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{Echo: yeastartest.EchoNone})
	a := g.inReview("r1")
	mine := g.place("")
	errs := make(chan error, 2)
	for _, by := range []string{"anna", "ben"} {
		go func() {
			_, err := review.New(g.cfg).Decide(context.WithoutCancel(t.Context()), a, review.Decision{Answer: review.Placed, OrderNo: mine.OrderNo, By: by, Note: "n"})
			errs <- err
		}()
	}
	won := 0
	for range 2 {
		err := <-errs
		var no *review.Refusal
		switch {
		case err == nil:
			won++
		case !errors.As(err, &no) || no.Cause != review.CauseState:
			t.Errorf("%v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d decisions were carried out, want one", won)
	}
}

// afterNext is a hook that does something once, after the next command of that name was answered.
type afterNext struct {
	command string
	do      func()
	once    sync.Once
}

func (h *afterNext) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *afterNext) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (h *afterNext) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if cmd.Name() == h.command {
			h.once.Do(h.do)
		}
		return err
	}
}

func TestANumberThatIsTakenWhileItIsJudgedIsRefused(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{Echo: yeastartest.EchoNone})
	o, other := g.inReview("r1"), g.accepted("r2", yeastartest.TutorialHAPBX)
	mine := g.place("")
	g.room.Redis.AddHook(&afterNext{command: "hmget", do: func() { // the question whose number it is was answered: nobody's
		_, err := g.room.Store.Record(t.Context(), other, store.Found{To: store.Placed, OrderNo: mine.OrderNo, Via: store.ViaReference})
		g.must(err)
	}})
	g.refusedFor(o, review.Decision{Answer: review.Placed, OrderNo: mine.OrderNo}, review.CauseTaken)
}

func TestADecisionThatIsNoneIsRefusedByField(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.inReview("r1")
	for _, c := range []struct {
		d    review.Decision
		want string
	}{
		{review.Decision{By: "a", Note: "b"}, "answer"},
		{review.Decision{Answer: "maybe", By: "a", Note: "b"}, "answer"},
		{review.Decision{Answer: review.Placed, OrderNo: " ", By: "a", Note: "b"}, "orderNo"},
		{review.Decision{Answer: review.Placed, OrderNo: "no number!", By: "a", Note: "b"}, "orderNo"},
		{review.Decision{Answer: review.Drop, OrderNo: "N", By: "a", Note: "b"}, "orderNo"},
		{review.Decision{Answer: review.Drop, SenderGone: true, By: "a", Note: "b"}, "senderGone"},
		{review.Decision{Answer: review.Drop, Note: "b"}, "by"},
		{review.Decision{Answer: review.Drop, By: " ", Note: "b"}, "by"},
		{review.Decision{Answer: review.Drop, By: strings.Repeat("a", 101), Note: "b"}, "by"},
		{review.Decision{Answer: review.Drop, By: "a"}, "note"},
		{review.Decision{Answer: review.Drop, By: "a", Note: strings.Repeat("b", 1001)}, "note"},
	} {
		_, err := review.New(g.cfg).Decide(t.Context(), o, c.d)
		var bad *tasks.Invalid
		if !errors.As(err, &bad) || bad.Problems[0].Field != c.want {
			t.Errorf("%+v: %v, want a problem of %s", c.d, err, c.want)
		}
	}
}

func TestARedisThatIsAwayIsNoVerdict(t *testing.T) {
	t.Parallel()
	g := newRig(t, yeastartest.Options{})
	o := g.inReview("r1")
	g.room.Cut(true)
	var no *review.Refusal
	if _, err := review.New(g.cfg).Card(t.Context(), o); err == nil || errors.As(err, &no) {
		t.Errorf("card: %v", err)
	}
	if _, err := g.decide(o, review.Decision{Answer: review.Drop}); err == nil || errors.As(err, &no) {
		t.Errorf("decision: %v", err)
	}
	g.room.Cut(false)
}
