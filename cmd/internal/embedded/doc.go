// Package embedded is the built-in Redis: miniredis on a loopback port, for the demo and for trying
// orderq out on a machine with nothing but Go.
//
// It runs all that orderq and asynq need: scripts, streams, sorted sets, expiry. It promises nothing
// else. It keeps everything in memory and forgets it at Close, answers neither CONFIG nor most of INFO,
// keeps writes that a script made before it failed, and is about a third as fast as a real one. It has
// no password: every process on this host can reach it. A worker whose portal is not on loopback
// refuses it as a ledger.
package embedded
