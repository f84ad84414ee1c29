// Package worker carries orders out: it takes deliveries from asynq, resolves names to ids, asks the gate,
// POSTs once, records what came of it, and finds out what happened where no answer came.
//
// # How it reads
//
// A delivery is a loop over a switch on the recorded state (place.go): first run, redelivery and recovery
// after a crash are the same code. asynq is only the kick; it may deliver an order any number of times, in
// parallel and late. Whoever must wait waits in the record, and the sweeper (sweep.go) gives every record
// that wants a task a fresh one.
//
// What may be concluded is decided by pure functions with tables of cases: what to do after a POST
// (verdict.go), and what a reading of the portal's list says of an order in doubt (judge.go).
//
// # What it promises
//
// One request per passage of the gate. After the gate nothing but the POST's own deadline cuts it short:
// neither asynq's timeouts nor a shutdown. An order is sent again only when the attempt before provably had
// no effect, or when its absence is proved under the conditions of judge. Everything else is looked for, and
// in the end handed to a person.
package worker
