package api

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/batch"
	"orderq/tasks"
	"orderq/tasks/intake"
	"orderq/tasks/sheet"
	"orderq/worker/plan"
)

// badShown is how many rows that are no orders are told one by one; the batch's results have them all.
const badShown = 20

// Applied is a batch whose file was taken in.
type Applied struct {
	office.BatchView
	Taken    Taken    `json:"taken"`
	Ignored  []string `json:"ignored,omitempty" doc:"Columns that are carried and not understood."`
	Problems []BadRow `json:"problems,omitempty" doc:"The first rows that are no orders; the results have them all."`
}

// Taken is what has come of a file's rows.
type Taken struct {
	Rows      int `json:"rows"`
	New       int `json:"new" doc:"Orders that did not exist."`
	Again     int `json:"again,omitempty" doc:"Orders that this batch had already."`
	Elsewhere int `json:"elsewhere,omitempty" doc:"The same orders, which came alone or with another batch."`
	Invalid   int `json:"invalid,omitempty" doc:"No orders."`
}

// BadRow is a row that is no order.
type BadRow struct {
	Row     int    `json:"row"`
	Line    int    `json:"line"`
	Message string `json:"message"`
}

// apply takes a file in, as batch apply does.
func (a *API) apply(c *call) error {
	cfg := intake.Config{Store: a.office.Store}
	if err := a.brakes(c, &cfg); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(c.r.Context())
	defer stop()
	defer context.AfterFunc(a.closing, stop)()
	var out Applied
	body := bufio.NewReader(c.r.Body)
	if isPlan(body) {
		done, err := a.openPlan(ctx, c, body, &cfg)
		if err != nil {
			return err
		}
		defer done()
	} else {
		r, name, err := a.openSheet(c, body)
		if err != nil {
			return err
		}
		cfg.Reader, cfg.Name, out.Ignored = r, name, r.Ignored()
	}
	cfg.Bad = func(b intake.Bad) {
		if len(out.Problems) < badShown {
			out.Problems = append(out.Problems, BadRow{b.Row.N, b.Row.Line, b.Err.Error()})
		}
	}
	s, err := intake.Apply(ctx, cfg)
	if err != nil {
		return a.cutOff(c, cfg.Name, s, err)
	}
	out.Taken = Taken{s.Rows, s.New, s.Again, s.Elsewhere, s.Invalid}
	one, err := a.office.FindBatch(ctx, s.ID)
	if err == nil {
		out.BatchView, err = a.office.ViewBatch(ctx, one)
	}
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", "/v1/batches/"+s.ID)
	return c.give(http.StatusAccepted, out)
}

// isPlan says that a body begins as a plan does. What cannot be read is found out by whoever reads on.
func isPlan(body *bufio.Reader) bool {
	const head = `{"orderq":"plan"`
	first, _ := body.Peek(len(head))
	return string(first) == head
}

// cutOff says how far a file came.
func (a *API) cutOff(c *call, name string, s intake.Summary, err error) error {
	var refused *store.RowsRefusedError
	switch {
	case errors.Is(err, batch.ErrState), errors.As(err, &refused) && !refused.Other:
		return problem("state", "batch %s takes no rows any more: it was cancelled; another name begins another batch, which orders its rows again, also those that were placed: take these out of the file first", tasks.Shown(name))
	case errors.As(err, &refused):
		return problem("state", "batch %s is being applied by somebody else by now, who goes on from here; %d rows were taken in", tasks.Shown(name), s.Rows)
	case a.closing.Err() != nil:
		return problem("stopping", "the server is stopping; %d rows were taken in: send the file again, they are only counted", s.Rows)
	}
	p := *a.problemOf(c.r.Context(), a.portalError(err))
	if s.Rows > 0 {
		p.Detail += "; " + strconv.Itoa(s.Rows) + " rows were taken in, and are only counted when the file is sent again"
	}
	return &p
}

