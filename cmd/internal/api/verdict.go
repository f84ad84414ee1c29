package api

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/batch"
	"orderq/store/fleet"
	"orderq/store/hook"
	"orderq/tasks"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
	"orderq/worker/review"
	"orderq/yeastar"
)

// bodyError is why a request's body could not be read.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return "read the body: " + e.err.Error() }
func (e *bodyError) Unwrap() error { return e.err }

// CauseNotKept is the cause of a not-found whose event the stream does not keep any more.
const CauseNotKept = "notKept"

// verdict turns an error into what the client is told. nil: it is none of the known ones.
func verdict(err error) *Problem {
	var (
		known     *Problem
		bad       *tasks.Invalid
		conflict  *tasks.ConflictError
		large     *http.MaxBytesError
		body      *bodyError
		file      *sheet.BrokenError
		ambiguous *office.AmbiguousError
		state     *office.StateError
		own       *office.OwnApprovalError
		refused   *review.Refusal
		none      *office.NoPortalError
		portal    *yeastar.Error
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &bad):
		return invalid(bad.Problems...)
	case errors.As(err, &conflict):
		return otherIntent(conflict)
	case errors.As(err, &large):
		return problem("too-large", "the body has more than %d bytes: send less at once", large.Limit)
	case errors.Is(err, office.ErrLongLine):
		return problem("too-large", "the line %v", err)
	case errors.As(err, &body) && errors.Is(err, os.ErrDeadlineExceeded):
		return problem("slow", "the body stood still for too long: send it again")
	case errors.As(err, &body):
		return problem("incomplete-body", "%v: send it again", err)
	case errors.As(err, &file):
		return problem("broken-file", "%v", file)
	case errors.Is(err, store.ErrNotFound):
		return problem("not-found", "no order has this id, reference or order number: GET /v1/orders lists them")
	case errors.Is(err, batch.ErrNotFound):
		return problem("not-found", "no batch has this name or id: GET /v1/batches lists them")
	case errors.Is(err, hook.ErrNotFound):
		return problem("not-found", "no webhook has this id: GET /v1/webhooks lists them")
	case errors.Is(err, hook.ErrNotKept):
		p := problem("not-found", "%v: GET /v1/orders shows how orders stand", err)
		p.Cause = CauseNotKept
		return p
	case errors.Is(err, hook.ErrTooMany):
		return problem("state", "%v", err)
	case errors.As(err, &ambiguous):
		return problem("ambiguous", "%v", err)
	case errors.As(err, &state):
		p := problem("state", "order %s cannot be %s, %s", state.Order.ID, state.Decision, instead(state.Order))
		p.Order = &state.Order
		return p
	case errors.As(err, &own):
		return problem("own-approval", "%v", err)
	case errors.As(err, &refused):
		p := problem("contradicted", "%v", refused)
		if p.Cause = string(refused.Cause); refused.Cause == review.CauseState {
			p = problem("state", "%v", refused)
		}
		return p
	case errors.Is(err, batch.ErrState), errors.Is(err, intake.ErrApplying):
		return problem("state", "%v", err)
	case errors.Is(err, fleet.ErrHaltedAgain):
		return problem("state", "%v", fleet.ErrHaltedAgain)
	case errors.Is(err, store.ErrRowsRefused):
		return problem("state", "the batch is being applied by somebody else, who goes on from here; or it was cancelled")
	case errors.Is(err, store.ErrStale), errors.Is(err, store.ErrNoMove):
		return problem("state", "%v: read the order again", err)
	case errors.As(err, &none):
		return problem("no-portal", "%v", err)
	case errors.As(err, &portal):
		return problem("portal-away", "the portal cannot be asked now (%s): try again; nothing was changed", portal.Reason)
	}
	return nil
}

// redisAway says that an error is Redis' that does not answer, or answers that it cannot serve.
func redisAway(err error) bool {
	var said redis.Error
	var network net.Error
	return errors.As(err, &said) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, redis.ErrClosed) || errors.Is(err, net.ErrClosed) || errors.Is(err, context.DeadlineExceeded)
}

// askWithin is how long Redis may take to say that it is there, where something has failed and nobody knows why.
const askWithin = time.Second

// problemOf is verdict with the rest: an error that nobody knows is Redis' if Redis does not answer, else a fault of ours.
func (a *API) problemOf(ctx context.Context, err error) *Problem {
	if p := verdict(err); p != nil {
		return p
	}
	away := redisAway(err)
	if !away {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
		defer cancel()
		away = a.office.Redis.Ping(ctx).Err() != nil
	}
	p := problem("internal", "something is wrong here, and the log says more: tell the operator the requestId")
	if away {
		p = problem("redis-away", "the ledger cannot be reached now: send the request again in a moment; under the same reference nothing is ordered twice")
	}
	p.cause = err
	return p
}

// otherIntent names the holder of a reference, and the way out.
func otherIntent(c *tasks.ConflictError) *Problem {
	p := problem("other-intent", "%v", c)
	switch c.Holder.State {
	case store.Rejected:
		p.Detail += "; that order was rejected and nothing was bought by it"
	case store.Cancelled:
		p.Detail += "; that order was cancelled"
	}
	p.Holder, p.Suggestion, p.Differences = &c.Holder, c.Suggestion, c.Differences
	return p
}

// instead says why an order is past a decision, and what can be done instead.
func instead(o store.Order) string {
	switch o.State {
	case store.Held:
		return "it is held: release or cancel it"
	case store.Accepted, store.Preparing:
		return "it is not held and goes on by itself: cancel it if it is not wanted"
	case store.Submitting:
		return "it is being sent: read it again in a moment"
	case store.Unknown:
		return "it may have been sent and its answer is not known: orderq is looking for it at the portal"
	case store.Review:
		return "it may have been sent: find out, then POST /v1/orders/" + o.ID + "/resolve"
	case store.Pending, store.Placed:
		return "the portal has it as " + o.OrderNo + ": have it cancelled there"
	case store.Rejected:
		return "it was rejected already and nothing was bought"
	}
	return "it is " + string(o.State)
}
