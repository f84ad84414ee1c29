// Package metrics is what orderq tells a Prometheus: how an account stands, read from Redis at the scrape, and what
// this process has done.
//
// It promises that a scrape is answered within seconds whether or not Redis is there, that scrapers cannot load Redis
// (package glance), and that no label grows with the orders: no ids of theirs, no references, no PBXs; webhooks are told
// by their ids, at most hook.MostEndpoints, and never by their URLs, which may have keys in them. docs/metrics.md lists
// every metric; a test holds it to the tables here.
package metrics
