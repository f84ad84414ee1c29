package yeastar

import "errors"

// ErrCredentials is wrapped by the error of every call for which the portal refused the client id and secret.
var ErrCredentials = errors.New("client id and secret refused")

// Error is what every other call returns when it does not end in Done.
type Error struct {
	Endpoint string // "product list", "order details", …
	Answer          // Order unused
	Err      error  // the cause below, may be nil
}

// Error says what happened: "order details: the portal declined: not_found (request 84…)".
func (e *Error) Error() string { return e.Endpoint + ": " + e.Detail }

// Unwrap gives the cause below, for errors.Is (context.Canceled, ErrCredentials) and errors.As (net.OpError).
func (e *Error) Unwrap() error { return e.Err }
