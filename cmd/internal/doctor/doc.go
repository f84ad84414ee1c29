// Package doctor looks at everything that orderq needs, by reads alone, and says what is wrong and what to
// do about it. Nothing it does can order anything.
//
// The checks are values, so that whoever runs them chooses which: [Checks] gives them all in the order in
// which one would look for a fault, from the near to the far.
//
// It promises one finding per check, in words that name the remedy, and no secret in any of them. It does
// not promise that what it found is still so afterwards, and it cannot see what the portal would make of an
// order.
package doctor
