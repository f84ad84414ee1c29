package store

import "slices"

// State is where an order stands. Each comment says what is true of the outside world, who moves the
// order on, and what a crash here leaves.
type State string

const (
	// Held: nothing was sent. A person or its batch moves it on. A crash loses nothing.
	Held State = "held"
	// Accepted: nothing is on its way; what it waits for, if anything, stands in WaitingFor.
	// A worker moves it on; the sweeper sees that one does. A crash loses nothing.
	Accepted State = "accepted"
	// Preparing: only reads were sent. The worker that took it moves it on; after a crash it goes back
	// to accepted.
	Preparing State = "preparing"
	// Submitting: a POST may have left. Entered through the gate alone; the worker that passed it moves
	// it on. After a crash it is reconciled: nothing is ever POSTed from here again.
	Submitting State = "submitting"
	// Unknown: a POST may have left and its answer is not known. Reconciliation moves it on; after a
	// crash somebody looks again.
	Unknown State = "unknown"
	// Pending: an order exists at the portal and is not final (unpaid, or in a status we do not know).
	// Polling moves it on.
	Pending State = "pending"
	// Review: not known, and a machine must not guess. A named person moves it on; readings of the
	// portal's list still may.
	Review State = "review"
	// Placed: the portal has the order. Final.
	Placed State = "placed"
	// Rejected: the portal declined it, or it cannot be ordered. Nothing was bought. Final, unless a journal
	// shows an attempt that this Redis did not know of.
	Rejected State = "rejected"
	// Cancelled: somebody took it back before anything was sent. Final, with the same exception.
	Cancelled State = "cancelled"
)

// States lists them all, in the order of an order's life.
func States() []State {
	return []State{Held, Accepted, Preparing, Submitting, Unknown, Pending, Review, Placed, Rejected, Cancelled}
}

// Final says that nothing moves the order any more.
func (s State) Final() bool { return s == Placed || s == Rejected || s == Cancelled }

// InDoubt says that a POST may have left whose effect is not known: the states in which a claim is held.
// An order that came to review without a POST in doubt (it crashed its workers, or the portal no longer
// shows it) holds none.
func (s State) InDoubt() bool { return s == Submitting || s == Unknown || s == Review }

// Waiting says what an accepted or held order waits for.
type Waiting string

const (
	WaitStart     Waiting = "start"     // notBefore
	WaitTime      Waiting = "time"      // a pause after a failure that sent nothing
	WaitRecovery  Waiting = "recovery"  // Redis restarted; what it may have forgotten is not yet settled
	WaitHalt      Waiting = "halt"      // a person stopped the account
	WaitAccount   Waiting = "account"   // the portal refuses our credentials, or there are none
	WaitBreaker   Waiting = "breaker"   // the portal is sick
	WaitClaim     Waiting = "claim"     // another order for the same PBX is in doubt
	WaitBudget    Waiting = "budget"    // spent
	WaitRate      Waiting = "rate"      // calls per second
	WaitBatch     Waiting = "batch"     // its batch has not released it
	WaitApproval  Waiting = "approval"  // a person has to agree
	WaitDuplicate Waiting = "duplicate" // it looks like another order
	WaitPayment   Waiting = "payment"   // pending: it exists at the portal and is unpaid
)

// Via says how the order number became known.
type Via string

const (
	ViaAnswer    Via = "answer"    // the portal's answer to the POST
	ViaJournal   Via = "journal"   // an answer that only the send journal had
	ViaReference Via = "reference" // our reference in the portal's list or details
	ViaMatch     Via = "match"     // the only order that fits
	ViaPerson    Via = "person"
)

// Move is one edge of the state machine. From "" means that there was no record.
type Move struct {
	From, To State
	Why      string
}

// moves is the table; Moves hands out copies.
var moves = []Move{
	{"", Accepted, "accept"},
	{"", Held, "accept, and something must come first"},
	{Held, Accepted, "released by a person or its batch"},
	{Accepted, Preparing, "taken by a worker"},
	{Preparing, Accepted, "must wait, or its worker died"},
	{Preparing, Rejected, "cannot be ordered"},
	{Preparing, Review, "crashed its worker ten times before the gate"},
	{Preparing, Submitting, "the gate let it through"},
	{Submitting, Accepted, "provably not sent"},
	{Submitting, Placed, "answered"},
	{Submitting, Pending, "answered, not final"},
	{Submitting, Rejected, "refused"},
	{Submitting, Unknown, "no proof of what became of it"},
	{Unknown, Placed, "found, or its own late answer"},
	{Unknown, Pending, "found, not final"},
	{Unknown, Rejected, "its own late refusal, or found failed"},
	{Unknown, Accepted, "absence proved, or its own late proof that nothing was sent"},
	{Unknown, Review, "cannot tell"},
	{Pending, Placed, "the portal's status"},
	{Pending, Rejected, "the portal's status"},
	{Pending, Review, "the portal no longer shows it"},
	{Review, Placed, "by a person, or found"},
	{Review, Pending, "by a person, or found"},
	{Review, Rejected, "found failed"},
	{Review, Accepted, "sent again, by a person"},
	{Review, Cancelled, "dropped, by a person"},
	{Held, Cancelled, "taken back"},
	{Accepted, Cancelled, "taken back"},
	{Preparing, Cancelled, "taken back"},
	{Held, Placed, "a late answer, or a row that bears our reference"},
	{Accepted, Placed, "a late answer, or a row that bears our reference"},
	{Preparing, Placed, "a late answer, or a row that bears our reference"},
	{Held, Pending, "a late answer, or a row that bears our reference"},
	{Accepted, Pending, "a late answer, or a row that bears our reference"},
	{Preparing, Pending, "a late answer, or a row that bears our reference"},
	{Held, Rejected, "a late answer, or such a row: the portal has it as failed"},
	{Accepted, Rejected, "a late answer, or such a row: the portal has it as failed"},
	{Held, Unknown, "recovery, a journal shows an attempt that Redis has forgotten"},
	{Accepted, Unknown, "recovery, likewise"},
	{Preparing, Unknown, "recovery, likewise"},
	{Review, Unknown, "recovery, likewise"},
	{Rejected, Unknown, "recovery, likewise: it was ended in ignorance of that"},
	{Cancelled, Unknown, "recovery, likewise: it was ended in ignorance of that"},
}

// Moves is the table of every change of state there is; the scripts allow no other, and the diagram in
// docs/states.md is generated from it.
func Moves() []Move { return slices.Clone(moves) }

// Allowed says whether the table has the move.
func Allowed(from, to State) bool {
	for _, m := range moves {
		if m.From == from && m.To == to {
			return true
		}
	}
	return false
}
