package api

import (
	"net/http"
	"strings"
	"time"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/batch"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
)

// How many batches are listed: what each has come to is counted.
const (
	batchesUsual = 20
	// BatchesMost is how many one answer has, at most.
	BatchesMost = 100
)

// Batches is a page of the list.
type Batches struct {
	Batches []office.BatchView `json:"batches"`
	Next    string             `json:"next,omitempty" doc:"For the next page, as the parameter after; absent on the last."`
}

func (a *API) batches(c *call) error {
	limit, err := c.limit(batchesUsual, BatchesMost)
	if err != nil {
		return err
	}
	after, err := c.after()
	if err != nil {
		return err
	}
	all, next, more, err := batch.Of(a.office.Store).Page(c.r.Context(), limit, after)
	if err != nil {
		return err
	}
	out := Batches{Batches: []office.BatchView{}}
	if more {
		out.Next = next.String()
	}
	for _, one := range all {
		v, err := a.office.ViewBatch(c.r.Context(), one)
		if err != nil {
			return err
		}
		out.Batches = append(out.Batches, v)
	}
	return c.give(http.StatusOK, out)
}

func (a *API) batch(c *call) error {
	one, err := a.office.FindBatch(c.r.Context(), c.r.PathValue("batch"))
	if err != nil {
		return err
	}
	return a.giveBatch(c, one)
}

func (a *API) giveBatch(c *call, one batch.Batch) error {
	v, err := a.office.ViewBatch(c.r.Context(), one)
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, v)
}

// results gives a batch's file back.
func (a *API) results(c *call) error {
	one, err := a.office.FindBatch(c.r.Context(), c.r.PathValue("batch"))
	if err != nil {
		return err
	}
	format := sheet.Format(one.Format)
	accept := strings.Join(c.r.Header.Values("Accept"), ",")
	switch asked := c.query.Get("format"); {
	case asked == "csv", asked == "" && strings.Contains(accept, typeCSV):
		format = sheet.CSV
	case asked == "ndjson", asked == "" && strings.Contains(accept, typeNDJSON):
		format = sheet.NDJSON
	case asked != "":
		return invalid(field("format", asked, "want csv or ndjson"))
	}
	kind := typeCSV + "; charset=utf-8"
	if format == sheet.NDJSON {
		kind = typeNDJSON
	} else if one.Format == string(sheet.NDJSON) {
		return invalid(field("format", "csv", "%v", office.ErrOneColumn))
	}
	c.w.Header().Set("Content-Type", kind)
	c.w.Header().Set("Content-Disposition", `attachment; filename="`+one.ID+"."+string(format)+`"`)
	return a.office.Results(c.r.Context(), one, format, &steady{c.w, http.NewResponseController(c.w)})
}

// steady is an answer of any length that must not stand still.
type steady struct {
	http.ResponseWriter
	rc *http.ResponseController
}

func (s *steady) Write(p []byte) (int, error) {
	_ = s.rc.SetWriteDeadline(time.Now().Add(still)) // not every connection has one
	return s.ResponseWriter.Write(p)
}

func (a *API) cancelBatch(c *call) error {
	by, note, err := a.signed(c, false)
	if err != nil {
		return err
	}
	one, err := a.office.FindBatch(c.r.Context(), c.r.PathValue("batch"))
	if err != nil {
		return err
	}
	n, one, err := a.office.CancelBatch(c.r.Context(), one, by, note)
	if err != nil {
		return err
	}
	v, err := a.office.ViewBatch(c.r.Context(), one)
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, TakenBack{v, n})
}

// TakenBack is a batch that was cancelled.
type TakenBack struct {
	office.BatchView
	TakenBack int `json:"takenBack" doc:"Orders that were cancelled now."`
}

func (a *API) approveBatch(c *call) error {
	by, note, err := a.signed(c, true)
	if err != nil {
		return err
	}
	one, err := a.office.FindBatch(c.r.Context(), c.r.PathValue("batch"))
	if err == nil {
		one, err = a.office.ApproveBatch(c.r.Context(), one, by, note)
	}
	if err != nil {
		return err
	}
	return a.giveBatch(c, one)
}

// Retried is a batch after a retry.
type Retried struct {
	office.BatchView
	Made int                 `json:"made" doc:"New orders, each in the place of one that was not placed."`
	Left map[store.State]int `json:"left" doc:"Orders that stay as they are, by state."`
}

func (a *API) retryBatch(c *call) error {
	by, note, err := a.signed(c, true)
	if err != nil {
		return err
	}
	one, err := a.office.FindBatch(c.r.Context(), c.r.PathValue("batch"))
	if err != nil {
		return err
	}
	r, err := intake.Retry(c.r.Context(), a.office.Store, one, by, note)
	if err != nil {
		return err
	}
	if one, err = batch.Of(a.office.Store).Get(c.r.Context(), one.ID); err != nil {
		return err
	}
	v, err := a.office.ViewBatch(c.r.Context(), one)
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, Retried{v, r.Orders, r.Left})
}
