// Package demo is orderq at work before one's eyes: a few hundred orders, a portal that misbehaves in every
// way it knows, and at the end the verdict of somebody who cannot be fooled.
//
// Everything in it is the real thing (tasks, store, asynq, worker, send journal) but the Redis, which is
// the built-in one, and the portal, which is the simulator; both are of this process and on loopback. It
// reads no setting, needs no network, and writes nothing outside a temporary folder, which it removes.
//
// What it prints it has seen: each number comes from the records, from the fleet's shared state or from the
// simulator's ledger, and none is known beforehand. The one thing made small for it is time: the horizon
// before an order counts as absent is a second instead of ten minutes, and calls and the breaker are as quick. Which orders there are and which
// fault strikes where is decided by the seed; who wins a race is not, so two runs differ in details.
//
// It proves nothing about killed processes or a Redis that forgets: for those see the tests.
package demo
