// Package fleet is what all workers of one account share, in one Redis hash that the gate reads: whether a
// person has halted the account, whether the portal's credentials are refused, until when the breaker is
// open and how wide it has reopened, the rate, the epoch of this Redis, and who is alive.
//
// It decides nothing: the gate (package store) asks these fields in its own script, and package worker
// writes them when it learns something. Times are Redis' own.
package fleet
