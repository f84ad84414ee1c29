// Package cli is the orderq command: what a person or a script says to orderq, and what it answers.
//
// # What it promises
//
//   - Results go to stdout, logs and messages to stderr. With --json stdout holds JSON alone, one object
//     per line.
//   - The exit code says what became of the matter: 0 done, 1 failed, not found or in conflict, 2 wrong use,
//     3 rejected or cancelled, 4 unknown or in review, 5 not final yet; of several orders the worst, in the
//     order 1, 4, 5, 3, 0. Commands that show orders exit 0 whatever they show; those that wait for orders
//     exit by what the orders came to.
//   - Text for people fits 80 columns, except for what would have to be cut to fit: numbers, references and
//     reasons are printed whole.
//   - No secret is printed, not even in an error.
//   - An order's reference is printed before anything is written, so that whoever is interrupted can look.
//
// # What it does not
//
// It decides nothing about orders: it calls package tasks to accept, package store to read and move, and
// package worker to work; or with --server package remote, which asks a server to (clerk.go). It reads the environment through the function it is given, and nowhere else.
package cli
