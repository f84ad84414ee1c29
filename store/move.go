package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// step is what a named move adds to the record's own change: what the script must do around it.
type step struct {
	from      []State // where the move starts; none: wherever the table says
	entry     Entry   // From, To and Attempt are filled in; zero Reason and Call are left out
	silent    bool    // no history entry
	schedule  string
	in        time.Duration
	at        time.Time // with start
	until     bool      // waitingUntil says when
	claim     string    // "free", "take" or ""
	line      string    // "join" or "" (leaves)
	number    string    // portal order number to claim
	allowance string    // "double" or ""
	like      string    // "ask", "enter" or ""
	set       []string  // field, value, …: what the gate alone writes otherwise
	del       []string  // likewise
}

const (
	due   = "due"
	look  = "look"
	start = "start" // due, but not before step.at
	keep  = "keep"  // a note: the lists, the line and waitingUntil stay as they are
)

// admits says whether the step may lead from one state to the other. The table alone would not do: it has
// preparing → accepted and submitting → accepted, and only one of the two moves that make them may be made
// after the gate. A step that stays where it is moves nothing, except that nothing is added to a final
// record but a note.
func (st step) admits(from, to State) bool {
	if from == to {
		return (st.schedule == keep || !from.Final()) && (st.from == nil || slices.Contains(st.from, from))
	}
	return Allowed(from, to) && (st.from == nil || slices.Contains(st.from, from))
}

