package store

import (
	"slices"
	"strings"
	"time"
)

// Order is the record of one intent: all that orderq knows about it. The exported JSON names are the
// contract with outside programs; absent fields are left out, ids are strings, times RFC 3339 UTC.
// Fields tagged "-" are evidence for the worker and stay inside.
type Order struct {
	ID             string            `json:"id"`
	Reference      string            `json:"reference"`
	Account        string            `json:"account"`
	Kind           string            `json:"kind"`
	State          State             `json:"state"`
	WaitingFor     Waiting           `json:"waitingFor,omitempty"`
	WaitingUntil   time.Time         `json:"waitingUntil,omitzero"`
	WaitingOn      string            `json:"waitingOn,omitempty"` // the order that holds the claim, or the duplicate's original
	ProductNo      string            `json:"productNo,omitempty"`
	Quantity       int               `json:"quantity,omitempty"` // with Ensure: what was ordered, once that is computed
	Ensure         int               `json:"ensure,omitempty"`   // bring the PBX to so many, instead of a quantity to add
	Plan           string            `json:"plan,omitempty"`
	BillingCycle   string            `json:"billingCycle,omitempty"`
	BillingContact string            `json:"billingContact,omitempty"`
	OrderNo        string            `json:"orderNo,omitempty"`
	TransactionNo  string            `json:"transactionNo,omitempty"`
	OrderStatus    string            `json:"orderStatus,omitempty"` // the portal's word
	InstanceID     string            `json:"instanceId,omitempty"`
	RequestID      string            `json:"requestId,omitempty"` // the portal's, for its support
	Code           string            `json:"code,omitempty"`      // the portal's, or a word of ours
	Reason         string            `json:"reason,omitempty"`    // for people: why it stands where it stands
	Via            Via               `json:"via,omitempty"`
	Attempt        int               `json:"attempt,omitempty"`  // how many times the gate let it through
	PONumber       string            `json:"poNumber,omitempty"` // as sent last; before that the caller's own
	Batch          string            `json:"batch,omitempty"`
	Labels         map[string]string `json:"labels,omitempty"`
	By             string            `json:"by,omitempty"`       // who moved it last, where a person did
	NotBefore      time.Time         `json:"notBefore,omitzero"` // the earliest moment at which it may be sent; zero: at once
	AcceptedAt     time.Time         `json:"acceptedAt,omitzero"`
	SubmittedAt    time.Time         `json:"submittedAt,omitzero"`
	FinishedAt     time.Time         `json:"finishedAt,omitzero"`
	UpdatedAt      time.Time         `json:"updatedAt,omitzero"`
	Version        int64             `json:"version"`

	// Intent is the caller's intent as canonical JSON (tasks.Intent.Canonical): what the worker resolves.
	Intent []byte `json:"-"`
	// Fingerprint is the SHA-256, in hex, of the normalised intent without reference and labels.
	Fingerprint string `json:"-"`
	// Queue is the asynq queue that its deliveries use.
	Queue string `json:"-"`
	// Target is what the claim is on: the serial number, or for purchases without one a word made of
	// product, contact and assignee. Set at accept, never changed.
	Target string `json:"-"`
	// Like is what makes two orders for one target look like duplicates of each other: kind and amount; "": nothing does.
	Like string `json:"-"`
	// AllowDuplicate says that its caller knows of others like it.
	AllowDuplicate bool `json:"-"`
	// Planned is what its intent was planned to resolve to, JSON that only package resolve reads; nil: it was not planned.
	Planned []byte `json:"-"`
	// Spent is how many units of the budgets it has used up: it was sent, and nothing proves that nothing came of it.
	Spent int `json:"-"`
	// Evidence is what the gate wrote down before the last attempt, and what came of it.
	Evidence Evidence `json:"-"`
	// Generation numbers our own deliveries: asynq's TaskID is id, then id:g1, id:g2 …
	Generation int `json:"-"`
	// Owner is the worker that prepares it.
	Owner string `json:"-"`
	// Crashes counts how often a worker died while preparing it.
	Crashes int `json:"-"`
	// Duplicates are further portal order numbers that bear this order's reference. Never anything but
	// empty, unless the world has broken the promise.
	Duplicates []string `json:"duplicates,omitempty"`
}

// CodeSatisfied is the code of an order that asks for what its PBX has already. See Order.Satisfied.
const CodeSatisfied = "satisfied"

// Satisfied says that the order ended well without anything being ordered: the PBX has as many as it asks for.
// Its state is Rejected, as that of every order that was not placed; whoever counts failures counts it out.
func (o Order) Satisfied() bool {
	return o.State == Rejected && o.Ensure > 0 && o.Code == CodeSatisfied
}

// Evidence is what can be known about an order's last attempt: the gate writes it down before anything
// is sent, and reconciliation judges by it.
type Evidence struct {
	Body      []byte    // the exact bytes of the request
	Reference string    // "<id>-<attempt>", the first word of the poNumber sent
	Nonce     string    // of the passage through the gate
	Passed    string    // the nonces of all its passages that this Redis knows of, with spaces between
	Sender    string    // the journal that holds the attempt: see store/journal
	Doubtful  string    // the nonces of further passages that are in doubt, of which the evidence here is not; with spaces between
	Recalled  bool      // Redis had forgotten a passage of it; no machine sends it again
	Finished  bool      // its sender's host has proved that it sends nothing more
	Deadline  time.Time // Redis time after which no sender that keeps its promise still sends or listens
	Watermark int64     // which reading of the portal's list came before it (Store.Mark)
	Looks     int       // readings of the list that counted since; for one that was found, how often the portal did not show it
	Resends   int       // how often a machine sent it again after absence was proved
	LookFirst bool      // read the portal's list before the next attempt: the last answer proves less than it says
	Had       int       // extensions that the PBX had when they were ordered, as far as was read; at least so many
	Call      string    // what was seen on the wire
	Raw       []byte    // the portal's raw answer
}

// Knows says that this Redis remembers a passage of the gate. Numbers would not do: a Redis that has forgotten one
// gives its number a second time.
func (e Evidence) Knows(nonce string) bool { return slices.Contains(strings.Fields(e.Passed), nonce) }

// Doubts says that a passage other than the one that the evidence is about is in doubt.
func (e Evidence) Doubts(nonce string) bool {
	return slices.Contains(strings.Fields(e.Doubtful), nonce)
}

// Entry is one line of an order's history.
type Entry struct {
	At      time.Time `json:"at"`
	From    State     `json:"from,omitempty"`
	To      State     `json:"to"`
	By      string    `json:"by,omitempty"`
	Attempt int       `json:"attempt,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Call    string    `json:"call,omitempty"` // what was seen on the wire, for moves that follow a call
}
