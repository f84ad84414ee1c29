package store

// Question is one thing that the gate asks before it lets an order through.
type Question struct {
	Refusal Waiting // its word, as in Passage.Refused; "" where the answer is another (see Asks)
	Asks    string
	Then    string // what becomes of an order that is refused
}

// Questions are the gate's, in the order in which lua/gate.lua asks them: the first that is not answered
// well is the answer. docs/states.md shows them.
func Questions() []Question {
	return []Question{
		{"", "Has this very passage (nonce) been let through already?", "It is through, once more: only the reply was lost."},
		{"", "Is the record preparing, in the version that was read?", "`ErrStale`: read again, decide again."},
		{WaitRecovery, "Is this Redis the run that was last found to remember everything?", "Waits for the recovery pass."},
		{WaitHalt, "Has nobody halted the account?", "Waits for a person."},
		{WaitAccount, "Does the portal take our credentials?", "Waits until a read succeeds."},
		{WaitBreaker, "Is the portal well, and is there room while it heals?", "Waits for the probe, or for the orders before it."},
		{WaitClaim, "Is no other order for this target in doubt?", "Waits in the target's line; the move that frees the claim wakes it."},
		{RefusedPassed, "Has no order for this target passed since the PBX was read? (An order that was computed from what it has.)", "Reads the PBX and computes again."},
		{RefusedMark, "Is the reading of the portal's list that it names still kept?", "Takes a reading and asks again."},
		{WaitBudget, "Is there enough left of the budgets of its batch, of the day and of the account? What is in doubt counts as spent.", "Waits for the next day, or for a person to raise it."},
		{WaitRate, "Is there a call left at the agreed rate?", "Waits for the next."},
	}
}
