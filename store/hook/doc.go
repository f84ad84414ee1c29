// Package hook is what orderq knows of webhook endpoints: whom to tell of which moves, how far along the account's
// stream of events each is, what waits to be delivered to it, and what became of the deliveries. Package
// worker/webhook delivers.
//
// # What it promises
//
// An event that was admitted stays until it is settled: at least once. The events of one order make a lane, of which
// only the first may be taken, and by one process at a time; so they arrive in their order, whatever fails. Events of
// different orders overtake each other.
//
// Memory is bounded: at most Most events wait per endpoint, and its cursor is held back while there are as many. The
// stream is trimmed meanwhile; where it was trimmed past the cursor, the endpoint's log says so.
//
// # What it does not
//
// Signing with HMAC needs the secret itself, so the secrets lie in Redis as they are, under a key of their own. They
// are in no other key, no log and no error; Secret does not print.
package hook
