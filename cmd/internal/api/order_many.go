package api

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"orderq/cmd/internal/office"
)

// answersAhead is how many answers are kept for a client that has not read them yet: many a client sends its whole
// body before it reads. Who sends more lines than that has to read meanwhile.
const answersAhead = 20_000

// Line is the answer to one line of a stream.
type Line struct {
	Line    int      `json:"line"` // from 1; blank lines count
	Status  int      `json:"status"`
	Order   *Answer  `json:"order,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
}

// placeMany accepts every line of the body that is an intent, and answers each, in order, as it goes.
func (a *API) placeMany(c *call) error {
	if c.r.Header.Get("Idempotency-Key") != "" {
		return invalid(field("Idempotency-Key", "", "goes with one order; of many, each line has its own reference"))
	}
	rc := c.beginLines()
	// Not the request's own context, which ends with the first byte that does not come: the lines before it are answered,
	// and then why there are no more. A client that is gone is found by writing to it.
	ctx, stop := context.WithCancel(context.WithoutCancel(c.r.Context()))
	defer stop()
	defer context.AfterFunc(a.closing, stop)()
	var away atomic.Bool // Redis has failed: the lines behind would fare no better, and would come out of their order
	ordered := office.Deal(ctx, office.NewLines(c.r.Body), a.office.Config.Account, func(l *office.Intake) {
		if away.Load() {
			l.Err = errNotTried
			return
		}
		if l.Placed, l.Err = a.accept(c, l.Intent); l.Err != nil && verdict(l.Err) == nil {
			away.Store(true)
		}
	})
	answers := make(chan Line, answersAhead)
	go func() {
		defer close(answers)
		for l := range ordered {
			<-l.Done
			answer := a.lineOf(c, l)
			select {
			case answers <- answer: // also at the end, as long as there is room
				continue
			default:
			}
			select {
			case answers <- answer:
			case <-ctx.Done():
			}
		}
	}()
	defer func() {
		stop()
		for range answers {
		}
	}()
	for {
		var l Line
		var more bool
		select {
		case l, more = <-answers:
		default:
			_ = rc.Flush() // nothing is ready: what was written goes out before we wait
			l, more = <-answers
		}
		if !more {
			return a.ended(ctx)
		}
		_ = rc.SetWriteDeadline(time.Now().Add(still)) // not every connection has one
		if writeJSON(c.w, l) != nil {
			return context.Canceled
		}
	}
}

// beginLines begins an answer line by line, to a body that goes on being read meanwhile.
func (c *call) beginLines() *http.ResponseController {
	rc := c.duplex()
	c.w.Header().Set("Content-Type", typeNDJSON)
	c.w.WriteHeader(http.StatusOK)
	_ = rc.Flush() // a client may wait for it before it goes on sending
	return rc
}

// ended is why a stream has: at its end, or because the server stops.
func (a *API) ended(ctx context.Context) error {
	if a.closing.Err() != nil && ctx.Err() != nil {
		return problem("stopping", "the server is stopping: send the lines again that have no answer")
	}
	return nil
}

// errNotTried is of the lines behind one that Redis did not answer.
var errNotTried = problem("redis-away", "not tried, because the ledger did not answer for a line before this one: send the lines again that have a 503; under the same references nothing is ordered twice")

// lineOf is the answer to a line.
func (a *API) lineOf(c *call, l *office.Intake) Line {
	if l.Err == nil {
		answer := answerOf(l.Intent, l.Placed)
		return Line{Line: l.N, Status: statusOf(l.Placed), Order: &answer}
	}
	p := *a.problemOf(c.r.Context(), l.Err)
	p.RequestID = c.id
	return Line{Line: l.N, Status: p.Status, Problem: &p}
}
