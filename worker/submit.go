package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptrace"
	"sync"
	"time"

	"go.uber.org/zap"

	"orderq/store"
	"orderq/store/crash"
	"orderq/store/journal"
	"orderq/tasks"
	"orderq/worker/resolve"
	"orderq/yeastar"
)

// prepare brings an order from preparing to wherever it gets: rejected, back to accepted with what it waits
// for, or through the gate and on to what the portal answers.
func (w *Worker) prepare(ctx context.Context, o store.Order) (store.Order, error) {
	if o.Crashes >= maxCrashes {
		return w.done(w.store.Review(ctx, o, fmt.Sprintf("%d workers died while they prepared it; nothing was sent by them", o.Crashes)))
	}
	in, err := tasks.Decode(o.Intent)
	if err != nil {
		return w.done(w.store.Review(ctx, o, "its own intent cannot be read: "+err.Error()))
	}
	if o.Evidence.LookFirst {
		if next, settled, err := w.lookFirst(ctx, o); settled || err != nil {
			return next, err
		}
	}
	if in.Ensure > 0 {
		return w.ensure(ctx, o, in.Normalise())
	}
	if kind, _ := tasks.KindOf(in.Kind); kind.Quantity == tasks.CurrentExtensions {
		return w.counted(ctx, o, in.Normalise())
	}
	res, err := w.resolver.ResolveAs(ctx, in.Normalise(), o.Planned)
	if err != nil {
		return w.putBack(ctx, o, err)
	}
	return w.submit(ctx, o, res, in.PONumber, "")
}

// putBack ends a preparation that failed before the gate.
func (w *Worker) putBack(ctx context.Context, o store.Order, err error) (store.Order, error) {
	ctx, cancel := w.detached(ctx)
	defer cancel()
	refused, pause, closed := preparation(err)
	if refused != nil {
		return w.done(w.store.Reject(ctx, o, *refused))
	}
	if closed != "" {
		w.closeAccount(ctx, closed)
	}
	return w.done(w.store.Wait(ctx, o, *pause))
}

// submit asks the gate and, if it lets the order through, sends it once and records the answer. callersPO is
// the caller's own purchase-order number, whatever was sent before; asof is what a computed quantity holds for:
// errPassed where that is over.
func (w *Worker) submit(ctx context.Context, o store.Order, res resolve.Resolution, callersPO, asof string) (store.Order, error) {
	if err := w.portal.Authenticate(ctx); err != nil {
		return w.putBack(ctx, o, err)
	}
	reference := tasks.AttemptReference(o.ID, o.Attempt+1)
	resolved := resolvedRecord(o, res)
	request := res.Request
	request.PONumber = tasks.SentPONumber(o.ID, o.Attempt+1, callersPO)
	body, err := json.Marshal(request)
	if err != nil {
		return o, fmt.Errorf("order %s: write the request: %w", o.ID, err)
	}
	book := w.sends.current()
	sub := store.Submission{
		Nonce: nonce(), Sender: book.Name(), Reference: reference, PONumber: request.PONumber,
		Body: body, Resolved: resolved, Within: w.cfg.within(), Rate: w.cfg.Rate, Asof: asof,
	}
	for {
		if pause := w.askLocally(ctx, o.Queue); pause != nil {
			w.cfg.OnRefuse(pause.For)
			return w.wait(ctx, o, *pause)
		}
		pause, err := w.batchHolds(ctx, o)
		if err != nil {
			return o, err
		}
		if pause != nil {
			w.cfg.OnRefuse(pause.For)
			return w.wait(ctx, o, *pause)
		}
		mark, err := w.marks.current(ctx)
		if err != nil {
			return w.putBack(ctx, o, fmt.Errorf("read the portal's order list before ordering: %w", err))
		}
		sub.Watermark = mark
		crash.At(crash.GateBefore)
		w.trust.passing.RLock()
		asked := w.cfg.Now()
		journalled := sync.OnceFunc(w.trust.passing.RUnlock)
		passage, err := w.gate(ctx, book, o, sub)
		if err == nil && passage.Through {
			crash.At(crash.GateAfter)
			w.marks.spent()
			p := permission{book: book, epoch: passage.Epoch, journalled: journalled, tokenRefused: refusedToken(o),
				Submission: yeastar.Submission{Body: body, From: asked, Within: w.cfg.sendWindow()}}
			return w.send(ctx, passage.Order, p)
		}
		journalled()
		if err != nil {
			return o, err
		}
		w.cfg.OnRefuse(passage.Refused)
		if passage.Refused == store.RefusedPassed {
			return o, errPassed
		}
		switch again, pause := w.refused(passage); {
		case pause != nil:
			return w.wait(ctx, o, *pause)
		case again > 0:
			if err := w.sleep(ctx, again); err != nil {
				return w.putBack(ctx, o, err)
			}
		}
	}
}