// move carries out one change of the record: from is as read, to as it shall be. It writes nothing unless
// the record is still the version that was read (ErrStale), the move may be made from its state (ErrNoMove),
// the portal's order number is free or its own (*NumberTakenError), and nothing looks like it where the step asks for
// that (*LikeError).
func (s *Store) move(ctx context.Context, from, to Order, st step) (Order, error) {
	if !st.admits(from.State, to.State) {
		return from, fmt.Errorf("move %s %s → %s: %w", from.ID, from.State, to.State, ErrNoMove)
	}
	in := st.in.Milliseconds()
	if st.schedule == start {
		in = max(st.at.UnixMilli(), 0)
	}
	line := ""
	if !st.silent {
		st.entry.From, st.entry.To, st.entry.Attempt, st.entry.By = from.State, to.State, to.Attempt, to.By
		line = tail(st.entry)
	}
	if to.State == Rejected || to.State == Cancelled {
		st.like = "leave"
	}
	if from.Like == "" {
		st.like = ""
	}
	set, del := changes(from, to)
	set, del = append(set, st.set...), append(del, st.del...)
	args := []any{from.ID, from.Version, string(from.State), string(to.State), line, flag(to.State.Final()),
		st.schedule, in, flag(st.until), from.Target, st.claim, st.line, st.number, st.allowance,
		st.like, from.ID + " " + from.Batch, to.Quantity, from.Kind, from.Batch, len(set) / 2}
	for _, v := range append(set, del...) {
		args = append(args, v)
	}
	k := s.key
	reply, err := s.lua.move.Run(ctx, s.rdb,
		[]string{k.Order(from.ID), k.History(from.ID), k.In(from.State), k.In(to.State), k.Due(), k.Look(), k.Events(),
			k.Claims(), k.Line(from.Target), k.Numbers(), k.Fleet(), k.Like(from.Target, from.Like), k.Limits(), k.Spent(), k.Moves()}, args...).Slice()
	if err != nil {
		return from, fmt.Errorf("move %s %s → %s: %w", from.ID, from.State, to.State, err)
	}
	switch reply[0] {
	case "ok":
		now := at(fmt.Sprint(reply[2]))
		to.Version, to.UpdatedAt, to.Spent = integer(reply[1]), now, number(first(fmt.Sprint(reply[5])))
		then := at(fmt.Sprint(reply[3]))
		switch {
		case st.schedule == keep:
		case st.schedule == start && then.After(now):
			to.WaitingFor, to.WaitingUntil = WaitStart, then
		case st.until:
			to.WaitingUntil = then
		default:
			to.WaitingUntil = time.Time{}
		}
		if to.State.Final() && from.State != to.State {
			to.FinishedAt = now
		}
		if woken := fmt.Sprint(reply[4]); woken != "" {
			s.wake(woken)
		}
		return to, nil
	case "stale":
		return from, fmt.Errorf("move %s %s → %s: it is %v: %w", from.ID, from.State, to.State, reply[2], ErrStale)
	case "like":
		return from, &LikeError{alikeOf(reply)}
	case "taken":
		return from, &NumberTakenError{OrderNo: st.number, Holder: fmt.Sprint(reply[1])}
	}
	return from, fmt.Errorf("move %s: unexpected reply %v", from.ID, reply)
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// Pause says what an order waits for before it is tried again.
type Pause struct {
	For    Waiting
	After  time.Duration // 0 with WaitClaim: until it is woken
	On     string        // with WaitClaim: the order that holds the claim
	Reason string
	Call   string // what was seen on the wire, where a call was made

	// LookFirst asks for a reading of the portal's list before the next attempt (after a 403 or a 429).
	LookFirst bool
	// Crashed counts a worker that died while it prepared the order.
	Crashed bool
}

// claimCheck is how long an order waits in a claim's line before somebody makes sure that the line moves:
// the move that frees a claim wakes the next, so this is only for what nobody foresaw.
const claimCheck = 10 * time.Minute

func (p Pause) step() step {
	st := step{entry: Entry{Reason: p.Reason, Call: p.Call}, schedule: due, in: p.After, until: p.After > 0}
	if p.For == WaitClaim {
		st.in, st.until, st.line = claimCheck, false, "join"
	}
	return st
}

func (p Pause) on(o Order) Order {
	o.State, o.WaitingFor, o.WaitingOn, o.Reason, o.By = Accepted, p.For, p.On, p.Reason, ""
	return o
}

// Wait puts an order that is being prepared back: it has to wait, and no attempt is spent.
func (s *Store) Wait(ctx context.Context, o Order, p Pause) (Order, error) {
	to := p.on(o)
	if p.Crashed {
		to.Crashes++
	}
	st := p.step()
	st.from = []State{Preparing}
	return s.move(ctx, o, to, st)
}

// Unsent puts an order back whose attempt provably had no effect: from submitting, or from unknown when
// its own sender says so late.
func (s *Store) Unsent(ctx context.Context, o Order, p Pause) (Order, error) {
	to := p.on(o)
	to.Evidence.Call, to.Evidence.LookFirst = p.Call, p.LookFirst
	st := p.step()
	st.from, st.claim = []State{Submitting, Unknown}, "free"
	return s.move(ctx, o, to, st)
}

// Doubt records that a POST may have left and that nobody knows what became of it; the claim stays.
func (s *Store) Doubt(ctx context.Context, o Order, reason, call string, lookIn time.Duration) (Order, error) {
	to := o
	to.State, to.Reason, to.Evidence.Call = Unknown, reason, call
	to.WaitingFor, to.WaitingOn = "", ""
	return s.move(ctx, o, to, step{from: []State{Submitting, Unknown}, entry: Entry{Reason: reason, Call: call}, schedule: look, in: lookIn})
}

// Looked notes a reading of the portal's list or of the order that did not move it; counted says that the
// reading may be concluded from. Nothing is written into the history.
func (s *Store) Looked(ctx context.Context, o Order, counted bool, reason string, lookIn time.Duration) (Order, error) {
	to := o
	to.Reason = reason
	if counted {
		to.Evidence.Looks++
	}
	return s.move(ctx, o, to, step{from: []State{Submitting, Unknown, Pending, Review}, silent: true, schedule: look,
		in: lookIn, until: o.State == Pending})
}

// Witness notes that the sender of an order's last attempt is proved finished: its call has returned, or its process
// is gone. Only its own host can tell; every host may conclude from it.
func (s *Store) Witness(ctx context.Context, o Order) (Order, error) {
	to := o
	to.Evidence.Finished = true
	return s.move(ctx, o, to, step{from: []State{Submitting, Unknown, Review}, silent: true, schedule: keep})
}

// reviewLook is how often an order in review is still looked for: a person decides, but a row that bears
// our reference settles it.
const reviewLook = time.Hour

// Review hands an order to a person: a machine must not guess. The claim stays where one was held.
func (s *Store) Review(ctx context.Context, o Order, reason string) (Order, error) {
	to := o
	to.State, to.Reason, to.WaitingFor, to.WaitingOn = Review, reason, "", ""
	return s.move(ctx, o, to, step{entry: Entry{Reason: reason}, schedule: look, in: reviewLook})
}

// Refusal is why an order will not be placed.
type Refusal struct {
	Code      string // the portal's, or a word of ours
	Reason    string // for people
	RequestID string
	Call      string
	Raw       []byte
}

// Reject ends an order that cannot be ordered, or that the portal refused.
func (s *Store) Reject(ctx context.Context, o Order, r Refusal) (Order, error) {
	to := o
	to.State, to.Code, to.Reason, to.RequestID = Rejected, r.Code, r.Reason, r.RequestID
	if to.Satisfied() {
		to.Quantity = 0 // what an earlier attempt was to order was not
	}
	to.WaitingFor, to.WaitingOn = "", ""
	st := step{from: []State{Preparing, Submitting, Unknown, Pending, Review}, entry: Entry{Reason: r.Reason, Call: r.Call}, claim: "free"}
	if r.Call != "" {
		to.Evidence.Call = r.Call
		st.allowance = "double" // the portal answers: as good a sign of health as a success
	}
	if r.Raw != nil {
		to.Evidence.Raw = r.Raw
	}
	return s.move(ctx, o, to, st)
}

// Found is a portal order that is this order's.
type Found struct {
	To            State // Placed, Pending or Rejected, by the portal's status
	OrderNo       string
	TransactionNo string
	OrderStatus   string
	InstanceID    string
	RequestID     string
	Via           Via
	Reason        string
	Call          string
	Raw           []byte
	Attempt       int           // that it came of; 0: not known
	By            string        // with ViaPerson
	PollIn        time.Duration // with Pending
}

// Record writes down the portal order that came of an attempt, from any state that is not final.
// The portal's number belongs to one record only: *NumberTakenError where another has it.
func (s *Store) Record(ctx context.Context, o Order, f Found) (Order, error) {
	to := o
	to.State, to.OrderStatus, to.Via, to.Reason, to.By = f.To, f.OrderStatus, f.Via, f.Reason, f.By
	to.WaitingFor, to.WaitingOn = "", ""
	to.OrderNo = either(f.OrderNo, o.OrderNo)
	if to.OrderNo == "" {
		return o, fmt.Errorf("record %s %s: a portal order without an order number cannot be recorded; leave it in doubt", o.ID, f.To)
	}
	if f.To != Placed && f.To != Pending && f.To != Rejected {
		return o, fmt.Errorf("record %s: a portal order makes it placed, pending or rejected, not %s: %w", o.ID, f.To, ErrNoMove)
	}
	to.TransactionNo = either(f.TransactionNo, o.TransactionNo)
	to.InstanceID = either(f.InstanceID, o.InstanceID)
	to.RequestID = either(f.RequestID, o.RequestID)
	to.Evidence.Call = either(f.Call, o.Evidence.Call)
	to.Evidence.Looks = 0 // what is counted from here on is how often the portal does not show it
	if f.Raw != nil {
		to.Evidence.Raw = f.Raw
	}
	st := step{entry: Entry{Reason: f.Reason, Call: f.Call}, claim: "free", number: to.OrderNo}
	if f.Via == ViaAnswer {
		st.allowance = "double"
	}
	if f.Attempt > o.Attempt { // Redis has forgotten that it was made
		to.Attempt = f.Attempt
		st.set = []string{fAttempt, count(f.Attempt)}
	}
	if f.To == Pending {
		to.WaitingFor = WaitPayment
		st.schedule, st.in, st.until = look, f.PollIn, true
	}
	return s.move(ctx, o, to, st)
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
