// Package remote is the office of an account as another machine has it: what the commands ask of the ledger in Redis,
// asked of an orderq serve over HTTP.
//
// It promises the answers that the ledger would give, in the same types, and its errors as far as a command tells them
// apart: *tasks.Invalid, *tasks.ConflictError, *office.StateError, the not-founds of orders, batches and webhooks. What
// the server says in words of its own is a *Said, and where nobody answers a *Silence, which knows whether anything was
// sent.
//
// What may be asked again without anything happening twice (reads, and placing under a reference) is asked again where
// the answer got lost or the server is not ready, for a bounded time; nothing else is. A 429 is waited for as told.
//
// The token goes to the server that was named and nowhere else: redirects are not followed, proxies of the environment
// are not used, and it is in no error. It keeps nothing, and whole files are never in memory.
package remote