// permission is the gate's word that one attempt may be sent, with what is needed to send it.
type permission struct {
	yeastar.Submission
	book         *journal.Journal
	epoch        string // the run of Redis that gave it
	journalled   func() // tells that the attempt is in the journal, or will not be sent; may be called again
	tokenRefused bool   // the portal refused the attempt before for its token
}

// localWait is how long a delivery waits in place for the rate rather than giving the order back.
const localWait = 5 * time.Second

// askLocally asks what this process knows without asking Redis: whether the ledger is whole, its breaker, how
// slow the portal is, and its share of the rate. A pause means no.
func (w *Worker) askLocally(ctx context.Context, queue string) *store.Pause {
	if why := w.trust.refuses(); why != "" {
		return &store.Pause{For: store.WaitRecovery, After: recoveryPause, Reason: why}
	}
	if s := w.shared.Load(); !w.breaker.healthy() || s != nil && !s.OpenUntil.IsZero() {
		return &store.Pause{For: store.WaitBreaker, After: time.Second, Reason: errBreakerOpen.Error()}
	}
	if n := w.inWork.slow(w.cfg.Now().Add(-slowAfter)); n >= tripAfter {
		return &store.Pause{For: store.WaitBreaker, After: 2 * time.Second,
			Reason: fmt.Sprintf("%d orders have waited more than %v for the portal's answer", n, slowAfter)}
	}
	if queue == tasks.QueueBulk {
		done := w.turn(ctx)
		if done == nil {
			return &store.Pause{For: store.WaitRate, Reason: "its delivery was cut short"}
		}
		defer done()
	}
	r := w.limiter.Reserve()
	if !r.OK() {
		return nil // no limit
	}
	d := r.Delay()
	if d > localWait {
		r.Cancel()
		return &store.Pause{For: store.WaitRate, After: d, Reason: "the account's rate is used up for now"}
	}
	if d > 0 {
		if err := w.sleep(ctx, d); err != nil {
			return &store.Pause{For: store.WaitRate, Reason: "its delivery was cut short"}
		}
	}
	return nil
}

// recoveryPause is how long orders wait for a ledger that is being recovered before they ask again.
const recoveryPause = 2 * time.Second

// slowAfter is when an order that waits for its answer is a sign of a sick portal.
const slowAfter = 5 * time.Second

// refused says what a refusal at the gate asks for: a short wait in place (again), or a pause in the record.
// Neither means: ask again at once.
func (w *Worker) refused(p store.Passage) (again time.Duration, pause *store.Pause) {
	switch {
	case p.Refused == store.RefusedMark:
		w.marks.forget()
		return 0, nil
	case p.Refused == store.WaitRate && p.After <= localWait:
		return p.After, nil
	}
	if p.Refused == store.WaitRecovery {
		ask(w.mend)
	}
	pause = &store.Pause{For: p.Refused, After: p.After, On: p.Holder, Reason: refusalText(p)}
	return 0, pause
}

func refusalText(p store.Passage) string {
	switch p.Refused {
	case store.WaitClaim:
		return "order " + p.Holder + " for the same PBX is on its way or in doubt"
	case store.WaitHalt:
		return "halted: " + p.Note
	case store.WaitRecovery:
		return "the ledger has to be recovered first: " + p.Note
	case store.WaitAccount:
		return "the portal refuses the account's credentials: " + p.Note
	case store.WaitBreaker:
		if p.Note != "" { // a probe found the portal well
			return "the portal is healing: a few orders go at a time, and this one waits for those before it"
		}
		return errBreakerOpen.Error()
	}
	return p.Note
}

// gate asks for the permission to send. A lost reply is asked for again under the same nonce; when Redis
// stays away, the attempt is written off in the journal, so that whoever finds the order in submitting can
// prove that nothing was sent.
func (w *Worker) gate(ctx context.Context, book *journal.Journal, o store.Order, sub store.Submission) (store.Passage, error) {
	if err := ctx.Err(); err != nil {
		return store.Passage{Refused: store.WaitTime, Note: "its delivery was cut short"}, nil
	}
	// The permission is worth asking for only while it can still be used.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.cfg.sendWindow())
	defer cancel()
	for {
		p, err := w.store.Gate(asking, o, sub)
		if err == nil || errors.Is(err, store.ErrStale) {
			return p, err
		}
		if w.sleep(asking, 100*time.Millisecond) != nil {
			o.Attempt++
			o.Evidence.Reference, o.Evidence.Nonce, o.Evidence.Body = sub.Reference, sub.Nonce, sub.Body
			w.writeOff(context.WithoutCancel(ctx), book, attemptOf(o))
			return p, err
		}
	}
}

