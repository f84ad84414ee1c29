package yeastar

import (
	"fmt"
	"io"
)

// Secret is a string that does not print: every common way of formatting, encoding or logging it
// gives "***". Only Reveal returns the text, and only the token request calls it.
type Secret string

const hidden = "***"

// Reveal returns the text. Its callers are the places to audit.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string               { return hidden }
func (s Secret) GoString() string             { return hidden }
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// Format covers the verbs that are wrong for a string, too: fmt prints those (%d, %t) without asking String.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }
