// Package plan says what a batch file would order, by reads alone, and binds an apply to it.
//
// A plan is a file of its own: NDJSON, a line for the file, a line for each row with what it resolved to, and at the
// end a hash over all of it. Applied, it orders exactly the rows that still resolve to what they did; a row for which
// the world has changed since (another plan, another id, another cycle, ordered meanwhile by somebody else) stops, and
// says in what.
package plan
