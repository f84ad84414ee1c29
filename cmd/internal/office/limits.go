package office

import "context"

// Limits are what bounds the sending of orders; durations as Go writes them.
type Limits struct {
	Account     string `json:"account"`
	Rate        string `json:"rate"`
	Concurrency int    `json:"concurrency"`
	Servers     int    `json:"servers"`
	CallTimeout string `json:"callTimeout"`
	Settle      string `json:"settle"`
	OnAbsent    string `json:"onAbsent"`
	BreakerOpen string `json:"breakerOpen"`
	Allowance   int    `json:"allowance,omitempty"` // orders in flight while the portal heals; left out: no limit
	Workers     int    `json:"workers"`
}

// Limits gives the settings as this process reads them (a worker goes by its own), and what the workers share now.
func (o *Office) Limits(ctx context.Context) (Limits, error) {
	s, err := o.Fleet.Read(ctx)
	if err != nil {
		return Limits{}, err
	}
	c := o.Config
	return Limits{
		Account: c.Account, Rate: c.Rate.String(), Concurrency: c.Concurrency, Servers: c.Servers,
		CallTimeout: c.CallTimeout.String(), Settle: c.Settle.String(), OnAbsent: string(c.OnAbsent),
		BreakerOpen: c.BreakerOpen.String(), Allowance: s.Allowance, Workers: len(Alive(s)),
	}, nil
}
