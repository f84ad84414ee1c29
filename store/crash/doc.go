// Package crash names the places on an order's way where a process may die with the most to lose, and
// lets a test kill it there.
//
// A normal build has none of it: [At] is an empty function that the compiler removes. Built with the
// tag crashpoints, At kills its own process with SIGKILL when ORDERQ_CRASH_AT names its point:
//
//	ORDERQ_CRASH_AT=gate-after      the first time that point is passed
//	ORDERQ_CRASH_AT=gate-after:3    the third time
//
// SIGKILL, because nothing may run behind it: no deferred call, no flush, no answer to anybody. A name
// that is no point panics, or a misspelt test would pass by never crashing.
//
// Limits: a killed process is not a lost machine. What the kernel holds is still written afterwards;
// power loss is for the tests of store/journal and of Redis's own settings.
package crash
