// Package signin is how a browser gets in: sessions in place of tokens, a bound on guesses, and the page that asks.
//
// It promises that a session is known by a random 256-bit id of which this process keeps the SHA-256 alone, in memory:
// a restart ends all of them, and with them those of tokens that are not in the settings any more. There are at most
// PerToken sessions of a token; another one ends the oldest of the same token's, so that nobody signs others out.
//
// Who may do what with a session is package api's business, and so are cookies.
package signin
