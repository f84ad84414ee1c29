package api

import (
	"maps"
	"slices"
)

// Patterns are the routes as they are served.
func Patterns(a *API) []string { return slices.Collect(maps.Keys(a.routes)) }

// Break lets a route panic.
func Break(a *API, pattern string, with func()) {
	a.routes[pattern].serve = func(*call) error { with(); return nil }
}

// Fail lets a route fail.
func Fail(a *API, pattern string, err error) {
	a.routes[pattern].serve = func(*call) error { return err }
}
