package api

import (
	"context"
	"net/http"
	"time"

	"orderq/cmd/internal/office"
	"orderq/worker/plan"
)

// plan answers with what a file would order, row by row.
func (a *API) plan(c *call) error {
	if a.nobody != nil {
		return a.nobody
	}
	if err := a.reserveRead(); err != nil {
		return err
	}
	r, name, err := a.openSheet(c, c.r.Body)
	if err != nil {
		return err
	}
	resolver, err := office.Resolver(a.office.Config, a.portal)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(c.r.Context())
	defer stop()
	defer context.AfterFunc(a.closing, stop)()
	rc := c.duplex()
	// Nothing is written before the first rows are planned: an error until then has its own status.
	w := &late{c: c, rc: rc}
	out, err := plan.NewWriter(w, plan.Head{
		Name: name, Account: a.office.Config.Account, Portal: a.office.Config.BaseURL, Format: r.Format(), Columns: r.Columns(), At: time.Now().UTC(),
	})
	if err != nil {
		return err
	}
	p := plan.NewPlanner(name, a.office.Store, resolver)
	if err := p.All(ctx, r, out.Write); err != nil {
		if a.closing.Err() != nil {
			return problem("stopping", "the server is stopping: plan the file again in a moment")
		}
		return a.portalError(err)
	}
	_, err = out.Close(p.Summary())
	return err
}

// late answers 200 when the first byte is written, and lets none stand still.
type late struct {
	c  *call
	rc *http.ResponseController
}

func (l *late) Write(p []byte) (int, error) {
	if l.c.w.status == 0 {
		l.c.w.Header().Set("Content-Type", typeNDJSON)
		l.c.w.WriteHeader(http.StatusOK)
	}
	_ = l.rc.SetWriteDeadline(time.Now().Add(still)) // not every connection has one
	n, err := l.c.w.Write(p)
	if err != nil {
		err = context.Canceled // the client is gone
	}
	return n, err
}
