package crash

// Point is a place on an order's way. Each says what is true of the outside world there.
type Point string

const (
	// AcceptBeforeEnqueue: the record is durable, no task was enqueued. The sweeper must find it.
	AcceptBeforeEnqueue Point = "accept-before-enqueue"
	// TakeAfter: the record says preparing; only reads were sent.
	TakeAfter Point = "take-after"
	// GateBefore: resolved, the gate was not asked.
	GateBefore Point = "gate-before"
	// GateAfter: the record says submitting, the journal knows nothing, nothing was sent.
	GateAfter Point = "gate-after"
	// JournalAfter: record and journal say that a request may leave; none has.
	JournalAfter Point = "journal-after"
	// PostSent: the request was written, its answer was not read. The portal may have the order.
	PostSent Point = "post-sent"
	// AnswerAfter: the answer was read, and neither journal nor record has it.
	AnswerAfter Point = "answer-after"
	// RecordBefore: the journal has the answer, the record does not.
	RecordBefore Point = "record-before"
	// RecordAfter: the record has the answer, the queue was not told.
	RecordAfter Point = "record-after"
	// ReconcileAfterList: the portal's list was read, nothing was concluded from it.
	ReconcileAfterList Point = "reconcile-after-list"
	// ResendAfter: an order that the portal has not is accepted again, no task was enqueued for it.
	ResendAfter Point = "resend-after"
	// SweepAfterKick: a task was enqueued for a record, and the record does not know of it.
	SweepAfterKick Point = "sweep-after-kick"
	// VouchAfter: Redis was restarted; this process has vouched for its journals, its host has not attested.
	VouchAfter Point = "vouch-after"
	// RemakeAfter: a record that Redis has lost is there again, held; its attempt is in the journal alone.
	RemakeAfter Point = "remake-after"
	// RecallAfter: the record knows of the attempt that Redis had forgotten, not of the answer in the journal.
	RecallAfter Point = "recall-after"
	// CompareAfter: the records have all that this host's journals tell, and Redis does not know that it had
	// forgotten anything: the host has not attested, nothing is halted.
	CompareAfter Point = "compare-after"
	// JoinBeforeNote: the gate is open with this host on the list, and its folder does not have the list yet.
	JoinBeforeNote Point = "join-before-note"
)

// Points lists every point: first those on an order's way, then those of a recovery, each in its order.
func Points() []Point {
	return []Point{
		AcceptBeforeEnqueue, TakeAfter, GateBefore, GateAfter, JournalAfter, PostSent, AnswerAfter,
		RecordBefore, RecordAfter, ReconcileAfterList, ResendAfter, SweepAfterKick,
		VouchAfter, RemakeAfter, RecallAfter, CompareAfter, JoinBeforeNote,
	}
}
