// Package review is for the orders that a machine must not guess about: it lays out the evidence for a
// person, and carries out what the person decides. The command line, the HTTP API and the console use it.
//
// # What it promises
//
//   - A [Card] is gathered by reads alone, and is given whether or not the portal can be reached; what
//     could not be read is said, and never taken for absence.
//   - A decision that the evidence contradicts is refused with a [Refusal]: what contradicts it, and the
//     way out. The card says beforehand which answers would be refused, by the same function.
//   - A decision is made on evidence read after it was asked for, and on the version of the record that
//     was judged. By whom, why, and what the evidence said go into the order's history.
//
// # What it does not promise
//
// The portal is read once, not twice as a machine's judgement asks for: a person is told where the list
// does not add up, and decides. What the portal's list does not show at that moment may still turn up;
// after the horizon that is the operator's assumption (ORDERQ_SETTLE). And a person may be wrong: that
// a sender is gone is believed when they say so, and a portal order that differs in quantity or service is
// recorded on their word, with the difference in the history.
package review
