// Package bench measures what orderq's promises cost: orders per second through the whole pipeline, beside a
// bare asynq handler that makes the same single POST and keeps no promise at all.
//
// # What is compared
//
// Three sides take turns (A B C, A B C, …) on the same Redis, with the same asynq settings, concurrency,
// number of servers, order bodies and portal, so that a busy machine is busy for all of them:
//
//   - orderq: orders accepted through tasks.Client beforehand, then one worker with its send journal on disk.
//   - bare: a handler whose payload is the finished body. One POST, on a connection of its own as ours is.
//   - kept: the same over connections that are kept open, which no client that must not send twice can do.
//
// Each run has a simulated portal of its own in a process of its own: its work is on nobody's account, and
// its ledger is asked at the end. A run whose portal does not hold exactly the orders asked for, each once,
// is an error and not a number.
//
// # What the numbers are
//
// The rate is taken from the moment at which a fifth of the orders is through until the last one is, because
// a worker's first orders wait for its caches; the rate from its start is reported beside it. Ratios are
// taken within a round and their median is told, with the smallest and the largest.
//
// # What it does not say
//
// Nothing about networks: Redis and the portal are on this machine. Nothing about accepting orders, which is
// done before the clock starts. The bare sides decide nothing, resolve no names and write nothing down but
// what asynq does.
package bench