// attemptOf is what the journal keeps of an order's attempt.
func attemptOf(o store.Order) journal.Attempt {
	return journal.Attempt{
		Order: o.ID, Account: o.Account, Reference: o.Evidence.Reference, Nonce: o.Evidence.Nonce, N: o.Attempt, Body: o.Evidence.Body, Intent: o.Intent,
	}
}

// writeOff notes in the journal that an attempt which may have passed the gate will not be sent.
func (w *Worker) writeOff(ctx context.Context, book *journal.Journal, a journal.Attempt) {
	err := book.Begin(ctx, a)
	if err == nil {
		err = book.End(journal.Outcome{Reference: a.Reference, Result: yeastar.NotSent.String(), NoGate: true, Reason: "the gate's answer did not arrive in time"})
	}
	if err != nil {
		w.log.Error("journal not written", zap.String("order", a.Order), zap.Error(err))
	}
}

// send writes the attempt into the journal, POSTs it once, and records what came of it. From here on
// neither the delivery's context nor a shutdown cuts it short.
func (w *Worker) send(ctx context.Context, o store.Order, p permission) (store.Order, error) {
	ctx = context.WithoutCancel(ctx)
	if p.epoch != w.trust.of() {
		// Redis has restarted since, and may have forgotten that it ever gave this permission.
		w.writeOff(ctx, p.book, attemptOf(o))
		p.journalled()
		return w.settle(ctx, o, verdict{unsent: &store.Pause{
			For: store.WaitRecovery, After: time.Second, Reason: "the permission to send it came from an earlier run of Redis"}})
	}
	err := p.book.Begin(ctx, attemptOf(o))
	p.journalled()
	if err != nil {
		w.log.Error("the send journal cannot be written; nothing is sent", zap.String("order", o.ID), zap.Error(err))
		return w.settle(ctx, o, verdict{unsent: &store.Pause{
			For: store.WaitTime, After: 30 * time.Second, Reason: "the send journal cannot be written: " + err.Error()}})
	}
	crash.At(crash.JournalAfter)
	w.inWork.sent(o.ID, w.cfg.Now())
	a := w.portal.CreateOrder(traced(ctx), p.Submission)
	w.inWork.begin(o.ID) // no longer awaited
	crash.At(crash.AnswerAfter)
	if err := p.book.End(journalOutcome(o.Evidence.Reference, a)); err != nil {
		w.log.Error("journal not written", zap.String("order", o.ID), zap.Error(err))
	}
	crash.At(crash.RecordBefore)
	v := verdictOf(a, o.Attempt, p.tokenRefused)
	if v.close != "" {
		w.closeAccount(ctx, v.close)
	}
	o, err = w.settle(ctx, o, v)
	crash.At(crash.RecordAfter)
	if err == nil && v.found != nil {
		w.placedByAnswer(ctx, o)
	}
	return o, err
}

// traced lets a test kill the process when the request has been written and its answer not read.
func traced(ctx context.Context) context.Context {
	if !crash.Enabled {
		return ctx
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { crash.At(crash.PostSent) },
	})
}

func journalOutcome(reference string, a yeastar.Answer) journal.Outcome {
	return journal.Outcome{
		Reference: reference, Result: a.Outcome.String(), OrderNo: a.Order.OrderNo, TransactionNo: a.Order.TransactionNo,
		OrderStatus: a.Order.OrderStatus, InstanceID: a.Order.InstanceID, RequestID: a.RequestID, Code: a.Code, Reason: a.Detail,
	}
}

// resolvedRecord is the record as resolving leaves it: the portal's own words.
func resolvedRecord(o store.Order, res resolve.Resolution) store.Order {
	o.ProductNo, o.Quantity, o.Plan = res.ProductNo, res.Quantity, either(res.Plan, o.Plan)
	o.BillingCycle, o.BillingContact = res.BillingCycle, either(res.Contact, o.BillingContact)
	if o.Evidence.Had = 0; ensures(o.Kind) && res.Extensions != nil {
		o.Evidence.Had = *res.Extensions
	}
	return o
}

// wait puts an order back with what it waits for.
func (w *Worker) wait(ctx context.Context, o store.Order, p store.Pause) (store.Order, error) {
	ctx, cancel := w.detached(ctx)
	defer cancel()
	return w.done(w.store.Wait(ctx, o, p))
}

// done tells of a move that succeeded.
func (w *Worker) done(o store.Order, err error) (store.Order, error) {
	if err == nil {
		w.moved(o)
	}
	return o, err
}

// detached is a context that a delivery's end does not cut short, for one move.
func (w *Worker) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), w.cfg.recordWithin())
}
