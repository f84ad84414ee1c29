package cli

import (
	"errors"

	"orderq/store"
	"orderq/tasks"
)

// The exit codes of the contract.
const (
	exitDone     = 0
	exitFailed   = 1 // failed, not found or in conflict
	exitUsage    = 2
	exitRejected = 3 // rejected or cancelled
	exitUnknown  = 4 // unknown or in review
	exitNotFinal = 5
)

// exitError carries a code. A nil err means that all there is to say was said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return "" // Run prints nothing for it
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exit is an error that only says with what code to end; nil for exitDone.
func exit(code int) error {
	if code == exitDone {
		return nil
	}
	return &exitError{code: code}
}

// wrongUse is the caller's mistake: exit 2.
func wrongUse(err error) error { return &exitError{code: exitUsage, err: err} }

// codeOf says with what code to end.
func codeOf(err error) int {
	var coded *exitError
	var invalid *tasks.Invalid
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, &invalid):
		return exitUsage
	}
	return exitFailed
}

// codeOfOrder says with what code to end for an order that was waited for: one that has nothing to order is done.
func codeOfOrder(o store.Order) int {
	if o.Satisfied() {
		return exitDone
	}
	return codeOfState(o.State)
}

// codeOfState says with what code to end for an order that was waited for.
func codeOfState(s store.State) int {
	switch s {
	case store.Placed:
		return exitDone
	case store.Rejected, store.Cancelled:
		return exitRejected
	case store.Unknown, store.Review:
		return exitUnknown
	}
	return exitNotFinal
}

// worse is the one of two codes that counts, in the contract's order: 1, 4, 5, 3, 0.
func worse(a, b int) int {
	for _, code := range []int{exitUsage, exitFailed, exitUnknown, exitNotFinal, exitRejected} {
		if a == code || b == code {
			return code
		}
	}
	return exitDone
}
