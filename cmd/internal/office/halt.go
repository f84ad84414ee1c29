package office

import "context"

// Halt says whether the account is halted, and by whom.
type Halt struct {
	Account string `json:"account"`
	Halted  bool   `json:"halted"`
	Halt    *Word  `json:"halt,omitempty"`
}

// Halt reads it.
func (o *Office) Halt(ctx context.Context) (Halt, error) {
	s, err := o.Fleet.Read(ctx)
	if err != nil {
		return Halt{}, err
	}
	return Halt{Account: o.Config.Account, Halted: s.Halt != nil, Halt: WordOf(s.Halt)}, nil
}
