// Package api is orderq over HTTP: the contract's /v1, described by its own OpenAPI document.
//
// It promises what the commands promise, to callers in any language: an intent posted under a reference is accepted
// once, however often it is posted and wherever an answer got lost; intents pass the one strict decoder of package
// tasks; every refusal is a problem (RFC 9457) that says what to do; and what a person may spend money with, a web page
// may not: loopback listeners answer loopback names only, writes from other origins are refused.
//
// Beside it are pages for people and scrapers, outside the document and behind the same guards. A browser gets there by a
// session (package signin), in which operators may operate; or by a password, which decides nothing. Neither is anything
// to /v1.
//
// It decides nothing about orders: it asks package office, as the commands do. It does not hide a Redis that is away,
// and answers 503 until it is back.
package api
