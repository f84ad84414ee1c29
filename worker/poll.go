package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"orderq/store"
	"orderq/yeastar"
)

// poll asks what became of an order that the portal has and that was not final.
func (w *Worker) poll(ctx context.Context, o store.Order) error {
	d, err := w.portal.OrderDetails(ctx, o.OrderNo)
	var no *yeastar.Error
	switch {
	case errors.As(err, &no) && no.Outcome == yeastar.Refused:
		if o.Evidence.Looks < lostAfter {
			_, err = w.store.Looked(ctx, o, true, "the portal does not show "+o.OrderNo+": "+no.Detail, w.pollIn(o))
			break
		}
		_, err = w.done(w.store.Review(ctx, o, fmt.Sprintf("the portal no longer shows %s: %s", o.OrderNo, no.Detail)))
	case err != nil:
		w.log.Info("pending order not read; it is tried again", zap.String("order", o.ID), zap.Error(err))
		return nil // it was put off when it was taken from the list
	default:
		f := foundIn(d.OrderStatus)
		if f.To == store.Pending && d.OrderStatus == o.OrderStatus {
			_, err = w.store.Looked(ctx, o, false, o.Reason, w.pollIn(o))
			break
		}
		f.OrderNo, f.OrderStatus, f.TransactionNo, f.InstanceID = o.OrderNo, d.OrderStatus, d.TransactionNo, d.InstanceID
		f.Via, f.PollIn = o.Via, w.cfg.PollEvery
		_, err = w.done(w.store.Record(ctx, o, f))
	}
	if errors.Is(err, store.ErrStale) {
		return nil // somebody else has moved it
	}
	return err
}

// lostAfter is how many times the portal may deny an order it gave a number to before a person is asked.
const lostAfter = 5

// pollIn doubles the pause with the order's age, up to an hour.
func (w *Worker) pollIn(o store.Order) time.Duration {
	age := w.redisNow().Sub(o.SubmittedAt)
	return min(max(age/2, w.cfg.PollEvery), time.Hour)
}
