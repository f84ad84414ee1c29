// Package tasks is the contract between those who ask for an order and those who place it: the intent,
// its one strict decoder, its checks, its id, and the asynq task that carries it.
//
// # What it promises
//
//   - One decoder for intents from everywhere. A file, an HTTP body, a task that another program put on
//     the queue: [Decode] reads them all and refuses what another reader might understand differently
//     (unknown, misspelt or repeated keys, numbers that are not whole, invalid UTF-8, NUL, trailing data).
//   - Every problem at once. [Invalid] lists each field with the value given and the way out.
//   - One order per account and reference. [OrderID] is a pure function of the two, and [Intent.Fingerprint]
//     says whether two intents with one reference ask for the same thing.
//   - Equal intents have equal bytes. [Intent.Canonical] has a fixed order of fields, and Decode reads it
//     back to an equal intent.
//
// # What it does not promise
//
// A valid intent can still be one that cannot be ordered: whether the PBX exists, which plan it has and
// whether the extensions fit is known at the portal alone (package worker/resolve).
//
// A task is the kick, not the order. It may be delivered twice, late, or never; what is true stands in the
// record (package store), and a task that finds its order finished does nothing.
package tasks
