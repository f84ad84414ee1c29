package api

import (
	"maps"
	"slices"
)

// Patterns are the routes as they are served.
func Patterns(a *API) []string { return slices.Collect(maps.Keys(a.routes)) }
