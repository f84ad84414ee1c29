package worker

import (
	"go.uber.org/zap"

	"orderq/store"
	"orderq/store/journal"
)

// hearing is this host's journals as they were heard during one round, each at most once: of hundreds of orders in
// doubt most have the same few senders.
type hearing struct {
	w     *Worker
	heard map[string]journal.Testimony
}

func (w *Worker) hearing() hearing { return hearing{w, map[string]journal.Testimony{}} }

// of says how the sender of an order's last attempt stands, and what came of it.
func (h hearing) of(o store.Order) (journal.Standing, *journal.Outcome) {
	name := o.Evidence.Sender
	t, heard := h.heard[name]
	if !heard {
		var err error
		if t, err = journal.Hear(h.w.cfg.Journal, name); err != nil {
			h.w.log.Warn("journal not readable", zap.String("order", o.ID), zap.String("journal", name), zap.Error(err))
			t = journal.Testimony{}
		}
		h.heard[name] = t
	}
	return t.Of(o.Evidence.Reference, o.Evidence.Nonce)
}

// standings says how the senders of orders stand by now.
func (h hearing) standings(orders []store.Order) map[string]journal.Standing {
	all := make(map[string]journal.Standing, len(orders))
	for _, o := range orders {
		if all[o.ID] = journal.SenderFinished; !o.Evidence.Finished { // else its own host has told
			all[o.ID], _ = h.of(o)
		}
	}
	return all
}
