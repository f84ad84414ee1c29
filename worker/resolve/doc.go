// Package resolve turns an intent's words into the ids that the portal wants: which PBX, which plan, which
// service, which billing contact, how many. Workers use it, and so do dry runs, plans and doctor.
//
// # What it promises
//
//   - It never picks one of several. What a caller left out is filled in only where the portal shows it or
//     there is only one; otherwise the answer is a [Refusal] that lists the choices.
//   - A Refusal is final and true: it was concluded from a fresh reading, never from a cache. Every other
//     error (the portal cannot be reached, it answers nonsense) says nothing about the order and is worth
//     another try.
//   - High Availability's quantity, and what an ensure lacks, come from a reading that began after the question
//     was asked.
//   - With warm caches, adding minutes or extensions costs no portal call. Callers who ask for the same
//     thing at once share one read, and one of them going away does not fail the others.
//
// # What it does not promise
//
// A [Resolution] is what was so when it was read. Somebody may buy extensions at the portal a second later,
// and the portal's own checks decide then. Extensions that other processes have ordered since the last
// reading are not known here; those that went through this Resolver are counted in, and a PBX that could
// be over its limit with them is read anew.
//
// Where the portal shows neither plan nor cycle nor extensions of a PBX, what the caller says is taken as it
// is, with a note in the Resolution.
package resolve
