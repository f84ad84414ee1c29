package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"orderq/cmd/internal/office"
	"orderq/store"
)

// etag changes whenever the order does: with its version, and with who holds what it waits for.
func etag(o store.Order) string {
	tag := strconv.FormatInt(o.Version, 10)
	if o.WaitingFor == store.WaitClaim {
		tag += "-" + o.WaitingOn
	}
	return `"` + tag + `"`
}

// matches says whether an If-None-Match has a tag. Weakness does not matter for it.
func matches(header []string, tag string) bool {
	for _, given := range strings.Split(strings.Join(header, ","), ",") {
		if given = strings.TrimPrefix(strings.TrimSpace(given), "W/"); given == tag || given == "*" {
			return true
		}
	}
	return false
}

func (a *API) get(c *call) error {
	o, err := a.office.Find(c.r.Context(), c.r.PathValue("id"))
	if err == nil {
		o, err = a.office.Now(c.r.Context(), o)
	}
	if err != nil {
		return err
	}
	return c.giveOrder(o)
}

// giveOrder answers with an order as it is now, unless the client has that already.
func (c *call) giveOrder(o store.Order) error {
	c.w.Header().Set("ETag", etag(o))
	if (c.r.Method == http.MethodGet || c.r.Method == http.MethodHead) && matches(c.r.Header.Values("If-None-Match"), etag(o)) {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.give(http.StatusOK, o)
}

// History is every move of an order, the oldest first.
type History struct {
	History []store.Entry `json:"history"`
}

func (a *API) history(c *call) error {
	o, err := a.office.Find(c.r.Context(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	entries, err := a.office.Store.History(c.r.Context(), o.ID)
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, History{entries})
}

// Orders is a page of the list.
type Orders struct {
	Orders []store.Order `json:"orders"`
	Next   string        `json:"next,omitempty" doc:"For the next page, as the parameter after; absent on the last."`
}

// How long a page is.
const (
	pageUsual = 50
	pageMost  = 500
)

func (a *API) list(c *call) error {
	if len(c.query["id"]) > 0 {
		return a.listNamed(c)
	}
	f, after, err := a.filter(c)
	if err != nil {
		return err
	}
	orders, next, more, err := a.office.Page(c.r.Context(), f, after)
	if err != nil {
		return err
	}
	page := Orders{Orders: orders}
	if orders == nil {
		page.Orders = []store.Order{}
	}
	if more {
		page.Next = next.String()
	}
	return c.give(http.StatusOK, page)
}

// filter reads what was asked for.
func (a *API) filter(c *call) (f store.Filter, after store.Place, err error) {
	q := c.query
	words := office.Words{
		ProductNo: q.Get("productNo"), Reference: q.Get("reference"), OrderNo: q.Get("orderNo"), Kind: q.Get("kind"),
		Batch: q.Get("batch"), Label: q.Get("label"), Since: q.Get("since"), Until: q.Get("until"),
	}
	for _, some := range q["state"] {
		for _, word := range strings.Split(some, ",") {
			words.States = append(words.States, strings.TrimSpace(word))
		}
	}
	if words.Limit, err = c.limit(pageUsual, pageMost); err != nil {
		return f, after, err
	}
	if f, err = words.Filter(a.office.Config.Account, time.Now()); err != nil {
		return f, after, err
	}
	after, err = c.after()
	return f, after, err
}

// after reads the place that a page begins behind.
func (c *call) after() (store.Place, error) {
	text := c.query.Get("after")
	if text == "" {
		return store.Place{}, nil
	}
	after, ok := store.ParsePlace(text)
	if !ok {
		return after, invalid(field("after", text, "is no place in the list; take it from the next of the page before"))
	}
	return after, nil
}

// limit reads how many are wanted.
func (c *call) limit(usual, most int) (int, error) {
	text := c.query.Get("limit")
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, invalid(field("limit", text, "must be a whole number from 1 to %d", most))
	}
	return n, nil
}

// Ids is how many orders are asked for by id at once, at most.
const Ids = 256

// listNamed gives the orders of these ids, as they are recorded; what is none is left out.
func (a *API) listNamed(c *call) error {
	ids := c.query["id"]
	switch {
	case len(c.query) > 1:
		return invalid(field("id", "", "goes alone, without other parameters"))
	case len(ids) > Ids:
		return invalid(field("id", "", "is given %d times, at most %d", len(ids), Ids))
	}
	orders, err := a.office.Store.GetMany(c.r.Context(), ids)
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, Orders{Orders: append([]store.Order{}, orders...)})
}

// Behind is who waits for an order in doubt.
type Behind struct {
	Waiting []string `json:"waiting" doc:"Ids, the next to go first."`
	Total   int      `json:"total"`
}

// behindMost is how many of them are named.
const behindMost = 100

func (a *API) behind(c *call) error {
	o, err := a.office.Find(c.r.Context(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	ids, total, err := a.office.Behind(c.r.Context(), o, behindMost)
	if err != nil {
		return err
	}
	return c.give(http.StatusOK, Behind{append([]string{}, ids...), total})
}
