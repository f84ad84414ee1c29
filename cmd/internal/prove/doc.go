// Package prove attacks orderq and judges it: the whole pipeline, workers as processes of their own, a
// redis-server of its own, a simulated portal whose ledger is the oracle, under a schedule of faults drawn from a
// seed; then every record is held against the ledger.
//
// It promises that the same seed gives the same schedule (not the same interleaving: that is the kernels'), that a
// run is judged by what the portal has and not by what orderq says of itself, and that a run that fails keeps its
// evidence and says how to repeat it.
//
// Limits: one machine, so hosts are journal folders and a power loss is a file cut short. Loss of what was accepted
// and not yet sent is part of a Redis that forgets; the producer does what docs/ledger.md asks of it and places such
// intents again under their references.
package prove
