package api

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"orderq/tasks"
)

// check refuses what no route answers.
func (a *API) check(c *call) error {
	if a.loopback && !LoopbackName(c.r.Host) {
		return problem("other-host", "this server listens on loopback and answers to localhost, 127.0.0.1 and [::1] alone, not to %q", tasks.Shown(c.r.Host))
	}
	return nil
}

// LoopbackName says that a Host header names this machine. Names are not looked up: that is how a page rebinds one.
func LoopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// pass lets a request through to its route, or says why not. Nothing of its body was read.
func (a *API) pass(c *call, r *route) error {
	if err := a.origins.Check(c.r); err != nil {
		return problem("cross-site", "a page of another origin must not do this: send it from a program")
	}
	if r.role != "" {
		if err := a.identify(c, r); err != nil {
			return err
		}
	}
	return r.readQuery(c)
}

// readQuery reads the query and refuses parameters that the route does not have: a filter with a slip in it must not
// look like an empty list.
func (r *route) readQuery(c *call) error {
	query, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return invalid(field("query", "", "cannot be read: %s", err))
	}
	var names []string
	many := map[string]bool{}
	for _, p := range r.params {
		if p.In == "query" {
			names = append(names, p.Name)
			many[p.Name] = p.Schema.Type == huma.TypeArray
		}
	}
	var bad []tasks.Problem
	for name, values := range query {
		switch {
		case !slices.Contains(names, name):
			message := "this path has no such parameter"
			if near := tasks.Near(name, names, 3, 1); len(near) > 0 {
				message += "; did you mean " + near[0] + "?"
			} else if len(names) > 0 {
				message += "; it has " + strings.Join(names, ", ")
			}
			bad = append(bad, field(tasks.Shown(name), "", "%s", message))
		case len(values) > 1 && !many[name]:
			bad = append(bad, field(name, values[1], "is given twice; say it once"))
		}
	}
	if bad != nil {
		slices.SortFunc(bad, func(a, b tasks.Problem) int { return strings.Compare(a.Field, b.Field) })
		return invalid(bad[:min(len(bad), 20)]...)
	}
	c.query = query
	return nil
}

var errQueryText = errors.New("it has text that is not UTF-8, or a control character")

// parseQuery is url.ParseQuery, and takes text alone.
func parseQuery(raw string) (url.Values, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, err
	}
	for name, values := range query {
		for _, text := range append([]string{name}, values...) {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
				return nil, errQueryText
			}
		}
	}
	return query, nil
}
