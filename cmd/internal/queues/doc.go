// Package queues is asynq's own dashboard (asynqmon) at /queues/, for what orderq's records do not tell: tasks, retries,
// what is parked in the archive. It alone imports asynqmon.
//
// It promises that numbers are shown digit for digit (asynqmon's script reads JSON as a browser does and would round
// ids above 2^53), that the page loads nothing from other hosts, and that viewers can change nothing. It does not
// decide who may look or operate: package api does.
package queues