// openSheet reads a file's header.
func (a *API) openSheet(c *call, body io.Reader) (*sheet.Reader, string, error) {
	name := c.query.Get("name")
	var bad []tasks.Problem
	if err := office.CheckBatchName(name); err != nil {
		bad = append(bad, field("name", "", "%v", err))
	}
	defaults := map[string]string{}
	for _, pair := range c.query["set"] {
		name, value, ok := strings.Cut(pair, "=")
		if _, twice := defaults[name]; twice || !ok || name == "" {
			bad = append(bad, field("set", pair, "want field=value, each field once"))
		}
		defaults[name] = value
	}
	if text := c.query.Get("allowDuplicate"); text != "" {
		allow, err := strconv.ParseBool(text)
		if err != nil {
			bad = append(bad, field("allowDuplicate", text, "must be true or false"))
		}
		if allow {
			defaults["allowDuplicate"] = "yes"
		}
	}
	if bad != nil {
		return nil, "", invalid(bad...)
	}
	format := sheet.CSV
	if c.kind == typeNDJSON {
		format = sheet.NDJSON
	}
	r, err := sheet.NewReader(body, sheet.Options{Batch: name, Account: a.office.Config.Account, Format: format, Defaults: defaults})
	var broken *bodyError
	switch {
	case errors.As(err, &broken):
		return nil, "", err
	case err != nil:
		return nil, "", invalid(field("file", "", "cannot be read: %v", err))
	}
	return r, name, nil
}

// brakes reads what else is said of a batch.
func (a *API) brakes(c *call, cfg *intake.Config) error {
	q := c.query
	var bad []tasks.Problem
	s := signature{By: q.Get("by")}
	bad = append(bad, s.check(false)...)
	cfg.By = a.by(c, s.By)
	if text := q.Get("hold"); text != "" {
		hold, err := strconv.ParseBool(text)
		if cfg.Hold = hold; err != nil {
			bad = append(bad, field("hold", text, "must be true or false"))
		}
	}
	if text := q.Get("canary"); text != "" {
		n, err := strconv.Atoi(text)
		if cfg.Brakes.Canary = n; err != nil || n < 0 || n > batch.MaxCanary {
			bad = append(bad, field("canary", text, "must be a whole number from 0 to %d", batch.MaxCanary))
		}
	}
	if text := q.Get("budget"); text != "" {
		n, err := strconv.Atoi(text)
		if cfg.Budget = n; err != nil || n < 0 || n > office.MostUnits {
			bad = append(bad, field("budget", text, "must be a whole number of units from 0 to %d", office.MostUnits))
		}
	}
	for _, f := range []struct {
		name string
		to   *float64
	}{{"stopRefused", &cfg.Brakes.StopRefused}, {"stopUnknown", &cfg.Brakes.StopUnknown}} {
		text := q.Get(f.name)
		if text == "" {
			continue
		}
		share, err := strconv.ParseFloat(text, 64)
		if *f.to = share; err != nil || !(share >= 0 && share <= 1) {
			bad = append(bad, field(f.name, text, "must be a share from 0 to 1, such as 0.05"))
		}
	}
	if bad != nil {
		return invalid(bad...)
	}
	return nil
}

// openPlan keeps a plan on disk until it was read to its end: of one that was changed or cut off nothing is applied.
func (a *API) openPlan(ctx context.Context, c *call, body io.Reader, cfg *intake.Config) (done func(), err error) {
	if c.query.Get("name") != "" || len(c.query["set"]) > 0 {
		return nil, invalid(field("name", "", "a plan says for itself what the batch is called and what its rows are: leave name and set away"))
	}
	if a.nobody != nil {
		return nil, a.nobody
	}
	file, err := os.CreateTemp("", "orderq-plan-*")
	if err != nil {
		return nil, err
	}
	done = func() {
		_ = file.Close()
		_ = os.Remove(file.Name())
	}
	if err = a.readPlan(ctx, file, body, cfg); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

func (a *API) readPlan(ctx context.Context, file *os.File, body io.Reader, cfg *intake.Config) error {
	if _, err := io.Copy(file, body); err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	h, s, err := plan.Verify(file)
	switch {
	case err != nil:
		return invalid(field("file", "", "%v", err))
	case h.Account != a.office.Config.Account:
		return invalid(field("account", h.Account, "the plan is for this account, and the server works for %s", a.office.Config.Account))
	case h.Portal != a.office.Config.BaseURL:
		return invalid(field("portal", h.Portal, "the plan was made at this portal, and the server asks another: plan the file here"))
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	resolver, err := office.Resolver(a.office.Config, a.portal)
	if err != nil {
		return err
	}
	cfg.Name = h.Name
	cfg.Reader, err = plan.NewReader(ctx, file, s.Hash, resolver, a.office.Store)
	return err
}
