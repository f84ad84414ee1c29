package yeastar

import (
	"net/url"
	"strings"
)

// shortest is the length in bytes below which a secret is not searched for: hiding every "a" of a text
// hides nothing, and real ones have 32 and more.
const shortest = 6

// secrets are those that were at stake in one call. A portal, or something in between, may echo them.
type secrets []Secret

// hide replaces every occurrence of a secret, as it is or as a form field would carry it. It must come before
// a text is shortened: half a token is still too much of it.
func (ss secrets) hide(text string) string {
	for _, s := range ss {
		if len(s) >= shortest {
			text = strings.ReplaceAll(text, s.Reveal(), hidden)
			text = strings.ReplaceAll(text, url.QueryEscape(s.Reveal()), hidden)
		}
	}
	return text
}

// hideCut is hide for a text that was cut off somewhere: where a secret may begin at its end, the end goes, too.
func (ss secrets) hideCut(text string) string {
	text = ss.hide(text)
	longest := 0
	for _, s := range ss {
		longest = max(longest, len(url.QueryEscape(s.Reveal())))
	}
	return text[:max(0, len(text)-longest)]
}
