package oracle

// Wrong names a way in which records and ledger disagree.
type Wrong string

const (
	// Duplicate: one intent, more than one portal order.
	Duplicate Wrong = "duplicate"
	// Repeated: one attempt was sent more than once, whatever became of it.
	Repeated Wrong = "repeated"
	// Lost: an accepted intent without a record, or a record that says placed where the portal has no
	// such order.
	Lost Wrong = "lost"
	// Unexplained: the portal was asked for, or has, an order that no record accounts for.
	Unexplained Wrong = "unexplained"
	// Denied: a record says that nothing was bought, and the portal has the order.
	Denied Wrong = "denied"
	// Misread: the portal's order is there, and the record tells something else about it.
	Misread Wrong = "misread"
	// Open: the order is neither placed nor rejected nor cancelled; in review it waits for a person.
	Open Wrong = "open"
)

// Wrongs lists them, the worst first.
func Wrongs() []Wrong {
	return []Wrong{Duplicate, Repeated, Denied, Lost, Unexplained, Misread, Open}
}

// Finding is one disagreement.
type Finding struct {
	Wrong Wrong  `json:"wrong"`
	Order string `json:"order,omitempty"` // our id, or the poNumber where there is no order of ours
	Text  string `json:"text"`
}

// Verdict is what the comparison came to. Counts are of orders unless they say otherwise.
type Verdict struct {
	Accepted  int `json:"accepted"`  // intents accepted
	Requests  int `json:"requests"`  // create-order requests that reached the portal
	Committed int `json:"committed"` // orders that the portal has, those made by hand apart
	ByHand    int `json:"byHand"`    // orders that others made at the portal

	Placed    int `json:"placed"`
	Rejected  int `json:"rejected"`
	Cancelled int `json:"cancelled"`
	Review    int `json:"review"`
	Open      int `json:"open"` // any other state

	Answered  int `json:"answered"`  // placed, the number came with the portal's answer
	Adopted   int `json:"adopted"`   // placed, the number was found afterwards
	ByMatch   int `json:"byMatch"`   // of those: as the only order that fits
	ByJournal int `json:"byJournal"` // of those: by the answer in a send journal
	Again     int `json:"again"`     // took more than one attempt

	Findings []Finding `json:"findings,omitempty"`
}

// Clean says that nothing is wrong: every intent accepted is final, and the portal agrees with each record.
func (v Verdict) Clean() bool { return len(v.Findings) == 0 }

// Count says how many findings are of one kind.
func (v Verdict) Count(w Wrong) int {
	n := 0
	for _, f := range v.Findings {
		if f.Wrong == w {
			n++
		}
	}
	return n
}
