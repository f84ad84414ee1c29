package api

import (
	"strings"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/worker/review"
)

func (a *API) cancel(c *call) error {
	by, note, err := a.signed(c, false)
	if err != nil {
		return err
	}
	o, err := a.office.Find(c.r.Context(), c.r.PathValue("id"))
	if err == nil {
		o, err = a.office.Cancel(c.r.Context(), o, by, note)
	}
	if err != nil {
		return err
	}
	return c.giveOrder(o)
}

func (a *API) release(c *call) error {
	by, note, err := a.signed(c, true)
	if err != nil {
		return err
	}
	o, err := a.office.Find(c.r.Context(), c.r.PathValue("id"))
	if err == nil {
		o, err = a.office.Release(c.r.Context(), o, by, note)
	}
	if err != nil {
		return err
	}
	return c.giveOrder(o)
}

// Resolution is what a person says of an order in review.
type Resolution struct {
	Answer     review.Answer `json:"answer" enum:"placed,resend,drop" doc:"placed: it is that order of the portal; resend: it is not there, send it again; drop: it is not there, and not wanted any more."`
	OrderNo    string        `json:"orderNo,omitempty" doc:"With placed: the portal's number."`
	By         string        `json:"by,omitempty" doc:"Who decides; goes into the history. With tokens it is the token's name."`
	Note       string        `json:"note" doc:"Why; goes into the history."`
	SenderGone bool          `json:"senderGone,omitempty" doc:"With resend: somebody made sure that the process that sent it is gone."`
}

// resolve holds a person's answer against the evidence, as the command does.
func (a *API) resolve(c *call) error {
	var r Resolution
	if err := c.read(&r); err != nil {
		return err
	}
	s := signature{By: r.By, Note: r.Note}
	bad := s.check(true)
	switch r.OrderNo = strings.TrimSpace(r.OrderNo); r.Answer {
	case review.Placed, review.Resend, review.Drop:
	default:
		bad = append(bad, field("answer", string(r.Answer), "say one of placed, resend, drop"))
	}
	if bad != nil {
		return invalid(bad...)
	}
	o, err := a.office.Find(c.r.Context(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	o, err = a.decide(c, o, review.Decision{
		Answer: r.Answer, OrderNo: r.OrderNo, By: a.by(c, s.By), Note: c.onBehalf(s.By, s.Note), SenderGone: r.SenderGone,
	})
	if err != nil {
		return err
	}
	return c.giveOrder(o)
}

func (a *API) decide(c *call, o store.Order, d review.Decision) (store.Order, error) {
	r, done := a.office.Reviewer()
	defer done()
	o, err := r.Decide(c.r.Context(), o, d)
	if err != nil {
		return o, office.Explain(a.office.Config, err)
	}
	return o, nil
}

// evidence is what a person decides by.
func (a *API) evidence(c *call) error {
	o, err := a.office.Find(c.r.Context(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	r, done := a.office.Reviewer()
	defer done()
	card, err := r.Card(c.r.Context(), o)
	if err != nil {
		return office.Explain(a.office.Config, err)
	}
	return c.give(200, card)
}
