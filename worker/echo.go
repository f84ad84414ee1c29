package worker

import (
	"context"
	"errors"
	"time"

	"orderq/tasks"
	"orderq/yeastar"
)

const (
	// echoAsk is how often it is asked whether the portal shows our reference.
	echoAsk = 24 * time.Hour
	// echoLately is how long the answer is believed.
	echoLately = 7 * 24 * time.Hour
)

// echo is what the fleet knows of the portal's habit.
func (w *Worker) echo() echo {
	s := w.shared.Load()
	if s == nil || s.Echo.At.IsZero() || s.Now.Sub(s.Echo.At) > echoLately {
		return echoUnknown
	}
	if s.Echo.Shown {
		return echoShown
	}
	return echoHidden
}

// askEcho looks, once a day, whether an order known to be ours shows our reference. It is asked of an order
// whose number came with its answer, never of one that was found by its reference.
func (w *Worker) askEcho(ctx context.Context) error {
	if err := w.refresh(ctx); err != nil {
		return err
	}
	e := w.shared.Load().Echo
	if e.Ask == "" {
		return nil
	}
	held, err := w.store.Numbers(ctx, []string{e.Ask})
	if err != nil {
		return err
	}
	if held[e.Ask] == "" {
		return w.fleet.ForgetEchoQuestion(ctx)
	}
	d, err := w.portal.OrderDetails(ctx, e.Ask)
	var no *yeastar.Error
	if errors.As(err, &no) && no.Outcome == yeastar.Refused {
		// The portal does not know its own number (yet): nothing is learnt, another order is asked of.
		return w.fleet.ForgetEchoQuestion(ctx)
	}
	if err != nil {
		return err
	}
	shown := false
	for _, ref := range tasks.FindReferences(d.Raw) {
		id, _, ok := tasks.SplitReference(ref)
		shown = shown || ok && id == held[e.Ask]
	}
	if err := w.fleet.NoteEcho(ctx, shown); err != nil {
		return err
	}
	return w.refresh(ctx)
}
